//! The laws of the contract; each driver's test file runs all of them on a fresh store.

use bytes::Bytes;
use futures::StreamExt;
use quarterdeck::storage::{Delimiter, Entry, ErrorKind, ObjectStore, Page, Version};

/// One test per law: `laws!(maker)` where `maker().await` yields an empty store and what keeps it alive.
macro_rules! laws {
    ($maker:path: $($law:ident),+ $(,)?) => {
        $(#[tokio::test]
        async fn $law() {
            let (store, _alive) = $maker().await;
            $crate::laws::$law(&store).await;
        })+
    };
    ($maker:path) => {
        $crate::laws::laws!($maker:
            keys_come_in_byte_order,
            a_slash_stops_the_listing,
            pages_join_to_the_whole,
            a_page_can_be_asked_for_twice,
            listing_stat_and_read_agree,
            ranges_are_cut_at_the_end,
            an_empty_object_is_an_object,
            what_is_not_there_is_gone,
            a_prefix_ends_at_its_slash,
            create_never_overwrites,
            one_of_many_creators_wins,
            replace_needs_the_version,
            delete_needs_the_version,
            strange_names_travel,
            ages_are_told_by_the_stores_clock,
        );
    };
}
pub(crate) use laws;

async fn put(store: &impl ObjectStore, key: &str, bytes: &str) -> Entry {
    store.create(key, Bytes::copy_from_slice(bytes.as_bytes()), None).await.unwrap()
}

async fn put_all(store: &impl ObjectStore, keys: &[String]) {
    let puts = futures::stream::iter(keys).map(|key| put(store, key, "x"));
    puts.buffer_unordered(64).for_each(|_| async {}).await;
}

/// A download tells less than a stat does: the time to the second or not at all, perhaps another checksum.
fn assert_agree(read: &Entry, stat: &Entry) {
    assert_eq!((&read.key, read.size, &read.version), (&stat.key, stat.size, &stat.version));
    if let (Some(read), Some(stat)) = (read.modified, stat.modified) {
        assert!(stat.duration_since(read).as_secs() == 0, "{read} {stat}");
    }
    if read.checksum.is_some() {
        assert_eq!(read.checksum, stat.checksum);
    }
}

/// Every page of a listing.
pub async fn pages(store: &impl ObjectStore, prefix: &str, delimiter: Delimiter) -> Vec<Page> {
    let mut pages = vec![store.list(prefix, delimiter, None).await.unwrap()];
    while let Some(token) = pages.last().unwrap().next.clone() {
        pages.push(store.list(prefix, delimiter, Some(&token)).await.unwrap());
    }
    pages
}

/// Every key of a listing.
pub async fn keys(store: &impl ObjectStore, prefix: &str, delimiter: Delimiter) -> Vec<String> {
    pages(store, prefix, delimiter)
        .await
        .into_iter()
        .flat_map(|page| page.entries)
        .map(|entry| entry.key)
        .collect()
}

async fn kind<T: std::fmt::Debug>(call: impl Future<Output = quarterdeck::storage::Result<T>>) -> ErrorKind {
    call.await.unwrap_err().kind
}

pub async fn keys_come_in_byte_order(store: &impl ObjectStore) {
    let sorted = ["A", "a!", "a-b", "a.b", "a/b", "a/b!", "a0", "ab/c", "b", "é", "😀"];
    for key in sorted.iter().rev() {
        put(store, key, key).await;
    }
    assert_eq!(keys(store, "", Delimiter::None).await, sorted);
}

pub async fn a_slash_stops_the_listing(store: &impl ObjectStore) {
    for key in ["a/x", "a/y/z", "b", "c/d", "c.d"] {
        put(store, key, "").await;
    }
    let top = store.list("", Delimiter::Slash, None).await.unwrap();
    assert_eq!(top.entries.iter().map(|entry| entry.key.as_str()).collect::<Vec<_>>(), ["b", "c.d"]);
    assert_eq!(top.prefixes, ["a/", "c/"]);
    let below = store.list("a/", Delimiter::Slash, None).await.unwrap();
    assert_eq!((below.entries[0].key.as_str(), below.prefixes), ("a/x", vec!["a/y/".to_owned()]));
}

pub async fn pages_join_to_the_whole(store: &impl ObjectStore) {
    let mut expected = Vec::new();
    for number in 0..2050 {
        expected.push(format!("t/{}/{number:04}", number / 700));
    }
    put_all(store, &expected).await;
    let pages = pages(store, "t/", Delimiter::None).await;
    assert!(pages.len() >= 3 && pages.iter().all(|page| page.entries.len() <= 1000), "{} pages", pages.len());
    let found: Vec<_> = pages.into_iter().flat_map(|page| page.entries).map(|entry| entry.key).collect();
    assert_eq!(found, expected);
    assert_eq!(keys(store, "t/1/", Delimiter::Slash).await, expected[700..1400]);
}

pub async fn a_page_can_be_asked_for_twice(store: &impl ObjectStore) {
    put_all(store, &(0..1100).map(|number| format!("{number}/link")).collect::<Vec<_>>()).await;
    for delimiter in [Delimiter::Slash, Delimiter::None] {
        let first = store.list("", delimiter, None).await.unwrap();
        let token = first.next.unwrap();
        let once = store.list("", delimiter, Some(&token)).await.unwrap();
        let twice = store.list("", delimiter, Some(&token)).await.unwrap();
        assert_eq!(once, twice);
        assert_eq!(once.entries.len() + once.prefixes.len(), 100);
    }
}

pub async fn listing_stat_and_read_agree(store: &impl ObjectStore) {
    put(store, "d/link", "sha256:abc").await;
    put(store, "d/large", &"x".repeat(10_000)).await;
    for listed in store.list("d/", Delimiter::Slash, None).await.unwrap().entries {
        let stat = store.stat(&listed.key).await.unwrap();
        let read = store.read(&listed.key, None).await.unwrap();
        assert_agree(&read.entry, &stat);
        assert_eq!(stat.size, Some(read.bytes.len() as u64));
        assert!(listed.version.agrees_with(&stat.version), "{listed:?} {stat:?}");
        assert_eq!(Entry { version: stat.version.clone(), ..listed }, stat);
    }
}

pub async fn ranges_are_cut_at_the_end(store: &impl ObjectStore) {
    put(store, "r", "0123456789").await;
    let table = [(0..4, "0123"), (4..10, "456789"), (8..100, "89"), (10..20, ""), (50..60, ""), (3..3, "")];
    for (range, expected) in table {
        let object = store.read("r", Some(range.clone())).await.unwrap();
        assert_eq!(object.bytes, expected, "{range:?}");
        assert_agree(&object.entry, &store.stat("r").await.unwrap());
    }
}

pub async fn an_empty_object_is_an_object(store: &impl ObjectStore) {
    put(store, "e/link", "").await;
    assert_eq!(store.stat("e/link").await.unwrap().size, Some(0));
    assert_eq!(store.read("e/link", None).await.unwrap().bytes, "");
    assert_eq!(store.read("e/link", Some(0..100)).await.unwrap().bytes, "");
    assert_eq!(keys(store, "e/", Delimiter::Slash).await, ["e/link"]);
}

pub async fn what_is_not_there_is_gone(store: &impl ObjectStore) {
    put(store, "f", "a file").await;
    for key in ["nothing", "no/such/link", "f/below"] {
        for error in [store.stat(key).await.unwrap_err(), store.read(key, None).await.unwrap_err()] {
            assert_eq!((error.kind, error.key.as_str()), (ErrorKind::Gone, key));
        }
    }
    match store.list("no/such/", Delimiter::Slash, None).await {
        Ok(page) => assert_eq!(page, Page::default()),
        Err(error) => assert_eq!(error.kind, ErrorKind::Gone),
    }
}

pub async fn a_prefix_ends_at_its_slash(store: &impl ObjectStore) {
    for key in ["p/a", "pp/b", "p.q/c"] {
        put(store, key, "").await;
    }
    assert_eq!(keys(store, "p/", Delimiter::None).await, ["p/a"]);
}

pub async fn create_never_overwrites(store: &impl ObjectStore) {
    let made = put(store, "c/link", "first").await;
    assert_eq!(kind(store.create("c/link", Bytes::from_static(b"second"), None)).await, ErrorKind::Changed);
    let object = store.read("c/link", None).await.unwrap();
    assert_eq!(object.bytes, "first");
    assert_agree(&object.entry, &made);
}

pub async fn one_of_many_creators_wins(store: &impl ObjectStore) {
    let tries = (0..8).map(|number| store.create("race/link", Bytes::from(number.to_string()), None));
    let (won, lost): (Vec<_>, Vec<_>) =
        futures::future::join_all(tries).await.into_iter().partition(Result::is_ok);
    assert_eq!((won.len(), lost.len()), (1, 7));
    assert!(lost.into_iter().all(|refused| refused.unwrap_err().kind == ErrorKind::Changed));
    assert_eq!(keys(store, "", Delimiter::None).await, ["race/link"]);
}

pub async fn replace_needs_the_version(store: &impl ObjectStore) {
    let old = put(store, "link", "old").await;
    let new = store.replace("link", Bytes::from_static(b"new"), &old.version).await.unwrap();
    assert_ne!(new.version, old.version);
    let late = store.replace("link", Bytes::from_static(b"late"), &old.version);
    assert_eq!(kind(late).await, ErrorKind::Changed);
    assert_eq!(store.read("link", None).await.unwrap().bytes, "new");
    let nowhere = store.replace("nowhere", Bytes::new(), &old.version);
    assert!(matches!(kind(nowhere).await, ErrorKind::Gone | ErrorKind::Changed));
    assert_eq!(keys(store, "", Delimiter::None).await, ["link"]);
}

pub async fn delete_needs_the_version(store: &impl ObjectStore) {
    let old = put(store, "d/link", "old").await;
    let new = store.replace("d/link", Bytes::from_static(b"new"), &old.version).await.unwrap();
    assert_eq!(kind(store.delete("d/link", &old.version)).await, ErrorKind::Changed);
    assert_eq!(store.stat("d/link").await.unwrap(), new);
    assert_eq!(kind(store.delete("d/link", &Version("1".to_owned()))).await, ErrorKind::Changed);
    store.delete("d/link", &new.version).await.unwrap();
    assert_eq!(kind(store.stat("d/link")).await, ErrorKind::Gone);
    assert_eq!(keys(store, "", Delimiter::None).await, [""; 0]);
    assert!(matches!(kind(store.delete("d/link", &new.version)).await, ErrorKind::Gone | ErrorKind::Changed));
}

pub async fn strange_names_travel(store: &impl ObjectStore) {
    for key in ["a b", "a+b", "a%2Fb", "a?b#c", "a&b=c;d", "é/ü", "..a", "a\\b", "\u{202e}x", "\u{f7c3}"] {
        let folder = format!("strange/{key}");
        put(store, &format!("{folder}/link"), key).await;
        assert_eq!(store.read(&format!("{folder}/link"), None).await.unwrap().bytes, key);
        let listed = keys(store, &format!("{folder}/"), Delimiter::Slash).await;
        assert_eq!(listed, [format!("{folder}/link")]);
    }
}

pub async fn ages_are_told_by_the_stores_clock(store: &impl ObjectStore) {
    let made = put(store, "young", "x").await.modified.unwrap();
    let age = store.now().await.unwrap().duration_since(made);
    assert!(age.abs().as_secs() < 60, "{age}");
}
