//! A folder as an object store.
//!
//! Keys are paths below the root. A name that is not UTF-8 travels with each stray byte as the private-use character
//! U+F700 + byte. Symbolic links are followed, as a registry follows them. FIFOs, sockets and devices show up in
//! listings with an unknown size and are never opened. The folder `.quarterdeck` in the root is our own: it holds
//! files that are being written and files that were deleted, and no listing shows it.
//!
//! A version tells device, inode, size, mtime and ctime; `read` and `stat` add a hash of the content below 4 KiB,
//! which a listing cannot afford. Take the version for a write from `read` or `stat`.
//!
//! Deleting moves a file to `.quarterdeck/deleted/`, so `undelete` brings back the very file, with everything that
//! belongs to it. Nothing purges that folder: its files keep their space until somebody removes them. Reading follows
//! symbolic links; writing follows none below the root, lest a link lead it to files that are not the registry's.

mod attributes;
mod folder;
mod graves;
mod names;
mod place;
mod read;
mod replace;
mod status;
mod walk;
mod write;

use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use bytes::Bytes;
use jiff::Timestamp;

use super::{
    Aftermath, Attributes, Delimiter, Entry, ErrorKind, Object, ObjectStore, Page, PageToken, Result,
    StoreError, Version,
};
use walk::Parked;

/// The folder in the root that is ours.
const OWN_FOLDER: &str = ".quarterdeck";

/// A folder of this machine, opened as an object store. Cheap to clone.
#[derive(Clone)]
pub struct Filesystem {
    root: Arc<Root>,
}

/// What the blocking calls share.
struct Root {
    path: PathBuf,
    url: String,
    parked: Mutex<Parked>,
}

impl Filesystem {
    /// Opens the folder `root`, which must exist and be listable. Writes nothing.
    pub fn open(root: impl AsRef<Path>) -> Result<Self> {
        let shown = root.as_ref().display().to_string();
        let path = std::path::absolute(&root)
            .map_err(|error| StoreError::new(ErrorKind::Gone, &shown, format!("no usable path: {error}")))?;
        folder::probe(&path)?;
        let url = format!("file://{}", path.display());
        Ok(Self { root: Arc::new(Root { path, url, parked: Mutex::default() }) })
    }

    /// Runs one blocking call away from the event loop.
    async fn blocking<T: Send + 'static>(
        &self,
        key: &str,
        call: impl FnOnce(&Root, &str) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        let (root, owned) = (Arc::clone(&self.root), key.to_owned());
        tokio::task::spawn_blocking(move || call(&root, &owned)).await.unwrap_or_else(|stopped| {
            Err(StoreError::new(ErrorKind::Unreachable, key, format!("the call was cut short: {stopped}")))
        })
    }
}

impl Root {
    /// The path of the object `key`, or why there can be none.
    fn path_of(&self, key: &str) -> Result<PathBuf> {
        names::path(&self.path, key)
    }

    /// The path of the folder `prefix`, which is not the root.
    fn folder_of(&self, prefix: &str) -> Result<PathBuf> {
        if prefix.is_empty() {
            return Err(StoreError::new(ErrorKind::Denied, prefix, "the store's root is no folder in it"));
        }
        names::folder(&self.path, prefix)
    }

    /// The same for an object that is to be written.
    fn path_to_write(&self, key: &str) -> Result<PathBuf> {
        let path = self.path_of(key)?;
        self.without_links(key, &path).map(|()| path)
    }

    /// The same for a folder that is to be made or removed.
    fn folder_to_write(&self, prefix: &str) -> Result<PathBuf> {
        let path = self.folder_of(prefix)?;
        self.without_links(prefix, &path).map(|()| path)
    }

    /// Refuses a path on which a folder between the root and what it names is a symbolic link, or our own folder is.
    fn without_links(&self, key: &str, path: &Path) -> Result<()> {
        let below = |folder: &&Path| *folder != self.path && folder.starts_with(&self.path);
        let own = self.path.join(OWN_FOLDER);
        for folder in path.ancestors().skip(1).take_while(below).chain([own.as_path()]) {
            if rustix::fs::lstat(folder).is_ok_and(|stat| status::is_symlink(&stat)) {
                let detail = format!(
                    "{} is a symbolic link; quarterdeck writes through none, so open the store at the place it leads to",
                    folder.display()
                );
                return Err(StoreError::new(ErrorKind::Denied, key, detail));
            }
        }
        Ok(())
    }
}

#[async_trait]
impl ObjectStore for Filesystem {
    fn url(&self) -> &str {
        &self.root.url
    }

    async fn list(&self, prefix: &str, delimiter: Delimiter, page: Option<&PageToken>) -> Result<Page> {
        let page = page.cloned();
        self.blocking(prefix, move |root, prefix| walk::page(root, prefix, delimiter, page.as_ref())).await
    }

    async fn read(&self, key: &str, range: Option<Range<u64>>) -> Result<Object> {
        self.blocking(key, move |root, key| read::object(&root.path_of(key)?, key, range)).await
    }

    async fn stat(&self, key: &str) -> Result<Entry> {
        self.blocking(key, |root, key| read::entry(&root.path_of(key)?, key)).await
    }

    async fn create(&self, key: &str, bytes: Bytes, attributes: Option<&Attributes>) -> Result<Entry> {
        let attributes = attributes.cloned();
        self.blocking(key, move |root, key| write::create(root, key, &bytes, attributes.as_ref())).await
    }

    async fn replace(&self, key: &str, bytes: Bytes, version: &Version) -> Result<Entry> {
        let version = version.clone();
        self.blocking(key, move |root, key| replace::replace(root, key, &bytes, &version)).await
    }

    async fn delete(&self, key: &str, version: &Version) -> Result<()> {
        let version = version.clone();
        self.blocking(key, move |root, key| write::delete(root, key, &version)).await
    }

    async fn attributes(&self, key: &str) -> Result<Attributes> {
        self.blocking(key, write::attributes).await
    }

    async fn keep(&self, key: &str, version: &Version) -> Result<String> {
        let version = version.clone();
        self.blocking(key, move |root, key| write::keep(root, key, &version)).await
    }

    async fn undelete(&self, key: &str, version: &Version) -> Result<Entry> {
        let version = version.clone();
        self.blocking(key, move |root, key| graves::undelete(root, key, &version)).await
    }

    async fn look_again(&self, key: &str, version: &Version) -> Result<Aftermath> {
        let version = version.clone();
        self.blocking(key, move |root, key| graves::look_again(root, key, &version)).await
    }

    async fn remove_folder(&self, prefix: &str) -> Result<()> {
        self.blocking(prefix, write::remove_folder).await
    }

    async fn make_folder(&self, prefix: &str, attributes: Option<&Attributes>) -> Result<()> {
        let attributes = attributes.cloned();
        self.blocking(prefix, move |root, prefix| write::make_folder(root, prefix, attributes.as_ref())).await
    }

    /// The clock of this machine; a network file system's server may disagree by its own drift.
    async fn now(&self) -> Result<Timestamp> {
        Ok(Timestamp::now())
    }
}
