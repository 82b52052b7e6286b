//! A URL and options open the same objects, whatever serves them.

use std::time::Duration;

use bytes::Bytes;
use quarterdeck::runtime::stores::{Credentials, OpenOptions, Transport, open};
use quarterdeck::storage::{Delimiter, ErrorKind};

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
