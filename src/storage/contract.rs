//! The contract that every driver keeps and every layer passes on.

use std::ops::Range;

use async_trait::async_trait;
use bytes::Bytes;
use jiff::Timestamp;

use super::{ErrorKind, Result, StoreError};

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

/// What comes back with an object's bytes when it is put back: mode, owner and time of a file, content type and
/// metadata of an object. Opaque to everybody but the driver that wrote it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attributes(pub String);

/// What a second look at a deleted object found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Aftermath {
    /// Nobody wrote to it any more.
    Quiet,
    /// Somebody who had it open wrote to it after it was deleted, so it was put back.
    PutBack,
    /// The same, but something else stands in its place by now, which was left; where the late bytes are.
    Aside(String),
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

    /// Writes an object where there is none; without attributes as a registry would write it.
    async fn create(&self, key: &str, bytes: Bytes, attributes: Option<&Attributes>) -> Result<Entry>;

    /// Overwrites an object that is still in the state `version`.
    async fn replace(&self, key: &str, bytes: Bytes, version: &Version) -> Result<Entry>;

    /// Deletes an object that is still in the state `version`.
    async fn delete(&self, key: &str, version: &Version) -> Result<()>;

    /// What has to be noted beside the bytes of an object, or of a folder (a key that ends in `/`), to put it back as
    /// it was. An object store's folder that is no object has none: `Gone`.
    async fn attributes(&self, key: &str) -> Result<Attributes> {
        cannot(key)
    }

    /// Makes sure that the bytes of this version outlast a `delete`, without moving them through this machine; where
    /// they will be, in words for people. For objects too large to be copied here. A file system's `delete` keeps
    /// them anyway.
    async fn keep(&self, key: &str, version: &Version) -> Result<String> {
        let _ = version;
        cannot(key)
    }

    /// Brings back the very object that was deleted in this version, where the store still keeps it and nothing
    /// stands in its place: a file that was moved aside, a soft-deleted generation, what `keep` copied. `Gone` where
    /// it keeps none, `Changed` where something else is there or the moved file was written to since. Where that very
    /// object stands already (on an object store: the same bytes), its entry is the answer, so asking twice is no harm.
    async fn undelete(&self, key: &str, version: &Version) -> Result<Entry> {
        let _ = version;
        cannot(key)
    }

    /// Looks again at an object that was deleted or replaced in this version: on a file system somebody may have had it
    /// open, or a delete that died on the way may have taken another file. Such a file is put back where nothing stands.
    /// A writer that has done nothing yet cannot be seen, so look once more a little later.
    async fn look_again(&self, key: &str, version: &Version) -> Result<Aftermath> {
        let _ = version;
        cannot(key)
    }

    /// Removes a folder that is empty; `Changed` if it is not, `Gone` if there is none. Never recursive. An object
    /// store has no folders: `Gone`.
    async fn remove_folder(&self, prefix: &str) -> Result<()> {
        cannot(prefix)
    }

    /// Makes a folder with these attributes where there is none; `Changed` if there is one. On an object store
    /// nothing happens.
    async fn make_folder(&self, prefix: &str, attributes: Option<&Attributes>) -> Result<()> {
        let _ = attributes;
        cannot(prefix)
    }

    /// The store's own clock, for judging the age of objects.
    async fn now(&self) -> Result<Timestamp>;
}

/// The answer of a store that is not made for being written to.
fn cannot<T>(key: &str) -> Result<T> {
    Err(StoreError::new(ErrorKind::Denied, key, "this store can only be looked at"))
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

    async fn create(&self, key: &str, bytes: Bytes, attributes: Option<&Attributes>) -> Result<Entry> {
        (**self).create(key, bytes, attributes).await
    }

    async fn replace(&self, key: &str, bytes: Bytes, version: &Version) -> Result<Entry> {
        (**self).replace(key, bytes, version).await
    }

    async fn delete(&self, key: &str, version: &Version) -> Result<()> {
        (**self).delete(key, version).await
    }

    async fn attributes(&self, key: &str) -> Result<Attributes> {
        (**self).attributes(key).await
    }

    async fn keep(&self, key: &str, version: &Version) -> Result<String> {
        (**self).keep(key, version).await
    }

    async fn undelete(&self, key: &str, version: &Version) -> Result<Entry> {
        (**self).undelete(key, version).await
    }

    async fn look_again(&self, key: &str, version: &Version) -> Result<Aftermath> {
        (**self).look_again(key, version).await
    }

    async fn remove_folder(&self, prefix: &str) -> Result<()> {
        (**self).remove_folder(prefix).await
    }

    async fn make_folder(&self, prefix: &str, attributes: Option<&Attributes>) -> Result<()> {
        (**self).make_folder(prefix, attributes).await
    }

    async fn now(&self) -> Result<Timestamp> {
        (**self).now().await
    }
}
