//! What the bucket panel says when there is nothing to browse, or nothing could be read.

use std::fs;
use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;
use quarterdeck::runtime::drive;
use quarterdeck::storage::{
    Delimiter, Entry, ErrorKind, Object, ObjectStore, Page, PageToken, Result, StoreError, Version,
};
use quarterdeck::ui::keys;

use crate::house::{House, SMALL, given, options};

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

    async fn create(&self, key: &str, _: Bytes) -> Result<Entry> {
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
async fn a_repository_that_could_not_be_read_in_part_says_so() {
    let house = House::demo();
    // A name that no one listed: the jump shows it, and the scan says that it is absent.
    let frame = house.frame("type::tag space type:base/alder/runtime:nobody enter", SMALL).await;
    assert!(frame.contains("absent"), "{frame}");
}
