//! A conclusion with its evidence, and what was left unread on the way to it.

use super::{Severity, Subject};

/// One way to cure a finding; the order within a finding is the order to try them in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Repair {
    /// The image's owner pushes it again.
    RePush,
    /// A verb of the cockpit, by its id (`delete-tag`, `restore-link`, …).
    Verb(&'static str),
}

impl Repair {
    /// The stable word used in JSON: a verb id or `re-push`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::RePush => "re-push",
            Self::Verb(id) => id,
        }
    }
}

/// A conclusion about one object, with the evidence in words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// Stable kebab-case id of the check.
    pub id: &'static str,
    /// What the fault breaks.
    pub severity: Severity,
    /// What the finding is about.
    pub subject: Subject,
    /// Key of the guilty object from the root of the store on (`docker/registry/v2/…`).
    pub object: String,
    /// The evidence in one sentence: what is there and what should be there.
    pub detail: String,
    /// Cures, best first.
    pub repairs: Vec<Repair>,
}

/// Something that could not be read, so nothing is claimed about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unread {
    /// Key or prefix that was asked for.
    pub object: String,
    /// Why not, in words.
    pub why: String,
}
