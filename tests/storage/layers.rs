//! Each layer adds its one habit and passes the rest on.

use std::collections::VecDeque;
use std::ops::Range;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use jiff::Timestamp;
use quarterdeck::storage::layers::{Counted, Limit, Policy, ReadOnly, Requests, Retry};
use quarterdeck::storage::{
    Attributes, Delimiter, Entry, ErrorKind, Object, ObjectStore, Page, PageToken, Result, StoreError,
    Version,
};
use tokio::time::Instant;

/// A store that fails as the script says, and then answers; every call takes a second.
#[derive(Default)]
struct Scripted {
    failures: Mutex<VecDeque<StoreError>>,
    busy: AtomicUsize,
    busiest: AtomicUsize,
}

impl Scripted {
    fn failing(failures: impl IntoIterator<Item = (ErrorKind, Option<u64>)>) -> Self {
        let failures = failures.into_iter().map(|(kind, wait)| StoreError {
            retry_after: wait.map(Duration::from_secs),
            ..StoreError::new(kind, "key", "as scripted")
        });
        Self { failures: Mutex::new(failures.collect()), ..Self::default() }
    }

    async fn answer<T>(&self, answer: T) -> Result<T> {
        let busy = self.busy.fetch_add(1, Ordering::SeqCst) + 1;
        self.busiest.fetch_max(busy, Ordering::SeqCst);
        tokio::time::sleep(Duration::from_secs(1)).await;
        self.busy.fetch_sub(1, Ordering::SeqCst);
        self.failures.lock().unwrap().pop_front().map_or(Ok(answer), Err)
    }
}

fn entry(key: &str) -> Entry {
    Entry {
        key: key.to_owned(),
        size: None,
        version: Version("1".to_owned()),
        modified: None,
        checksum: None,
    }
}

#[async_trait]
impl ObjectStore for Scripted {
    fn url(&self) -> &str {
        "scripted://"
    }
    async fn list(&self, _: &str, _: Delimiter, _: Option<&PageToken>) -> Result<Page> {
        self.answer(Page::default()).await
    }
    async fn read(&self, key: &str, _: Option<Range<u64>>) -> Result<Object> {
        self.answer(Object { entry: entry(key), bytes: Bytes::new() }).await
    }
    async fn stat(&self, key: &str) -> Result<Entry> {
        self.answer(entry(key)).await
    }
    async fn create(&self, key: &str, _: Bytes, _: Option<&Attributes>) -> Result<Entry> {
        self.answer(entry(key)).await
    }
    async fn replace(&self, key: &str, _: Bytes, _: &Version) -> Result<Entry> {
        self.answer(entry(key)).await
    }
    async fn delete(&self, _: &str, _: &Version) -> Result<()> {
        self.answer(()).await
    }
    async fn now(&self) -> Result<Timestamp> {
        self.answer(Timestamp::UNIX_EPOCH).await
    }
}

const POLICY: Policy = Policy { attempts: 4, base: Duration::from_secs(8), cap: Duration::from_secs(20) };

/// What a stat through the retry layer comes to, in how many calls and seconds.
async fn retried(script: &[(ErrorKind, Option<u64>)]) -> (Option<ErrorKind>, u64, u64) {
    let (requests, start) = (Requests::default(), Instant::now());
    let store = Retry::new(Counted::new(Scripted::failing(script.iter().copied()), requests.clone()), POLICY);
    let failed = store.stat("key").await.err().map(|error| error.kind);
    (failed, requests.total(), start.elapsed().as_secs())
}

#[tokio::test(start_paused = true)]
async fn pauses_grow_up_to_a_cap_and_tries_are_counted() {
    let (failed, calls, seconds) = retried(&[(ErrorKind::Unreachable, None); 3]).await;
    assert_eq!((failed, calls), (None, 4));
    // Four calls of a second and pauses of at most 8, 16 and 20 seconds, at least half of each.
    assert!((26..=48).contains(&seconds), "{seconds} s");
    let (failed, calls, _) = retried(&[(ErrorKind::Throttled, None); 9]).await;
    assert_eq!((failed, calls), (Some(ErrorKind::Throttled), 4));
}

#[tokio::test(start_paused = true)]
async fn the_stores_own_wish_counts_until_it_is_too_much() {
    let (failed, calls, seconds) = retried(&[(ErrorKind::Throttled, Some(15))]).await;
    assert_eq!((failed, calls), (None, 2));
    assert!((17..=18).contains(&seconds), "{seconds} s");
    let (failed, calls, seconds) = retried(&[(ErrorKind::Throttled, Some(3600))]).await;
    assert_eq!((failed, calls, seconds), (Some(ErrorKind::Throttled), 1, 1));
}

#[tokio::test(start_paused = true)]
async fn what_does_not_pass_by_itself_is_passed_on_at_once() {
    for kind in [ErrorKind::Gone, ErrorKind::Folder, ErrorKind::Changed, ErrorKind::Denied, ErrorKind::Broken]
    {
        assert_eq!(retried(&[(kind, None)]).await, (Some(kind), 1, 1), "{kind:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_write_in_doubt_that_cannot_be_settled_says_so() {
    let script = [(ErrorKind::Unreachable, None); 20];
    let requests = Requests::default();
    let store = Retry::new(Counted::new(Scripted::failing(script), requests.clone()), POLICY);
    let error = store.delete("key", &Version("1".to_owned())).await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::Unreachable);
    assert!(error.detail.contains("is unknown"), "{error}");
    assert_eq!(requests.total(), 5, "one delete, and a look that was tried four times");
}

#[tokio::test(start_paused = true)]
async fn no_more_requests_are_in_flight_than_agreed() {
    let start = Instant::now();
    let inner = std::sync::Arc::new(Scripted::default());
    let store = Limit::new(std::sync::Arc::clone(&inner), 4);
    futures::future::join_all((0..20).map(|_| store.stat("key"))).await;
    assert_eq!(inner.busiest.load(Ordering::SeqCst), 4);
    assert_eq!(start.elapsed().as_secs(), 5);
}

#[tokio::test(start_paused = true)]
async fn a_store_for_looking_refuses_writes_without_asking() {
    let requests = Requests::default();
    let store = ReadOnly::new(Counted::new(Scripted::default(), requests.clone()));
    let version = Version("1".to_owned());
    for refused in [
        store.create("key", Bytes::new(), None).await.map(drop),
        store.replace("key", Bytes::new(), &version).await.map(drop),
        store.delete("key", &version).await,
        store.keep("key", &version).await.map(drop),
        store.undelete("key", &version).await.map(drop),
        store.look_again("key", &version).await.map(drop),
        store.remove_folder("key/").await,
        store.make_folder("key/", None).await,
    ] {
        let error = refused.unwrap_err();
        assert!(error.kind == ErrorKind::Denied && error.detail.contains("read-only"), "{error}");
    }
    assert_eq!(requests.total(), 0);
    store.stat("key").await.unwrap();
    assert_eq!(requests.total(), 1);
}
