//! What a prefix of the layout stands for, level by level.

use super::{
    BLOBS, LOCKFILES, MANIFESTS_FOLDER, REPOSITORIES, ROOT, blob_prefix, layers_prefix, repository_prefix,
    revisions_prefix, tag_prefix, tags_prefix, uploads_prefix, walk,
};
use crate::registry::{
    digest::Digest,
    reference::{Repository, Tag},
};

/// A folder of the layout. Its prefix and it determine each other.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Place {
    /// The store's root, prefix empty.
    Top,
    /// `docker/registry/v2/`.
    Root,
    /// `docker/registry/lockfiles/`.
    Lockfiles,
    /// `blobs/`.
    Blobs,
    /// `blobs/sha256/`, or any other name there.
    BlobAlgorithm { algorithm: String },
    /// `blobs/sha256/ab/`, or any other name there.
    BlobShard { algorithm: String, shard: String },
    /// `blobs/sha256/ab/ab…/`, with the right shard.
    Blob { digest: Digest },
    /// `repositories/`.
    Repositories,
    /// A repository, or a group of them, or both: only a listing tells.
    Repository { repository: Repository },
    /// `_layers/`.
    Layers { repository: Repository },
    /// `_layers/sha256/`, or any other name there.
    LayerAlgorithm { repository: Repository, algorithm: String },
    /// `_layers/sha256/<hex>/`.
    Layer { repository: Repository, digest: Digest },
    /// `_manifests/`.
    Manifests { repository: Repository },
    /// `_manifests/revisions/`.
    Revisions { repository: Repository },
    /// `_manifests/revisions/sha256/`, or any other name there.
    RevisionAlgorithm { repository: Repository, algorithm: String },
    /// `_manifests/revisions/sha256/<hex>/`.
    Revision { repository: Repository, digest: Digest },
    /// `_manifests/tags/`.
    Tags { repository: Repository },
    /// `_manifests/tags/<tag>/`.
    Tag { repository: Repository, tag: Tag },
    /// `_manifests/tags/<tag>/current/`.
    TagCurrent { repository: Repository, tag: Tag },
    /// `_manifests/tags/<tag>/index/`.
    TagIndex { repository: Repository, tag: Tag },
    /// `_manifests/tags/<tag>/index/sha256/`, or any other name there.
    TagIndexAlgorithm { repository: Repository, tag: Tag, algorithm: String },
    /// `_manifests/tags/<tag>/index/sha256/<hex>/`.
    TagIndexEntry { repository: Repository, tag: Tag, digest: Digest },
    /// `_uploads/`.
    Uploads { repository: Repository },
    /// `_uploads/<id>/`.
    Upload { repository: Repository, id: String },
    /// `_uploads/<id>/hashstates/`.
    HashStates { repository: Repository, id: String },
    /// `_uploads/<id>/hashstates/sha256/`, or any other name there.
    HashStateAlgorithm { repository: Repository, id: String, algorithm: String },
    /// A folder that the layout does not know: `rest`, ending in `/`, below the deepest one it does.
    Stray { inside: Box<Place>, rest: String },
}

impl Place {
    /// What a prefix stands for. A prefix is empty or ends in `/`; a missing one is added.
    pub fn of(prefix: &str) -> Self {
        if !prefix.is_empty() && !prefix.ends_with('/') {
            return Self::of(&format!("{prefix}/"));
        }
        let (place, rest) = walk::deepest(prefix);
        match rest {
            "" => place,
            rest => Self::Stray { inside: Box::new(place), rest: rest.to_owned() },
        }
    }

    /// The folder called `name` in this one.
    pub fn child(&self, name: &str) -> Self {
        Self::of(&format!("{}{name}/", self.prefix()))
    }

    /// The folder that holds this one; none above the store's root.
    pub fn parent(&self) -> Option<Self> {
        let prefix = self.prefix();
        let inner = prefix.strip_suffix('/')?;
        Some(Self::of(inner.rsplit_once('/').map_or("", |(parent, _)| &prefix[..=parent.len()])))
    }

    /// The prefix of everything in here, ending in `/` unless this is the store's root.
    pub fn prefix(&self) -> String {
        match self {
            Self::Top => String::new(),
            Self::Root => ROOT.to_owned(),
            Self::Lockfiles => LOCKFILES.to_owned(),
            Self::Blobs => BLOBS.to_owned(),
            Self::BlobAlgorithm { algorithm } => format!("{BLOBS}{algorithm}/"),
            Self::BlobShard { algorithm, shard } => format!("{BLOBS}{algorithm}/{shard}/"),
            Self::Blob { digest } => blob_prefix(digest),
            Self::Repositories => REPOSITORIES.to_owned(),
            Self::Repository { repository } => repository_prefix(repository),
            Self::Layers { repository } => layers_prefix(repository),
            Self::LayerAlgorithm { repository, algorithm } => {
                format!("{}{algorithm}/", layers_prefix(repository))
            }
            Self::Layer { repository, digest } => layers_prefix(repository) + &folders(digest),
            Self::Manifests { repository } => format!("{REPOSITORIES}{repository}/{MANIFESTS_FOLDER}/"),
            Self::Revisions { repository } => revisions_prefix(repository),
            Self::RevisionAlgorithm { repository, algorithm } => {
                format!("{}{algorithm}/", revisions_prefix(repository))
            }
            Self::Revision { repository, digest } => revisions_prefix(repository) + &folders(digest),
            Self::Tags { repository } => tags_prefix(repository),
            Self::Tag { repository, tag } => tag_prefix(repository, tag),
            Self::TagCurrent { repository, tag } => tag_prefix(repository, tag) + "current/",
            Self::TagIndex { repository, tag } => tag_prefix(repository, tag) + "index/",
            Self::TagIndexAlgorithm { repository, tag, algorithm } => {
                format!("{}index/{algorithm}/", tag_prefix(repository, tag))
            }
            Self::TagIndexEntry { repository, tag, digest } => {
                format!("{}index/{}", tag_prefix(repository, tag), folders(digest))
            }
            Self::Uploads { repository } => uploads_prefix(repository),
            Self::Upload { repository, id } => format!("{}{id}/", uploads_prefix(repository)),
            Self::HashStates { repository, id } => format!("{}{id}/hashstates/", uploads_prefix(repository)),
            Self::HashStateAlgorithm { repository, id, algorithm } => {
                format!("{}{id}/hashstates/{algorithm}/", uploads_prefix(repository))
            }
            Self::Stray { inside, rest } => inside.prefix() + rest,
        }
    }

    /// The repository (or group) that this folder belongs to.
    pub fn repository(&self) -> Option<&Repository> {
        match self {
            Self::Top
            | Self::Root
            | Self::Lockfiles
            | Self::Blobs
            | Self::BlobAlgorithm { .. }
            | Self::BlobShard { .. }
            | Self::Blob { .. }
            | Self::Repositories => None,
            Self::Repository { repository }
            | Self::Layers { repository }
            | Self::LayerAlgorithm { repository, .. }
            | Self::Layer { repository, .. }
            | Self::Manifests { repository }
            | Self::Revisions { repository }
            | Self::RevisionAlgorithm { repository, .. }
            | Self::Revision { repository, .. }
            | Self::Tags { repository }
            | Self::Tag { repository, .. }
            | Self::TagCurrent { repository, .. }
            | Self::TagIndex { repository, .. }
            | Self::TagIndexAlgorithm { repository, .. }
            | Self::TagIndexEntry { repository, .. }
            | Self::Uploads { repository }
            | Self::Upload { repository, .. }
            | Self::HashStates { repository, .. }
            | Self::HashStateAlgorithm { repository, .. } => Some(repository),
            Self::Stray { inside, .. } => inside.repository(),
        }
    }
}

/// The two folders that hold what belongs to a digest.
fn folders(digest: &Digest) -> String {
    format!("{}/{}/", digest.algorithm().name(), digest.hex())
}
