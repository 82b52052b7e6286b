//! What a registry is made of, as pure functions: names, digests, the layout, manifests, tag chains, checks.
//!
//! Nothing here does IO, so nothing here can fail to reach anything.

pub mod chain;
pub mod checks;
pub mod digest;
pub mod layout;
pub mod manifest;
pub mod mode;
pub mod reference;
pub mod repair;
pub mod report;
