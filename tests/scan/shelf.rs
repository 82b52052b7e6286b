//! A store in memory that counts, that lets requests wait for each other, and that can be made to misbehave.

use std::collections::BTreeMap;
use std::future::poll_fn;
use std::ops::Range;
use std::pin::pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Wake, Waker};

use async_trait::async_trait;
use bytes::Bytes;
use jiff::{SignedDuration, Timestamp};
use quarterdeck::registry::reference::{Reference, Repository, Tag};
use quarterdeck::registry::report::TagReport;
use quarterdeck::sources::bucket::scan::{ScanOptions, scan};
use quarterdeck::staging::tree::image::Image;
use quarterdeck::staging::tree::images::{Images, Plan};
use quarterdeck::staging::tree::push::push;
use quarterdeck::staging::tree::seed::Seed;
use quarterdeck::staging::tree::sink::Stored;
use quarterdeck::staging::tree::{Memory, Spec, StoreKind, Truth, write};
use quarterdeck::storage::{
    Attributes, Delimiter, Entry, ErrorKind, Object, ObjectStore, Page, PageToken, Result, StoreError,
    Version,
};

/// The moment all trees are written for.
pub fn now() -> Timestamp {
    "2026-01-15T12:00:00Z".parse().unwrap()
}

/// The repository and tag of stores with one image.
pub const REPOSITORY: &str = "group/image";
pub const TAG: &str = "v1";

/// A maker of images.
pub const IMAGES: Images = Images { seed: Seed(7), layer_bytes: 200 };

/// An image with so many layers.
pub fn image(label: &str, layers: usize) -> Image {
    IMAGES.image(&Plan { own: layers, ..Plan::new(label) }).unwrap()
}

/// How a store treats questions about one key or prefix.
#[derive(Clone)]
pub enum Mood {
    /// Refuses or fails.
    Fails(ErrorKind),
    /// Lists nothing below the prefix, as a listing that lags behind would.
    ListsNothing,
    /// Says the object is this large.
    Claims(u64),
    /// Sends no more than so many bytes.
    CutsOffAt(usize),
    /// Runs before every question: the world goes on while somebody looks.
    Before(Arc<dyn Fn(&mut Memory) + Send + Sync>),
}

/// What was asked, all in all.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Asked {
    pub lists: u32,
    pub reads: u32,
    pub stats: u32,
    /// The most questions that were open side by side.
    pub side_by_side: usize,
    /// Bytes that were sent.
    pub bytes: u64,
}

pub struct Shelf {
    kind: StoreKind,
    state: Mutex<State>,
}

struct State {
    tree: Memory,
    moods: BTreeMap<String, Mood>,
    asked: Asked,
    clock: Option<Timestamp>,
    wave: u32,
    waiting: Vec<Waker>,
}

impl Shelf {
    pub fn new(kind: StoreKind, tree: Memory) -> Self {
        let state = State {
            tree,
            moods: BTreeMap::new(),
            asked: Asked::default(),
            clock: Some(now()),
            wave: 0,
            waiting: Vec::new(),
        };
        Self { kind, state: Mutex::new(state) }
    }

    /// A bucket with one image, `group/image:v1`, pushed a day ago.
    pub fn with_image(image: &Image) -> Self {
        let mut tree = Memory::new(StoreKind::Bucket);
        let yesterday = now() - SignedDuration::from_hours(24);
        push(&mut tree, REPOSITORY, Some(TAG), image, yesterday).unwrap();
        Self::new(StoreKind::Bucket, tree)
    }

    /// A tree as the staging writer writes it.
    pub fn of(spec: &Spec, kind: StoreKind) -> (Self, Truth) {
        let mut tree = Memory::new(kind);
        let truth = write(&mut tree, spec).unwrap();
        (Self::new(kind, tree), truth)
    }

    pub fn with(self, key: &str, mood: Mood) -> Self {
        self.state.lock().unwrap().moods.insert(key.to_owned(), mood);
        self
    }

    pub fn without_clock(self) -> Self {
        self.state.lock().unwrap().clock = None;
        self
    }

    pub fn change(&self, change: impl FnOnce(&mut Memory)) {
        change(&mut self.state.lock().unwrap().tree);
    }

    pub fn asked(&self) -> Asked {
        self.state.lock().unwrap().asked.clone()
    }

    /// Scans `repository:tag`; yields the report and how often everything waited for an answer.
    pub fn scan(&self, repository: &str, tag: &str) -> (TagReport, u32) {
        self.scan_with(repository, tag, &ScanOptions::default())
    }

    pub fn scan_with(&self, repository: &str, tag: &str, options: &ScanOptions) -> (TagReport, u32) {
        let reference = Reference::tag(Repository::found(repository), Tag::found(tag));
        self.scan_reference(&reference, options)
    }

    /// Every question waits until nothing but questions is left to do; then all are answered at once.
    pub fn scan_reference(&self, reference: &Reference, options: &ScanOptions) -> (TagReport, u32) {
        let woken = Arc::new(Flag(AtomicBool::new(false)));
        let waker = Waker::from(woken.clone());
        let mut context = Context::from_waker(&waker);
        let mut scan = pin!(scan(self, reference, options));
        let mut waves = 0;
        loop {
            match scan.as_mut().poll(&mut context) {
                Poll::Ready(report) => return (report, waves),
                Poll::Pending if woken.0.swap(false, Ordering::SeqCst) => {}
                Poll::Pending => {
                    waves += 1;
                    self.answer_all();
                    assert!(woken.0.swap(false, Ordering::SeqCst), "the scan waits for nothing");
                }
            }
        }
    }

    fn answer_all(&self) {
        let mut state = self.state.lock().unwrap();
        state.wave += 1;
        state.asked.side_by_side = state.asked.side_by_side.max(state.waiting.len());
        let waiting = std::mem::take(&mut state.waiting);
        drop(state);
        waiting.into_iter().for_each(Waker::wake);
    }

    async fn wait(&self) {
        let asked_in = self.state.lock().unwrap().wave;
        poll_fn(|context| {
            let mut state = self.state.lock().unwrap();
            if state.wave > asked_in {
                return Poll::Ready(());
            }
            state.waiting.push(context.waker().clone());
            Poll::Pending
        })
        .await;
    }

    /// What the mood of `key`, or of the longest prefix with one, makes of a question.
    async fn ask(&self, key: &str, count: impl FnOnce(&mut Asked)) -> Result<Option<Mood>> {
        self.wait().await;
        let mut state = self.state.lock().unwrap();
        count(&mut state.asked);
        let mood = state.moods.iter().rfind(|(at, _)| key.starts_with(at.as_str()));
        let mood = mood.map(|(_, mood)| mood.clone());
        match mood {
            Some(Mood::Fails(kind)) => Err(StoreError::new(kind, key, "as the test wants it")),
            Some(Mood::Before(change)) => {
                change(&mut state.tree);
                Ok(None)
            }
            mood => Ok(mood),
        }
    }

    fn stored(&self, key: &str) -> Result<Stored> {
        let state = self.state.lock().unwrap();
        let below = format!("{key}/");
        match state.tree.objects.get(key) {
            Some(stored) => Ok(stored.clone()),
            None if self.kind == StoreKind::FileSystem && is_folder(&state.tree, &below) => {
                Err(StoreError::new(ErrorKind::Folder, key, "is a directory"))
            }
            None => Err(StoreError::new(ErrorKind::Gone, key, "no such object")),
        }
    }
}

struct Flag(AtomicBool);

impl Wake for Flag {
    fn wake(self: Arc<Self>) {
        self.0.store(true, Ordering::SeqCst);
    }
}

fn is_folder(tree: &Memory, below: &str) -> bool {
    let next = tree.objects.range(below.to_owned()..).next();
    next.is_some_and(|(key, _)| key.starts_with(below))
        || tree.folders.iter().any(|folder| format!("{folder}/").starts_with(below))
}

fn entry(key: &str, stored: &Stored, mood: Option<&Mood>) -> Entry {
    let size = match mood {
        Some(Mood::Claims(size)) => *size,
        _ => stored.bytes.len() as u64,
    };
    let version = Version(format!("{:x}", crc32c::crc32c(&stored.bytes)));
    Entry { key: key.to_owned(), size: Some(size), version, modified: Some(stored.modified), checksum: None }
}

#[async_trait]
impl ObjectStore for Shelf {
    fn url(&self) -> &str {
        match self.kind {
            StoreKind::FileSystem => "file:///srv/registry",
            StoreKind::Bucket => "gs://bucket",
        }
    }

    async fn list(&self, prefix: &str, delimiter: Delimiter, _: Option<&PageToken>) -> Result<Page> {
        let mood = self.ask(prefix, |asked| asked.lists += 1).await?;
        let state = self.state.lock().unwrap();
        let mut page = Page::default();
        if matches!(mood, Some(Mood::ListsNothing)) {
            return Ok(page);
        }
        if self.kind == StoreKind::FileSystem && !is_folder(&state.tree, prefix) {
            return Err(StoreError::new(ErrorKind::Gone, prefix, "no such folder"));
        }
        for (key, stored) in state.tree.objects.range(prefix.to_owned()..) {
            let Some(rest) = key.strip_prefix(prefix) else { break };
            match (delimiter, rest.split_once('/')) {
                (Delimiter::Slash, Some((folder, _))) => page.prefixes.push(format!("{prefix}{folder}/")),
                (Delimiter::Slash, None) | (Delimiter::None, _) => {
                    page.entries.push(entry(key, stored, state.moods.get(key)));
                }
            }
        }
        for folder in state.tree.folders.iter().map(|folder| format!("{folder}/")) {
            let Some(rest) = folder.strip_prefix(prefix).filter(|rest| !rest.is_empty()) else { continue };
            let level = rest.split_inclusive('/').next().unwrap_or(rest);
            match delimiter {
                Delimiter::Slash => page.prefixes.push(format!("{prefix}{level}")),
                Delimiter::None if !state.tree.objects.keys().any(|key| key.starts_with(&folder)) => {
                    page.prefixes.push(folder);
                }
                Delimiter::None => {}
            }
        }
        page.prefixes.sort();
        page.prefixes.dedup();
        Ok(page)
    }

    async fn read(&self, key: &str, range: Option<Range<u64>>) -> Result<Object> {
        let mood = self.ask(key, |asked| asked.reads += 1).await?;
        let stored = self.stored(key)?;
        let size = stored.bytes.len() as u64;
        let range = range.unwrap_or(0..size);
        let range = range.start.min(size) as usize..range.end.min(size) as usize;
        let mut bytes = stored.bytes.slice(range);
        if let Some(Mood::CutsOffAt(length)) = mood {
            bytes.truncate(length);
        }
        self.state.lock().unwrap().asked.bytes += bytes.len() as u64;
        Ok(Object { entry: entry(key, &stored, mood.as_ref()), bytes })
    }

    async fn stat(&self, key: &str) -> Result<Entry> {
        let mood = self.ask(key, |asked| asked.stats += 1).await?;
        Ok(entry(key, &self.stored(key)?, mood.as_ref()))
    }

    async fn create(&self, key: &str, _: Bytes, _: Option<&Attributes>) -> Result<Entry> {
        panic!("a scan writes nothing, least of all {key}")
    }

    async fn replace(&self, key: &str, _: Bytes, _: &Version) -> Result<Entry> {
        panic!("a scan writes nothing, least of all {key}")
    }

    async fn delete(&self, key: &str, _: &Version) -> Result<()> {
        panic!("a scan deletes nothing, least of all {key}")
    }

    async fn now(&self) -> Result<Timestamp> {
        self.wait().await;
        let clock = self.state.lock().unwrap().clock;
        clock.ok_or_else(|| StoreError::new(ErrorKind::Denied, "", "tells no time"))
    }
}
