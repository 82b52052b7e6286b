//! Looks at every tag under a prefix, and at the faults that no tag shows.

use std::collections::BTreeMap;

use crate::model::{Finding, TagState, Unread};
use crate::registry::report::TagReport;

/// One thing that an audit has to say, in the order it came to know it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AuditLine {
    /// The verdict on one tag, or on a manifest that no tag names but that stops something (then without a tag).
    Tag(TagReport),
    /// A fault of a repository, an upload or the blob store, which no tag shows.
    Fault { repository: Option<String>, finding: Finding },
    /// Something that could not be read: nothing is claimed about it.
    Unread(Unread),
    /// How far the audit has come; sent now and then, for a progress bar.
    Progress(Progress),
}

/// How far an audit has come.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Progress {
    /// Objects seen in listings so far.
    pub objects: u64,
    /// Tags judged so far.
    pub tags: u64,
    /// Storage requests spent so far.
    pub requests: u64,
    /// Where the audit is, in words (`blobs`, or a repository's name).
    pub at: String,
}

/// What an audit came to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AuditSummary {
    /// Tags by state.
    pub tags: BTreeMap<&'static str, u64>,
    /// Findings by check id, tags' and others' together.
    pub findings: BTreeMap<&'static str, u64>,
    /// How many findings are above `harmless`.
    pub serious: u64,
    /// How many things could not be read.
    pub unread: u64,
    /// Repositories, blobs and objects seen.
    pub repositories: u64,
    pub blobs: u64,
    pub objects: u64,
    /// Storage requests spent.
    pub requests: u64,
    /// Blobs whose size was compared and whose bytes were not hashed.
    pub unhashed: u64,
    /// What was left out, in words: why, and how to have it looked at.
    pub not_looked_at: Vec<String>,
}

impl AuditSummary {
    /// How many tags are in `state`.
    pub fn tags_in(&self, state: TagState) -> u64 {
        self.tags.get(state.name()).copied().unwrap_or(0)
    }
}
