//! What a scan costs: round trips by nesting, not by layers; requests by objects; bytes within bounds.

use quarterdeck::model::TagState;
use quarterdeck::registry::reference::{Reference, Repository, Tag};
use quarterdeck::sources::bucket::scan::{Hashing, ScanOptions, scan};
use quarterdeck::staging::tree::images::{Family, Plan};
use quarterdeck::staging::tree::{Memory, Sink, StoreKind, keys};
use quarterdeck::storage::filesystem::Filesystem;

use super::shelf::{IMAGES, REPOSITORY, Shelf, TAG, image, now};

/// Requests for one blob: its link and its folder.
const PER_BLOB: u32 = 2;
/// Requests for one manifest: its link and its bytes.
const PER_MANIFEST: u32 = 2;
/// Requests for a tag: its link and its folder.
const PER_TAG: u32 = 2;

#[test]
fn an_image_takes_three_round_trips_however_many_layers() {
    for layers in [1, 10, 100] {
        let shelf = Shelf::with_image(&image("image", layers));
        let (report, waits) = shelf.scan(REPOSITORY, TAG);
        assert_eq!(report.state, TagState::Whole, "{report:#?}");
        assert_eq!((waits, report.trips), (3, 3), "{layers} layers");
        let blobs = u32::try_from(layers).unwrap() + 1;
        assert_eq!(report.requests, PER_TAG + PER_MANIFEST + PER_BLOB * blobs, "{layers} layers");
        assert_eq!(report.unhashed, blobs);
        let asked = shelf.asked();
        assert_eq!(asked.lists + asked.reads + asked.stats, report.requests);
        assert_eq!(asked.side_by_side, (PER_BLOB * blobs) as usize, "all blobs side by side");
    }
}

#[test]
fn an_index_takes_one_more_and_so_does_each_nesting() {
    let inner = IMAGES.multi_arch("index", Family::Oci).unwrap();
    let (report, waits) = Shelf::with_image(&inner).scan(REPOSITORY, TAG);
    assert_eq!((report.state, waits, report.trips), (TagState::Whole, 4, 4), "{report:#?}");

    let outer = IMAGES.index(Family::Oci, vec![(inner, None)]).unwrap();
    let (report, waits) = Shelf::with_image(&outer).scan(REPOSITORY, TAG);
    assert_eq!((report.state, waits, report.trips), (TagState::Whole, 5, 5), "{report:#?}");
    assert_eq!(report.hops.iter().map(|hop| hop.depth).max(), Some(2));
}

#[test]
fn a_digest_needs_no_tag() {
    let image = image("image", 3);
    let reference = Reference::parse(&format!("{REPOSITORY}@{}", image.digest)).unwrap();
    let (report, waits) = Shelf::with_image(&image).scan_reference(&reference, &ScanOptions::default());
    assert_eq!((report.state, waits, report.tag), (TagState::Whole, 2, None));
    assert_eq!(report.digest, Some(image.digest));
}

#[test]
fn what_several_children_share_is_asked_for_once() {
    let base = vec![IMAGES.layer("base").unwrap()];
    let child = |label: &str| IMAGES.image(&Plan { base: base.clone(), own: 1, ..Plan::new(label) }).unwrap();
    let index = IMAGES.index(Family::Docker, vec![(child("a"), None), (child("b"), None)]).unwrap();
    let (report, _) = Shelf::with_image(&index).scan(REPOSITORY, TAG);
    let blobs = 5; // two configurations, two layers of their own, one shared
    assert_eq!(report.requests, PER_TAG + 3 * PER_MANIFEST + blobs * PER_BLOB);
    assert_eq!(report.state, TagState::Whole, "{report:#?}");
}

#[test]
fn hashing_reads_every_blob_once_after_the_rest() {
    let image = image("image", 4);
    let options = ScanOptions { hashing: Hashing::All, ..ScanOptions::default() };
    let shelf = Shelf::with_image(&image);
    let (report, waits) = shelf.scan_with(REPOSITORY, TAG, &options);
    assert_eq!((report.state, report.unhashed, waits), (TagState::Whole, 0, 4));
    let bytes: usize = image.blobs.values().map(|blob| blob.len()).sum();
    let links = 71 * (2 + image.blobs.len());
    assert_eq!(shelf.asked().bytes, (bytes + links + image.raw.len()) as u64);
}

#[test]
fn confirming_asks_only_for_the_tag_and_the_guilty() {
    let image = image("image", 50);
    let layer = image.layers[0].digest.clone();
    let shelf = Shelf::with_image(&image);
    shelf.change(|tree| tree.remove(&keys::blob(&layer)).unwrap());
    let (report, waits) = shelf.scan(REPOSITORY, TAG);
    assert_eq!(report.findings[0].id, "layer-blob-missing");
    let first_look = PER_TAG + PER_MANIFEST + PER_BLOB * 51;
    assert_eq!((report.requests, waits), (first_look + 2, 4));
}

#[test]
fn a_link_of_any_size_costs_next_to_nothing() {
    let image = image("image", 1);
    let whole = Shelf::with_image(&image);
    whole.scan(REPOSITORY, TAG);
    let usual = whole.asked().bytes;
    let huge = vec![b' '; 50 << 20];
    for (key, id) in [
        (keys::current_link(REPOSITORY, TAG), "current-link-only-whitespace"),
        (keys::revision_link(REPOSITORY, &image.digest), "revision-link-empty"),
        (keys::layer_link(REPOSITORY, &image.layers[0].digest), "layer-link-empty"),
    ] {
        let shelf = Shelf::with_image(&image);
        shelf.change(|tree| tree.put(&key, &huge, now()).unwrap());
        let (report, _) = shelf.scan(REPOSITORY, TAG);
        assert_eq!(report.findings[0].id, id, "{report:#?}");
        let bytes = shelf.asked().bytes;
        assert!(bytes < usual + 512 * 1024, "{id}: {bytes} bytes were read");
    }
}

#[test]
fn a_manifest_too_large_to_be_served_is_hashed_to_know_its_cure() {
    let image = image("image", 1);
    let shelf = Shelf::with_image(&image);
    shelf.change(|tree| tree.put(&keys::blob(&image.digest), &vec![b' '; 50 << 20], now()).unwrap());
    let (report, _) = shelf.scan(REPOSITORY, TAG);
    assert_eq!(
        report.findings[0].id, "manifest-blob-garbage",
        "a push of the right bytes cures it: {report:#?}"
    );
    assert!(shelf.asked().bytes < 52 << 20, "it is read once");
}

#[test]
fn a_link_of_four_gigabytes_on_disk_is_named_and_not_read() {
    let folder = tempfile::tempdir().unwrap();
    let mut tree = Memory::new(StoreKind::FileSystem);
    quarterdeck::staging::tree::push::push(&mut tree, REPOSITORY, Some(TAG), &image("image", 1), now())
        .unwrap();
    tree.pour(folder.path()).unwrap();
    let link = folder.path().join(keys::current_link(REPOSITORY, TAG));
    std::fs::File::options().write(true).open(&link).unwrap().set_len(4 << 30).unwrap();
    let store = Filesystem::open(folder.path()).unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let reference = Reference::tag(Repository::found(REPOSITORY), Tag::found(TAG));
    let report = runtime.block_on(scan(&store, &reference, &ScanOptions::default()));
    assert_eq!(report.findings[0].id, "current-link-nul-bytes", "{report:#?}");
    assert!(report.findings[0].detail.contains("4294967296 bytes"), "{}", report.findings[0].detail);
}
