//! An audit tells every fault of a tree and nothing else, asks little, and says what it did not look at.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod support;

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use quarterdeck::model::{Severity, TagState};
use quarterdeck::registry::report::Role;
use quarterdeck::runtime::stores::{Credentials, OpenOptions, Transport, open};
use quarterdeck::sources::bucket::audit::{AuditLine, AuditOptions, AuditSummary, audit};
use quarterdeck::sources::bucket::scan::ScanOptions;
use quarterdeck::staging::tree::{self, Healthy, Memory, Shown, Spec, StoreKind};
use quarterdeck::storage::StoreError;
use quarterdeck::storage::layers::Requests;
use support::gcs::{Call, Fault, Server, Trouble};
use tokio::sync::{mpsc, watch};

struct Audited {
    lines: Vec<AuditLine>,
    summary: AuditSummary,
}

impl Audited {
    fn ids(&self) -> BTreeSet<&'static str> {
        let mut ids = BTreeSet::new();
        for line in &self.lines {
            match line {
                AuditLine::Tag(report) => ids.extend(report.findings.iter().map(|finding| finding.id)),
                AuditLine::Fault { finding, .. } => {
                    ids.insert(finding.id);
                }
                AuditLine::Unread(_) | AuditLine::Progress(_) => {}
            }
        }
        ids
    }

    fn tags(&self) -> impl Iterator<Item = (&str, &str, TagState)> {
        self.lines.iter().filter_map(|line| match line {
            AuditLine::Tag(report) => {
                Some((report.repository.as_str(), report.tag.as_deref()?, report.state))
            }
            AuditLine::Fault { .. } | AuditLine::Unread(_) | AuditLine::Progress(_) => None,
        })
    }
}

async fn run(url: &str, options: &OpenOptions, below: Option<&str>) -> Result<Audited, StoreError> {
    let store = open(url, options).await.unwrap();
    let (lines, mut told) = mpsc::channel(16);
    let (_keep_going, stop) = watch::channel(false);
    let options = AuditOptions {
        scan: ScanOptions::default(),
        below: below.map(str::to_owned),
        requests: options.requests.clone(),
    };
    let collect = async {
        let mut all = Vec::new();
        while let Some(line) = told.recv().await {
            all.push(line);
        }
        all
    };
    let (summary, lines) = tokio::join!(audit(store, options, stop, lines), collect);
    Ok(Audited { lines, summary: summary? })
}

fn tree_of(spec: &Spec) -> Memory {
    let mut memory = Memory::new(StoreKind::Bucket);
    tree::write(&mut memory, spec).unwrap();
    memory
}

fn healthy(repositories: u32, tags: u32) -> Spec {
    Spec {
        healthy: Healthy::Bulk { repositories, tags },
        faults: Shown::None,
        lookalikes: Shown::None,
        ..Spec::everything(1, Timestamp::now(), StoreKind::Bucket)
    }
}

async fn serve(memory: &Memory) -> (Server, OpenOptions) {
    let server = Server::start(Vec::<(String, Vec<u8>)>::new()).await;
    for (key, object) in &memory.objects {
        server.put_at(key.clone(), object.bytes.clone(), object.modified);
    }
    let options = OpenOptions {
        transport: Transport::Json,
        credentials: Credentials::Anonymous,
        http_endpoint: Some(server.http_url.clone()),
        grpc_endpoint: Some(server.grpc_url.clone()),
        requests: Requests::default(),
        ..OpenOptions::default()
    };
    (server, options)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_healthy_bucket_costs_its_listing_and_its_manifests() {
    let memory = tree_of(&healthy(20, 10));
    let (server, options) = serve(&memory).await;
    let audited = run(&server.url(), &options, None).await.unwrap();
    assert_eq!(audited.ids(), BTreeSet::new());
    assert!(audited.tags().all(|(_, _, state)| state == TagState::Whole));
    let hops = audited.lines.iter().filter_map(|line| match line {
        AuditLine::Tag(report) => Some(&report.hops),
        AuditLine::Fault { .. } | AuditLine::Unread(_) | AuditLine::Progress(_) => None,
    });
    assert!(hops.flatten().all(|hop| hop.role == Role::Manifest), "whole chains would fill the memory");
    let objects = memory.objects.len() as u64;
    let manifests = memory.objects.keys().filter(|key| key.contains("/revisions/")).count() as u64;
    let allowed = (objects / 1000 + manifests) * 105 / 100 + 5;
    println!("{objects} objects, {manifests} manifests: {} requests", audited.summary.requests);
    assert!(audited.summary.requests <= allowed, "{} requests, {allowed} allowed", audited.summary.requests);
}

#[tokio::test(flavor = "multi_thread")]
async fn only_what_lies_below_the_prefix_is_looked_at() {
    let memory = tree_of(&Spec { lookalikes: Shown::All, ..healthy(2, 2) });
    let (server, options) = serve(&memory).await;
    let audited = run(&server.url(), &options, Some("fine")).await.unwrap();
    assert!(audited.tags().count() > 20);
    assert!(audited.tags().all(|(repository, _, _)| repository.starts_with("fine/")));
    assert!(audited.summary.not_looked_at.iter().any(|what| what.contains("blob store")));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_read_is_unknown_and_never_broken() {
    let memory = tree_of(&healthy(3, 3));
    let (server, mut options) = serve(&memory).await;
    options.retry.attempts = 1;
    let manifest = {
        let tag = memory.objects.iter().find(|(key, _)| key.ends_with("/current/link")).unwrap();
        String::from_utf8(tag.1.bytes.to_vec()).unwrap()
    };
    let hex = manifest.trim_start_matches("sha256:").to_owned();
    server.inject(Fault::on(Call::Read, Trouble::refuse(403, "no")).key(&hex));
    let audited = run(&server.url(), &options, None).await.unwrap();
    let states: Vec<TagState> = audited.tags().map(|(_, _, state)| state).collect();
    assert!(states.contains(&TagState::Unknown));
    assert!(!states.contains(&TagState::Broken));
    assert_eq!(audited.ids(), BTreeSet::new(), "nothing is claimed about what nobody saw");
    assert!(audited.summary.unread > 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_store_without_a_registry_is_an_error_that_says_so() {
    let folder = tempfile::tempdir().unwrap();
    let url = format!("file://{}", folder.path().display());
    let error = run(&url, &OpenOptions::default(), None).await.err().unwrap();
    assert!(error.is_gone());
    assert!(error.detail.contains("holds no registry"), "{error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mistyped_prefix_is_an_error_and_not_a_clean_bill() {
    let (server, options) = serve(&tree_of(&healthy(1, 1))).await;
    let error = run(&server.url(), &options, Some("no/such/group")).await.err().unwrap();
    assert!(error.is_gone());
    assert!(error.detail.contains("no group or repository no/such/group"), "{error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_in_the_place_of_a_repositorys_folder_breaks_pushes() {
    let folder = tempfile::tempdir().unwrap();
    tree::write_into(folder.path(), &Spec { stores: vec![StoreKind::FileSystem], ..healthy(1, 1) }).unwrap();
    let repositories = folder.path().join("docker/registry/v2/repositories");
    let blocked = repositories.join("blocked");
    std::fs::create_dir_all(blocked.join("_layers/sha256")).unwrap();
    std::fs::write(blocked.join("_manifests"), b"").unwrap();
    let url = format!("file://{}", folder.path().display());
    let audited = run(&url, &OpenOptions::default(), None).await.unwrap();
    let faults = audited.lines.iter().filter_map(|line| match line {
        AuditLine::Fault { finding, .. } => Some((finding.id, finding.severity)),
        AuditLine::Tag(_) | AuditLine::Unread(_) | AuditLine::Progress(_) => None,
    });
    assert_eq!(faults.collect::<Vec<_>>(), [("stray-file-in-repo", Severity::PushBroken)]);
}

#[tokio::test(flavor = "multi_thread")]
async fn stopping_says_what_was_left_out() {
    let memory = tree_of(&healthy(30, 10));
    let (server, options) = serve(&memory).await;
    let store = open(&server.url(), &options).await.unwrap();
    let (lines, mut told) = mpsc::channel(1);
    let (stopper, stop) = watch::channel(false);
    let audit_options =
        AuditOptions { scan: ScanOptions::default(), below: None, requests: options.requests.clone() };
    let listen = async {
        while let Some(line) = told.recv().await {
            if matches!(line, AuditLine::Tag(_)) {
                stopper.send_replace(true);
            }
        }
    };
    let (summary, ()) = tokio::join!(audit(store, audit_options, stop, lines), listen);
    let summary = summary.unwrap();
    assert!(summary.not_looked_at.iter().any(|what| what.starts_with("stopped on request")), "{summary:?}");
    assert!(summary.tags_in(TagState::Whole) < 300);
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_listening_ends_it() {
    let memory = tree_of(&healthy(3, 3));
    let (server, options) = serve(&memory).await;
    let store = open(&server.url(), &options).await.unwrap();
    let (lines, told) = mpsc::channel(1);
    drop(told);
    let (_keep_going, stop) = watch::channel(false);
    let audit_options =
        AuditOptions { scan: ScanOptions::default(), below: None, requests: options.requests.clone() };
    let ended =
        tokio::time::timeout(Duration::from_secs(30), audit(Arc::clone(&store), audit_options, stop, lines));
    assert!(ended.await.is_ok());
}
