//! A URL and options open the same objects, whatever serves them.

use std::time::Duration;

use bytes::Bytes;
use jiff::Timestamp;
use quarterdeck::model::{Gate, Permit};
use quarterdeck::runtime::stores::{Credentials, OpenOptions, Transport, open, open_to_write};
use quarterdeck::storage::{Aftermath, Delimiter, ErrorKind, ObjectStore, Version};

use crate::support::gcs::{Call, Fault, Server, Trouble, load_files};

fn options(server: &Server, transport: Transport) -> OpenOptions {
    OpenOptions {
        transport,
        credentials: Credentials::Anonymous,
        http_endpoint: Some(server.http_url.clone()),
        grpc_endpoint: Some(server.grpc_url.clone()),
        ..OpenOptions::default()
    }
}

#[tokio::test]
async fn a_tree_reads_the_same_from_a_folder_and_from_a_bucket() {
    let tree = tempfile::tempdir().unwrap();
    for (key, bytes) in
        [("docker/registry/v2/a/link", "one"), ("docker/registry/v2/b.c/link", "three"), ("x", "")]
    {
        let path = tree.path().join(key);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, bytes).unwrap();
    }
    let server = Server::start(load_files(tree.path())).await;
    let folder = format!("file://{}", tree.path().display());
    let bucket = server.url();
    let mut seen = Vec::new();
    for (url, transport) in
        [(&folder, Transport::Grpc), (&bucket, Transport::Grpc), (&bucket, Transport::Json)]
    {
        let options = options(&server, transport);
        let store = open(url, &options).await.unwrap();
        assert_eq!(store.url(), url);
        let page = store.list("docker/", Delimiter::None, None).await.unwrap();
        let bytes = store.read("docker/registry/v2/b.c/link", Some(1..3)).await.unwrap().bytes;
        seen.push((page.entries.into_iter().map(|entry| (entry.key, entry.size)).collect::<Vec<_>>(), bytes));
        assert_eq!(options.requests.total(), 2, "{url}");
        assert_eq!(store.create("y", Bytes::new(), None).await.unwrap_err().kind, ErrorKind::Denied, "{url}");
    }
    assert_eq!(seen[0].1, "hr");
    assert!(seen.iter().all(|other| *other == seen[0]), "{seen:?}");
}

#[tokio::test]
async fn a_root_in_the_bucket_bounds_the_store() {
    let server = Server::start([("in/a", "1"), ("inside/b", "2"), ("other/c", "3")]).await;
    for transport in [Transport::Grpc, Transport::Json] {
        let store = open("gs://registry/in", &options(&server, transport)).await.unwrap();
        let page = store.list("", Delimiter::Slash, None).await.unwrap();
        assert_eq!(page.entries.iter().map(|entry| entry.key.as_str()).collect::<Vec<_>>(), ["a"]);
        assert!(page.prefixes.is_empty());
    }
}

#[tokio::test]
async fn every_call_of_an_opened_store_ends_within_its_deadline() {
    let server = Server::start([("a", "1")]).await;
    server.inject(Fault::on(Call::Stat, Trouble::Hang));
    for transport in [Transport::Grpc, Transport::Json] {
        let options = OpenOptions { deadline: Duration::from_millis(50), ..options(&server, transport) };
        let store = open("gs://registry", &options).await.unwrap();
        assert_eq!(store.stat("a").await.unwrap_err().kind, ErrorKind::Unreachable);
        assert_eq!(options.requests.total(), 4, "asked as often as the policy says");
    }
}

fn permit() -> Permit {
    let mut gate = Gate::default();
    gate.open(None, None).unwrap();
    gate.permit(Timestamp::UNIX_EPOCH).unwrap()
}

/// Where a folder and a bucket with one link each are, and how to open them.
async fn places() -> (Vec<(String, OpenOptions)>, (Server, tempfile::TempDir)) {
    let tree = tempfile::tempdir().unwrap();
    std::fs::create_dir(tree.path().join("d")).unwrap();
    std::fs::write(tree.path().join("d/link"), "old").unwrap();
    let server = Server::start([("json/d/link", "old"), ("grpc/d/link", "old")]).await;
    let places = vec![
        (format!("file://{}", tree.path().display()), OpenOptions::default()),
        (format!("{}/json", server.url()), options(&server, Transport::Json)),
        (format!("{}/grpc", server.url()), options(&server, Transport::Grpc)),
    ];
    (places, (server, tree))
}

#[tokio::test]
async fn a_store_opened_for_reading_refuses_every_write() {
    let (places, _alive) = places().await;
    for (url, options) in places {
        let store = open(&url, &options).await.unwrap();
        let version = store.stat("d/link").await.unwrap().version;
        let refusals = [
            store.create("new", Bytes::new(), None).await.map(drop),
            store.replace("d/link", Bytes::new(), &version).await.map(drop),
            store.delete("d/link", &version).await,
            store.keep("d/link", &version).await.map(drop),
            store.undelete("d/link", &version).await.map(drop),
            store.look_again("d/link", &version).await.map(drop),
            store.remove_folder("d/").await,
            store.make_folder("new/", None).await,
        ];
        for (number, refused) in refusals.into_iter().enumerate() {
            let error = refused.unwrap_err();
            assert!(
                error.kind == ErrorKind::Denied && error.detail.contains("read-only"),
                "{url} {number}: {error}"
            );
        }
        store.attributes("d/link").await.unwrap();
        assert_eq!(store.stat("d/link").await.unwrap().version, version, "{url}");
    }
}

async fn written_to(store: &dyn ObjectStore) -> Version {
    let old = store.stat("d/link").await.unwrap().version;
    let version = store.replace("d/link", Bytes::from_static(b"new"), &old).await.unwrap().version;
    let noted = store.attributes("d/link").await.unwrap();
    store.keep("d/link", &version).await.unwrap();
    store.delete("d/link", &version).await.unwrap();
    assert_eq!(store.look_again("d/link", &version).await, Ok(Aftermath::Quiet));
    store.undelete("d/link", &version).await.unwrap();
    store.make_folder("e/", None).await.unwrap();
    store.create("e/link", Bytes::new(), Some(&noted)).await.unwrap().version
}

#[tokio::test]
async fn a_store_opened_for_writing_writes() {
    let (places, _alive) = places().await;
    for (url, options) in places {
        let store = open_to_write(&url, &options, permit()).await.unwrap();
        let version = written_to(&store).await;
        assert_eq!(store.stat("e/link").await.unwrap().version, version, "{url}");
        assert_eq!(store.read("d/link", None).await.unwrap().bytes, "new", "{url}");
    }
}
