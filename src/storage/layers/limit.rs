//! Keeps at most so many requests in flight.

use std::ops::Range;

use async_trait::async_trait;
use bytes::Bytes;
use jiff::Timestamp;
use tokio::sync::{Semaphore, SemaphorePermit};

use crate::storage::{
    Aftermath, Attributes, Delimiter, Entry, ErrorKind, Object, ObjectStore, Page, PageToken, Result,
    StoreError, Version,
};

/// A store that is asked at most so many things at once; who comes later waits in line.
pub struct Limit<S> {
    inner: S,
    places: Semaphore,
}

impl<S: ObjectStore> Limit<S> {
    /// At most `in_flight` requests to `inner` at once (at least one).
    pub fn new(inner: S, in_flight: usize) -> Self {
        Self { inner, places: Semaphore::new(in_flight.clamp(1, Semaphore::MAX_PERMITS)) }
    }

    async fn place(&self, key: &str) -> Result<SemaphorePermit<'_>> {
        let closed = |_| StoreError::new(ErrorKind::Unreachable, key, "the store was closed");
        self.places.acquire().await.map_err(closed)
    }
}

#[async_trait]
impl<S: ObjectStore> ObjectStore for Limit<S> {
    fn url(&self) -> &str {
        self.inner.url()
    }

    async fn list(&self, prefix: &str, delimiter: Delimiter, page: Option<&PageToken>) -> Result<Page> {
        let _place = self.place(prefix).await?;
        self.inner.list(prefix, delimiter, page).await
    }

    async fn read(&self, key: &str, range: Option<Range<u64>>) -> Result<Object> {
        let _place = self.place(key).await?;
        self.inner.read(key, range).await
    }

    async fn stat(&self, key: &str) -> Result<Entry> {
        let _place = self.place(key).await?;
        self.inner.stat(key).await
    }

    async fn create(&self, key: &str, bytes: Bytes, attributes: Option<&Attributes>) -> Result<Entry> {
        let _place = self.place(key).await?;
        self.inner.create(key, bytes, attributes).await
    }

    async fn replace(&self, key: &str, bytes: Bytes, version: &Version) -> Result<Entry> {
        let _place = self.place(key).await?;
        self.inner.replace(key, bytes, version).await
    }

    async fn delete(&self, key: &str, version: &Version) -> Result<()> {
        let _place = self.place(key).await?;
        self.inner.delete(key, version).await
    }

    async fn attributes(&self, key: &str) -> Result<Attributes> {
        let _place = self.place(key).await?;
        self.inner.attributes(key).await
    }

    async fn keep(&self, key: &str, version: &Version) -> Result<String> {
        let _place = self.place(key).await?;
        self.inner.keep(key, version).await
    }

    async fn undelete(&self, key: &str, version: &Version) -> Result<Entry> {
        let _place = self.place(key).await?;
        self.inner.undelete(key, version).await
    }

    async fn look_again(&self, key: &str, version: &Version) -> Result<Aftermath> {
        let _place = self.place(key).await?;
        self.inner.look_again(key, version).await
    }

    async fn remove_folder(&self, prefix: &str) -> Result<()> {
        let _place = self.place(prefix).await?;
        self.inner.remove_folder(prefix).await
    }

    async fn make_folder(&self, prefix: &str, attributes: Option<&Attributes>) -> Result<()> {
        let _place = self.place(prefix).await?;
        self.inner.make_folder(prefix, attributes).await
    }

    async fn now(&self) -> Result<Timestamp> {
        let _place = self.place("").await?;
        self.inner.now().await
    }
}
