//! What the bucket source has seen, in the past tense.

use std::sync::Arc;

use super::browse::{Child, Place};
use super::links::Links;
use super::raw::Raw;
use crate::model::Subject;
use crate::model::text::clean;
use crate::registry::report::TagReport;
use crate::storage::StoreError;
pub use crate::storage::{ErrorKind, PageToken};

/// Something that the bucket source saw.
#[derive(Clone, Debug)]
pub enum Fact {
    /// The store was opened; its URL without secrets.
    Opened { url: String },
    /// The store could not be opened.
    NotOpened { url: String, trouble: Trouble },
    /// What kind of store it is.
    Surveyed { survey: Survey, requests: u32 },
    /// A page of a level arrived.
    Listed { listed: Listed, requests: u32 },
    /// A level could not be listed.
    NotListed { place: Place, trouble: Trouble, requests: u32 },
    /// A tag is being walked now.
    ScanBegan { subject: Subject },
    /// A tag was walked.
    Scanned { subject: Subject, report: Arc<TagReport> },
    /// An object was read.
    Read { key: String, raw: Raw, requests: u32 },
    /// An object could not be read.
    NotRead { key: String, trouble: Trouble, requests: u32 },
    /// The layer links of a repository were listed.
    Linked { repository: String, links: Links, requests: u32 },
    /// They could not be listed.
    NotLinked { repository: String, trouble: Trouble, requests: u32 },
}

/// One page of one level.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listed {
    pub place: Place,
    /// The page that was asked for; `None` for the first.
    pub asked: Option<PageToken>,
    /// In byte order of the names.
    pub children: Vec<Child>,
    /// Where to go on, if this was not the end.
    pub next: Option<PageToken>,
    /// Parts of the level that could not be listed.
    pub unread: Vec<Trouble>,
}

/// What kind of store it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Survey {
    /// A registry's tree whose tags are kept in it.
    Registry,
    /// A registry's tree whose tags are kept in a database: what is missing here may be fine.
    Database,
    /// A registry's tree, and the evidence does not tell where its tags are kept; why not.
    Undecided { why: String },
    /// `docker/registry/v2/` is there, and no repositories are below it; what is there instead.
    NoRepositories { names: Vec<String> },
    /// There is no `docker/registry/v2/`; what is at the root instead.
    Elsewhere { names: Vec<String> },
    /// There is nothing at all.
    Empty,
}

impl Survey {
    /// What there is where a registry's tree should be; `None` when there is one.
    pub fn instead(&self) -> Option<String> {
        match self {
            Self::Registry | Self::Database | Self::Undecided { .. } => None,
            Self::NoRepositories { .. } => {
                Some("docker/registry/v2/ is there, and no repository in it".to_owned())
            }
            Self::Elsewhere { names } => {
                Some(format!("there is no docker/registry/v2/; there is: {}", names.join("  ")))
            }
            Self::Empty => Some("it is empty".to_owned()),
        }
    }
}

/// Why something could not be looked at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trouble {
    pub kind: ErrorKind,
    /// Key or prefix that was asked for, made safe to show.
    pub object: String,
    /// What the store or the system said, made safe to show.
    pub why: String,
}

impl Trouble {
    /// What a failed call says to an operator.
    pub fn of(error: &StoreError) -> Self {
        let (object, why) = (clean(&error.key).into_owned(), clean(&error.detail).into_owned());
        Self { kind: error.kind, object, why }
    }

    /// Whether the store answered soundly that there is nothing here.
    pub fn is_absence(&self) -> bool {
        self.kind == ErrorKind::Gone
    }

    /// What to do next, in one sentence.
    pub const fn advice(&self) -> &'static str {
        match self.kind {
            ErrorKind::Gone => "It is not there: look one level up, or refresh with Ctrl-r.",
            ErrorKind::Folder => "A folder stands where an object should be: open it in the tree.",
            ErrorKind::Changed => "It changed while it was looked at: refresh with Ctrl-r.",
            ErrorKind::Denied => "Give these credentials the right to list and read, then press Ctrl-r.",
            ErrorKind::Throttled => "The store asks for patience: wait a little, then press Ctrl-r.",
            ErrorKind::Unreachable => "Check network, proxy and endpoint, then press Ctrl-r.",
            ErrorKind::Special => {
                "It is not a regular file, so it was not opened: no registry writes such a thing. See what it is \
                 with ls -l, and who put it there."
            }
            ErrorKind::Broken => {
                "Something between here and the store garbles answers: check proxy and endpoint."
            }
        }
    }
}
