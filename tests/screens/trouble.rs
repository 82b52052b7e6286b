//! What the bucket panel says when there is nothing to browse, or nothing could be read.

use std::fs;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use async_trait::async_trait;
use bytes::Bytes;
use quarterdeck::execution::Opener;
use quarterdeck::runtime::stores::OpenOptions;
use quarterdeck::runtime::{drive, open_with};
use quarterdeck::storage::{
    Attributes, Delimiter, Entry, ErrorKind, Object, ObjectStore, Page, PageToken, Result, StoreError,
    Version,
};
use quarterdeck::ui::keys;

use crate::house::{House, SMALL, WIDE, given, options};

/// A store that refuses everything.
struct Locked;

#[async_trait]
impl ObjectStore for Locked {
    fn url(&self) -> &str {
        "gs://locked"
    }

    async fn list(&self, prefix: &str, _: Delimiter, _: Option<&PageToken>) -> Result<Page> {
        Err(denied(prefix))
    }

    async fn read(&self, key: &str, _: Option<std::ops::Range<u64>>) -> Result<Object> {
        Err(denied(key))
    }

    async fn stat(&self, key: &str) -> Result<Entry> {
        Err(denied(key))
    }

    async fn create(&self, key: &str, _: Bytes, _: Option<&Attributes>) -> Result<Entry> {
        Err(denied(key))
    }

    async fn replace(&self, key: &str, _: Bytes, _: &Version) -> Result<Entry> {
        Err(denied(key))
    }

    async fn delete(&self, key: &str, _: &Version) -> Result<()> {
        Err(denied(key))
    }

    async fn now(&self) -> Result<jiff::Timestamp> {
        Err(denied(""))
    }
}

fn denied(key: &str) -> StoreError {
    StoreError::new(ErrorKind::Denied, key, "storage.objects.list is not granted to \x1b[31mthis account")
}

async fn frame_of(store: std::result::Result<Arc<dyn ObjectStore>, StoreError>, script: &str) -> String {
    let options = options("gs://locked", given(store));
    drive(options, keys::script(script).unwrap(), SMALL).await.unwrap().lines().join("\n")
}

#[tokio::test]
async fn an_empty_folder_is_explained() {
    let house = House::empty();
    let frame = house.frame("", SMALL).await;
    assert!(frame.contains("is empty.") && frame.contains("Ctrl-r looks again"), "{frame}");
}

#[tokio::test]
async fn a_root_inside_the_tree_is_named_with_the_right_one() {
    let house = House::demo();
    let url = format!("{}/docker/registry/v2", house.url());
    let paper = house.paper_of(&url, "", SMALL).await;
    let text = house.text(&paper).replace(['\n', '│'], " ");
    assert!(text.contains("inside the registry's tree"), "{text}");
    assert!(text.contains("/tmp/registry-000000"), "{text}");
}

#[tokio::test]
async fn a_folder_of_something_else_is_not_called_a_broken_registry() {
    let house = House::empty();
    fs::create_dir_all(house.folder.path().join("photos")).unwrap();
    let frame = house.frame("", SMALL).await;
    assert!(frame.contains("photos/") && frame.contains("has no docker/registry/v2/"), "{frame}");
    assert!(!frame.contains("broken"), "{frame}");
}

#[tokio::test]
async fn a_refusal_is_no_fault_of_the_registry() {
    let frame = frame_of(Ok(Arc::new(Locked)), "").await;
    assert!(frame.contains("could not be read: denied"), "{frame}");
    assert!(frame.contains("says nothing about the registry"), "{frame}");
    assert!(!frame.contains('\x1b') && frame.contains(r"\x1b[31m"), "{frame}");
}

#[tokio::test]
async fn a_store_that_does_not_open_is_opened_again_on_request() {
    let gone = StoreError::new(ErrorKind::Unreachable, "gs://locked", "no route to host");
    let frame = frame_of(Err(gone), "ctrl-r").await;
    assert!(frame.contains("no route to host") && frame.contains("Check network"), "{frame}");
}

#[tokio::test]
async fn a_name_that_nobody_listed_is_absent_and_no_fault() {
    let house = House::demo();
    for (name, rows) in [
        ("base/alder/runtime:typo", &["– typo"][..]),
        ("base/nope:v9", &["– nope/", "– v9"]),
        ("nope/nope:v9", &["– nope/", "– v9"]),
    ] {
        for sheet in [WIDE, SMALL] {
            let script = format!("type::tag space type:{name} enter");
            let frame = house.frame(&script, sheet).await;
            for row in rows {
                assert!(frame.lines().any(|line| line.contains(row) && line.contains("absent")), "{frame}");
            }
            assert!(
                !frame.contains("nope/nope:v9 could") && !frame.contains("the rest is not listed"),
                "{frame}"
            );
            let signs = frame.matches('✗').count();
            let known = house.frame("", sheet).await.matches('✗').count();
            assert!(signs <= known, "{frame}");
            let overview = house.frame(&format!("{script} 1 g j d"), sheet).await;
            assert!(overview.contains("1 absent"), "{overview}");
            assert!(!overview.contains("could not be read") && !overview.contains("typo"), "{overview}");
        }
    }
}

#[tokio::test]
async fn what_a_jump_shows_in_full_has_no_rest() {
    let house = House::demo();
    let frame = house.frame("type::tag space type:base/alder/runtime:latest enter", WIDE).await;
    assert!(frame.contains("latest") && !frame.contains("the rest is not listed"), "{frame}");
}

#[tokio::test]
async fn the_raw_view_says_what_it_does_not_show() {
    let house = House::empty();
    let tags = house.folder.path().join("docker/registry/v2/repositories/g/p/_manifests/tags");
    fs::create_dir_all(&tags).unwrap();
    let large = fs::File::create(tags.join("large")).unwrap();
    large.set_len(4 << 30).unwrap();
    let frame = house.frame("G enter", WIDE).await;
    assert!(frame.contains("4.0 GiB, first 4 KiB shown"), "{frame}");
    fs::remove_file(tags.join("large")).unwrap();
    let _socket = std::os::unix::net::UnixListener::bind(tags.join("socket")).unwrap();
    let frame = house.frame("G enter", WIDE).await;
    assert!(frame.contains("not a regular file: a socket") && !frame.contains("garbles"), "{frame}");
}

/// The cockpit over the demonstration, whose folder is moved away, or emptied, before it is opened again.
async fn after_loss(emptied: bool, script: &str) -> String {
    let house = House::demo();
    let (root, opened) = (house.folder.path().to_owned(), AtomicUsize::new(0));
    let open = open_with(house.url(), OpenOptions::default());
    let opener: Opener = Arc::new(move || {
        if opened.fetch_add(1, Ordering::Relaxed) == 1 {
            let away = root.with_extension("away");
            fs::rename(&root, &away).unwrap();
            fs::remove_dir_all(away).unwrap();
            if emptied {
                fs::create_dir(&root).unwrap();
            }
        }
        open()
    });
    let paper = drive(options(&house.url(), opener), keys::script(script).unwrap(), WIDE).await.unwrap();
    paper.lines().join("\n")
}

#[tokio::test]
async fn a_registry_that_goes_away_is_not_a_registry_without_faults() {
    for (emptied, why) in [(false, "no such folder"), (true, "it is empty")] {
        let before = after_loss(emptied, "G g").await;
        assert!(before.contains(" broken") && !before.contains("any more"), "{before}");
        let frame = after_loss(emptied, "G g ctrl-r").await;
        for words in
            ["No registry here any more", why, "seen less than a minute ago", "Ctrl-r", "base/", "broken"]
        {
            assert!(frame.contains(words), "{words}:\n{frame}");
        }
        assert!(!frame.contains("no names here") && !frame.contains("no repositories here"), "{frame}");
        let tag = after_loss(emptied, "ctrl-r type::tag space type:base/alder/runtime:v9 enter").await;
        assert!(tag.contains("could not read") && !tag.contains("absent"), "{tag}");
    }
}
