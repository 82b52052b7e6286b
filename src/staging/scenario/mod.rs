//! Scenarios: files that say what staging shows, when, and how it ends.
//!
//! [`Scenario::at`] says purely how everything stands after a while; a [`Player`] has a [`Stage`] show it, and
//! [`Traffic`] has clients ask the registry on it, and pods and load balancers write down what they were answered.

mod environment;
mod file;
mod guide;
mod lines;
mod logfile;
mod logs;
mod play;
mod requests;
mod situation;
mod traffic;
mod wire;

pub use environment::{BACKEND, INGRESS, NAMESPACE, NODES, SELECTOR, SERVICE, layouts};
pub use file::{Bucket, Ends, LoadError, Scenario, Step};
pub use guide::{IMAGE, guide};
pub use logfile::LogFile;
pub use play::{Player, Stage};
pub use requests::{LogFormat, Pull, Repeated};
pub use situation::{PodWish, Situation};
pub use traffic::Traffic;
pub use wire::{Addresses, BalancerAddresses, Environment};

/// Name and text of every scenario that comes with the program, the most telling first.
const FILES: &[(&str, &str)] = &[
    ("broken-image", include_str!("../../../assets/scenarios/broken-image.toml")),
    ("crash-loop", include_str!("../../../assets/scenarios/crash-loop.toml")),
    ("endpoints-short", include_str!("../../../assets/scenarios/endpoints-short.toml")),
    ("front-door-503", include_str!("../../../assets/scenarios/front-door-503.toml")),
    ("healthy", include_str!("../../../assets/scenarios/healthy.toml")),
    ("lb-server-down", include_str!("../../../assets/scenarios/lb-server-down.toml")),
    ("pods-below-baseline", include_str!("../../../assets/scenarios/pods-below-baseline.toml")),
    ("retry-storm", include_str!("../../../assets/scenarios/retry-storm.toml")),
    ("tag-breaks", include_str!("../../../assets/scenarios/tag-breaks.toml")),
];

/// What is played when nobody says.
pub const USUAL: &str = "broken-image";

/// The names of all scenarios.
pub fn names() -> impl Iterator<Item = &'static str> {
    FILES.iter().map(|(name, _)| *name)
}

/// The scenario of this name; none if there is none.
pub fn find(name: &str) -> Option<Result<Scenario, LoadError>> {
    let (name, text) = FILES.iter().find(|(known, _)| *known == name)?;
    Some(Scenario::read(name, &format!("assets/scenarios/{name}.toml"), text))
}
