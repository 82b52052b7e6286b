//! Every fault that a tag shows is found by its id at its object, and nothing is found on what only looks broken.

use std::collections::BTreeSet;

use quarterdeck::model::{Severity, TagState};
use quarterdeck::registry::reference::{Reference, Repository, Tag};
use quarterdeck::registry::report::TagReport;
use quarterdeck::sources::bucket::scan::{Hashing, ScanOptions, scan};
use quarterdeck::staging::tree::{Blame, Memory, Spec, StoreKind, Truth, write};
use quarterdeck::storage::filesystem::Filesystem;

use super::shelf::{Shelf, now};

fn everything(kind: StoreKind, seed: u64) -> Spec {
    Spec::everything(seed, now(), kind)
}

/// A folder in memory where there is one: thousands of small files are slow to remove from a disk.
fn scratch() -> tempfile::TempDir {
    let memory = std::path::Path::new("/dev/shm");
    if memory.is_dir() { tempfile::tempdir_in(memory).unwrap() } else { tempfile::tempdir().unwrap() }
}

fn thorough() -> ScanOptions {
    ScanOptions { hashing: Hashing::All, ..ScanOptions::default() }
}

/// What one tag alone can show of an accusation: that other repositories miss the same layer takes an audit.
fn shown_by_tag(blame: &Blame) -> Option<(&str, &str, &str)> {
    let tag = blame.tag.as_deref()?;
    let repository = blame.repository.as_deref()?;
    match blame.id {
        "shared-layer-missing" => Some((repository, tag, "layer-blob-missing")),
        id => Some((repository, tag, id)),
    }
}

fn check_accused(kind: StoreKind, truth: &Truth, mut scan: impl FnMut(&str, &str) -> TagReport) {
    let mut seen = BTreeSet::new();
    for blame in truth.blames_on(kind) {
        let Some((repository, tag, id)) = shown_by_tag(blame) else { continue };
        let report = scan(repository, tag);
        let found: Vec<_> =
            report.findings.iter().map(|finding| (finding.id, finding.object.as_str())).collect();
        assert!(found.contains(&(id, blame.object.as_str())), "{blame:?}\nfound {found:?}\n{report:#?}");
        let severity =
            report.findings.iter().find(|finding| finding.id == id).map(|finding| finding.severity);
        assert_eq!(severity, Some(blame.severity), "{id}");
        if blame.severity.breaks_tag() {
            assert_eq!(report.state, TagState::Broken, "{id}: {report:#?}");
        }
        seen.insert(blame.id);
    }
    assert!(seen.len() > 60, "only {} kinds of faults were looked at", seen.len());
}

fn check_spotless(truth: &Truth, mut scan: impl FnMut(&str, &str) -> TagReport) {
    let mut count = 0;
    for (repository, tag) in truth.spotless() {
        let report = scan(repository, tag);
        // A repository's own name is every tag's trouble.
        let accused = |id: &str, object: &str| {
            truth.blames.iter().any(|blame| blame.id == id && blame.object == object)
        };
        let findings: Vec<_> =
            report.findings.iter().filter(|found| !accused(found.id, &found.object)).collect();
        assert!(findings.is_empty(), "{repository}:{tag}: {findings:#?}");
        let whole = report.findings.iter().all(|found| !found.severity.breaks_tag());
        let state = if whole { TagState::Whole } else { TagState::Broken };
        assert_eq!(report.state, state, "{repository}:{tag}: {report:#?}");
        assert!(report.unread.is_empty() && report.unhashed == 0, "{report:#?}");
        count += 1;
    }
    assert!(count > 100, "only {count} healthy tags were looked at");
}

#[test]
fn every_fault_is_named_and_every_look_alike_is_spared() {
    for (kind, seed) in [(StoreKind::FileSystem, 1), (StoreKind::Bucket, 2)] {
        let (shelf, truth) = Shelf::of(&everything(kind, seed), kind);
        check_accused(kind, &truth, |repository, tag| shelf.scan_with(repository, tag, &thorough()).0);
        check_spotless(&truth, |repository, tag| shelf.scan_with(repository, tag, &thorough()).0);
    }
}

#[test]
fn a_folder_on_disk_shows_the_same() {
    let folder = scratch();
    let spec = everything(StoreKind::FileSystem, 3);
    let mut memory = Memory::new(StoreKind::FileSystem);
    let truth = write(&mut memory, &spec).unwrap();
    memory.pour(folder.path()).unwrap();
    let store = Filesystem::open(folder.path()).unwrap();
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let look = |repository: &str, tag: &str| {
        let reference = Reference::tag(Repository::found(repository), Tag::found(tag));
        runtime.block_on(scan(&store, &reference, &thorough()))
    };
    check_accused(StoreKind::FileSystem, &truth, look);
    check_spotless(&truth, look);
}

#[test]
fn a_poisonous_tag_accuses_its_repository() {
    let kind = StoreKind::Bucket;
    let (shelf, _) = Shelf::of(&everything(kind, 1), kind);
    let (report, _) = shelf.scan("faults/empty-current-link", "bad");
    let poisoned = report.findings.iter().find(|found| found.id == "poisoned-repository").unwrap();
    assert_eq!(poisoned.severity, Severity::DeleteBroken);
    assert!(poisoned.object.ends_with("/tags/bad/current/link"));
    let (report, _) = shelf.scan("faults/current-link-sha512", "bad");
    assert!(report.findings.iter().all(|found| found.id != "poisoned-repository"), "{:?}", report.findings);
}

#[test]
fn without_hashing_a_blob_of_the_right_size_is_counted_and_not_judged() {
    let kind = StoreKind::Bucket;
    let (shelf, _) = Shelf::of(&everything(kind, 1), kind);
    let (report, _) = shelf.scan("faults/layer-blob-altered", "bad");
    assert_eq!(report.state, TagState::Whole);
    assert!(report.unhashed >= 2, "{report:#?}");
}
