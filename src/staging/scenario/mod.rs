//! Scenarios: files that say what staging shows, when, and how it ends.
//!
//! [`Scenario::at`] says purely how everything stands after a while; a [`Player`] has a [`Stage`] show it, and
//! [`Traffic`] has clients ask the registry on it, and pods and load balancers write down what they were answered.

mod bucket;
mod environment;
mod fault;
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

pub use environment::{
    BACKEND, BALANCERS, INGRESS, NAMESPACE, NODES, PROJECT, REGION, SELECTOR, SERVICE, layouts,
};
pub use fault::Behind;
pub use file::{Bucket, Ends, LoadError, Scenario, Step};
pub use guide::{CANARY, IMAGE, guide};
pub use logfile::{LOG_ROOM, LogFile};
pub use play::{Player, Stage};
pub use requests::{LogFormat, Pull, Repeated};
pub use situation::{PodWish, Situation};
pub use traffic::Traffic;
pub use wire::{Addresses, BalancerAddresses, Environment, Trees};

/// Name and text of every scenario that comes with the program.
const FILES: &[(&str, &str)] = &[
    ("autoscaler-at-maximum", include_str!("../../../assets/scenarios/autoscaler-at-maximum.toml")),
    ("blobs-unknown", include_str!("../../../assets/scenarios/blobs-unknown.toml")),
    (
        "blobs-unknown-and-cloud-balancer",
        include_str!("../../../assets/scenarios/blobs-unknown-and-cloud-balancer.toml"),
    ),
    ("broken-image", include_str!("../../../assets/scenarios/broken-image.toml")),
    ("bucket-denies", include_str!("../../../assets/scenarios/bucket-denies.toml")),
    ("bucket-refuses", include_str!("../../../assets/scenarios/bucket-refuses.toml")),
    ("bucket-slow", include_str!("../../../assets/scenarios/bucket-slow.toml")),
    ("canary-fails", include_str!("../../../assets/scenarios/canary-fails.toml")),
    ("cloud-balancer-unhealthy", include_str!("../../../assets/scenarios/cloud-balancer-unhealthy.toml")),
    ("crash-loop", include_str!("../../../assets/scenarios/crash-loop.toml")),
    (
        "crash-loop-and-broken-image",
        include_str!("../../../assets/scenarios/crash-loop-and-broken-image.toml"),
    ),
    ("endpoints-empty", include_str!("../../../assets/scenarios/endpoints-empty.toml")),
    ("endpoints-foreign", include_str!("../../../assets/scenarios/endpoints-foreign.toml")),
    ("endpoints-missing", include_str!("../../../assets/scenarios/endpoints-missing.toml")),
    ("endpoints-short", include_str!("../../../assets/scenarios/endpoints-short.toml")),
    ("errors-spread", include_str!("../../../assets/scenarios/errors-spread.toml")),
    ("few-tags-fail", include_str!("../../../assets/scenarios/few-tags-fail.toml")),
    ("fewer-pods", include_str!("../../../assets/scenarios/fewer-pods.toml")),
    ("front-door-503", include_str!("../../../assets/scenarios/front-door-503.toml")),
    ("front-door-down", include_str!("../../../assets/scenarios/front-door-down.toml")),
    ("healthy", include_str!("../../../assets/scenarios/healthy.toml")),
    ("ingress-mismatch", include_str!("../../../assets/scenarios/ingress-mismatch.toml")),
    ("layer-links-written", include_str!("../../../assets/scenarios/layer-links-written.toml")),
    ("lb-server-down", include_str!("../../../assets/scenarios/lb-server-down.toml")),
    ("log-fills-disk", include_str!("../../../assets/scenarios/log-fills-disk.toml")),
    ("no-server-left", include_str!("../../../assets/scenarios/no-server-left.toml")),
    ("pods-below-baseline", include_str!("../../../assets/scenarios/pods-below-baseline.toml")),
    ("pods-throw-errors", include_str!("../../../assets/scenarios/pods-throw-errors.toml")),
    ("provider-incident", include_str!("../../../assets/scenarios/provider-incident.toml")),
    ("retry-storm", include_str!("../../../assets/scenarios/retry-storm.toml")),
    ("server-down-pod-unready", include_str!("../../../assets/scenarios/server-down-pod-unready.toml")),
    ("server-in-maintenance", include_str!("../../../assets/scenarios/server-in-maintenance.toml")),
    ("server-up-pod-unready", include_str!("../../../assets/scenarios/server-up-pod-unready.toml")),
    (
        "slow-bucket-and-maintenance",
        include_str!("../../../assets/scenarios/slow-bucket-and-maintenance.toml"),
    ),
    ("stuck-in-init", include_str!("../../../assets/scenarios/stuck-in-init.toml")),
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
