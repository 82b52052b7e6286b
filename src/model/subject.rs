//! Things one can point at.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::HopId;

/// A thing that a finding, a verb or a selection is about.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Subject {
    /// A repository by name (`group/project/image`).
    Repository(String),
    /// A tag of a repository.
    Tag { repository: String, tag: String },
    /// A manifest of a repository, by digest.
    Manifest { repository: String, digest: String },
    /// A blob of the whole registry, by digest.
    Blob(String),
    /// An upload of a repository, by its folder's name.
    Upload { repository: String, id: String },
    /// Any object or prefix of the store, by key.
    Object(String),
    /// A pod of the profile's namespace, by name.
    Pod(String),
    /// A service of the profile's namespace, by name.
    Service(String),
    /// An address that a service sends to.
    Address(String),
    /// An instance of HAProxy, by the name that it has here.
    Instance(String),
    /// A server of a backend of HAProxy, on whichever instances have it.
    Server { backend: String, server: String },
    /// A load balancer of the cloud, and one of the servers behind it.
    CloudServer { balancer: String, server: String },
    /// A log file of this host, by its path from the root on.
    LogFile(String),
    /// A request that is sent again and again, by what it asks and who asks: its agent, else its address.
    Request { method: String, uri: String, client: String },
    /// The registry as its clients reach it.
    FrontDoor,
    /// A hop of the way of a pull.
    Hop(HopId),
    /// What is most likely wrong: the id of what found it, and what it is about first.
    Cause { rule: String, about: Option<Box<Subject>> },
    /// Everything that was looked for.
    Checks,
}

impl Subject {
    /// Whether it lies in the bucket, or would.
    pub const fn is_stored(&self) -> bool {
        match self {
            Self::Repository(_)
            | Self::Tag { .. }
            | Self::Manifest { .. }
            | Self::Blob(_)
            | Self::Upload { .. }
            | Self::Object(_) => true,
            Self::Pod(_)
            | Self::Service(_)
            | Self::Address(_)
            | Self::Instance(_)
            | Self::Server { .. }
            | Self::CloudServer { .. }
            | Self::LogFile(_)
            | Self::Request { .. }
            | Self::FrontDoor
            | Self::Hop(_)
            | Self::Cause { .. }
            | Self::Checks => false,
        }
    }
}

impl fmt::Display for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Repository(name)
            | Self::Blob(name)
            | Self::Object(name)
            | Self::Pod(name)
            | Self::Service(name)
            | Self::Address(name)
            | Self::Instance(name)
            | Self::LogFile(name) => f.write_str(name),
            Self::Server { backend, server } => write!(f, "{backend}/{server}"),
            Self::CloudServer { balancer, server } => write!(f, "{balancer}/{server}"),
            Self::Request { method, uri, client } if client.is_empty() => write!(f, "{method} {uri}"),
            Self::Request { method, uri, client } => write!(f, "{method} {uri} by {client}"),
            Self::FrontDoor => f.write_str("front door"),
            Self::Hop(hop) => write!(f, "{hop}"),
            Self::Cause { rule, .. } => f.write_str(&rule.replace('-', " ")),
            Self::Checks => f.write_str("everything that is looked for"),
            Self::Tag { repository, tag } => write!(f, "{repository}:{tag}"),
            Self::Manifest { repository, digest } => write!(f, "{repository}@{digest}"),
            Self::Upload { repository, id } => write!(f, "{repository} upload {id}"),
        }
    }
}
