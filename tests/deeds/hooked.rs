//! A store that lets a test have a hand in every call.

use std::ops::Range;
use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;
use jiff::Timestamp;
use quarterdeck::storage::{
    Aftermath, Attributes, Delimiter, Entry, Object, ObjectStore, Page, PageToken, Result, Version,
};

/// A call that a test may want to have a hand in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Call {
    Read,
    Create,
    Delete,
    Undelete,
    LookAgain,
    RemoveFolder,
    MakeFolder,
}

/// When in a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum When {
    Before,
    After,
}

/// What a test does in a call; an error before it keeps it from being made, one after it hides that it was made.
pub type Hook = Arc<dyn Fn(When, Call, &str) -> Result<()> + Send + Sync>;

/// A store with a hook in it.
pub struct Hooked<S> {
    pub inner: S,
    pub hook: Hook,
}

impl<S> Hooked<S> {
    pub fn new(inner: S, hook: impl Fn(When, Call, &str) -> Result<()> + Send + Sync + 'static) -> Self {
        Self { inner, hook: Arc::new(hook) }
    }

    async fn around<T>(&self, call: Call, key: &str, made: impl Future<Output = Result<T>>) -> Result<T> {
        (self.hook)(When::Before, call, key)?;
        let made = made.await;
        (self.hook)(When::After, call, key)?;
        made
    }
}

#[async_trait]
impl<S: ObjectStore> ObjectStore for Hooked<S> {
    fn url(&self) -> &str {
        self.inner.url()
    }
    async fn list(&self, prefix: &str, delimiter: Delimiter, page: Option<&PageToken>) -> Result<Page> {
        self.inner.list(prefix, delimiter, page).await
    }
    async fn read(&self, key: &str, range: Option<Range<u64>>) -> Result<Object> {
        self.around(Call::Read, key, self.inner.read(key, range)).await
    }
    async fn stat(&self, key: &str) -> Result<Entry> {
        self.inner.stat(key).await
    }
    async fn create(&self, key: &str, bytes: Bytes, attributes: Option<&Attributes>) -> Result<Entry> {
        self.around(Call::Create, key, self.inner.create(key, bytes, attributes)).await
    }
    async fn replace(&self, key: &str, bytes: Bytes, version: &Version) -> Result<Entry> {
        self.inner.replace(key, bytes, version).await
    }
    async fn delete(&self, key: &str, version: &Version) -> Result<()> {
        self.around(Call::Delete, key, self.inner.delete(key, version)).await
    }
    async fn attributes(&self, key: &str) -> Result<Attributes> {
        self.inner.attributes(key).await
    }
    async fn keep(&self, key: &str, version: &Version) -> Result<String> {
        self.inner.keep(key, version).await
    }
    async fn undelete(&self, key: &str, version: &Version) -> Result<Entry> {
        self.around(Call::Undelete, key, self.inner.undelete(key, version)).await
    }
    async fn look_again(&self, key: &str, version: &Version) -> Result<Aftermath> {
        self.around(Call::LookAgain, key, self.inner.look_again(key, version)).await
    }
    async fn remove_folder(&self, prefix: &str) -> Result<()> {
        self.around(Call::RemoveFolder, prefix, self.inner.remove_folder(prefix)).await
    }
    async fn make_folder(&self, prefix: &str, attributes: Option<&Attributes>) -> Result<()> {
        self.around(Call::MakeFolder, prefix, self.inner.make_folder(prefix, attributes)).await
    }
    async fn now(&self) -> Result<Timestamp> {
        self.inner.now().await
    }
}
