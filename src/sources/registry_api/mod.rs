//! A registry's HTTP API: what is said on `/v2/`, manifests, blobs' sizes and tag lists; with a permit
//! also the deletion of a tag, and a manifest put back under one.
//!
//! Reads only, unless it is shown a permit, and only what it is asked for: nothing is retried but a request that a
//! fresh token may cure, and no secret reaches an error, a log or another host than the one it is for.

mod answers;
mod auth;
mod blobs;
mod challenge;
mod client;
mod error;
mod knock;
mod link;
mod log;
mod settings;
mod transport;
mod write;

pub use answers::{
    Access, BlobHead, DeleteByTag, DeleteRoute, ManifestAnswer, ManifestHead, PageLink, Ping, TagPage,
};
pub use client::Client;
pub use error::{ApiError, ApiErrorKind};
pub use knock::Knock;
pub use log::{Exchange, Log};
pub(in crate::sources) use settings::Secret;
pub use settings::{Credentials, Password, Settings};
