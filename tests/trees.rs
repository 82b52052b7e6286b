//! The program's verdicts on whole trees, on a file system and in a bucket, against what staging knows of them.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod support;
#[path = "support/verdicts.rs"]
mod verdicts;

use std::collections::BTreeSet;
use std::path::Path;

use jiff::Timestamp;
use quarterdeck::runtime::stores::{Credentials, OpenOptions, Transport};
use quarterdeck::sources::bucket::scan::ScanOptions;
use quarterdeck::staging::tree::case::Stores;
use quarterdeck::staging::tree::{self, Blame, Healthy, Memory, Shown, Spec, StoreKind, Truth};

use support::gcs::Server;
use verdicts::{Accused, Verdicts, patient, thorough};

/// A tree with its truth.
fn grow(spec: &Spec, kind: StoreKind) -> (Memory, Truth) {
    let mut memory = Memory::new(kind);
    let truth = tree::write(&mut memory, spec).unwrap();
    (memory, truth)
}

async fn audit_folder(memory: &Memory, scan: ScanOptions) -> Verdicts {
    let folder = scratch();
    memory.pour(folder.path()).unwrap();
    let url = format!("file://{}", folder.path().display());
    Verdicts::on(&url, &OpenOptions::default(), scan).await
}

/// A folder in memory where there is one: thousands of small files are slow to write and remove on a disk.
fn scratch() -> tempfile::TempDir {
    let memory = Path::new("/dev/shm");
    if memory.is_dir() { tempfile::tempdir_in(memory).unwrap() } else { tempfile::tempdir().unwrap() }
}

async fn audit_bucket(memory: &Memory, transport: Transport, scan: ScanOptions) -> Verdicts {
    let server = Server::start(Vec::<(String, Vec<u8>)>::new()).await;
    for (key, object) in &memory.objects {
        server.put_at(key.as_str(), object.bytes.clone(), object.modified);
    }
    let options = OpenOptions {
        transport,
        credentials: Credentials::Anonymous,
        http_endpoint: Some(server.http_url.clone()),
        grpc_endpoint: Some(server.grpc_url.clone()),
        ..OpenOptions::default()
    };
    Verdicts::on(&server.url(), &options, scan).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_fault_in_a_folder_is_named_and_nothing_else_is() {
    for (seed, repositories, tags) in [(1, 3, 5), (7, 1, 12)] {
        let kind = StoreKind::FileSystem;
        let healthy = Healthy::Bulk { repositories, tags };
        let spec = Spec { healthy, ..Spec::everything(seed, Timestamp::now(), kind) };
        let (memory, truth) = grow(&spec, kind);
        let complaints = audit_folder(&memory, patient()).await.complaints(&truth, kind);
        assert!(complaints.is_empty(), "seed {seed}: {complaints:#?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_fault_in_a_bucket_is_named_and_nothing_else_is() {
    let kind = StoreKind::Bucket;
    for (seed, transport) in [(2, Transport::Grpc), (9, Transport::Json)] {
        let (memory, truth) = grow(&Spec::everything(seed, Timestamp::now(), kind), kind);
        let complaints = audit_bucket(&memory, transport, patient()).await.complaints(&truth, kind);
        assert!(complaints.is_empty(), "{transport:?}: {complaints:#?}");
    }
}

/// What was found, without what means something on one kind of store only.
fn on_both(verdicts: &Verdicts, truth: &Truth) -> BTreeSet<Accused> {
    let on_one = |blame: &&Blame| blame.stores != Stores::Both;
    let on_one: BTreeSet<_> =
        truth.blames.iter().filter(on_one).map(|blame| (blame.id, blame.object.as_str())).collect();
    let found = verdicts.accused.iter();
    found.filter(|accused| !on_one.contains(&(accused.id, accused.object.as_str()))).cloned().collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_same_objects_get_the_same_verdicts_in_a_folder_and_in_a_bucket() {
    let both = vec![StoreKind::FileSystem, StoreKind::Bucket];
    let spec = Spec { stores: both, ..Spec::everything(3, Timestamp::now(), StoreKind::Bucket) };
    let (memory, truth) = grow(&spec, StoreKind::Bucket);
    let folder = on_both(&audit_folder(&memory, patient()).await, &truth);
    let bucket = on_both(&audit_bucket(&memory, Transport::Grpc, patient()).await, &truth);
    let different: Vec<_> = folder.symmetric_difference(&bucket).collect();
    assert!(different.is_empty(), "only on one of them: {different:#?}");
    assert!(folder.len() > 90, "only {} findings were compared", folder.len());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_push_leaves_under_way_is_judged_at_once_only_when_asked_to() {
    let kind = StoreKind::FileSystem;
    let under_way = vec!["push-before-layer-link", "push-before-manifest", "push-before-tag-link"];
    let lookalikes = Shown::Only(under_way);
    let spec = Spec { faults: Shown::None, lookalikes, ..Spec::everything(5, Timestamp::now(), kind) };
    let (memory, truth) = grow(&spec, kind);
    let spared = audit_folder(&memory, patient()).await;
    assert_eq!(spared.complaints(&truth, kind), Vec::<String>::new());
    assert_eq!(spared.accused, BTreeSet::new());
    let judged = audit_folder(&memory, thorough()).await;
    let expected = ["blob-unreferenced", "missing-current-link", "repo-without-manifests-folder"];
    assert_eq!(judged.ids(), BTreeSet::from(expected));
}
