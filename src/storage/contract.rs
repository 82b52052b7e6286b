//! The contract that every driver keeps and every layer passes on.

use std::ops::Range;

use async_trait::async_trait;
use bytes::Bytes;
use jiff::Timestamp;

use super::Result;

/// The most bytes that one [`ObjectStore::read`] yields; who wants more reads ranges. A "link" of gigabytes is a fault
/// to be reported, not to be loaded.
pub const LARGEST_READ: u64 = 256 << 20;

/// Identity of one state of an object: a GCS generation, an ETag, or on a file system what tells two states
/// of a file apart. Opaque to everybody but the driver that made it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Version(pub String);

impl Version {
    /// Whether both name the same state as far as both tell: a file system's `read` and `stat` add `#` and a hash of
    /// the content, which its listing leaves out.
    pub fn agrees_with(&self, other: &Self) -> bool {
        let (short, long) = if self.0.len() < other.0.len() { (self, other) } else { (other, self) };
        long.0.strip_prefix(&short.0).is_some_and(|rest| rest.is_empty() || rest.starts_with('#'))
    }
}

/// A checksum that a listing gives for free.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Checksum {
    Md5([u8; 16]),
    Crc32c(u32),
}

/// One object as a listing or a stat shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Key from the store's root on. On object stores it can end in `/` (a folder marker).
    pub key: String,
    /// Bytes, if the store says.
    pub size: Option<u64>,
    /// Which state of the object this is.
    pub version: Version,
    /// Last change by the store's clock, if it says.
    pub modified: Option<Timestamp>,
    /// What a listing gives for free, md5 before crc32c.
    pub checksum: Option<Checksum>,
}

/// Bytes of an object, with the state they were read from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Object {
    /// The whole object's entry, even when only a range was read. It may tell less than a stat: a download over HTTP
    /// has the time to the second, one by Google's client has none.
    pub entry: Entry,
    /// The bytes of the range that was asked for, cut at the object's end.
    pub bytes: Bytes,
}

/// Where to go on listing. Opaque to everybody but the driver that made it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct PageToken(pub String);

/// Whether a listing stops at the next `/`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Delimiter {
    /// One level: objects directly under the prefix, and the prefixes below it.
    Slash,
    /// Everything below the prefix.
    None,
}

/// One page of a listing, in byte order of the keys (a prefix counts as its key with the final `/`).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Page {
    /// Objects.
    pub entries: Vec<Entry>,
    /// With [`Delimiter::Slash`] the next level's prefixes; with [`Delimiter::None`] the empty folders of a
    /// file system (object stores have none). Each ends in `/`.
    pub prefixes: Vec<String>,
    /// Parts that could not be listed; the rest of the page is sound.
    pub unread: Vec<super::StoreError>,
    /// Where to go on, if this was not the end.
    pub next: Option<PageToken>,
}

/// A bucket or a folder full of objects.
///
/// 1. `list` returns keys in byte order, each at most once, in pages of about 1,000; a prefix under which there
///    is nothing yields an empty page on an object store and [`ErrorKind::Gone`](super::ErrorKind::Gone) on a
///    file system when the folder itself does not exist.
/// 2. `read` and `stat` answer `Gone` only when the store itself said so.
/// 3. `create` never overwrites; `replace` and `delete` act only on the version named, else `Changed`.
/// 4. A failure names the key. Nothing is retried here: a layer does that.
#[async_trait]
pub trait ObjectStore: Send + Sync {
    /// The URL this store was opened with, without secrets (`file:///srv/registry`, `gs://bucket/root`).
    fn url(&self) -> &str;

    /// One page of what is below `prefix`.
    async fn list(&self, prefix: &str, delimiter: Delimiter, page: Option<&PageToken>) -> Result<Page>;

    /// The bytes of an object, or of a range of it. A range beyond the end yields what there is; more than
    /// [`LARGEST_READ`] is denied.
    async fn read(&self, key: &str, range: Option<Range<u64>>) -> Result<Object>;

    /// An object's entry.
    async fn stat(&self, key: &str) -> Result<Entry>;

    /// Writes an object where there is none.
    async fn create(&self, key: &str, bytes: Bytes) -> Result<Entry>;

    /// Overwrites an object that is still in the state `version`.
    async fn replace(&self, key: &str, bytes: Bytes, version: &Version) -> Result<Entry>;

    /// Deletes an object that is still in the state `version`.
    async fn delete(&self, key: &str, version: &Version) -> Result<()>;

    /// The store's own clock, for judging the age of objects.
    async fn now(&self) -> Result<Timestamp>;
}

#[async_trait]
impl<S: ObjectStore + ?Sized> ObjectStore for std::sync::Arc<S> {
    fn url(&self) -> &str {
        (**self).url()
    }

    async fn list(&self, prefix: &str, delimiter: Delimiter, page: Option<&PageToken>) -> Result<Page> {
        (**self).list(prefix, delimiter, page).await
    }

    async fn read(&self, key: &str, range: Option<Range<u64>>) -> Result<Object> {
        (**self).read(key, range).await
    }

    async fn stat(&self, key: &str) -> Result<Entry> {
        (**self).stat(key).await
    }

    async fn create(&self, key: &str, bytes: Bytes) -> Result<Entry> {
        (**self).create(key, bytes).await
    }

    async fn replace(&self, key: &str, bytes: Bytes, version: &Version) -> Result<Entry> {
        (**self).replace(key, bytes, version).await
    }

    async fn delete(&self, key: &str, version: &Version) -> Result<()> {
        (**self).delete(key, version).await
    }

    async fn now(&self) -> Result<Timestamp> {
        (**self).now().await
    }
}
