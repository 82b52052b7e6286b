//! A repository of 50,000 tags: pages on demand, and frames that do not notice. Prints what it measured.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use async_trait::async_trait;
use bytes::Bytes;
use quarterdeck::runtime::drive;
use quarterdeck::storage::{
    Attributes, Delimiter, Entry, ErrorKind, Object, ObjectStore, Page, PageToken, Result, StoreError,
    Version,
};
use quarterdeck::ui::keys;

use crate::house::{WIDE, given, options};

const TAGS: usize = 50_000;
const PAGE: usize = 1_000;
const TREE: &str = "docker/registry/v2/repositories/";

/// Lists one repository with very many tags, and has no objects at all.
#[derive(Default)]
struct Warehouse {
    pages: AtomicUsize,
}

fn gone<T>(key: &str) -> Result<T> {
    Err(StoreError::new(ErrorKind::Gone, key, "not in the warehouse"))
}

#[async_trait]
impl ObjectStore for Warehouse {
    fn url(&self) -> &str {
        "gs://warehouse"
    }

    async fn list(&self, prefix: &str, _: Delimiter, page: Option<&PageToken>) -> Result<Page> {
        let only = |name: &str| Page { prefixes: vec![format!("{prefix}{name}/")], ..Page::default() };
        match prefix.strip_prefix(TREE) {
            Some("") => Ok(only("big")),
            Some("big/") => Ok(only("_manifests")),
            Some("big/_manifests/tags/") => {
                self.pages.fetch_add(1, Ordering::Relaxed);
                let from = page.map_or(0, |token| token.0.parse().unwrap());
                let to = (from + PAGE).min(TAGS);
                let prefixes = (from..to).map(|number| format!("{prefix}v{number:05}/")).collect();
                Ok(Page { prefixes, next: (to < TAGS).then(|| PageToken(to.to_string())), ..Page::default() })
            }
            Some(_) | None => gone(prefix),
        }
    }

    async fn read(&self, key: &str, _: Option<std::ops::Range<u64>>) -> Result<Object> {
        gone(key)
    }

    async fn stat(&self, key: &str) -> Result<Entry> {
        gone(key)
    }

    async fn create(&self, key: &str, _: Bytes, _: Option<&Attributes>) -> Result<Entry> {
        gone(key)
    }

    async fn replace(&self, key: &str, _: Bytes, _: &Version) -> Result<Entry> {
        gone(key)
    }

    async fn delete(&self, key: &str, _: &Version) -> Result<()> {
        gone(key)
    }

    async fn now(&self) -> Result<jiff::Timestamp> {
        Ok(crate::house::watch())
    }
}

async fn frame_after(script: &str) -> (String, usize, Duration) {
    let warehouse = Arc::new(Warehouse::default());
    let options = options("gs://warehouse", given(Ok(warehouse.clone())));
    let begun = Instant::now();
    let paper = drive(options, keys::script(script).unwrap(), WIDE).await.unwrap();
    (paper.lines().join("\n"), warehouse.pages.load(Ordering::Relaxed), begun.elapsed())
}

#[tokio::test]
async fn only_the_pages_that_one_comes_near_are_listed() {
    let (frame, pages, _) = frame_after("").await;
    assert!(frame.contains("v00010"), "{frame}");
    assert_eq!(pages, 1);
    let (frame, pages, _) = frame_after("G").await;
    assert!(frame.contains("v49999"), "{frame}");
    assert_eq!(pages, TAGS / PAGE);
    // What holds the row stays in sight.
    assert!(frame.contains("big/"), "{frame}");
}

#[tokio::test]
async fn a_jump_lists_one_page_whatever_the_size() {
    let (frame, pages, _) = frame_after("type::tag space type:big:v44444 enter").await;
    assert!(frame.contains("v44444"), "{frame}");
    assert_eq!(pages, 1);
}

#[tokio::test]
async fn scrolling_through_all_of_it_is_measured() {
    let pages_down = "pgdn ".repeat(200);
    let (_, _, idle) = frame_after("G g").await;
    let (_, _, scrolled) = frame_after(&format!("G g {pages_down}")).await;
    let each = scrolled.saturating_sub(idle) / 200;
    println!("50,000 tags: one page down with its frame and the scans of its tags took {each:?}");
}
