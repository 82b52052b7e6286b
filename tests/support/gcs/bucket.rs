//! A bucket in memory, with generations, checksums, what becomes of old generations, and listings in byte order.

use std::collections::BTreeMap;
use std::ops::Bound;

use bytes::Bytes;
use jiff::Timestamp;
use md5::{Digest, Md5};
use serde_json::{Map, Value};

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
    /// Content type, storage class, custom metadata and the like, in the words of the JSON API.
    pub look: Map<String, Value>,
}

/// The words that make up a look.
pub const LOOK: [&str; 8] = [
    "contentType",
    "contentEncoding",
    "contentDisposition",
    "contentLanguage",
    "cacheControl",
    "storageClass",
    "customTime",
    "metadata",
];

/// Why the bucket does not do something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    NoObject,
    Precondition,
    NotSoftDeleted,
    NoPolicy,
}

/// A copy inside the bucket.
#[derive(Clone, Debug, Default)]
pub struct Rewrite {
    pub from: String,
    /// 0 for the live generation.
    pub source_generation: i64,
    pub if_source_generation_match: Option<i64>,
    pub to: String,
    pub if_generation_match: Option<i64>,
    pub look: Option<Map<String, Value>>,
    /// Bytes copied by earlier calls.
    pub bytes: u64,
}

/// How far a copy has come.
#[derive(Clone, Debug)]
pub enum Rewritten {
    Done(Stored),
    Partly { bytes: u64, of: u64 },
}

/// Bytes that one call of a copy moves.
const REWRITTEN: u64 = 1 << 20;

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
    /// Whether what is deleted can be restored for a while.
    pub soft_delete: bool,
    /// Whether old generations stay.
    pub versioning: bool,
    noncurrent: BTreeMap<(String, i64), Stored>,
    soft_deleted: BTreeMap<(String, i64), Stored>,
}

impl Bucket {
    pub fn put(&mut self, name: String, bytes: Bytes, updated: Timestamp) -> Stored {
        let look = Map::from_iter([("contentType".to_owned(), "application/octet-stream".into())]);
        self.put_with(name, bytes, updated, look)
    }

    pub fn put_with(
        &mut self,
        name: String,
        bytes: Bytes,
        updated: Timestamp,
        mut look: Map<String, Value>,
    ) -> Stored {
        self.remove(&name);
        self.written += 1;
        look.retain(|word, _| LOOK.contains(&word.as_str()));
        look.entry("storageClass").or_insert_with(|| "STANDARD".into());
        let stored = Stored {
            generation: 1_700_000_000_000_000 + self.written,
            updated,
            size: bytes.len() as u64,
            md5: Md5::digest(&bytes).into(),
            crc32c: crc32c::crc32c(&bytes),
            name: name.clone(),
            bytes,
            look,
        };
        self.objects.insert(name, stored.clone());
        stored
    }

    pub fn get(&self, name: &str) -> Option<&Stored> {
        self.objects.get(name)
    }

    /// The generation of a name, or the live one if that is 0.
    pub fn state(&self, name: &str, generation: i64, soft_deleted: bool) -> Result<Stored, Refusal> {
        let key = (name.to_owned(), generation);
        let found = match (soft_deleted, generation) {
            (true, _) if !self.soft_delete => return Err(Refusal::NoPolicy),
            (true, _) => self.soft_deleted.get(&key),
            (false, 0) => self.get(name),
            (false, _) => {
                let live = self.get(name).filter(|live| live.generation == generation);
                live.or_else(|| self.noncurrent.get(&key))
            }
        };
        found.cloned().ok_or(Refusal::NoObject)
    }

    /// Takes the live object away; what becomes of it is the bucket's policy.
    pub fn remove(&mut self, name: &str) {
        let Some(stored) = self.objects.remove(name) else { return };
        let key = (name.to_owned(), stored.generation);
        if self.versioning {
            self.noncurrent.insert(key, stored);
        } else if self.soft_delete {
            self.soft_deleted.insert(key, stored);
        }
    }

    /// Makes a soft-deleted generation live again, as a new one.
    pub fn restore(&mut self, name: &str, generation: i64, if_match: Option<i64>) -> Result<Stored, Refusal> {
        if !self.soft_delete {
            return Err(Refusal::NoPolicy);
        }
        if self.state(name, generation, false).is_ok() {
            return Err(Refusal::NotSoftDeleted);
        }
        let old = self.state(name, generation, true)?;
        self.held(name, if_match)?;
        self.soft_deleted.remove(&(name.to_owned(), generation));
        Ok(self.put_with(old.name, old.bytes, Timestamp::now(), old.look))
    }

    /// Goes on with a copy.
    pub fn rewrite(&mut self, rewrite: &Rewrite) -> Result<Rewritten, Refusal> {
        let source = self.state(&rewrite.from, rewrite.source_generation, false)?;
        if rewrite.if_source_generation_match.is_some_and(|wanted| wanted != source.generation) {
            return Err(Refusal::Precondition);
        }
        self.held(&rewrite.to, rewrite.if_generation_match)?;
        let of = source.bytes.len() as u64;
        let bytes = (rewrite.bytes + REWRITTEN).min(of);
        if bytes < of {
            return Ok(Rewritten::Partly { bytes, of });
        }
        let look = rewrite.look.clone().unwrap_or(source.look);
        Ok(Rewritten::Done(self.put_with(rewrite.to.clone(), source.bytes, Timestamp::now(), look)))
    }

    /// Whether the live generation is the one that was asked for; 0 is none.
    fn held(&self, name: &str, if_match: Option<i64>) -> Result<(), Refusal> {
        let live = self.get(name).map_or(0, |stored| stored.generation);
        if if_match.is_some_and(|wanted| wanted != live) { Err(Refusal::Precondition) } else { Ok(()) }
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
