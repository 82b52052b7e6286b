//! What Kubernetes says of the registry: pods, service, endpoints, scaling and events, watched and never polled.

pub mod facts;
pub mod objects;
pub mod picture;
