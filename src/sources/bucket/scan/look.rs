//! Asks a store for the objects of a chain, one question each, with bounds on what is read.

use std::sync::atomic::{AtomicU32, Ordering};

use bytes::{Bytes, BytesMut};
use jiff::Timestamp;
use tokio::sync::Semaphore;

use super::hash::HASHED_AT_ONCE;
use crate::registry::chain::{Age, BlobSeen, Facts, Hash, Link, Look, ManifestSeen};
use crate::registry::checks::{StoreKind, link};
use crate::registry::digest::Digest;
use crate::registry::layout::{Key, blob_prefix};
use crate::registry::manifest::{self, MANIFEST_LIMIT};
use crate::storage::{Delimiter, Entry, ErrorKind, Object, ObjectStore, Page, Result, StoreError};

/// Bytes of a manifest that are read at once; most have a few thousand.
const FIRST_READ: u64 = 256 * 1024;
/// Manifests too large to be served are hashed up to this size.
const OVERSIZED_READ: u64 = 256 << 20;

/// How a blob is looked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Way {
    /// By listing its folder: that shows what lies beside it as well.
    Listing,
    /// By asking for the object itself, and for its neighbours only if it is missing.
    Direct,
}

/// What was seen, and how many questions it took one after the other.
pub(super) struct Seen<T> {
    pub what: T,
    pub trips: u32,
}

/// Looks into a store and counts its questions.
pub(super) struct Eye<'a> {
    store: &'a dyn ObjectStore,
    requests: AtomicU32,
    /// Turns at hashing.
    pub hashing: Semaphore,
}

impl<'a> Eye<'a> {
    pub fn new(store: &'a dyn ObjectStore) -> Self {
        Self { store, requests: AtomicU32::new(0), hashing: Semaphore::new(HASHED_AT_ONCE) }
    }

    pub fn requests(&self) -> u32 {
        self.requests.load(Ordering::Relaxed)
    }

    pub fn kind(&self) -> StoreKind {
        StoreKind::of(self.store.url())
    }

    fn asks(&self) {
        self.requests.fetch_add(1, Ordering::Relaxed);
    }

    /// A range of an object, if the store sends as much of it as it says there is. One that changes while it is read
    /// is read once more.
    pub async fn read(&self, key: &str, from: u64, to: u64) -> Result<Object> {
        match self.read_once(key, from, to).await {
            Err(error) if error.kind == ErrorKind::Changed => self.read_once(key, from, to).await,
            read => read,
        }
    }

    async fn read_once(&self, key: &str, from: u64, to: u64) -> Result<Object> {
        self.asks();
        let object = self.store.read(key, Some(from..to)).await?;
        let wanted = object.entry.size.map(|size| size.min(to).saturating_sub(from));
        let got = object.bytes.len() as u64;
        match wanted {
            Some(wanted) if wanted != got => {
                let detail = format!("sent {got} bytes where it says there are {wanted}");
                Err(StoreError::new(ErrorKind::Broken, key, detail))
            }
            Some(_) | None => Ok(object),
        }
    }

    /// One page of a listing, or the one after a page.
    pub async fn page(&self, prefix: &str, delimiter: Delimiter, after: Option<&Page>) -> Result<Page> {
        self.asks();
        self.store.list(prefix, delimiter, after.and_then(|page| page.next.as_ref())).await
    }

    /// The object's facts.
    pub async fn facts(&self, key: &str) -> Look<Facts> {
        self.asks();
        look(self.store.stat(key).await.map(|entry| facts(&entry)))
    }

    /// A link, however large it claims to be.
    pub async fn link(&self, key: &str) -> Look<Link> {
        look(self.read(key, 0, link::READ_AT_MOST).await.map(|object| {
            let mut facts = facts(&object.entry);
            if (object.bytes.len() as u64) < link::READ_AT_MOST {
                facts.size = facts.size.or(Some(object.bytes.len() as u64));
            }
            Link { facts, head: object.bytes }
        }))
    }

    /// The manifest stored at `at`, which should hash to `digest`.
    pub async fn manifest(&self, at: &Digest, digest: &Digest) -> Seen<ManifestSeen> {
        let key = Key::BlobData { digest: at.clone() }.path();
        let first = match self.read(&key, 0, FIRST_READ).await {
            Ok(first) => first,
            Err(error) => return Seen { what: ManifestSeen::unseen(look(Err(error))), trips: 1 },
        };
        let data = Look::There(facts(&first.entry));
        let (bytes, trips) = match first.entry.size {
            Some(size) if size <= first.bytes.len() as u64 => (Ok(first.bytes), 1),
            Some(size) if size > MANIFEST_LIMIT => {
                let hashed = self.oversized(at, digest, size).await;
                let what = ManifestSeen { hash: hashed.what, ..ManifestSeen::unseen(data) };
                return Seen { what, trips: 1 + hashed.trips };
            }
            None if (first.bytes.len() as u64) < FIRST_READ => (Ok(first.bytes), 1),
            Some(_) | None => (self.rest(&key, first).await, 2),
        };
        let what = match bytes {
            Ok(bytes) => {
                let hash = if digest.matches(&bytes) { Hash::Right } else { Hash::Wrong };
                ManifestSeen { data, hash, content: Some(manifest::parse(&bytes)) }
            }
            Err(error) => {
                ManifestSeen { hash: Hash::Unread(error.to_string()), ..ManifestSeen::unseen(data) }
            }
        };
        Seen { what, trips }
    }

    /// Whether a manifest that is too large to be served was pushed like that, or its bytes were spoilt later: the
    /// cures differ. Beyond some size it stays open.
    async fn oversized(&self, at: &Digest, digest: &Digest, size: u64) -> Seen<Hash> {
        if size > OVERSIZED_READ {
            return Seen { what: Hash::Unhashed, trips: 0 };
        }
        self.hash(at, digest, Some(size)).await
    }

    async fn rest(&self, key: &str, first: Object) -> Result<Bytes> {
        let more = self.read(key, first.bytes.len() as u64, MANIFEST_LIMIT + 1).await?;
        unchanged(key, &first.entry, &more.entry)?;
        let mut whole = BytesMut::from(first.bytes);
        whole.extend_from_slice(&more.bytes);
        Ok(whole.freeze())
    }

    /// A blob and what lies beside it.
    pub async fn blob(&self, digest: &Digest, way: Way) -> Seen<BlobSeen> {
        let prefix = blob_prefix(digest);
        let key = format!("{prefix}data");
        let seen = |data, neighbours, trips| Seen {
            what: BlobSeen { data, neighbours, hash: Hash::Unhashed },
            trips,
        };
        if way == Way::Direct {
            let data = self.facts(&key).await;
            return match data {
                Look::Missing => seen(data, self.neighbours(&prefix).await, 2),
                Look::There(_) | Look::Folder | Look::Unread(_) => seen(data, Vec::new(), 1),
            };
        }
        let page = match self.page(&prefix, Delimiter::Slash, None).await {
            Ok(page) => page,
            Err(error) if error.is_gone() => return seen(Look::Missing, Vec::new(), 1),
            // Whoever may not list may still ask for the object itself.
            Err(_) => return seen(self.facts(&key).await, Vec::new(), 2),
        };
        let neighbours = beside(&page, &prefix);
        match page.entries.iter().find(|entry| entry.key == key) {
            Some(entry) if entry.size.is_some() => seen(Look::There(facts(entry)), neighbours, 1),
            None if page.next.is_none() && page.unread.is_empty() => {
                let folder = page.prefixes.iter().any(|folder| *folder == format!("{key}/"));
                seen(if folder { Look::Folder } else { Look::Missing }, neighbours, 1)
            }
            Some(_) | None => seen(self.facts(&key).await, neighbours, 2),
        }
    }

    async fn neighbours(&self, prefix: &str) -> Vec<String> {
        let page = self.page(prefix, Delimiter::Slash, None).await;
        page.map(|page| beside(&page, prefix)).unwrap_or_default()
    }

    /// How old something is by the store's own clock.
    pub async fn age(&self, newest: Option<Timestamp>) -> Age {
        let Some(newest) = newest else { return Age::Unknown };
        self.asks();
        self.store.now().await.map_or(Age::Unknown, |now| Age::Known(now.duration_since(newest)))
    }

    /// Whether anything at all lies below a prefix.
    pub async fn anything_below(&self, prefix: &str) -> Result<bool> {
        match self.page(prefix, Delimiter::Slash, None).await {
            Ok(page) => Ok(!page.entries.is_empty() || !page.prefixes.is_empty() || !page.unread.is_empty()),
            Err(error) if error.is_gone() => Ok(false),
            Err(error) => Err(error),
        }
    }
}

/// Refuses to join what was read of two states of an object.
pub(super) fn unchanged(key: &str, before: &Entry, now: &Entry) -> Result<()> {
    if before.version.agrees_with(&now.version) {
        return Ok(());
    }
    Err(StoreError::new(ErrorKind::Changed, key, "it was written to while it was read"))
}

/// Names in a blob's folder other than `data`.
fn beside(page: &Page, prefix: &str) -> Vec<String> {
    let keys = page.entries.iter().map(|entry| &entry.key).chain(&page.prefixes);
    let names = keys.filter_map(|key| key.strip_prefix(prefix));
    names.filter(|name| !matches!(*name, "" | "data")).map(str::to_owned).collect()
}

/// Tells what is not there from what could not be read.
pub(super) fn look<T>(answer: Result<T>) -> Look<T> {
    match answer {
        Ok(there) => Look::There(there),
        Err(error) => match error.kind {
            ErrorKind::Gone => Look::Missing,
            ErrorKind::Folder => Look::Folder,
            ErrorKind::Changed
            | ErrorKind::Denied
            | ErrorKind::Throttled
            | ErrorKind::Unreachable
            | ErrorKind::Special
            | ErrorKind::Broken => Look::Unread(error.to_string()),
        },
    }
}

/// What a chain keeps of an entry.
pub(super) fn facts(entry: &Entry) -> Facts {
    Facts { size: entry.size, modified: entry.modified, version: Some(entry.version.0.clone()) }
}
