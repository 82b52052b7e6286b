//! A store that answers from listings already held, so that a scan of a whole tag costs its manifest and no more.

use std::collections::{BTreeMap, HashMap};
use std::ops::Range;
use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use bytes::Bytes;
use jiff::Timestamp;
use md5::{Digest as _, Md5};
use tokio::sync::OnceCell;

use super::blobs::Blobs;
use crate::registry::layout::{Key, Place};
use crate::storage::{
    Attributes, Checksum, Delimiter, Entry, ErrorKind, Object, ObjectStore, Page, PageToken, Result,
    StoreError, Version,
};

/// Objects up to this size are read once and kept: links, and the manifests that tags share.
const KEEP_BYTES: u64 = 64 << 10;
/// How many bytes of such objects are kept for one repository.
const KEEP_TOTAL: u64 = 64 << 20;

/// Answers about one repository and about blobs from what was listed, and asks the real store for bytes.
///
/// Its word on *missing* is a listing's word: whoever finds a fault here asks the real store before saying so.
pub struct Held {
    real: Arc<dyn ObjectStore>,
    /// The repository's own part of the store, without those below it: `…/repositories/<name>/_`.
    prefix: String,
    entries: Arc<BTreeMap<String, Entry>>,
    /// Absent when the blob store was not listed: then the real store is asked.
    blobs: Option<Arc<Blobs>>,
    kept: Mutex<Kept>,
    now: Timestamp,
}

#[derive(Default)]
struct Kept {
    /// A cell that is still empty belongs to a read under way: whoever comes second waits for it.
    objects: HashMap<String, Arc<OnceCell<Object>>>,
    bytes: u64,
}

impl Held {
    /// Holds the entries whose keys start with `prefix`; `now` is the store's time when the audit began.
    pub fn new(
        real: Arc<dyn ObjectStore>,
        prefix: String,
        entries: Arc<BTreeMap<String, Entry>>,
        blobs: Option<Arc<Blobs>>,
        now: Timestamp,
    ) -> Self {
        Self { real, prefix, entries, blobs, kept: Mutex::default(), now }
    }

    /// The listed entry of `key`, `Gone` if the listing had none, and nothing if this part was not listed.
    fn listed(&self, key: &str) -> Option<Result<Entry>> {
        let entry = if key.starts_with(&self.prefix) {
            self.entries.get(key).cloned()
        } else {
            let Key::BlobData { digest } = Key::parse(key) else { return None };
            self.blobs.as_ref()?.data(&digest)
        };
        Some(entry.ok_or_else(|| StoreError::new(ErrorKind::Gone, key, "not in the listing")))
    }

    /// The link's bytes, if its listed checksum proves them: they are what its own path calls for, or for a tag's
    /// link what one of the entries of its index calls for.
    fn proven(&self, entry: &Entry) -> Option<Bytes> {
        entry.checksum?;
        let key = Key::parse(&entry.key);
        let candidates: Vec<String> = match &key {
            Key::CurrentLink { repository, tag } => {
                let index = Place::TagIndex { repository: repository.clone(), tag: tag.clone() }.prefix();
                let below =
                    self.entries.range(index.clone()..).take_while(|(key, _)| key.starts_with(&index));
                below.filter_map(|(key, _)| Some(Key::parse(key).promise()?.to_string())).collect()
            }
            key => key.promise().map(ToString::to_string).into_iter().collect(),
        };
        candidates.into_iter().map(Bytes::from).find(|bytes| is_proven(entry, bytes))
    }

    /// Where the object is kept or to be kept; nothing if it is too large, or there is enough already.
    fn cell(&self, entry: &Entry) -> Option<Arc<OnceCell<Object>>> {
        let size = entry.size.filter(|size| *size <= KEEP_BYTES)?;
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(cell) = kept.objects.get(&entry.key) {
            return Some(Arc::clone(cell));
        }
        if kept.bytes + size > KEEP_TOTAL {
            return None;
        }
        kept.bytes += size;
        Some(Arc::clone(kept.objects.entry(entry.key.clone()).or_default()))
    }
}

/// Whether the listed checksum is that of these bytes.
pub fn is_proven(entry: &Entry, bytes: &[u8]) -> bool {
    let right = match entry.checksum {
        Some(Checksum::Md5(sum)) => <[u8; 16]>::from(Md5::digest(bytes)) == sum,
        Some(Checksum::Crc32c(sum)) => crc32c::crc32c(bytes) == sum,
        None => false,
    };
    right && entry.size == Some(bytes.len() as u64)
}

fn cut(bytes: &Bytes, range: Option<Range<u64>>) -> Bytes {
    let len = bytes.len();
    match range {
        None => bytes.clone(),
        Some(range) => bytes.slice((range.start as usize).min(len)..(range.end as usize).min(len)),
    }
}

#[async_trait]
impl ObjectStore for Held {
    fn url(&self) -> &str {
        self.real.url()
    }

    async fn list(&self, prefix: &str, delimiter: Delimiter, page: Option<&PageToken>) -> Result<Page> {
        if prefix.starts_with(&self.prefix) {
            return Ok(below(&self.entries, prefix, delimiter));
        }
        match (Place::of(prefix), &self.blobs) {
            (Place::Blob { digest }, Some(blobs)) => {
                Ok(Page { entries: blobs.folder(&digest), ..Page::default() })
            }
            _ => self.real.list(prefix, delimiter, page).await,
        }
    }

    async fn read(&self, key: &str, range: Option<Range<u64>>) -> Result<Object> {
        let Some(listed) = self.listed(key) else { return self.real.read(key, range).await };
        let entry = listed?;
        if let Some(bytes) = self.proven(&entry) {
            return Ok(Object { bytes: cut(&bytes, range), entry });
        }
        let Some(cell) = self.cell(&entry) else { return self.real.read(key, range).await };
        let object = cell.get_or_try_init(|| self.real.read(key, Some(0..KEEP_BYTES))).await?;
        if object.entry.size.is_some_and(|size| size > KEEP_BYTES) {
            return self.real.read(key, range).await;
        }
        Ok(Object { bytes: cut(&object.bytes, range), entry: object.entry.clone() })
    }

    async fn stat(&self, key: &str) -> Result<Entry> {
        match self.listed(key) {
            Some(listed) => listed,
            None => self.real.stat(key).await,
        }
    }

    async fn create(&self, key: &str, _: Bytes, _: Option<&Attributes>) -> Result<Entry> {
        Err(reads_only(key))
    }

    async fn replace(&self, key: &str, _: Bytes, _: &Version) -> Result<Entry> {
        Err(reads_only(key))
    }

    async fn delete(&self, key: &str, _: &Version) -> Result<()> {
        Err(reads_only(key))
    }

    async fn now(&self) -> Result<Timestamp> {
        Ok(self.now)
    }
}

fn reads_only(key: &str) -> StoreError {
    StoreError::new(ErrorKind::Denied, key, "an audit only reads")
}

/// What a store that holds `entries` would list below `prefix`, in one page.
fn below(entries: &BTreeMap<String, Entry>, prefix: &str, delimiter: Delimiter) -> Page {
    let mut page = Page::default();
    for (key, entry) in entries.range(prefix.to_owned()..).take_while(|(key, _)| key.starts_with(prefix)) {
        match (delimiter, key[prefix.len()..].split_once('/')) {
            (Delimiter::Slash, Some((part, _))) if key.len() > prefix.len() => {
                let folder = format!("{prefix}{part}/");
                if page.prefixes.last() != Some(&folder) {
                    page.prefixes.push(folder);
                }
            }
            _ => page.entries.push(entry.clone()),
        }
    }
    page
}
