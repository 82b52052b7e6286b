//! What Kubernetes says of the registry: pods, service, endpoints, scaling and events, watched and never polled.

mod client;
pub mod documents;
pub mod facts;
pub mod objects;
mod options;
pub mod picture;
pub mod pod_logs;
mod queries;
mod rights;
pub mod roll;
mod selector;
mod watch;
mod wire;
mod words;

pub use documents::consultant;
pub use options::{Options, Pace};
pub use queries::Complaint;

use super::Teller;

/// Watches the pods that the options name, and what serves, scales and troubles them. Never returns, unless a task of
/// it fails.
pub async fn run(options: Options, teller: Teller<facts::Fact>) {
    watch::run(options, teller).await;
}
