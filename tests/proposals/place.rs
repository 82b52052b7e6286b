//! Stores with invented trees, and proposals made on them.

#![allow(dead_code)]

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use jiff::{SignedDuration, Timestamp};
use md5::{Digest as _, Md5};
use quarterdeck::model::{Order, Proposal, Step, Subject, Target};
use quarterdeck::proposals::{NoProposal, Scene, propose};
use quarterdeck::registry::mode::Configured;
use quarterdeck::sources::bucket::scan::{Hashing, ScanOptions};
use quarterdeck::sources::look::Looking;
use quarterdeck::staging::tree::image::Image;
use quarterdeck::staging::tree::images::Images;
use quarterdeck::staging::tree::push::push;
use quarterdeck::staging::tree::seed::Seed;
use quarterdeck::staging::tree::{Memory, Sink, Spec, StoreKind, Truth, write};
use quarterdeck::storage::filesystem::Filesystem;
use quarterdeck::storage::{
    Attributes, Checksum, Delimiter, Entry, ErrorKind, Object, ObjectStore, Page, PageToken, Result,
    StoreError, Version,
};
use tempfile::TempDir;

/// The moment all trees are written for.
pub fn now() -> Timestamp {
    "2026-01-15T12:00:00Z".parse().unwrap()
}

/// A bucket in memory that tells checksums in listings, in pages of a few objects.
pub struct Bucket {
    pub tree: Memory,
    /// Keys that cannot be read.
    pub denied: BTreeSet<String>,
    pub reads: AtomicU32,
    pub page: usize,
}

impl Bucket {
    pub fn new(tree: Memory) -> Self {
        Self { tree, denied: BTreeSet::new(), reads: AtomicU32::new(0), page: 50 }
    }

    fn entry(&self, key: &str) -> Result<Entry> {
        let stored = self.tree.objects.get(key);
        let stored = stored.ok_or_else(|| StoreError::new(ErrorKind::Gone, key, "no such object"))?;
        Ok(Entry {
            key: key.to_owned(),
            size: Some(stored.bytes.len() as u64),
            version: Version(generation(key, &stored.bytes)),
            modified: Some(stored.modified),
            checksum: Some(Checksum::Md5(Md5::digest(&stored.bytes).into())),
        })
    }

    fn allowed(&self, key: &str) -> Result<()> {
        match self.denied.contains(key) {
            true => Err(StoreError::new(ErrorKind::Denied, key, "as the test wants it")),
            false => Ok(()),
        }
    }
}

/// A number that stands for these bytes at this key.
pub fn generation(key: &str, bytes: &[u8]) -> String {
    format!("17{:010}", crc32c::crc32c(&[key.as_bytes(), bytes].concat()))
}

#[async_trait]
impl ObjectStore for Bucket {
    fn url(&self) -> &str {
        "gs://bucket"
    }

    async fn list(&self, prefix: &str, delimiter: Delimiter, page: Option<&PageToken>) -> Result<Page> {
        self.allowed(prefix)?;
        let mut names = BTreeSet::new();
        let from = self.tree.objects.range(prefix.to_owned()..);
        for key in from.map(|(key, _)| key).take_while(|key| key.starts_with(prefix)) {
            let level = key[prefix.len()..].split_inclusive('/').next().unwrap_or_default();
            names.insert(match delimiter {
                Delimiter::Slash => format!("{prefix}{level}"),
                Delimiter::None => key.clone(),
            });
        }
        let after = page.map(|token| token.0.clone()).unwrap_or_default();
        let mut left = names.into_iter().filter(|name| *name > after);
        let mut listed = Page::default();
        let mut last = None;
        for name in left.by_ref().take(self.page) {
            match self.entry(&name) {
                Ok(entry) => listed.entries.push(entry),
                Err(_) => listed.prefixes.push(name.clone()),
            }
            last = Some(name);
        }
        listed.next = left.next().and(last).map(PageToken);
        Ok(listed)
    }

    async fn read(&self, key: &str, range: Option<Range<u64>>) -> Result<Object> {
        self.allowed(key)?;
        self.reads.fetch_add(1, Ordering::Relaxed);
        let entry = self.entry(key)?;
        let bytes = &self.tree.objects[key].bytes;
        let range = range.unwrap_or(0..u64::MAX);
        let cut = |at: u64| usize::try_from(at).unwrap_or(usize::MAX).min(bytes.len());
        Ok(Object { bytes: bytes.slice(cut(range.start)..cut(range.end)), entry })
    }

    async fn stat(&self, key: &str) -> Result<Entry> {
        self.allowed(key)?;
        self.entry(key)
    }

    async fn create(&self, key: &str, _: Bytes, _: Option<&Attributes>) -> Result<Entry> {
        panic!("a proposal writes nothing, least of all {key}")
    }

    async fn replace(&self, key: &str, _: Bytes, _: &Version) -> Result<Entry> {
        panic!("a proposal writes nothing, least of all {key}")
    }

    async fn delete(&self, key: &str, _: &Version) -> Result<()> {
        panic!("a proposal writes nothing, least of all {key}")
    }

    async fn now(&self) -> Result<Timestamp> {
        Ok(now())
    }
}

/// A store with a tree in it, and what is right to say about that tree.
pub struct Place {
    pub store: Arc<dyn ObjectStore>,
    pub kind: StoreKind,
    pub tree: Memory,
    pub truth: Truth,
    pub looking: Arc<Looking>,
    pub folder: Option<TempDir>,
}

/// A folder in memory where there is one: thousands of small files are slow to write and remove on a disk.
fn scratch() -> TempDir {
    let memory = std::path::Path::new("/dev/shm");
    if memory.is_dir() { tempfile::tempdir_in(memory).unwrap() } else { tempfile::tempdir().unwrap() }
}

/// Judges at once, and reads every byte.
pub fn thorough() -> ScanOptions {
    ScanOptions { hashing: Hashing::All, settle: Duration::ZERO, ..ScanOptions::default() }
}

impl Place {
    /// Every fault and every look-alike that a kind of store can hold.
    pub fn everything(kind: StoreKind) -> Self {
        Self::of(&Spec::everything(1, now(), kind), kind)
    }

    pub fn of(spec: &Spec, kind: StoreKind) -> Self {
        let mut tree = Memory::new(kind);
        let truth = write(&mut tree, spec).unwrap();
        Self::with(tree, truth)
    }

    /// A tree made by hand.
    pub fn with(tree: Memory, truth: Truth) -> Self {
        let kind = tree.kind();
        let (store, folder): (Arc<dyn ObjectStore>, _) = match kind {
            StoreKind::Bucket => (Arc::new(Bucket::new(tree.clone())), None),
            StoreKind::FileSystem => {
                let folder = scratch();
                tree.pour(folder.path()).unwrap();
                (Arc::new(Filesystem::open(folder.path()).unwrap()), Some(folder))
            }
        };
        Self { store, kind, tree, truth, looking: looking(thorough()), folder }
    }

    /// Why a verb refuses, and what kind of refusal that is.
    pub async fn refused(&self, verb: &'static str, target: Target) -> String {
        match self.propose(verb, vec![target.clone()]).await {
            Ok(proposal) => panic!("{verb} of {target:?} is proposed: {proposal:#?}"),
            Err(NoProposal::NotHere(why)) => format!("not here: {why}"),
            Err(NoProposal::Absent(why)) => format!("absent: {why}"),
            Err(NoProposal::Unread(why)) => format!("unread: {why}"),
        }
    }

    pub async fn propose(
        &self,
        verb: &'static str,
        targets: Vec<Target>,
    ) -> std::result::Result<Proposal, NoProposal> {
        let order = Order { verb, targets };
        propose(&order, &Scene { store: &*self.store, looking: &self.looking, fleet: None, permit: None })
            .await
    }

    /// Keys of all objects below a prefix, as they were written.
    pub fn below(&self, prefix: &str) -> BTreeSet<String> {
        self.tree.objects.keys().filter(|key| key.starts_with(prefix)).cloned().collect()
    }
}

pub fn looking(options: ScanOptions) -> Arc<Looking> {
    Looking::new(options, Configured::Files, None)
}

/// Reads every byte, and spares what may still be under way.
pub fn patient() -> ScanOptions {
    ScanOptions { hashing: Hashing::All, ..ScanOptions::default() }
}

/// A maker of images.
pub const IMAGES: Images = Images { seed: Seed(7), layer_bytes: 200 };

/// A tree with these images, pushed a day ago.
pub fn pushed(kind: StoreKind, images: &[(&str, Option<&str>, &Image)]) -> Memory {
    let mut tree = Memory::new(kind);
    for (repository, tag, image) in images {
        push(&mut tree, repository, *tag, image, now() - SignedDuration::from_hours(24)).unwrap();
    }
    tree
}

pub fn object(key: &str) -> Target {
    Target { subject: Subject::Object(key.to_owned()), object: Some(key.to_owned()) }
}

pub fn repository(name: &str) -> Target {
    Target { subject: Subject::Repository(name.to_owned()), object: None }
}

pub fn manifest(repository: &str, digest: &str) -> Target {
    let subject = Subject::Manifest { repository: repository.to_owned(), digest: digest.to_owned() };
    Target { subject, object: None }
}

pub fn tag(repository: &str, tag: &str) -> Target {
    Target { subject: Subject::Tag { repository: repository.to_owned(), tag: tag.to_owned() }, object: None }
}

/// Keys of the objects that steps touch, without folders.
pub fn touched<'a>(steps: impl IntoIterator<Item = &'a Step>) -> BTreeSet<String> {
    steps.into_iter().filter(|step| !step.act.is_folder()).map(|step| step.key.clone()).collect()
}

/// What a proposal would leave of a tree if it were carried out.
pub fn carried_out(place: &Place, proposal: &Proposal) -> BTreeMap<String, Bytes> {
    use quarterdeck::model::{Act, Content};
    let mut tree: BTreeMap<String, Bytes> =
        place.tree.objects.iter().map(|(key, stored)| (key.clone(), stored.bytes.clone())).collect();
    for step in proposal.steps() {
        match &step.act {
            Act::Delete { .. } => assert!(tree.remove(&step.key).is_some(), "{} is not there", step.key),
            Act::Create { content: Content::Text(text) } => {
                assert!(tree.insert(step.key.clone(), Bytes::from(text.clone())).is_none(), "{}", step.key);
            }
            Act::Replace { content: Content::Text(text), .. } => {
                assert!(tree.insert(step.key.clone(), Bytes::from(text.clone())).is_some(), "{}", step.key);
            }
            Act::RemoveFolder => {
                assert_eq!(place.kind, StoreKind::FileSystem);
                let left: Vec<_> = tree.keys().filter(|key| key.starts_with(&step.key)).collect();
                assert!(left.is_empty(), "{} is not empty: {left:?}", step.key);
            }
            Act::MakeFolder { .. } => assert_eq!(place.kind, StoreKind::FileSystem),
            other => panic!("{other:?} is nothing that a verb proposes by itself"),
        }
    }
    tree
}
