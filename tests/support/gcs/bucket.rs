//! A bucket in memory, with generations, checksums and listings in byte order.

use std::collections::BTreeMap;
use std::ops::Bound;

use bytes::Bytes;
use jiff::Timestamp;
use md5::{Digest, Md5};

/// The one bucket there is.
pub const BUCKET: &str = "registry";

/// An object in the bucket.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stored {
    pub name: String,
    pub bytes: Bytes,
    pub generation: i64,
    pub updated: Timestamp,
    /// What metadata says of the size; differs from the bytes only in a lie.
    pub size: u64,
    pub md5: [u8; 16],
    pub crc32c: u32,
}

/// One page of a listing.
#[derive(Clone, Debug, Default)]
pub struct Listing {
    pub objects: Vec<Stored>,
    pub prefixes: Vec<String>,
    pub next: Option<String>,
}

/// The objects by name.
#[derive(Default)]
pub struct Bucket {
    objects: BTreeMap<String, Stored>,
    written: i64,
}

impl Bucket {
    pub fn put(&mut self, name: String, bytes: Bytes, updated: Timestamp) -> Stored {
        self.written += 1;
        let stored = Stored {
            generation: 1_700_000_000_000_000 + self.written,
            updated,
            size: bytes.len() as u64,
            md5: Md5::digest(&bytes).into(),
            crc32c: crc32c::crc32c(&bytes),
            name: name.clone(),
            bytes,
        };
        self.objects.insert(name, stored.clone());
        stored
    }

    pub fn get(&self, name: &str) -> Option<&Stored> {
        self.objects.get(name)
    }

    pub fn remove(&mut self, name: &str) {
        self.objects.remove(name);
    }

    /// Up to `limit` objects and prefixes after `after`, of those that start with `prefix`.
    pub fn list(&self, prefix: &str, delimiter: &str, after: &str, limit: usize) -> Listing {
        let mut page = Listing::default();
        let mut last = after.to_owned();
        let mut from = if after < prefix {
            Bound::Included(prefix.to_owned())
        } else {
            beyond(after, prefix, delimiter)
        };
        while let Some((name, stored)) = self.objects.range((from, Bound::Unbounded)).next() {
            let Some(rest) = name.strip_prefix(prefix) else { break };
            if page.objects.len() + page.prefixes.len() == limit {
                page.next = Some(last);
                break;
            }
            match rest.find(delimiter).filter(|_| !delimiter.is_empty()) {
                Some(at) => {
                    last = name[..prefix.len() + at + delimiter.len()].to_owned();
                    page.prefixes.push(last.clone());
                }
                None => {
                    last.clone_from(name);
                    page.objects.push(stored.clone());
                }
            }
            from = beyond(&last, prefix, delimiter);
        }
        page
    }
}

/// Where to go on after a name, or after everything that a next-level prefix stands for. A marker object may be
/// called like `prefix` itself, never like a next-level one.
fn beyond(last: &str, prefix: &str, delimiter: &str) -> Bound<String> {
    match last.strip_suffix('/') {
        Some(folder) if delimiter == "/" && last.len() > prefix.len() => {
            Bound::Included(format!("{folder}0"))
        }
        _ => Bound::Excluded(last.to_owned()),
    }
}
