//! What came of looking at one tag: the chain hop by hop, the findings, and what was not looked at.

use jiff::Timestamp;

use super::reference::{Reference, Target};
use crate::model::{Finding, TagState, Unread};

/// What part a hop plays in the chain of a tag.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Role {
    /// `tags/<tag>/current/link`.
    TagLink,
    /// `_manifests/revisions/…/link`.
    RevisionLink,
    /// A manifest or index blob.
    Manifest,
    /// `_layers/…/link` of the configuration.
    ConfigLink,
    /// The configuration blob.
    Config,
    /// `_layers/…/link` of a layer.
    LayerLink,
    /// A layer blob.
    Layer,
}

impl Role {
    /// The part in a word or two, for tables.
    pub const fn name(self) -> &'static str {
        match self {
            Self::TagLink => "tag link",
            Self::RevisionLink => "revision link",
            Self::Manifest => "manifest",
            Self::ConfigLink => "config link",
            Self::Config => "config",
            Self::LayerLink => "layer link",
            Self::Layer => "layer",
        }
    }
}

/// What was seen of one hop.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum HopState {
    /// There and right, as far as it was looked at.
    Good,
    /// Broken or missing: a finding says how.
    Bad,
    /// Could not be read.
    Unknown,
    /// Rightly not stored here (a layer with `urls`).
    Elsewhere,
}

/// One object on the way from a tag to its bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hop {
    /// Nesting below the tag's own manifest: 0 for the tag's, 1 for an index's children, and so on.
    pub depth: u8,
    pub role: Role,
    pub state: HopState,
    /// Key from the store's root on.
    pub object: String,
    /// What this hop stands for: the digest a link leads to, or the digest of a blob.
    pub digest: Option<String>,
    /// Bytes seen.
    pub size: Option<u64>,
    /// Bytes that the descriptor promises, where one does.
    pub expected: Option<u64>,
    pub modified: Option<Timestamp>,
    /// The store's version (on GCS the generation).
    pub version: Option<String>,
    /// A few words: media type, platform, what is wrong.
    pub note: String,
}

/// What came of scanning one reference.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TagReport {
    pub repository: String,
    /// Absent when the reference was a digest.
    pub tag: Option<String>,
    /// The manifest that the reference leads to, as far as it is known.
    pub digest: Option<String>,
    pub state: TagState,
    /// Worst first.
    pub findings: Vec<Finding>,
    /// In the order a pull walks them.
    pub hops: Vec<Hop>,
    /// What could not be read; with a deciding object in here the state is unknown.
    pub unread: Vec<Unread>,
    /// What was left out on purpose, in words (too young to judge, blobs not hashed).
    pub notes: Vec<String>,
    /// Blobs whose size was compared and whose bytes were not hashed.
    pub unhashed: u32,
    /// Storage requests spent.
    pub requests: u32,
    /// Sequential round trips spent.
    pub trips: u32,
}

impl TagReport {
    /// A report on `reference` of which nothing has been seen yet: its state is unknown.
    pub fn of(reference: &Reference) -> Self {
        let (tag, digest) = match &reference.target {
            Target::Tag(tag) => (Some(tag.to_string()), None),
            Target::Digest(digest) => (None, Some(digest.to_string())),
        };
        Self {
            repository: reference.repository.to_string(),
            tag,
            digest,
            state: TagState::Unknown,
            findings: Vec::new(),
            hops: Vec::new(),
            unread: Vec::new(),
            notes: Vec::new(),
            unhashed: 0,
            requests: 0,
            trips: 0,
        }
    }
}
