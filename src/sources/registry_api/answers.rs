//! What a registry answers.

use std::time::Duration;

use bytes::Bytes;

use crate::registry::{digest::Digest, mode::Claim};

/// What came of knocking at `/v2/`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ping {
    /// Status of the first answer, before any token: 200 or 401 from a healthy registry.
    pub status: u16,
    /// How long the first answer took.
    pub latency: Duration,
    /// `Docker-Distribution-Api-Version`; absent if something else than a registry answered.
    pub api_version: Option<String>,
    /// `Gitlab-Container-Registry-Version`, once let in.
    pub gitlab_version: Option<String>,
    /// What the registry says about its metadata database.
    pub database: Claim,
    /// Every header in which the registry says what it is; those of the answer once let in.
    pub versions: Vec<(String, String)>,
    pub access: Access,
}

/// Whether the registry let us in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Access {
    /// Nobody was asked who they are.
    Open,
    /// By password or token.
    Granted,
    /// Not, and why.
    Refused(String),
}

/// A manifest as the registry served it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ManifestAnswer {
    pub bytes: Bytes,
    /// `Content-Type` without parameters.
    pub media_type: Option<String>,
    /// `Docker-Content-Digest`, as sent.
    pub claimed: Option<String>,
    /// What the bytes hash to (by the algorithm that was asked for, if it was asked by digest).
    pub digest: Digest,
}

impl ManifestAnswer {
    /// What the registry claims against what it served, if they differ.
    pub fn contradiction(&self) -> Option<String> {
        let claimed = self.claimed.as_deref()?;
        let agrees = match Digest::parse(claimed) {
            Ok(digest) => digest.matches(&self.bytes),
            Err(_) => false,
        };
        (!agrees).then(|| format!("served as {claimed:?}, but the bytes hash to {}", self.digest))
    }
}

/// What the registry says about a manifest without serving it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ManifestHead {
    /// `Content-Type` without parameters.
    pub media_type: Option<String>,
    /// `Docker-Content-Digest`, as sent.
    pub claimed: Option<String>,
    /// `Content-Length`.
    pub size: Option<u64>,
}

/// What the registry, or the bucket that it sends clients to, says about a blob.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BlobHead {
    /// `Content-Length`.
    pub size: Option<u64>,
    /// `Docker-Content-Digest`, as sent.
    pub claimed: Option<String>,
    /// The host that clients are sent to for the bytes, if not the registry itself.
    pub served_by: Option<String>,
}

/// Whether a registry deletes by tag.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DeleteByTag {
    /// It would: asked for a tag that nobody has, it looked for it.
    Yes(DeleteRoute),
    /// It would not, or not for us; why, and what to do about it.
    No(String),
    /// It did not say; why.
    Unknown(String),
}

/// Where a registry takes a DELETE by tag.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DeleteRoute {
    /// `/v2/<name>/manifests/<tag>`: distribution 3.x, GitLab since 4.0.
    Manifests,
    /// `/v2/<name>/tags/reference/<tag>`: older GitLab.
    TagsReference,
}

/// Some of a repository's tags.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TagPage {
    /// As sent; not all need be legal.
    pub tags: Vec<String>,
    /// Where to go on, if this was not the end.
    pub next: Option<PageLink>,
}

/// Where a list goes on. Opaque to everybody but the client.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PageLink(pub(super) String);
