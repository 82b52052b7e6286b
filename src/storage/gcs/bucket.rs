//! A bucket as an object store, whichever way its answers come.

use std::ops::Range;

use async_trait::async_trait;
use bytes::Bytes;
use jiff::Timestamp;

use super::attributes::Look;
use super::copies::{Copied, Copying, State, Whole};
use super::failure::{Answer, Failure};
use super::listing::{Listing, Position};
use super::metadata::known;
use super::place::Place;
use super::witness::Witness;
use crate::storage::{
    Aftermath, Attributes, Delimiter, Entry, ErrorKind, Object, ObjectStore, Page, PageToken, Result,
    StoreError, Version,
};

/// Names asked for on a page, the most that Google gives.
const PAGE: u16 = 1000;

/// One way to put the questions: each is sent once. Names are whole object names, not keys.
#[async_trait]
pub trait Wire: Send + Sync {
    /// A page of at most `most` names that start with `prefix`.
    async fn list(&self, prefix: &str, delimiter: Delimiter, token: &str, most: u16) -> Answer<Listing>;

    /// An object's metadata.
    async fn describe(&self, name: &str) -> Answer<Entry>;

    /// An object's bytes; status 416 for a range beyond its end. A range is never empty.
    async fn download(&self, name: &str, range: Option<&Range<u64>>) -> Answer<Object>;

    /// An object's metadata with what comes back with its bytes.
    async fn look(&self, name: &str, state: State) -> Answer<Whole>;

    /// Writes an object that is still in `generation`; 0 means that there is none.
    async fn upload(&self, name: &str, bytes: Bytes, generation: i64, look: Option<&Look>) -> Answer<Entry>;

    /// Deletes an object that is still in `generation`.
    async fn remove(&self, name: &str, generation: i64) -> Answer<()>;

    /// Makes a soft-deleted generation live again where there is no live object.
    async fn restore(&self, name: &str, generation: i64) -> Answer<Entry>;

    /// Copies inside the bucket, or a part of it.
    async fn copy(&self, copy: &Copying<'_>) -> Answer<Copied>;

    /// The server's clock.
    async fn clock(&self) -> Answer<Timestamp>;
}

/// A bucket over some wire.
pub struct Bucket<W> {
    place: Place,
    pub(super) wire: W,
    witness: Witness,
}

impl<W: Wire> Bucket<W> {
    pub(super) fn new(place: Place, wire: W) -> Self {
        Self { place, wire, witness: Witness::default() }
    }

    async fn meant<T: Send>(&self, key: &str, answer: Answer<T>) -> Result<T> {
        let look = async { self.wire.list("", Delimiter::None, "", 1).await.map(drop) };
        self.witness.object(key, &self.place, answer, look).await
    }

    async fn bytes(&self, name: &str, range: Option<&Range<u64>>) -> Answer<Object> {
        if range.is_some_and(Range::is_empty) {
            return self.beyond(name, range).await;
        }
        match self.wire.download(name, range).await {
            Err(failure) if failure.is_status(416) => self.beyond(name, range).await,
            answer => answer,
        }
    }

    /// No bytes, if the range that was asked for is empty or lies beyond the end of the object.
    async fn beyond(&self, name: &str, asked: Option<&Range<u64>>) -> Answer<Object> {
        let entry = self.wire.describe(name).await?;
        let size = entry.size.unwrap_or(0);
        if asked.is_some_and(|range| range.is_empty() || range.start >= size) {
            return Ok(Object { entry, bytes: Bytes::new() });
        }
        Err(Failure::broken(format!("the server has no bytes {asked:?} of an object of {size} bytes")))
    }
}

#[async_trait]
impl<W: Wire> ObjectStore for Bucket<W> {
    fn url(&self) -> &str {
        self.place.url()
    }

    async fn list(&self, prefix: &str, delimiter: Delimiter, page: Option<&PageToken>) -> Result<Page> {
        self.place.not_own(prefix)?;
        let from = Position::parse(page).map_err(|failure| failure.at(prefix))?;
        let answer = self.wire.list(&self.place.name(prefix), delimiter, &from.token, PAGE).await;
        let listing = self.witness.listing(prefix, &self.place, answer)?;
        let page = listing.page(&self.place, prefix, delimiter, &from);
        page.map(without_own).map_err(|failure| failure.at(prefix))
    }

    async fn read(&self, key: &str, range: Option<Range<u64>>) -> Result<Object> {
        let answer = self.bytes(&self.place.object(key)?, range.as_ref()).await;
        self.meant(key, answer).await
    }

    async fn stat(&self, key: &str) -> Result<Entry> {
        let answer = self.wire.describe(&self.place.object(key)?).await;
        self.meant(key, answer).await
    }

    async fn create(&self, key: &str, bytes: Bytes, attributes: Option<&Attributes>) -> Result<Entry> {
        let look = attributes.map(|noted| Look::parse(key, noted)).transpose()?;
        let answer = self.wire.upload(&self.place.object(key)?, bytes, 0, look.as_ref()).await;
        self.meant(key, answer).await
    }

    async fn replace(&self, key: &str, bytes: Bytes, version: &Version) -> Result<Entry> {
        let name = self.place.object(key)?;
        let answer = self.wire.upload(&name, bytes, known(key, version)?, None).await;
        self.meant(key, answer).await
    }

    async fn delete(&self, key: &str, version: &Version) -> Result<()> {
        let answer = self.wire.remove(&self.place.object(key)?, known(key, version)?).await;
        self.meant(key, answer).await
    }

    async fn attributes(&self, key: &str) -> Result<Attributes> {
        let answer = self.wire.look(&self.place.object(key)?, State::Live).await;
        self.meant(key, answer).await?.look.noted(key)
    }

    async fn keep(&self, key: &str, version: &Version) -> Result<String> {
        let (name, generation) = (self.place.object(key)?, known(key, version)?);
        let kept = self.place.kept(key, generation)?;
        let answer = self.keep_as(&name, generation, &kept).await;
        self.meant(key, answer).await?;
        Ok(format!("gs://{}/{kept}", self.place.bucket()))
    }

    async fn undelete(&self, key: &str, version: &Version) -> Result<Entry> {
        let (name, generation) = (self.place.object(key)?, known(key, version)?);
        let answer = self.bring_back(&name, generation, &self.place.kept(key, generation)?).await;
        self.meant(key, answer).await
    }

    /// Nobody can write to an object that is gone: an upload becomes an object of its own, at its end.
    async fn look_again(&self, _key: &str, _version: &Version) -> Result<Aftermath> {
        Ok(Aftermath::Quiet)
    }

    async fn remove_folder(&self, prefix: &str) -> Result<()> {
        Err(StoreError::new(ErrorKind::Gone, prefix, "a bucket has no folders"))
    }

    async fn make_folder(&self, _prefix: &str, _attributes: Option<&Attributes>) -> Result<()> {
        Ok(())
    }

    async fn now(&self) -> Result<Timestamp> {
        self.wire.clock().await.map_err(|failure| failure.at(self.place.url()))
    }
}

/// Leaves out what is ours.
fn without_own(mut page: Page) -> Page {
    page.entries.retain(|entry| !Place::is_own(&entry.key));
    page.prefixes.retain(|prefix| !Place::is_own(prefix));
    page
}
