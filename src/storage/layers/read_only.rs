//! Refuses every write.

use std::ops::Range;

use async_trait::async_trait;
use bytes::Bytes;
use jiff::Timestamp;

use crate::storage::{
    Aftermath, Attributes, Delimiter, Entry, ErrorKind, Object, ObjectStore, Page, PageToken, Result,
    StoreError, Version,
};

/// A store that can only be looked at; put it outermost.
pub struct ReadOnly<S> {
    inner: S,
}

impl<S: ObjectStore> ReadOnly<S> {
    /// Lets reads of `inner` through and refuses writes.
    pub fn new(inner: S) -> Self {
        Self { inner }
    }
}

fn refused<T>(key: &str) -> Result<T> {
    Err(StoreError::new(ErrorKind::Denied, key, "read-only: this store was opened for looking"))
}

#[async_trait]
impl<S: ObjectStore> ObjectStore for ReadOnly<S> {
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

    async fn create(&self, key: &str, _bytes: Bytes, _attributes: Option<&Attributes>) -> Result<Entry> {
        refused(key)
    }

    async fn replace(&self, key: &str, _bytes: Bytes, _version: &Version) -> Result<Entry> {
        refused(key)
    }

    async fn delete(&self, key: &str, _version: &Version) -> Result<()> {
        refused(key)
    }

    async fn attributes(&self, key: &str) -> Result<Attributes> {
        self.inner.attributes(key).await
    }

    async fn keep(&self, key: &str, _version: &Version) -> Result<String> {
        refused(key)
    }

    async fn undelete(&self, key: &str, _version: &Version) -> Result<Entry> {
        refused(key)
    }

    async fn look_again(&self, key: &str, _version: &Version) -> Result<Aftermath> {
        refused(key)
    }

    async fn remove_folder(&self, prefix: &str) -> Result<()> {
        refused(prefix)
    }

    async fn make_folder(&self, prefix: &str, _attributes: Option<&Attributes>) -> Result<()> {
        refused(prefix)
    }

    async fn now(&self) -> Result<Timestamp> {
        self.inner.now().await
    }
}
