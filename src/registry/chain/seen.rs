//! What was seen of a chain's objects, without any opinion about it.

use std::collections::BTreeMap;

use bytes::Bytes;
use jiff::{SignedDuration, Timestamp};

use crate::registry::checks::StoreKind;
use crate::registry::checks::link::{self, Malformed};
use crate::registry::digest::Digest;
use crate::registry::layout::Key;
use crate::registry::manifest::{Descriptor, Manifest, ManifestError};
use crate::registry::reference::{Reference, Repository};

/// What came of asking for one thing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Look<T> {
    There(T),
    /// The store itself said that there is nothing.
    Missing,
    /// A folder stands in its place (file systems only).
    Folder,
    /// No answer to go by: why, in words.
    Unread(String),
}

impl<T> Look<T> {
    /// What is there, if it is.
    pub const fn there(&self) -> Option<&T> {
        match self {
            Self::There(thing) => Some(thing),
            Self::Missing | Self::Folder | Self::Unread(_) => None,
        }
    }

    /// Whether the store said that there is nothing.
    pub const fn is_missing(&self) -> bool {
        matches!(self, Self::Missing)
    }
}

/// What a store tells about an object besides its bytes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Facts {
    /// Bytes, if the store says.
    pub size: Option<u64>,
    pub modified: Option<Timestamp>,
    /// The store's name for this state of the object.
    pub version: Option<String>,
}

/// A link file: its beginning, and its facts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Link {
    pub facts: Facts,
    /// At most [`link::READ_AT_MOST`] bytes.
    pub head: Bytes,
}

impl Link {
    /// The digest that it holds.
    ///
    /// # Errors
    /// When its content is anything but one digest.
    pub fn digest(&self) -> Result<Digest, Malformed> {
        link::read(&self.head, self.facts.size.unwrap_or(self.head.len() as u64))
    }
}

/// Whether bytes hash to the digest that names them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Hash {
    /// Nobody looked.
    Unhashed,
    Right,
    Wrong,
    /// The bytes could not be read to the end: why, in words.
    Unread(String),
}

/// A configuration or layer in the blob store.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BlobSeen {
    pub data: Look<Facts>,
    /// Names of what else lies in the blob's folder.
    pub neighbours: Vec<String>,
    pub hash: Hash,
}

/// A blob that a manifest needs, and the link that lets the repository serve it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PartSeen {
    pub link: Look<Link>,
    /// Where the blob was looked for: under its own digest, or under another algorithm's that its link names.
    pub at: Digest,
    pub blob: BlobSeen,
}

/// A manifest in the blob store.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ManifestSeen {
    pub data: Look<Facts>,
    pub hash: Hash,
    /// What its bytes say; none if they were not read (missing, unread, or too large to be served).
    pub content: Option<Result<Manifest, ManifestError>>,
}

impl ManifestSeen {
    /// A manifest of which nothing but this answer is known.
    pub const fn unseen(data: Look<Facts>) -> Self {
        Self { data, hash: Hash::Unhashed, content: None }
    }

    /// The manifest, if its bytes are the right ones and can be followed.
    pub fn followed(&self) -> Option<&Manifest> {
        match (&self.hash, &self.content) {
            (Hash::Right, Some(Ok(manifest))) => Some(manifest),
            (Hash::Right | Hash::Wrong | Hash::Unhashed | Hash::Unread(_), _) => None,
        }
    }
}

/// A manifest of the repository, with everything that decides whether it is served.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RevisionSeen {
    pub link: Look<Link>,
    /// The layer link of the same digest, asked for when the revision link is missing: 2.x takes it instead.
    pub under_layers: Option<Look<Link>>,
    /// The manifest under its own digest.
    pub manifest: ManifestSeen,
    /// The digest that the link names instead, and what lies there.
    pub elsewhere: Option<(Digest, ManifestSeen)>,
}

impl RevisionSeen {
    /// The manifest that this revision is meant to be: the one under its own digest, unless the link leads to the
    /// same bytes by another algorithm.
    pub fn meant(&self, digest: &Digest) -> &ManifestSeen {
        self.alias(digest).map_or(&self.manifest, |(_, manifest)| manifest)
    }

    /// The digest that the manifest is stored under.
    pub fn stored_at<'a>(&'a self, digest: &'a Digest) -> &'a Digest {
        self.alias(digest).map_or(digest, |(target, _)| target)
    }

    fn alias(&self, digest: &Digest) -> Option<(&Digest, &ManifestSeen)> {
        let (target, manifest) = self.elsewhere.as_ref()?;
        (target.algorithm() != digest.algorithm()).then_some((target, manifest))
    }
}

/// Whether a listing was read to its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Listing {
    Complete,
    Partial,
}

/// How long ago the newest object of a tag's folder was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Age {
    /// Nobody asked.
    NotAsked,
    Known(SignedDuration),
    /// The store does not tell, or its clock could not be read.
    Unknown,
}

/// What lies in a tag's folder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TagFolder {
    /// Entries of `index/` with their facts.
    pub index: BTreeMap<Digest, Facts>,
    /// Keys that end in `/`.
    pub markers: Vec<String>,
    /// Objects of any kind but markers.
    pub objects: usize,
    pub listing: Listing,
    pub newest: Option<Timestamp>,
    /// Age of the newest object, asked for when the tag has no link.
    pub age: Age,
}

/// A tag: its link and its folder. Of a folder that is not there, the look is missing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TagSeen {
    pub link: Look<Link>,
    pub folder: Look<TagFolder>,
    /// A file in the folder's place, asked for when there is no folder.
    pub file: Option<Look<Facts>>,
}

/// Everything that was seen on the way from one reference to its bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Chain {
    pub reference: Reference,
    pub store: StoreKind,
    /// None when the reference is a digest.
    pub tag: Option<TagSeen>,
    pub revisions: BTreeMap<Digest, RevisionSeen>,
    pub parts: BTreeMap<Digest, PartSeen>,
    /// Whether the repository has any layer links, asked for when all that were looked for are missing.
    pub layers_folder: Option<Look<()>>,
}

/// What was seen of one object, found again by its key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Recalled<'a> {
    Link(&'a Look<Link>),
    Data(&'a Look<Facts>),
    /// An entry of a tag's history: its facts, or that there is none.
    History(Option<&'a Facts>),
}

impl Chain {
    /// A chain of which nothing was seen yet.
    pub const fn unseen(reference: Reference, store: StoreKind) -> Self {
        Self {
            reference,
            store,
            tag: None,
            revisions: BTreeMap::new(),
            parts: BTreeMap::new(),
            layers_folder: None,
        }
    }

    /// The repository that the reference names.
    pub const fn repository(&self) -> &Repository {
        &self.reference.repository
    }

    /// What was seen of the object with this key, if it is one of the chain.
    pub fn recall(&self, key: &str) -> Option<Recalled<'_>> {
        match Key::parse(key) {
            Key::CurrentLink { .. } => self.tag.as_ref().map(|tag| Recalled::Link(&tag.link)),
            Key::RevisionLink { digest, .. } => {
                self.revisions.get(&digest).map(|revision| Recalled::Link(&revision.link))
            }
            Key::LayerLink { digest, .. } => self
                .parts
                .get(&digest)
                .map(|part| &part.link)
                .or_else(|| self.revisions.get(&digest)?.under_layers.as_ref())
                .map(Recalled::Link),
            Key::BlobData { digest } => self.data(&digest).map(Recalled::Data),
            Key::IndexLink { digest, .. } => {
                let folder = self.tag.as_ref()?.folder.there()?;
                Some(Recalled::History(folder.index.get(&digest)))
            }
            Key::Upload { .. }
            | Key::TarsumLink { .. }
            | Key::SignatureLink { .. }
            | Key::Lockfile(_)
            | Key::Temporary { .. }
            | Key::Marker(_)
            | Key::Stray { .. } => None,
        }
    }

    fn data(&self, digest: &Digest) -> Option<&Look<Facts>> {
        let own = self.revisions.get(digest).map(|revision| &revision.manifest.data);
        let under_its_name =
            || self.parts.get(digest).filter(|part| part.at == *digest).map(|part| &part.blob.data);
        let led_to = || {
            let led = self.revisions.values().filter_map(|revision| revision.elsewhere.as_ref());
            led.into_iter().find(|(target, _)| target == digest).map(|(_, manifest)| &manifest.data)
        };
        let part = || self.parts.values().find(|part| part.at == *digest).map(|part| &part.blob.data);
        own.or_else(under_its_name).or_else(led_to).or_else(part)
    }
}

/// Bytes that a descriptor promises, if it promises a number that bytes can have.
pub fn promised(descriptor: &Descriptor) -> Option<u64> {
    descriptor.size.and_then(|size| u64::try_from(size).ok())
}

/// Whether a descriptor states a size, and another one than this.
pub fn size_differs(descriptor: &Descriptor, size: u64) -> bool {
    descriptor.size.is_some_and(|stated| u64::try_from(stated) != Ok(size))
}
