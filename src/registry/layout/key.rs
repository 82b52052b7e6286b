//! What one object of the layout is, from its key, and its key again.

use std::fmt;

use super::{LOCKFILES, Place, walk};
use crate::registry::{
    digest::Digest,
    mode::Lockfile,
    reference::{Repository, Tag},
};

/// An object of the layout. Its path and it determine each other.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Key {
    /// `blobs/sha256/<2 hex>/<hex>/data`: a layer, a configuration or a manifest.
    BlobData { digest: Digest },
    /// `_layers/sha256/<hex>/link`: this repository may serve this blob.
    LayerLink { repository: Repository, digest: Digest },
    /// `_manifests/revisions/sha256/<hex>/link`: this repository may serve this manifest.
    RevisionLink { repository: Repository, digest: Digest },
    /// `_manifests/tags/<tag>/current/link`: what the tag points at.
    CurrentLink { repository: Repository, tag: Tag },
    /// `_manifests/tags/<tag>/index/sha256/<hex>/link`: what the tag points or pointed at.
    IndexLink { repository: Repository, tag: Tag, digest: Digest },
    /// A file of `_uploads/<id>/`.
    Upload { repository: Repository, id: String, part: UploadPart },
    /// `_layers/tarsum/<version>/sha256/<hex>/link`, of very old registries.
    TarsumLink { repository: Repository, version: String, digest: Digest },
    /// `_manifests/revisions/sha256/<hex>/signatures/sha256/<hex>/link`, of very old registries.
    SignatureLink { repository: Repository, revision: Digest, signature: Digest },
    /// `docker/registry/lockfiles/…`.
    Lockfile(Lockfile),
    /// `<path>.<uuid>.tmp`: what 3.x writes before it renames it to the object it is to become.
    Temporary { of: Box<Key>, uuid: String },
    /// A key that ends in `/`: an object store's stand-in for a folder.
    Marker(Place),
    /// Anything else: `rest` below the deepest folder that the layout knows.
    Stray { inside: Place, rest: String },
}

/// The files of an upload.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum UploadPart {
    /// `startedat`: when it began, as RFC 3339 text.
    StartedAt,
    /// `data`: the bytes so far.
    Data,
    /// `hashstates/<algorithm>/<offset>`: the hasher's state after that many bytes.
    HashState { algorithm: String, offset: u64 },
}

impl Key {
    /// What the object with this key is.
    pub fn parse(key: &str) -> Self {
        let (folder, file) = key.rsplit_once('/').map_or(("", key), |(dir, file)| (&key[..=dir.len()], file));
        if file.is_empty() {
            return Self::Marker(Place::of(folder));
        }
        Self::known(folder, file).or_else(|| Self::temporary(folder, file)).unwrap_or_else(|| {
            let (inside, rest) = walk::deepest(folder);
            Self::Stray { inside, rest: format!("{rest}{file}") }
        })
    }

    fn known(folder: &str, file: &str) -> Option<Self> {
        match (walk::deepest(folder), file) {
            ((Place::Blob { digest }, ""), "data") => Some(Self::BlobData { digest }),
            ((Place::Layer { repository, digest }, ""), "link") => {
                Some(Self::LayerLink { repository, digest })
            }
            ((Place::LayerAlgorithm { repository, algorithm }, rest), "link") if algorithm == "tarsum" => {
                let [version, algorithm, hex] = parts(rest)?;
                let digest = Digest::from_parts(algorithm, hex).ok()?;
                Some(Self::TarsumLink { repository, version: version.to_owned(), digest })
            }
            ((Place::Revision { repository, digest }, ""), "link") => {
                Some(Self::RevisionLink { repository, digest })
            }
            ((Place::Revision { repository, digest: revision }, rest), "link") => match parts(rest)? {
                ["signatures", algorithm, hex] => {
                    let signature = Digest::from_parts(algorithm, hex).ok()?;
                    Some(Self::SignatureLink { repository, revision, signature })
                }
                _ => None,
            },
            ((Place::TagCurrent { repository, tag }, ""), "link") => {
                Some(Self::CurrentLink { repository, tag })
            }
            ((Place::TagIndexEntry { repository, tag, digest }, ""), "link") => {
                Some(Self::IndexLink { repository, tag, digest })
            }
            ((Place::Upload { repository, id }, ""), "startedat") => {
                Some(Self::Upload { repository, id, part: UploadPart::StartedAt })
            }
            ((Place::Upload { repository, id }, ""), "data") => {
                Some(Self::Upload { repository, id, part: UploadPart::Data })
            }
            ((Place::HashStateAlgorithm { repository, id, algorithm }, ""), _) => {
                let offset = file.parse::<u64>().ok().filter(|offset| offset.to_string() == file)?;
                Some(Self::Upload { repository, id, part: UploadPart::HashState { algorithm, offset } })
            }
            ((Place::Lockfiles, ""), _) => Lockfile::named(file).map(Self::Lockfile),
            _ => None,
        }
    }

    fn temporary(folder: &str, file: &str) -> Option<Self> {
        let (file, uuid) = file.strip_suffix(".tmp")?.rsplit_once('.')?;
        let of = Box::new(Self::known(folder, file).filter(|_| is_uuid(uuid))?);
        Some(Self::Temporary { of, uuid: uuid.to_owned() })
    }

    /// The key from the store's root on.
    pub fn path(&self) -> String {
        self.to_string()
    }

    /// The folder that the object lies in, or for a marker the folder that it stands for.
    pub fn place(&self) -> Place {
        match self {
            Self::Marker(place) => place.clone(),
            Self::BlobData { .. }
            | Self::LayerLink { .. }
            | Self::RevisionLink { .. }
            | Self::CurrentLink { .. }
            | Self::IndexLink { .. }
            | Self::Upload { .. }
            | Self::TarsumLink { .. }
            | Self::SignatureLink { .. }
            | Self::Lockfile(_)
            | Self::Temporary { .. }
            | Self::Stray { .. } => {
                let path = self.path();
                Place::of(path.rsplit_once('/').map_or("", |(folder, _)| &path[..=folder.len()]))
            }
        }
    }

    /// The repository that the object belongs to.
    pub fn repository(&self) -> Option<&Repository> {
        match self {
            Self::BlobData { .. } | Self::Lockfile(_) => None,
            Self::LayerLink { repository, .. }
            | Self::RevisionLink { repository, .. }
            | Self::CurrentLink { repository, .. }
            | Self::IndexLink { repository, .. }
            | Self::Upload { repository, .. }
            | Self::TarsumLink { repository, .. }
            | Self::SignatureLink { repository, .. } => Some(repository),
            Self::Temporary { of, .. } => of.repository(),
            Self::Marker(place) | Self::Stray { inside: place, .. } => place.repository(),
        }
    }

    /// The digest that the path promises: of a blob's bytes, or the right content of a link. A tag's
    /// `current/link` promises none.
    pub const fn promise(&self) -> Option<&Digest> {
        match self {
            Self::BlobData { digest }
            | Self::LayerLink { digest, .. }
            | Self::RevisionLink { digest, .. }
            | Self::IndexLink { digest, .. }
            | Self::TarsumLink { digest, .. }
            | Self::SignatureLink { signature: digest, .. } => Some(digest),
            Self::CurrentLink { .. }
            | Self::Upload { .. }
            | Self::Lockfile(_)
            | Self::Temporary { .. }
            | Self::Marker(_)
            | Self::Stray { .. } => None,
        }
    }
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let prefix = |place: Place| place.prefix();
        match self.clone() {
            Self::BlobData { digest } => write!(f, "{}data", prefix(Place::Blob { digest })),
            Self::LayerLink { repository, digest } => {
                write!(f, "{}link", prefix(Place::Layer { repository, digest }))
            }
            Self::RevisionLink { repository, digest } => {
                write!(f, "{}link", prefix(Place::Revision { repository, digest }))
            }
            Self::CurrentLink { repository, tag } => {
                write!(f, "{}link", prefix(Place::TagCurrent { repository, tag }))
            }
            Self::IndexLink { repository, tag, digest } => {
                write!(f, "{}link", prefix(Place::TagIndexEntry { repository, tag, digest }))
            }
            Self::Upload { repository, id, part } => {
                write!(f, "{}{part}", prefix(Place::Upload { repository, id }))
            }
            Self::TarsumLink { repository, version, digest } => {
                let folder = prefix(Place::LayerAlgorithm { repository, algorithm: "tarsum".into() });
                write!(f, "{folder}{version}/{}/{}/link", digest.algorithm().name(), digest.hex())
            }
            Self::SignatureLink { repository, revision, signature } => {
                let folder = prefix(Place::Revision { repository, digest: revision });
                write!(f, "{folder}signatures/{}/{}/link", signature.algorithm().name(), signature.hex())
            }
            Self::Lockfile(file) => write!(f, "{LOCKFILES}{}", file.name()),
            Self::Temporary { of, uuid } => write!(f, "{of}.{uuid}.tmp"),
            Self::Marker(place) => f.write_str(&place.prefix()),
            Self::Stray { inside, rest } => write!(f, "{}{rest}", inside.prefix()),
        }
    }
}

impl fmt::Display for UploadPart {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::StartedAt => f.write_str("startedat"),
            Self::Data => f.write_str("data"),
            Self::HashState { algorithm, offset } => write!(f, "hashstates/{algorithm}/{offset}"),
        }
    }
}

/// The three folders of `a/b/c/`.
fn parts(rest: &str) -> Option<[&str; 3]> {
    let mut parts = rest.strip_suffix('/')?.split('/');
    let three = [parts.next()?, parts.next()?, parts.next()?];
    parts.next().is_none().then_some(three)
}

fn is_uuid(text: &str) -> bool {
    let groups: Vec<_> = text.split('-').map(str::len).collect();
    groups == [8, 4, 4, 4, 12] && text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f' | b'-'))
}
