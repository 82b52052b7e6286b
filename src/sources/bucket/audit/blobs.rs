//! Every blob of the store in a few dozen bytes each: what a listing said, and whether anybody was seen to use it.

use std::collections::{BTreeMap, HashMap};
use std::sync::atomic::{AtomicBool, Ordering};

use jiff::Timestamp;

use crate::registry::digest::{Algorithm, Digest};
use crate::registry::layout::Key;
use crate::storage::{Entry, Version};

/// What a listing said of one blob's `data`.
#[derive(Debug, Default)]
struct Row {
    /// Bytes; [`NO_SIZE`] when the store did not say.
    size: u64,
    /// Seconds since 1970, 0 when the store did not say.
    modified: i64,
    used: AtomicBool,
}

const NO_SIZE: u64 = u64::MAX;

/// All blobs seen in a listing of the blob store.
#[derive(Debug, Default)]
pub struct Blobs {
    /// By the bytes of the digest: nearly all blobs, so these are kept small.
    sha256: HashMap<[u8; 32], Row>,
    /// By the whole digest: every other algorithm.
    others: BTreeMap<String, Row>,
    /// Blob folders that hold more than `data`, by digest: the neighbours' entries.
    neighbours: BTreeMap<String, Vec<Entry>>,
}

impl Blobs {
    /// Notes a blob's `data`.
    pub fn add(&mut self, digest: &Digest, entry: &Entry) {
        let row = Row {
            size: entry.size.unwrap_or(NO_SIZE),
            modified: entry.modified.map_or(0, Timestamp::as_second),
            used: AtomicBool::new(false),
        };
        match sha256_bytes(digest) {
            Some(bytes) => self.sha256.insert(bytes, row),
            None => self.others.insert(digest.to_string(), row),
        };
    }

    /// Notes an object that lies in a blob's folder and is not its `data`.
    pub fn add_neighbour(&mut self, digest: &Digest, entry: Entry) {
        self.neighbours.entry(digest.to_string()).or_default().push(entry);
    }

    /// How many blobs there are.
    pub fn len(&self) -> usize {
        self.sha256.len() + self.others.len()
    }

    /// Notes that somebody uses this blob.
    pub fn mark_used(&self, digest: &Digest) {
        if let Some(row) = self.row(digest) {
            row.used.store(true, Ordering::Relaxed);
        }
    }

    /// What lies in the folder of this blob, in key order.
    pub fn folder(&self, digest: &Digest) -> Vec<Entry> {
        let mut entries: Vec<Entry> = self.data(digest).into_iter().collect();
        entries.extend(self.neighbours.get(&digest.to_string()).into_iter().flatten().cloned());
        entries.sort_by(|a, b| a.key.cmp(&b.key));
        entries
    }

    /// The entry of this blob's `data`, with no version and no checksum.
    pub fn data(&self, digest: &Digest) -> Option<Entry> {
        self.row(digest).map(|row| entry(digest, row))
    }

    /// Blobs that nobody was seen to use, in the order of their keys.
    pub fn unused(&self) -> Vec<Digest> {
        let sha256 = self.sha256.iter().map(|(bytes, row)| (Digest::sha256(*bytes), row));
        let others = self.others.iter().filter_map(|(text, row)| Some((Digest::parse(text).ok()?, row)));
        let unused = sha256.chain(others).filter(|(_, row)| !row.used.load(Ordering::Relaxed));
        let mut digests: Vec<Digest> = unused.map(|(digest, _)| digest).collect();
        digests.sort_unstable();
        digests
    }

    /// Neighbours of blobs, folder by folder.
    pub fn neighbours(&self) -> impl Iterator<Item = (&str, &[Entry])> {
        self.neighbours.iter().map(|(digest, entries)| (digest.as_str(), entries.as_slice()))
    }

    fn row(&self, digest: &Digest) -> Option<&Row> {
        match sha256_bytes(digest) {
            Some(bytes) => self.sha256.get(&bytes),
            None => self.others.get(&digest.to_string()),
        }
    }
}

fn sha256_bytes(digest: &Digest) -> Option<[u8; 32]> {
    (digest.algorithm() == Algorithm::Sha256).then(|| digest.bytes().try_into().ok()).flatten()
}

fn entry(digest: &Digest, row: &Row) -> Entry {
    Entry {
        key: Key::BlobData { digest: digest.clone() }.path(),
        size: (row.size != NO_SIZE).then_some(row.size),
        version: Version(String::new()),
        modified: (row.modified != 0).then(|| Timestamp::from_second(row.modified).ok()).flatten(),
        checksum: None,
    }
}
