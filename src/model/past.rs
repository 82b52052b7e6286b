//! What the journal remembers of a proposal that was carried out, in short.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::Subject;

/// One entry of the journal.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Past {
    /// Id of the entry.
    pub entry: String,
    pub at: Timestamp,
    /// Who did it, as `user@machine`.
    pub by: String,
    /// Id of the verb.
    pub verb: String,
    /// URL of the store.
    pub store: String,
    pub subjects: Vec<Subject>,
    pub standing: Standing,
    /// Steps done, of how many.
    pub done: usize,
    pub of: usize,
    /// The entry that this one took back or finished.
    pub about: Option<super::About>,
}

/// Where an entry stands now.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Standing {
    /// A process that still lives is at it.
    Running,
    /// Every step was done.
    Done,
    /// It ended before its last step; why.
    Stopped { why: String },
    /// Its process died before it ended.
    Interrupted,
    /// A later entry took it back.
    Undone { by: String },
    /// A later entry did the rest.
    Resumed { by: String },
}

/// How far a proposal is while it is carried out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Progress {
    pub phase: Phase,
    /// Objects finished in this phase.
    pub finished: usize,
    pub of: usize,
    /// The object that is dealt with now.
    pub key: String,
}

/// What is being done for a proposal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    /// Bytes are copied to the folder of backups.
    Backup,
    /// Objects are written to.
    Write,
    /// What came of it is looked at.
    Check,
}
