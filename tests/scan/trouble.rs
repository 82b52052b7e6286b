//! Stores that refuse, fail, lag or lie, and pushes under way: never a wrong verdict.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use jiff::SignedDuration;
use quarterdeck::model::TagState;
use quarterdeck::registry::reference::Reference;
use quarterdeck::sources::bucket::scan::{ScanOptions, scan};
use quarterdeck::staging::tree::image::Image;
use quarterdeck::staging::tree::push::push;
use quarterdeck::staging::tree::{Folder, Memory, Sink, StoreKind, keys};
use quarterdeck::storage::ErrorKind;
use quarterdeck::storage::filesystem::Filesystem;

use super::shelf::{Mood, REPOSITORY, Shelf, TAG, image, now};

const FAILURES: [ErrorKind; 5] =
    [ErrorKind::Denied, ErrorKind::Throttled, ErrorKind::Unreachable, ErrorKind::Broken, ErrorKind::Changed];

fn folder_of(blob: &str) -> String {
    format!("{}/", blob.rsplit_once('/').unwrap().0)
}

/// Everything that decides about an image.
fn deciding(image: &Image) -> Vec<String> {
    let mut keys = vec![
        keys::current_link(REPOSITORY, TAG),
        keys::revision_link(REPOSITORY, &image.digest),
        keys::blob(&image.digest),
    ];
    for digest in image.blobs.keys() {
        keys.push(keys::layer_link(REPOSITORY, digest));
        keys.push(folder_of(&keys::blob(digest)));
    }
    keys
}

#[test]
fn what_cannot_be_read_is_unknown_and_never_broken() {
    let image = image("image", 2);
    for key in deciding(&image) {
        for kind in FAILURES {
            let shelf = Shelf::with_image(&image).with(&key, Mood::Fails(kind));
            let (report, _) = shelf.scan(REPOSITORY, TAG);
            assert_eq!(report.state, TagState::Unknown, "{key} {kind:?}: {report:#?}");
            assert_eq!(report.findings, [], "{key} {kind:?}");
            assert!(report.unread.iter().any(|unread| unread.object.starts_with(&key)), "{key}: {report:#?}");
        }
    }
}

#[test]
fn what_is_certainly_broken_stays_broken_beside_what_cannot_be_read() {
    let image = image("image", 2);
    let (gone, denied) = (&image.layers[0].digest, &image.layers[1].digest);
    let shelf =
        Shelf::with_image(&image).with(&keys::layer_link(REPOSITORY, denied), Mood::Fails(ErrorKind::Denied));
    shelf.change(|tree| tree.remove(&keys::blob(gone)).unwrap());
    let (report, _) = shelf.scan(REPOSITORY, TAG);
    assert_eq!(report.state, TagState::Broken);
    assert_eq!(report.findings.iter().map(|found| found.id).collect::<Vec<_>>(), ["layer-blob-missing"]);
    assert_eq!(report.unread.len(), 1);
}

#[test]
fn who_may_not_list_may_still_look() {
    let image = image("image", 1);
    let blob = keys::blob(&image.layers[0].digest);
    let size = image.layers[0].size;
    let shelf = Shelf::with_image(&image)
        .with(&folder_of(&blob), Mood::Fails(ErrorKind::Denied))
        .with(&blob, Mood::Claims(size))
        .with(&format!("{}/", keys::tag(REPOSITORY, TAG)), Mood::Fails(ErrorKind::Denied))
        .with(&keys::current_link(REPOSITORY, TAG), Mood::Claims(71));
    let (report, _) = shelf.scan(REPOSITORY, TAG);
    assert_eq!((report.state, report.findings), (TagState::Whole, vec![]));
    assert_eq!(report.unread.len(), 1, "that the history could not be listed is said");
}

#[test]
fn a_listing_that_lags_behind_is_not_believed() {
    let image = image("image", 2);
    let blob = keys::blob(&image.layers[0].digest);
    let shelf = Shelf::with_image(&image).with(&folder_of(&blob), Mood::ListsNothing);
    let (report, _) = shelf.scan(REPOSITORY, TAG);
    assert_eq!((report.state, report.findings), (TagState::Whole, vec![]), "{:?}", report.notes);
}

#[test]
fn a_store_that_lies_about_sizes_or_breaks_off_is_not_believed() {
    let image = image("image", 1);
    for (key, mood) in [
        (keys::blob(&image.layers[0].digest), Mood::Claims(1 << 40)),
        (keys::blob(&image.digest), Mood::CutsOffAt(100)),
        (keys::current_link(REPOSITORY, TAG), Mood::CutsOffAt(40)),
        (keys::revision_link(REPOSITORY, &image.digest), Mood::CutsOffAt(0)),
        (keys::layer_link(REPOSITORY, &image.layers[0].digest), Mood::Claims(72)),
    ] {
        let (report, _) = Shelf::with_image(&image).with(&key, mood).scan(REPOSITORY, TAG);
        assert_eq!((report.state, &report.findings[..]), (TagState::Unknown, &[][..]), "{key}: {report:#?}");
    }
}

/// Does something before the n-th question about a key, counted from one.
fn before(nth: u32, change: impl Fn(&mut Memory) + Send + Sync + 'static) -> Mood {
    let asked = AtomicU32::new(0);
    Mood::Before(Arc::new(move |tree| {
        if asked.fetch_add(1, Ordering::SeqCst) + 1 == nth {
            change(tree);
        }
    }))
}

#[test]
fn a_push_that_ends_while_we_look_leaves_no_finding() {
    let image = image("image", 1);
    let link = keys::current_link(REPOSITORY, TAG);
    let (at, digest) = (link.clone(), image.digest.clone());
    let shelf = Shelf::with_image(&image);
    shelf.change(|tree| tree.put(&link, b"", now()).unwrap());
    let shelf = shelf.with(&link, before(2, move |tree| tree.put(&at, digest.as_bytes(), now()).unwrap()));
    let (report, _) = shelf.scan(REPOSITORY, TAG);
    assert_eq!((report.state, report.findings), (TagState::Whole, vec![]));
}

/// A registry on a file system empties a link and then writes it; a scan can fall between the two any number of times.
#[tokio::test(start_paused = true)]
async fn a_link_that_a_push_has_just_emptied_is_given_time() {
    let folder = tempfile::tempdir().unwrap();
    let image = image("image", 1);
    let mut tree = Folder::new(folder.path());
    push(&mut tree, REPOSITORY, Some(TAG), &image, now()).unwrap();
    let link = folder.path().join(keys::current_link(REPOSITORY, TAG));
    std::fs::write(&link, b"").unwrap();
    let store = Filesystem::open(folder.path()).unwrap();
    let reference = Reference::parse(&format!("{REPOSITORY}:{TAG}")).unwrap();
    let options = ScanOptions::default();
    let pushing = async {
        tokio::time::sleep(Duration::from_secs(1)).await;
        std::fs::write(&link, &image.digest).unwrap();
    };
    let (report, ()) = tokio::join!(scan(&store, &reference, &options), pushing);
    assert_eq!((report.state, report.findings), (TagState::Whole, vec![]));

    std::fs::write(&link, b"").unwrap();
    let report = scan(&store, &reference, &options).await;
    assert_eq!(report.findings.first().map(|found| found.id), Some("empty-current-link"), "nobody writes it");
}

#[test]
fn a_tag_that_keeps_changing_is_unknown() {
    let image = image("image", 1);
    let link = keys::current_link(REPOSITORY, TAG);
    let (at, asked) = (link.clone(), AtomicU32::new(0));
    let flicker = Mood::Before(Arc::new(move |tree: &mut Memory| {
        let length = asked.fetch_add(1, Ordering::SeqCst) as usize % 70;
        tree.put(&at, &vec![b' '; length], now()).unwrap();
    }));
    let (report, _) = Shelf::with_image(&image).with(&link, flicker).scan(REPOSITORY, TAG);
    assert_eq!((report.state, &report.findings[..]), (TagState::Unknown, &[][..]));
    assert!(report.notes.iter().any(|note| note.contains("changing while we look")), "{:?}", report.notes);
}

#[test]
fn a_tag_without_a_link_is_too_young_to_judge_until_it_settles() {
    let image = image("image", 1);
    let index = keys::index_link(REPOSITORY, TAG, &image.digest);
    let settle = |seconds| ScanOptions { settle: Duration::from_secs(seconds), ..ScanOptions::default() };
    let look = |age: i64, options: &ScanOptions, clock: bool| {
        let shelf = Shelf::with_image(&image);
        shelf.change(|tree| {
            tree.remove(&keys::current_link(REPOSITORY, TAG)).unwrap();
            tree.put(&index, image.digest.as_bytes(), now() - SignedDuration::from_secs(age)).unwrap();
        });
        let shelf = if clock { shelf } else { shelf.without_clock() };
        let (report, _) = shelf.scan_with(REPOSITORY, TAG, options);
        (report.state, report.findings.first().map(|found| found.id), report.notes)
    };
    let broken = (TagState::Broken, Some("missing-current-link"), vec![]);
    assert_eq!(look(601, &settle(600), true), broken);
    assert_eq!(look(599, &settle(0), true), broken);
    assert_eq!(look(599, &settle(0), false), broken);
    for (age, clock, words) in [(599, true, "too young to judge"), (9999, false, "does not tell since when")]
    {
        let (state, finding, notes) = look(age, &settle(600), clock);
        assert_eq!((state, finding), (TagState::Unknown, None));
        assert!(notes[0].contains(words), "{notes:?}");
    }
}

#[test]
fn what_is_not_there_is_absent_and_the_report_says_where_it_ends() {
    let image = image("image", 1);
    let shelf = Shelf::with_image(&image);
    for (repository, tag, words) in
        [(REPOSITORY, "v2", "has no tag v2"), ("group/other", "v1", "no repository group/other")]
    {
        let (report, _) = shelf.scan(repository, tag);
        assert_eq!((report.state, &report.findings[..]), (TagState::Absent, &[][..]));
        assert!(report.notes[0].contains(words), "{:?}", report.notes);
    }
    let empty = Shelf::new(StoreKind::Bucket, Memory::new(StoreKind::Bucket));
    let (report, _) = empty.scan(REPOSITORY, TAG);
    assert_eq!(report.state, TagState::Absent);
    assert!(report.notes[0].contains("docker/registry/v2/"), "{:?}", report.notes);
}
