//! The store of deeds that have to do with none: it has a name, and nothing in it.

use std::ops::Range;

use async_trait::async_trait;
use bytes::Bytes;
use jiff::Timestamp;

use super::{
    Attributes, Delimiter, Entry, ErrorKind, Object, ObjectStore, Page, PageToken, Result, StoreError,
    Version,
};

/// Refuses everything, so that nothing can reach a store by mistake.
#[derive(Clone, Debug, Default)]
pub struct Nowhere {
    place: String,
}

impl Nowhere {
    /// By the name of where it is done instead; empty for a store that is not open yet.
    pub fn called(place: &str) -> Self {
        Self { place: place.to_owned() }
    }
}

fn none<T>(key: &str) -> Result<T> {
    Err(StoreError::new(ErrorKind::Denied, key, "no store has to do with this"))
}

#[async_trait]
impl ObjectStore for Nowhere {
    fn url(&self) -> &str {
        &self.place
    }

    async fn list(&self, prefix: &str, _delimiter: Delimiter, _page: Option<&PageToken>) -> Result<Page> {
        none(prefix)
    }

    async fn read(&self, key: &str, _range: Option<Range<u64>>) -> Result<Object> {
        none(key)
    }

    async fn stat(&self, key: &str) -> Result<Entry> {
        none(key)
    }

    async fn create(&self, key: &str, _bytes: Bytes, _attributes: Option<&Attributes>) -> Result<Entry> {
        none(key)
    }

    async fn replace(&self, key: &str, _bytes: Bytes, _version: &Version) -> Result<Entry> {
        none(key)
    }

    async fn delete(&self, key: &str, _version: &Version) -> Result<()> {
        none(key)
    }

    async fn now(&self) -> Result<Timestamp> {
        none("")
    }
}
