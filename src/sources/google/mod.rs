//! What Google Cloud says: the health of the servers behind its load balancers, and incidents of the provider.

pub mod facts;
pub mod picture;
