//! The laws of putting back: what was deleted can return as it was, and never over something else.

use bytes::Bytes;
use quarterdeck::storage::{Aftermath, Attributes, Delimiter, Entry, ErrorKind, ObjectStore, Page, Version};

use crate::laws::keys;

/// One test per law, as [`laws!`](crate::laws::laws).
macro_rules! laws_of_taking_back {
    ($maker:path) => {
        $crate::take_back::laws_of_taking_back!($maker:
            attributes_come_back_with_the_bytes,
            attributes_of_nothing_are_gone,
            nonsense_is_no_attributes,
            create_with_attributes_never_overwrites,
            what_was_kept_can_be_brought_back,
            keeping_twice_is_no_harm,
            bringing_back_twice_is_no_harm,
            bringing_back_never_overwrites,
            what_was_never_deleted_cannot_be_brought_back,
            only_the_version_named_is_kept,
            a_large_object_comes_back_without_passing_through,
            a_second_look_at_what_nobody_wrote_to_is_quiet,
            a_folder_with_something_in_it_stays,
            the_stores_own_folder_is_not_listed,
        );
    };
    ($maker:path: $($law:ident),+ $(,)?) => {
        $(#[tokio::test]
        async fn $law() {
            let (store, _alive) = $maker().await;
            $crate::take_back::$law(&store).await;
        })+
    };
}
pub(crate) use laws_of_taking_back;

const KEY: &str = "docker/registry/v2/a/link";

async fn put(store: &impl ObjectStore, bytes: &str) -> Entry {
    store.create(KEY, Bytes::copy_from_slice(bytes.as_bytes()), None).await.unwrap()
}

/// Writes, keeps and deletes an object; its entry.
async fn lost(store: &impl ObjectStore, bytes: &str) -> Entry {
    let entry = put(store, bytes).await;
    store.keep(KEY, &entry.version).await.unwrap();
    store.delete(KEY, &entry.version).await.unwrap();
    entry
}

async fn content(store: &impl ObjectStore) -> Bytes {
    store.read(KEY, None).await.unwrap().bytes
}

async fn kind<T: std::fmt::Debug>(call: impl Future<Output = quarterdeck::storage::Result<T>>) -> ErrorKind {
    call.await.unwrap_err().kind
}

pub async fn attributes_come_back_with_the_bytes(store: &impl ObjectStore) {
    let version = put(store, "first").await.version;
    let noted = store.attributes(KEY).await.unwrap();
    store.delete(KEY, &version).await.unwrap();
    let again = store.create(KEY, Bytes::from_static(b"first"), Some(&noted)).await.unwrap();
    assert_eq!(store.stat(KEY).await.unwrap().version, again.version);
    assert_eq!((store.attributes(KEY).await.unwrap(), content(store).await), (noted, "first".into()));
}

pub async fn attributes_of_nothing_are_gone(store: &impl ObjectStore) {
    put(store, "").await;
    for key in ["nothing", "no/such/link", "no/such/folder/"] {
        assert_eq!(kind(store.attributes(key)).await, ErrorKind::Gone, "{key}");
    }
}

pub async fn nonsense_is_no_attributes(store: &impl ObjectStore) {
    for odd in ["", "null", "{\"colour\":\"red\"}", "[1]", "not json"] {
        let noted = Attributes(odd.to_owned());
        let refused = store.create(KEY, Bytes::new(), Some(&noted));
        assert_eq!(kind(refused).await, ErrorKind::Broken, "{odd}");
    }
    assert_eq!(keys(store, "", Delimiter::None).await, [""; 0]);
}

pub async fn create_with_attributes_never_overwrites(store: &impl ObjectStore) {
    put(store, "first").await;
    let noted = store.attributes(KEY).await.unwrap();
    let refused = store.create(KEY, Bytes::from_static(b"second"), Some(&noted));
    assert_eq!(kind(refused).await, ErrorKind::Changed);
    assert_eq!(content(store).await, "first");
}

pub async fn what_was_kept_can_be_brought_back(store: &impl ObjectStore) {
    let entry = put(store, "precious").await;
    let noted = store.attributes(KEY).await.unwrap();
    let place = store.keep(KEY, &entry.version).await.unwrap();
    assert!(place.contains(".quarterdeck/"), "{place}");
    store.delete(KEY, &entry.version).await.unwrap();
    assert_eq!(kind(store.stat(KEY)).await, ErrorKind::Gone);
    let back = store.undelete(KEY, &entry.version).await.unwrap();
    assert_eq!(back, store.stat(KEY).await.unwrap());
    assert_eq!((back.key.as_str(), back.size, back.checksum), (KEY, entry.size, entry.checksum));
    assert_eq!((store.attributes(KEY).await.unwrap(), content(store).await), (noted, "precious".into()));
}

pub async fn keeping_twice_is_no_harm(store: &impl ObjectStore) {
    let version = put(store, "precious").await.version;
    for _ in 0..2 {
        store.keep(KEY, &version).await.unwrap();
    }
    store.delete(KEY, &version).await.unwrap();
    store.undelete(KEY, &version).await.unwrap();
    assert_eq!(content(store).await, "precious");
}

pub async fn bringing_back_twice_is_no_harm(store: &impl ObjectStore) {
    let version = lost(store, "precious").await.version;
    let first = store.undelete(KEY, &version).await.unwrap();
    let second = store.undelete(KEY, &version).await.unwrap();
    assert_eq!((second.version, content(store).await), (first.version, "precious".into()));
}

pub async fn bringing_back_never_overwrites(store: &impl ObjectStore) {
    let version = lost(store, "old").await.version;
    let pushed = put(store, "pushed").await;
    assert_eq!(kind(store.undelete(KEY, &version)).await, ErrorKind::Changed);
    assert_eq!((store.stat(KEY).await.unwrap(), content(store).await), (pushed.clone(), "pushed".into()));
    store.delete(KEY, &pushed.version).await.unwrap();
    store.undelete(KEY, &version).await.unwrap();
    assert_eq!(content(store).await, "old", "the refusal cost nothing");
}

pub async fn what_was_never_deleted_cannot_be_brought_back(store: &impl ObjectStore) {
    let old = lost(store, "old").await.version;
    for (key, version) in [("nothing", old), (KEY, Version("1:2:3:4.5:6.7".to_owned()))] {
        let refused = kind(store.undelete(key, &version)).await;
        assert!(matches!(refused, ErrorKind::Gone | ErrorKind::Changed), "{key}: {refused:?}");
    }
    assert_eq!(keys(store, "", Delimiter::None).await, [""; 0]);
}

pub async fn only_the_version_named_is_kept(store: &impl ObjectStore) {
    let old = put(store, "old").await.version;
    store.replace(KEY, Bytes::from_static(b"new"), &old).await.unwrap();
    assert_eq!(kind(store.keep(KEY, &old)).await, ErrorKind::Changed);
    let none = kind(store.keep("nothing", &old)).await;
    assert!(matches!(none, ErrorKind::Gone | ErrorKind::Changed), "{none:?}");
}

pub async fn a_large_object_comes_back_without_passing_through(store: &impl ObjectStore) {
    let layer = "layer ".repeat(1 << 19);
    let entry = lost(store, &layer).await;
    let back = store.undelete(KEY, &entry.version).await.unwrap();
    assert_eq!((back.size, content(store).await.as_ref()), (entry.size, layer.as_bytes()));
}

pub async fn a_second_look_at_what_nobody_wrote_to_is_quiet(store: &impl ObjectStore) {
    for round in ["first", "second"] {
        let version = lost(store, round).await.version;
        assert_eq!(store.look_again(KEY, &version).await, Ok(Aftermath::Quiet));
        assert_eq!(kind(store.stat(KEY)).await, ErrorKind::Gone, "{round}");
    }
}

pub async fn a_folder_with_something_in_it_stays(store: &impl ObjectStore) {
    put(store, "x").await;
    let refused = kind(store.remove_folder("docker/registry/v2/a/")).await;
    assert!(matches!(refused, ErrorKind::Changed | ErrorKind::Gone), "{refused:?}");
    assert_eq!(kind(store.remove_folder("docker/nothing/")).await, ErrorKind::Gone);
    for own in ["", ".quarterdeck/", "../"] {
        assert_ne!(store.remove_folder(own).await, Ok(()), "{own}");
    }
    store.make_folder("docker/new/", None).await.unwrap();
    assert_eq!(content(store).await, "x");
}

pub async fn the_stores_own_folder_is_not_listed(store: &impl ObjectStore) {
    lost(store, "kept").await;
    put(store, "x").await;
    assert_eq!(keys(store, "", Delimiter::None).await, [KEY]);
    let root = store.list("", Delimiter::Slash, None).await.unwrap();
    assert_eq!(root, Page { prefixes: vec!["docker/".to_owned()], ..Page::default() });
    for own in [".quarterdeck/", ".quarterdeck/kept/"] {
        match store.list(own, Delimiter::None, None).await {
            Ok(page) => assert_eq!(page, Page::default(), "{own}"),
            Err(error) => assert_eq!(error.kind, ErrorKind::Denied, "{own}"),
        }
    }
}
