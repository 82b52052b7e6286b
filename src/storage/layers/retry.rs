//! Asks again after failures that pass by themselves, with growing pauses.
//!
//! A write whose answer was lost may have happened: before it is sent again the object is looked at, and what is
//! there decides. Bringing back and keeping are sent again as they are: drivers take what is there already for an
//! answer.

use std::ops::Range;
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use jiff::Timestamp;

use crate::storage::{
    Aftermath, Attributes, Delimiter, Entry, ErrorKind, Object, ObjectStore, Page, PageToken, Result,
    StoreError, Version,
};

/// How often and how patiently to ask again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Policy {
    /// Tries in all, the first included.
    pub attempts: u32,
    /// Longest pause after the first try; it doubles with each further one.
    pub base: Duration,
    /// No pause is longer. A store that asks for a longer one gets no further try: its wish is passed on.
    pub cap: Duration,
}

impl Default for Policy {
    fn default() -> Self {
        Self { attempts: 4, base: Duration::from_millis(200), cap: Duration::from_secs(10) }
    }
}

impl Policy {
    /// How long to wait after try number `attempt` (from 1) failed with `error`; none if that was the last one.
    /// `jitter` in 0..1 spreads callers over the second half of the pause.
    fn pause(&self, attempt: u32, error: &StoreError, jitter: f64) -> Option<Duration> {
        if attempt >= self.attempts || !error.kind.is_transient() {
            return None;
        }
        let longest = self.base.saturating_mul(1 << (attempt - 1).min(20)).min(self.cap);
        let own = longest.mul_f64(0.5 + jitter.clamp(0.0, 1.0) / 2.0);
        match error.retry_after {
            Some(wish) if wish > self.cap => None,
            Some(wish) => Some(wish + own.mul_f64(0.1)),
            None => Some(own),
        }
    }
}

/// A store that asks again.
pub struct Retry<S> {
    inner: S,
    policy: Policy,
}

/// What a look at the object says of a write whose answer was lost.
enum Settled<T> {
    Done(T),
    NotDone,
}

impl<S: ObjectStore> Retry<S> {
    /// Asks `inner` again as `policy` says.
    pub fn new(inner: S, policy: Policy) -> Self {
        Self { inner, policy }
    }

    /// Waits before the next try, or gives the failure back.
    async fn pause(&self, attempt: u32, error: StoreError) -> Result<()> {
        match self.policy.pause(attempt, &error, fastrand::f64()) {
            Some(pause) => {
                tokio::time::sleep(pause).await;
                Ok(())
            }
            None => Err(error),
        }
    }

    async fn asked<T, F: Future<Output = Result<T>> + Send>(
        &self,
        call: impl Fn() -> F + Send + Sync,
    ) -> Result<T> {
        let mut attempt = 1;
        loop {
            match call().await {
                Ok(answer) => return Ok(answer),
                Err(error) => self.pause(attempt, error).await?,
            }
            attempt += 1;
        }
    }

    /// Sends a write again only where a look at the object shows that it did not happen.
    async fn written<T, W, L>(
        &self,
        write: impl Fn() -> W + Send + Sync,
        look: impl Fn() -> L + Send + Sync,
    ) -> Result<T>
    where
        T: Send,
        W: Future<Output = Result<T>> + Send,
        L: Future<Output = Result<Settled<T>>> + Send,
    {
        let (mut attempt, mut in_doubt) = (1, false);
        loop {
            let error = match write().await {
                Ok(done) => return Ok(done),
                Err(error) => error,
            };
            in_doubt |= error.kind == ErrorKind::Unreachable;
            let again = self.pause(attempt, error.clone()).await;
            if in_doubt {
                match look().await {
                    Ok(Settled::Done(done)) => return Ok(done),
                    Ok(Settled::NotDone) => {}
                    Err(other) if !other.kind.is_transient() => return Err(other),
                    Err(_) => return Err(unknown(error)),
                }
            }
            again?;
            attempt += 1;
        }
    }

    /// Sends what does no harm twice; answers too whether an earlier try may have done it.
    async fn sent_again<T, F: Future<Output = Result<T>> + Send>(
        &self,
        call: impl Fn() -> F + Send + Sync,
    ) -> (Result<T>, bool) {
        let (mut attempt, mut in_doubt) = (1, false);
        loop {
            let error = match call().await {
                Ok(answer) => return (Ok(answer), in_doubt),
                Err(error) => error,
            };
            let (lost, transient) = (error.kind == ErrorKind::Unreachable, error.kind.is_transient());
            if let Err(error) = self.pause(attempt, error).await {
                let error = if transient && (lost || in_doubt) { unknown(error) } else { error };
                return (Err(error), in_doubt);
            }
            in_doubt |= lost;
            attempt += 1;
        }
    }

    /// Whether the object holds just these bytes: then a write of them happened.
    async fn holds(&self, key: &str, bytes: &Bytes) -> Result<Option<Entry>> {
        let entry = self.stat(key).await?;
        if entry.size != Some(bytes.len() as u64) {
            return Ok(None);
        }
        let object = self.read(key, None).await?;
        Ok((object.bytes == bytes).then_some(object.entry))
    }

    async fn look_for_new(&self, key: &str, bytes: &Bytes) -> Result<Settled<Entry>> {
        match self.holds(key, bytes).await {
            Ok(Some(entry)) => Ok(Settled::Done(entry)),
            Ok(None) => Err(StoreError::new(ErrorKind::Changed, key, "something else is there by now")),
            Err(error) if error.is_gone() => Ok(Settled::NotDone),
            Err(error) => Err(error),
        }
    }

    async fn look_for_newer(&self, key: &str, bytes: &Bytes, old: &Version) -> Result<Settled<Entry>> {
        if self.stat(key).await?.version.agrees_with(old) {
            return Ok(Settled::NotDone);
        }
        match self.holds(key, bytes).await? {
            Some(entry) => Ok(Settled::Done(entry)),
            None => Err(StoreError::new(ErrorKind::Changed, key, "it is neither the old nor the new object")),
        }
    }

    async fn look_for_none(&self, key: &str, old: &Version) -> Result<Settled<()>> {
        match self.stat(key).await {
            Ok(entry) if entry.version.agrees_with(old) => Ok(Settled::NotDone),
            Ok(_) => Err(StoreError::new(ErrorKind::Changed, key, "another object has taken its place")),
            Err(error) if error.is_gone() => Ok(Settled::Done(())),
            Err(error) => Err(error),
        }
    }

    async fn look_for_no_folder(&self, prefix: &str) -> Result<Settled<()>> {
        match self.attributes(prefix).await {
            Ok(_) => Ok(Settled::NotDone),
            Err(error) if error.is_gone() => Ok(Settled::Done(())),
            Err(error) => Err(error),
        }
    }

    async fn look_for_folder(&self, prefix: &str, wanted: Option<&Attributes>) -> Result<Settled<()>> {
        match self.attributes(prefix).await {
            Ok(found) if wanted.is_none_or(|wanted| *wanted == found) => Ok(Settled::Done(())),
            Ok(_) => Err(StoreError::new(ErrorKind::Changed, prefix, "another folder is there by now")),
            Err(error) if error.is_gone() => Ok(Settled::NotDone),
            Err(error) => Err(error),
        }
    }
}

/// The failure of a write of which nobody knows whether it happened.
fn unknown(error: StoreError) -> StoreError {
    let detail = format!("{}; whether it was done is unknown, look again", error.detail);
    StoreError { detail, ..error }
}

#[async_trait]
impl<S: ObjectStore> ObjectStore for Retry<S> {
    fn url(&self) -> &str {
        self.inner.url()
    }

    async fn list(&self, prefix: &str, delimiter: Delimiter, page: Option<&PageToken>) -> Result<Page> {
        self.asked(|| self.inner.list(prefix, delimiter, page)).await
    }

    async fn read(&self, key: &str, range: Option<Range<u64>>) -> Result<Object> {
        self.asked(|| self.inner.read(key, range.clone())).await
    }

    async fn stat(&self, key: &str) -> Result<Entry> {
        self.asked(|| self.inner.stat(key)).await
    }

    async fn create(&self, key: &str, bytes: Bytes, attributes: Option<&Attributes>) -> Result<Entry> {
        let write = || self.inner.create(key, bytes.clone(), attributes);
        self.written(write, || self.look_for_new(key, &bytes)).await
    }

    async fn replace(&self, key: &str, bytes: Bytes, version: &Version) -> Result<Entry> {
        let write = || self.inner.replace(key, bytes.clone(), version);
        self.written(write, || self.look_for_newer(key, &bytes, version)).await
    }

    async fn delete(&self, key: &str, version: &Version) -> Result<()> {
        self.written(|| self.inner.delete(key, version), || self.look_for_none(key, version)).await
    }

    async fn attributes(&self, key: &str) -> Result<Attributes> {
        self.asked(|| self.inner.attributes(key)).await
    }

    async fn keep(&self, key: &str, version: &Version) -> Result<String> {
        self.asked(|| self.inner.keep(key, version)).await
    }

    async fn undelete(&self, key: &str, version: &Version) -> Result<Entry> {
        match self.sent_again(|| self.inner.undelete(key, version)).await {
            // What is there now may well be what was brought back.
            (Err(error), true) if error.kind == ErrorKind::Changed => {
                Err(unknown(StoreError { kind: ErrorKind::Unreachable, ..error }))
            }
            (answer, _) => answer,
        }
    }

    async fn look_again(&self, key: &str, version: &Version) -> Result<Aftermath> {
        let (answer, in_doubt) = self.sent_again(|| self.inner.look_again(key, version)).await;
        if in_doubt && answer == Ok(Aftermath::Quiet) && self.stat(key).await.is_ok() {
            return Ok(Aftermath::PutBack);
        }
        answer
    }

    async fn remove_folder(&self, prefix: &str) -> Result<()> {
        self.written(|| self.inner.remove_folder(prefix), || self.look_for_no_folder(prefix)).await
    }

    async fn make_folder(&self, prefix: &str, attributes: Option<&Attributes>) -> Result<()> {
        let make = || self.inner.make_folder(prefix, attributes);
        self.written(make, || self.look_for_folder(prefix, attributes)).await
    }

    async fn now(&self) -> Result<Timestamp> {
        self.asked(|| self.inner.now()).await
    }
}
