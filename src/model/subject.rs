//! Things one can point at.

use std::fmt;

use serde::{Deserialize, Serialize};

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
}

impl fmt::Display for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Repository(name) | Self::Blob(name) | Self::Object(name) => f.write_str(name),
            Self::Tag { repository, tag } => write!(f, "{repository}:{tag}"),
            Self::Manifest { repository, digest } => write!(f, "{repository}@{digest}"),
            Self::Upload { repository, id } => write!(f, "{repository} upload {id}"),
        }
    }
}
