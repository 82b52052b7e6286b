//! Gives up on a call that gets no answer in time.

use std::ops::Range;
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use jiff::Timestamp;

use crate::storage::{
    Aftermath, Attributes, Delimiter, Entry, ErrorKind, Object, ObjectStore, Page, PageToken, Result,
    StoreError, Version,
};

/// A transfer may take one more second for each of these.
const BYTES_PER_SECOND: u64 = 1 << 20;

/// A store whose every call ends within a time, as unreachable if need be.
pub struct Deadline<S> {
    inner: S,
    limit: Duration,
}

/// What a store may have to copy by itself for one request.
const COPIED: u64 = 600 << 20;

impl<S: ObjectStore> Deadline<S> {
    /// Waits at most `limit` for an answer of `inner`, and longer for many bytes (1 MiB a second).
    pub fn new(inner: S, limit: Duration) -> Self {
        Self { inner, limit }
    }

    async fn within<T>(
        &self,
        key: &str,
        transfer: u64,
        call: impl Future<Output = Result<T>> + Send,
    ) -> Result<T> {
        let limit = self.limit + Duration::from_secs(transfer / BYTES_PER_SECOND);
        tokio::time::timeout(limit, call).await.unwrap_or_else(|_| {
            let detail = format!("no complete answer within {} s", limit.as_secs_f64());
            Err(StoreError::new(ErrorKind::Unreachable, key, detail))
        })
    }
}

#[async_trait]
impl<S: ObjectStore> ObjectStore for Deadline<S> {
    fn url(&self) -> &str {
        self.inner.url()
    }

    async fn list(&self, prefix: &str, delimiter: Delimiter, page: Option<&PageToken>) -> Result<Page> {
        self.within(prefix, 0, self.inner.list(prefix, delimiter, page)).await
    }

    async fn read(&self, key: &str, range: Option<Range<u64>>) -> Result<Object> {
        let wanted = range.as_ref().map_or(0, |range| range.end.saturating_sub(range.start));
        self.within(key, wanted, self.inner.read(key, range)).await
    }

    async fn stat(&self, key: &str) -> Result<Entry> {
        self.within(key, 0, self.inner.stat(key)).await
    }

    async fn create(&self, key: &str, bytes: Bytes, attributes: Option<&Attributes>) -> Result<Entry> {
        self.within(key, bytes.len() as u64, self.inner.create(key, bytes, attributes)).await
    }

    async fn replace(&self, key: &str, bytes: Bytes, version: &Version) -> Result<Entry> {
        self.within(key, bytes.len() as u64, self.inner.replace(key, bytes, version)).await
    }

    async fn delete(&self, key: &str, version: &Version) -> Result<()> {
        self.within(key, 0, self.inner.delete(key, version)).await
    }

    async fn attributes(&self, key: &str) -> Result<Attributes> {
        self.within(key, 0, self.inner.attributes(key)).await
    }

    async fn keep(&self, key: &str, version: &Version) -> Result<String> {
        self.within(key, COPIED, self.inner.keep(key, version)).await
    }

    async fn undelete(&self, key: &str, version: &Version) -> Result<Entry> {
        self.within(key, COPIED, self.inner.undelete(key, version)).await
    }

    async fn look_again(&self, key: &str, version: &Version) -> Result<Aftermath> {
        self.within(key, 0, self.inner.look_again(key, version)).await
    }

    async fn remove_folder(&self, prefix: &str) -> Result<()> {
        self.within(prefix, 0, self.inner.remove_folder(prefix)).await
    }

    async fn make_folder(&self, prefix: &str, attributes: Option<&Attributes>) -> Result<()> {
        self.within(prefix, 0, self.inner.make_folder(prefix, attributes)).await
    }

    async fn now(&self) -> Result<Timestamp> {
        self.within("", 0, self.inner.now()).await
    }
}
