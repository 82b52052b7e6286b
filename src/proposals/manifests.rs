//! The manifests that the tags of a repository lead to, as far as a budget reaches.

use std::collections::{BTreeMap, BTreeSet};

use futures::StreamExt;

use super::look::SIDE_BY_SIDE;
use super::tags::{LeadsTo, Tags};
use super::words;
use crate::registry::digest::{Algorithm, Digest};
use crate::registry::layout::Key;
use crate::registry::manifest::{self, MANIFEST_LIMIT, Manifest};
use crate::storage::ObjectStore;

/// Manifests that are read.
const READS: usize = 1_000;

/// The manifests of a repository that tags lead to, indexes' children among them.
#[derive(Clone, Debug, Default)]
pub struct Manifests {
    /// With the tags that lead to each, directly or through an index.
    pub all: BTreeMap<Digest, (Manifest, BTreeSet<String>)>,
    /// What was not read and may name anything, one sentence each.
    pub unseen: Vec<String>,
    /// Those that no client gets either: missing, of wrong bytes, or no manifest.
    pub broken: Vec<Digest>,
}

/// Why a manifest is not among those that were read.
enum Lost {
    Broken,
    Unread(String),
}

impl Manifests {
    /// What does not show in [`Self::naming`], in words; nothing if all was read.
    pub fn gaps(&self) -> Vec<String> {
        let mut gaps = self.unseen.clone();
        if !self.broken.is_empty() {
            let names = words::names(&self.broken);
            gaps.push(format!(
                "what these manifests name is not known, for they are broken themselves: {names}"
            ));
        }
        gaps
    }

    /// The tags with a manifest that names this digest as a part or a child.
    pub fn naming(&self, digest: &Digest) -> BTreeSet<&str> {
        let names = |manifest: &Manifest| {
            let mut parts = manifest.blobs().chain(manifest.children());
            parts.any(|part| part.digest.as_ref() == Ok(digest))
        };
        let naming = self.all.values().filter(|(manifest, _)| names(manifest));
        naming.flat_map(|(_, tags)| tags.iter().map(String::as_str)).collect()
    }
}

/// Reads the manifests that tags lead to, and their children.
pub async fn of(store: &dyn ObjectStore, tags: &Tags) -> Manifests {
    let mut found = Manifests { unseen: tags.unseen(), ..Manifests::default() };
    let mut wanted: BTreeMap<Digest, BTreeSet<String>> = BTreeMap::new();
    for (tag, to) in &tags.all {
        if let LeadsTo::Digest(digest) = to {
            wanted.entry(digest.clone()).or_default().insert(tag.to_string());
        }
    }
    let mut unread = Vec::new();
    let mut asked = BTreeSet::new();
    while !wanted.is_empty() {
        if asked.len() + wanted.len() > READS {
            found.unseen.push(format!("{} were not read: too many", words::count(wanted.len(), "manifest")));
            break;
        }
        asked.extend(wanted.keys().cloned());
        let reads = std::mem::take(&mut wanted).into_iter().map(|(digest, tags)| async move {
            let read = read(store, &digest).await;
            (digest, tags, read)
        });
        let answers: Vec<_> = futures::stream::iter(reads).buffered(SIDE_BY_SIDE).collect().await;
        for (digest, tags, read) in answers {
            let manifest = match read {
                Ok(manifest) => manifest,
                Err(Lost::Broken) => {
                    found.broken.push(digest);
                    continue;
                }
                Err(Lost::Unread(why)) => {
                    unread.push(format!("{digest} ({why})"));
                    continue;
                }
            };
            for child in manifest.children().filter_map(|child| child.digest.as_ref().ok()) {
                if !asked.contains(child) {
                    wanted.entry(child.clone()).or_default().extend(tags.iter().cloned());
                }
            }
            found.all.insert(digest, (manifest, tags));
        }
    }
    if !unread.is_empty() {
        found.unseen.push(format!("these manifests could not be read: {}", words::names(&unread)));
    }
    found
}

/// A manifest, if its bytes are the right ones.
async fn read(store: &dyn ObjectStore, digest: &Digest) -> Result<Manifest, Lost> {
    let key = Key::BlobData { digest: digest.clone() }.path();
    match store.read(&key, Some(0..MANIFEST_LIMIT + 1)).await {
        Ok(object) if digest.matches(&object.bytes) => {
            manifest::parse(&object.bytes).map_err(|_| Lost::Broken)
        }
        Ok(_) => Err(Lost::Broken),
        Err(error) if error.is_gone() && digest.algorithm() == Algorithm::Sha256 => Err(Lost::Broken),
        Err(error) if error.is_gone() => Err(Lost::Unread("it is stored under its sha256".to_owned())),
        Err(error) => Err(Lost::Unread(error.to_string())),
    }
}
