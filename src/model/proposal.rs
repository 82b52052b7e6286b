//! What a writing verb would do, object by object, before anybody agreed to it.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{EmptyLog, SetServer, Subject, TagState};

/// What a verb is asked for: its id, and what to do it to. More than one target makes a batch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Order {
    /// Id of the verb.
    pub verb: &'static str,
    pub targets: Vec<Target>,
}

/// One thing that a verb is to act on.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Target {
    /// What the operator pointed at.
    pub subject: Subject,
    /// What the subject alone does not tell: the guilty object's key or prefix, of a hop or a finding; of a server the
    /// weight that it is to have.
    pub object: Option<String>,
}

/// Everything that a verb would do, worked out without doing any of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Proposal {
    /// Id of the verb.
    pub verb: String,
    /// URL of the store, without secrets; of load balancers their [`super::place`], of log files
    /// [`EmptyLog::place`].
    pub store: String,
    /// The journal entry that this takes back or finishes.
    pub about: Option<About>,
    /// Folder of the backups that are put back; none where a proposal puts none back.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub backups: Option<String>,
    /// In the order in which they are dealt with.
    pub items: Vec<Item>,
}

/// How a proposal concerns an earlier entry of the journal.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum About {
    /// It takes back what that entry did.
    Undo(String),
    /// It does what that entry left undone.
    Resume(String),
}

/// What would be done to one target.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Item {
    pub subject: Subject,
    /// What a look at the tag said; of a repository the best that any of its tags is. None for what holds no tag.
    pub state: Option<TagState>,
    /// Why: the findings, or what makes a link's right content certain. One sentence each.
    pub why: Vec<String>,
    /// In the order in which they would be done.
    pub steps: Vec<Step>,
    /// What else refers to these objects, and what becomes of it. One sentence each.
    pub references: Vec<String>,
    /// What clients see now.
    pub before: String,
    /// What clients will see.
    pub after: String,
    /// What to mind, and what was not searched. One sentence each.
    pub mind: Vec<String>,
}

/// One write to one object.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Step {
    pub act: Act,
    /// Key from the store's root on; ends in `/` for a folder. For the registry's API `repository:tag`, for a load
    /// balancer its name and `backend/server`.
    pub key: String,
    /// Bytes before the write, if the store says.
    pub size: Option<u64>,
    /// Last change before the write, if the store says.
    pub modified: Option<Timestamp>,
    /// What must hold right before the write, besides what the act itself demands of its object.
    pub guards: Vec<Guard>,
}

/// A write.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Act {
    /// Delete the object while it is in this version.
    Delete { version: String },
    /// Write an object where there is none.
    Create { content: Content },
    /// Overwrite the object while it is in this version.
    Replace { version: String, content: Content },
    /// Bring back the very state that was deleted where the store still keeps it, else write `content`; only where
    /// there is no object.
    PutBack { version: String, content: Content },
    /// Remove a folder that is empty (file systems only).
    RemoveFolder,
    /// Make a folder (file systems only); the attributes are the driver's own words, empty for those of the folder above.
    MakeFolder { attributes: String },
    /// DELETE of the tag through the registry's API, which knows no precondition.
    ApiDelete { repository: String, tag: String },
    /// PUT of a manifest under the tag through the registry's API, where no such tag is.
    ApiPut { repository: String, tag: String, media_type: String, content: Content },
    /// Set state or weight of a server of a load balancer, while it has what it had.
    SetServer(Box<SetServer>),
    /// Cut a log file of this host to nothing where it lies, while it is the same file. Nothing takes it back.
    EmptyLog(Box<EmptyLog>),
}

/// Bytes to be written.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Content {
    /// A link's text.
    Text(String),
    /// A backup of the journal.
    Backup(Backup),
}

/// An object's bytes as they were kept before it was written to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Backup {
    /// File below the folder of backups; none where the store itself keeps the bytes.
    pub file: Option<String>,
    /// Where the store keeps them: a key of its own, or a generation. In the driver's own words.
    pub in_store: Option<String>,
    pub size: u64,
    /// `sha256:<hex>` of the bytes; none where they never came here.
    pub digest: Option<String>,
    /// What comes back with the bytes: mode and owner, content type. In the driver's own words.
    pub attributes: Option<String>,
}

/// What must hold right before a write.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Guard {
    pub key: String,
    pub expect: Expect,
}

/// What is expected of an object or prefix.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Expect {
    /// The object is in this version.
    Version(String),
    /// There is no such object; a folder of that name may be there.
    Absent,
    /// There is no object below this prefix.
    NothingBelow,
}

impl Proposal {
    /// The steps of all items.
    pub fn steps(&self) -> impl Iterator<Item = &Step> {
        self.items.iter().flat_map(|item| &item.steps)
    }

    /// The steps that touch an object, not only a folder.
    pub fn objects(&self) -> usize {
        self.steps().filter(|step| !step.act.is_folder()).count()
    }

    /// Whether it is about servers of load balancers, and no store has to do with it.
    pub fn is_about_servers(&self) -> bool {
        super::is_balancers(&self.store)
    }

    /// Whether it is about log files of a host, and no store has to do with it.
    pub fn is_about_logs(&self) -> bool {
        EmptyLog::is_place(&self.store)
    }

    /// What is set on servers.
    pub fn settings(&self) -> impl Iterator<Item = &SetServer> {
        self.steps().filter_map(|step| step.act.setting())
    }
}

impl Act {
    /// Whether only a folder comes or goes.
    pub const fn is_folder(&self) -> bool {
        matches!(self, Self::RemoveFolder | Self::MakeFolder { .. })
    }

    /// Whether bytes are lost to the store by it, so that they have to be kept before.
    pub const fn takes_bytes(&self) -> bool {
        matches!(self, Self::Delete { .. } | Self::Replace { .. })
    }

    /// What it sets on a server, if it does.
    pub fn setting(&self) -> Option<&SetServer> {
        match self {
            Self::SetServer(setting) => Some(setting),
            _ => None,
        }
    }

    /// The version of the object that it takes out of its place, if it does.
    pub fn takes_version(&self) -> Option<&str> {
        match self {
            Self::Delete { version } | Self::Replace { version, .. } => Some(version),
            Self::Create { .. }
            | Self::PutBack { .. }
            | Self::RemoveFolder
            | Self::MakeFolder { .. }
            | Self::ApiDelete { .. }
            | Self::ApiPut { .. }
            | Self::SetServer(_)
            | Self::EmptyLog(_) => None,
        }
    }

    /// The act as a verb in the imperative.
    pub const fn word(&self) -> &'static str {
        match self {
            Self::Delete { .. } => "delete",
            Self::Create { .. } => "write",
            Self::Replace { .. } => "overwrite",
            Self::PutBack { .. } => "put back",
            Self::RemoveFolder => "remove the empty folder",
            Self::MakeFolder { .. } => "make the folder",
            Self::ApiDelete { .. } => "DELETE by the API",
            Self::ApiPut { .. } => "PUT by the API",
            Self::SetServer(_) => "set",
            Self::EmptyLog(_) => "empty",
        }
    }
}
