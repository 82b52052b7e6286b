//! An answer that is lost on its way makes no failure of a success, and no success of a failure.

use std::ops::Range;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use jiff::Timestamp;
use quarterdeck::storage::filesystem::Filesystem;
use quarterdeck::storage::layers::{Policy, Retry};
use quarterdeck::storage::{
    Aftermath, Attributes, Delimiter, Entry, ErrorKind, Object, ObjectStore, Page, PageToken, Result,
    StoreError, Version,
};
use tempfile::TempDir;

/// A folder whose first answer to each write is lost, after the deed or before it.
struct Lossy {
    inner: Filesystem,
    /// Whether the deed is done all the same.
    done: bool,
    lose: AtomicBool,
}

impl Lossy {
    async fn lost<T>(&self, deed: impl Future<Output = Result<T>>) -> Result<T> {
        if !self.lose.swap(false, Ordering::SeqCst) {
            return deed.await;
        }
        if self.done {
            deed.await?;
        }
        Err(StoreError::new(ErrorKind::Unreachable, "key", "the answer was lost"))
    }
}

#[async_trait]
impl ObjectStore for Lossy {
    fn url(&self) -> &str {
        self.inner.url()
    }
    async fn list(&self, prefix: &str, delimiter: Delimiter, page: Option<&PageToken>) -> Result<Page> {
        self.inner.list(prefix, delimiter, page).await
    }
    async fn read(&self, key: &str, range: Option<Range<u64>>) -> Result<Object> {
        self.inner.read(key, range).await
    }
    async fn stat(&self, key: &str) -> Result<Entry> {
        self.inner.stat(key).await
    }
    async fn create(&self, key: &str, bytes: Bytes, attributes: Option<&Attributes>) -> Result<Entry> {
        self.lost(self.inner.create(key, bytes, attributes)).await
    }
    async fn replace(&self, key: &str, bytes: Bytes, version: &Version) -> Result<Entry> {
        self.lost(self.inner.replace(key, bytes, version)).await
    }
    async fn delete(&self, key: &str, version: &Version) -> Result<()> {
        self.lost(self.inner.delete(key, version)).await
    }
    async fn attributes(&self, key: &str) -> Result<Attributes> {
        self.inner.attributes(key).await
    }
    async fn keep(&self, key: &str, version: &Version) -> Result<String> {
        self.lost(self.inner.keep(key, version)).await
    }
    async fn undelete(&self, key: &str, version: &Version) -> Result<Entry> {
        self.lost(self.inner.undelete(key, version)).await
    }
    async fn look_again(&self, key: &str, version: &Version) -> Result<Aftermath> {
        self.lost(self.inner.look_again(key, version)).await
    }
    async fn remove_folder(&self, prefix: &str) -> Result<()> {
        self.lost(self.inner.remove_folder(prefix)).await
    }
    async fn make_folder(&self, prefix: &str, attributes: Option<&Attributes>) -> Result<()> {
        self.lost(self.inner.make_folder(prefix, attributes)).await
    }
    async fn now(&self) -> Result<Timestamp> {
        self.inner.now().await
    }
}

const KEY: &str = "d/link";
const POLICY: Policy = Policy { attempts: 3, base: Duration::from_millis(1), cap: Duration::from_millis(1) };

/// Runs a story on a folder with one link, with answers lost after the deed and before it.
async fn both(story: impl AsyncFn(&Filesystem, &Retry<Lossy>, Version)) {
    for done in [true, false] {
        let root = TempDir::new().unwrap();
        let inner = Filesystem::open(root.path()).unwrap();
        let version = inner.create(KEY, Bytes::from_static(b"old"), None).await.unwrap().version;
        let lossy = Lossy { inner: inner.clone(), done, lose: AtomicBool::new(true) };
        story(&inner, &Retry::new(lossy, POLICY), version).await;
    }
}

#[tokio::test]
async fn creating_with_attributes() {
    both(async |plain, store, version| {
        let noted = plain.attributes(KEY).await.unwrap();
        plain.delete(KEY, &version).await.unwrap();
        store.create(KEY, Bytes::from_static(b"old"), Some(&noted)).await.unwrap();
        assert_eq!(plain.attributes(KEY).await.unwrap(), noted);
    })
    .await;
}

#[tokio::test]
async fn keeping_deleting_and_bringing_back() {
    both(async |_, store, version| {
        store.keep(KEY, &version).await.unwrap();
    })
    .await;
    both(async |plain, store, version| {
        store.delete(KEY, &version).await.unwrap();
        assert_eq!(plain.stat(KEY).await.unwrap_err().kind, ErrorKind::Gone);
    })
    .await;
    both(async |plain, store, version| {
        plain.delete(KEY, &version).await.unwrap();
        store.undelete(KEY, &version).await.unwrap();
        assert_eq!(plain.read(KEY, None).await.unwrap().bytes, "old");
    })
    .await;
}

#[tokio::test]
async fn removing_and_making_folders() {
    both(async |plain, store, _| {
        plain.make_folder("d/empty/", None).await.unwrap();
        store.remove_folder("d/empty/").await.unwrap();
        assert_eq!(plain.attributes("d/empty/").await.unwrap_err().kind, ErrorKind::Gone);
    })
    .await;
    both(async |plain, store, _| {
        let noted = plain.attributes("d/").await.unwrap();
        store.make_folder("d/new/", Some(&noted)).await.unwrap();
        assert_eq!(plain.attributes("d/new/").await.unwrap(), noted);
    })
    .await;
}

#[tokio::test]
async fn a_late_write_that_was_put_back_is_told() {
    both(async |plain, store, version| {
        let path = std::path::Path::new(plain.url().strip_prefix("file://").unwrap()).join(KEY);
        let late = std::fs::File::options().write(true).open(path).unwrap();
        plain.delete(KEY, &version).await.unwrap();
        late.set_len(0).unwrap();
        assert_eq!(store.look_again(KEY, &version).await, Ok(Aftermath::PutBack));
    })
    .await;
}

#[tokio::test]
async fn what_was_refused_stays_refused() {
    both(async |plain, store, version| {
        plain.delete(KEY, &version).await.unwrap();
        plain.create(KEY, Bytes::from_static(b"pushed"), None).await.unwrap();
        let error = store.undelete(KEY, &version).await.unwrap_err();
        assert!(matches!(error.kind, ErrorKind::Changed | ErrorKind::Unreachable), "{error}");
        assert_eq!(plain.read(KEY, None).await.unwrap().bytes, "pushed");
    })
    .await;
    both(async |_, store, _| {
        assert_eq!(store.remove_folder("d/").await.unwrap_err().kind, ErrorKind::Changed);
    })
    .await;
    both(async |_, store, _| {
        let other = Attributes(r#"{"mode":"0700","uid":0,"gid":0}"#.to_owned());
        assert_eq!(store.make_folder("d/", Some(&other)).await.unwrap_err().kind, ErrorKind::Changed);
    })
    .await;
}
