//! Counts the requests that reach a store.

use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use async_trait::async_trait;
use bytes::Bytes;
use jiff::Timestamp;

use crate::storage::{
    Aftermath, Attributes, Delimiter, Entry, Object, ObjectStore, Page, PageToken, Result, Version,
};

/// A running total that can be read while work goes on. Clones share the total.
#[derive(Clone, Debug, Default)]
pub struct Requests(Arc<AtomicU64>);

impl Requests {
    /// Requests sent so far, retries included.
    pub fn total(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }

    fn one_more(&self) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }
}

/// A store whose requests are counted; put it innermost, so that retries count.
pub struct Counted<S> {
    inner: S,
    requests: Requests,
}

impl<S: ObjectStore> Counted<S> {
    /// Counts the requests to `inner` in `requests`.
    pub fn new(inner: S, requests: Requests) -> Self {
        Self { inner, requests }
    }
}

#[async_trait]
impl<S: ObjectStore> ObjectStore for Counted<S> {
    fn url(&self) -> &str {
        self.inner.url()
    }

    async fn list(&self, prefix: &str, delimiter: Delimiter, page: Option<&PageToken>) -> Result<Page> {
        self.requests.one_more();
        self.inner.list(prefix, delimiter, page).await
    }

    async fn read(&self, key: &str, range: Option<Range<u64>>) -> Result<Object> {
        self.requests.one_more();
        self.inner.read(key, range).await
    }

    async fn stat(&self, key: &str) -> Result<Entry> {
        self.requests.one_more();
        self.inner.stat(key).await
    }

    async fn create(&self, key: &str, bytes: Bytes, attributes: Option<&Attributes>) -> Result<Entry> {
        self.requests.one_more();
        self.inner.create(key, bytes, attributes).await
    }

    async fn replace(&self, key: &str, bytes: Bytes, version: &Version) -> Result<Entry> {
        self.requests.one_more();
        self.inner.replace(key, bytes, version).await
    }

    async fn delete(&self, key: &str, version: &Version) -> Result<()> {
        self.requests.one_more();
        self.inner.delete(key, version).await
    }

    async fn attributes(&self, key: &str) -> Result<Attributes> {
        self.requests.one_more();
        self.inner.attributes(key).await
    }

    async fn keep(&self, key: &str, version: &Version) -> Result<String> {
        self.requests.one_more();
        self.inner.keep(key, version).await
    }

    async fn undelete(&self, key: &str, version: &Version) -> Result<Entry> {
        self.requests.one_more();
        self.inner.undelete(key, version).await
    }

    async fn look_again(&self, key: &str, version: &Version) -> Result<Aftermath> {
        self.requests.one_more();
        self.inner.look_again(key, version).await
    }

    async fn remove_folder(&self, prefix: &str) -> Result<()> {
        self.requests.one_more();
        self.inner.remove_folder(prefix).await
    }

    async fn make_folder(&self, prefix: &str, attributes: Option<&Attributes>) -> Result<()> {
        self.requests.one_more();
        self.inner.make_folder(prefix, attributes).await
    }

    async fn now(&self) -> Result<Timestamp> {
        self.requests.one_more();
        self.inner.now().await
    }
}
