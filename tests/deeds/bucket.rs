//! A registry in a bucket on loopback, with a state folder here.

#![allow(dead_code)]

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use quarterdeck::execution::deeds::Deeds;
use quarterdeck::model::Subject;
use quarterdeck::runtime::stores::{self, Credentials, OpenOptions, Transport};
use quarterdeck::staging::tree::{Healthy, Memory, Shown, Spec, StoreKind, write};
use quarterdeck::storage::ObjectStore;
use quarterdeck::storage::layers::Policy;
use tempfile::TempDir;

use super::place::{self, now, scratch, tag};
use crate::support::gcs::Server;

/// A bucket with one broken tag and one that is whole.
pub struct Shelf {
    pub server: Arc<Server>,
    pub store: Arc<dyn ObjectStore>,
    pub folder: TempDir,
    keys: Vec<String>,
}

impl Shelf {
    pub async fn new() -> Self {
        let spec = Spec {
            healthy: Healthy::None,
            faults: Shown::Only(vec!["empty-current-link"]),
            lookalikes: Shown::None,
            layer_bytes: 64,
            ..Spec::everything(1, now(), StoreKind::Bucket)
        };
        let mut memory = Memory::new(StoreKind::Bucket);
        write(&mut memory, &spec).unwrap();
        let objects: Vec<(String, Bytes)> =
            memory.objects.iter().map(|(key, stored)| (key.clone(), stored.bytes.clone())).collect();
        let keys = objects.iter().map(|(key, _)| key.clone()).collect();
        let server = Arc::new(Server::start(objects).await);
        let store = open(&server).await;
        Self { server, store, folder: scratch(), keys }
    }

    pub fn deeds(&self) -> Deeds {
        place::deeds_on(Arc::clone(&self.store), self.folder.path().join("state"))
    }

    pub fn broken(&self) -> Subject {
        tag("faults/empty-current-link", "bad")
    }

    /// What there is of the objects that the bucket began with.
    pub fn objects(&self) -> BTreeMap<String, Bytes> {
        let there = |key: &String| Some((key.clone(), self.server.object(key)?.bytes));
        self.keys.iter().filter_map(there).collect()
    }

    /// The keys in a tag's folder.
    pub fn below(&self, subject: &Subject) -> Vec<String> {
        let Subject::Tag { repository, tag } = subject else { panic!("{subject} is no tag") };
        let folder = format!("docker/registry/v2/repositories/{repository}/_manifests/tags/{tag}/");
        self.objects().into_keys().filter(|key| key.starts_with(&folder)).collect()
    }
}

/// The bucket of a server, opened for writing as the program does, but with short pauses.
pub async fn open(server: &Server) -> Arc<dyn ObjectStore> {
    let options = OpenOptions {
        transport: Transport::Json,
        credentials: Credentials::Anonymous,
        http_endpoint: Some(server.http_url.clone()),
        grpc_endpoint: Some(server.grpc_url.clone()),
        deadline: Duration::from_secs(10),
        retry: Policy { attempts: 2, base: Duration::from_millis(1), cap: Duration::from_millis(2) },
        ..OpenOptions::default()
    };
    stores::open_to_write(&server.url(), &options, place::permit()).await.unwrap()
}
