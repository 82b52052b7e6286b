//! Looks at every tag under a prefix, and at the faults that no tag shows.
//!
//! The store is listed once, blobs first. From the listing each repository's tags are scanned as any tag is, but
//! against a store that answers from the listing ([`held`]): a whole tag costs the reading of its manifest. What
//! looks wrong there is scanned again against the real store, and only that verdict is told.

mod blobs;
mod held;
mod judge;
mod listing;
mod told;
mod walk;

pub use held::is_proven;

use std::collections::BTreeMap;
use std::sync::Arc;

use futures::StreamExt;
use jiff::{SignedDuration, Timestamp};
use tokio::sync::{Semaphore, mpsc, watch};

use self::blobs::Blobs;
use self::judge::Court;
use self::listing::Listing;
use self::told::Told;
use self::walk::{Step, Stop};
use super::scan::ScanOptions;
use crate::model::{Finding, Subject, TagState, Unread};
use crate::registry::checks::blob_store;
use crate::registry::digest::Digest;
use crate::registry::layout::{self, Key};
use crate::registry::report::TagReport;
use crate::storage::layers::Requests;
use crate::storage::{Delimiter, Entry, ErrorKind, ObjectStore, StoreError};

/// One thing that an audit has to say, in the order it came to know it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AuditLine {
    /// The verdict on one tag, or on a manifest that no tag names but that stops something (then without a tag). Of its
    /// hops only the manifests are there.
    Tag(TagReport),
    /// A fault of a repository, an upload or the blob store, which no tag shows.
    Fault { repository: Option<String>, finding: Finding },
    /// Something that could not be read: nothing is claimed about it.
    Unread(Unread),
    /// How far the audit has come; sent now and then, for a progress bar.
    Progress(Progress),
}

/// How far an audit has come.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Progress {
    /// Objects seen in listings so far.
    pub objects: u64,
    /// Tags judged so far.
    pub tags: u64,
    /// Storage requests spent so far.
    pub requests: u64,
    /// Where the audit is, in words (`blobs`, or a repository's name).
    pub at: String,
}

/// What an audit came to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AuditSummary {
    /// Tags by state.
    pub tags: BTreeMap<&'static str, u64>,
    /// Findings by check id, tags' and others' together.
    pub findings: BTreeMap<&'static str, u64>,
    /// How many findings are above `harmless`.
    pub serious: u64,
    /// How many things could not be read.
    pub unread: u64,
    /// Repositories, blobs and objects seen.
    pub repositories: u64,
    pub blobs: u64,
    pub objects: u64,
    /// Storage requests spent.
    pub requests: u64,
    /// Blobs whose size was compared and whose bytes were not hashed.
    pub unhashed: u64,
    /// What was left out, in words: why, and how to have it looked at.
    pub not_looked_at: Vec<String>,
}

impl AuditSummary {
    /// How many tags are in `state`.
    pub fn tags_in(&self, state: TagState) -> u64 {
        self.tags.get(state.name()).copied().unwrap_or(0)
    }
}

/// What to look at, and how.
#[derive(Clone, Debug)]
pub struct AuditOptions {
    /// How each tag is looked at.
    pub scan: ScanOptions,
    /// Only repositories at or below this name (`group/project`); without it the whole registry, with the faults of
    /// the blob store.
    pub below: Option<String>,
    /// Where the store's requests are counted.
    pub requests: Requests,
}

/// How many repositories are judged at once.
const REPOSITORIES_AT_ONCE: usize = 16;

/// Audits the registry in `store`, telling what it finds as it goes, and ends early when `stop` says true or
/// nobody listens. An error means that there is nothing to audit: no registry there, or no access to it.
pub async fn audit(
    store: Arc<dyn ObjectStore>,
    options: AuditOptions,
    stop: watch::Receiver<bool>,
    lines: mpsc::Sender<AuditLine>,
) -> Result<AuditSummary, StoreError> {
    find_registry(store.as_ref()).await?;
    if let Some(below) = &options.below {
        find_group(store.as_ref(), below).await?;
    }
    let began = store.now().await?;
    let mut audit =
        Audit { store, options, began, stop, lines, told: Told::default(), progress: Progress::default() };
    let ended = audit.run().await;
    if let Err(stop) = ended {
        audit.note_stop(stop);
    }
    audit.told.summary.requests = audit.options.requests.total();
    Ok(audit.told.summary)
}

/// Fails unless something lies where a registry keeps its tree.
async fn find_registry(store: &dyn ObjectStore) -> Result<(), StoreError> {
    if is_there(store, layout::ROOT).await? {
        return Ok(());
    }
    let why =
        format!("{} holds no registry: the folder or bucket root that holds docker/ is wanted", store.url());
    Err(StoreError::new(ErrorKind::Gone, layout::ROOT, why))
}

/// Fails unless there is a group or a repository of this name.
async fn find_group(store: &dyn ObjectStore, below: &str) -> Result<(), StoreError> {
    let prefix = below_prefix(below);
    if is_there(store, &prefix).await? {
        return Ok(());
    }
    let why = format!("there is no group or repository {below} in {}", store.url());
    Err(StoreError::new(ErrorKind::Gone, prefix, why))
}

fn below_prefix(below: &str) -> String {
    format!("{}{}/", layout::REPOSITORIES, below.trim_matches('/'))
}

/// Whether anything lies below `prefix`.
async fn is_there(store: &dyn ObjectStore, prefix: &str) -> Result<bool, StoreError> {
    match store.list(prefix, Delimiter::Slash, None).await {
        Ok(page) => Ok(!(page.entries.is_empty() && page.prefixes.is_empty() && page.unread.is_empty())),
        Err(error) if error.is_gone() => Ok(false),
        Err(error) => Err(error),
    }
}

struct Audit {
    store: Arc<dyn ObjectStore>,
    options: AuditOptions,
    began: Timestamp,
    stop: watch::Receiver<bool>,
    lines: mpsc::Sender<AuditLine>,
    told: Told,
    progress: Progress,
}

impl Audit {
    async fn run(&mut self) -> Result<(), Stop> {
        let blobs = match self.options.below {
            None => Some(Arc::new(self.blobs().await?)),
            Some(_) => {
                let left_out = "the blob store and faults outside the prefix: audit without a prefix";
                self.told.summary.not_looked_at.push(left_out.to_owned());
                None
            }
        };
        self.repositories(blobs.clone()).await?;
        for line in self.told.rest() {
            self.send(line).await?;
        }
        if let Some(blobs) = blobs {
            self.tell_blobs(&blobs).await?;
        }
        Ok(())
    }

    async fn blobs(&mut self) -> Result<Blobs, Stop> {
        self.progress.at = "blobs".to_owned();
        let (steps, mut coming) = mpsc::channel(64);
        let (store, stop) = (Arc::clone(&self.store), self.stop.clone());
        let walk = tokio::spawn(async move { walk::blobs(store.as_ref(), &stop, &steps).await });
        while let Some(step) = coming.recv().await {
            self.step(step).await?;
        }
        let blobs = ended(walk).await?;
        self.told.summary.blobs = blobs.len() as u64;
        Ok(blobs)
    }

    async fn repositories(&mut self, blobs: Option<Arc<Blobs>>) -> Result<(), Stop> {
        let court = Arc::new(Court {
            store: Arc::clone(&self.store),
            scan: self.options.scan.clone(),
            blobs: blobs.clone(),
            began: self.began,
            proven: std::sync::Mutex::default(),
            hashing: Semaphore::new(judge::HASHED_AT_ONCE),
        });
        let prefix = match &self.options.below {
            Some(below) => below_prefix(below),
            None => layout::REPOSITORIES.to_owned(),
        };
        let (steps, coming) = mpsc::channel(64);
        let (store, stop) = (Arc::clone(&self.store), self.stop.clone());
        let walk = tokio::spawn(async move {
            walk::repositories(store.as_ref(), &prefix, blobs.as_ref(), &stop, &steps).await
        });
        let coming =
            futures::stream::unfold(coming, |mut coming| async { Some((coming.recv().await?, coming)) });
        let mut judged =
            coming.map(|step| judge(Arc::clone(&court), step)).buffered(REPOSITORIES_AT_ONCE).boxed();
        while let Some((step, lines)) = judged.next().await {
            self.step(step).await?;
            self.tell_all(lines).await?;
            if *self.stop.borrow() {
                return Err(Stop::Asked);
            }
        }
        ended(walk).await
    }

    async fn step(&mut self, step: Step) -> Result<(), Stop> {
        match step {
            Step::Repository(listing) => {
                self.told.summary.repositories += 1;
                self.progress.at = listing.repository.to_string();
            }
            Step::Fault { repository, finding } => {
                self.tell(AuditLine::Fault { repository, finding }).await?
            }
            Step::Unread(unread) => self.tell(AuditLine::Unread(unread)).await?,
            Step::Listed(objects) => {
                self.told.summary.objects += objects;
                self.progress.objects = self.told.summary.objects;
                self.progress.requests = self.options.requests.total();
                self.send(AuditLine::Progress(self.progress.clone())).await?;
            }
        }
        Ok(())
    }

    async fn tell_all(&mut self, lines: Vec<AuditLine>) -> Result<(), Stop> {
        for line in lines {
            self.tell(line).await?;
        }
        Ok(())
    }

    async fn tell(&mut self, line: AuditLine) -> Result<(), Stop> {
        self.progress.tags += u64::from(matches!(&line, AuditLine::Tag(report) if report.tag.is_some()));
        match self.told.take(line) {
            Some(line) => self.send(line).await,
            None => Ok(()),
        }
    }

    async fn send(&self, line: AuditLine) -> Result<(), Stop> {
        self.lines.send(line).await.map_err(|_| Stop::Asked)
    }

    /// What only the end can tell: files beside blobs that no tag's verdict explains, and blobs nobody uses.
    async fn tell_blobs(&mut self, blobs: &Blobs) -> Result<(), Stop> {
        let strays: Vec<Finding> = blobs
            .neighbours()
            .filter(|(digest, _)| !self.told.is_guilty(&blob_key(digest)))
            .flat_map(|(_, entries)| entries.iter().map(stray_in_blobs))
            .collect();
        for finding in strays {
            self.tell(AuditLine::Fault { repository: None, finding }).await?;
        }
        if self.told.summary.unread > 0 {
            let why = "blobs that no repository links: some of the registry could not be read";
            self.told.summary.not_looked_at.push(why.to_owned());
            return Ok(());
        }
        for digest in blobs.unused() {
            if let Some(entry) = blobs.data(&digest).filter(|entry| self.is_settled(entry)) {
                let finding = unreferenced(&digest, &entry);
                self.tell(AuditLine::Fault { repository: None, finding }).await?;
            }
        }
        Ok(())
    }

    /// Whether an object is old enough that no push can still be on its way to link it.
    fn is_settled(&self, entry: &Entry) -> bool {
        let settle = SignedDuration::try_from(self.options.scan.settle).unwrap_or(SignedDuration::MAX);
        entry.modified.is_none_or(|modified| self.began.duration_since(modified) >= settle)
    }

    fn note_stop(&mut self, stop: Stop) {
        let left_out = match stop {
            Stop::Asked => format!("stopped on request at {}: what comes after it", self.progress.at),
            Stop::Unread(error) => {
                self.told.summary.unread += 1;
                format!("what comes after {}: {error}", self.progress.at)
            }
        };
        self.told.summary.not_looked_at.push(left_out);
    }
}

/// Judges a step's repository on a task of its own, so that repositories share the cores.
async fn judge(court: Arc<Court>, mut step: Step) -> (Step, Vec<AuditLine>) {
    let Step::Repository(listing) = &mut step else { return (step, Vec::new()) };
    let name = listing.repository.clone();
    let listing = std::mem::replace(listing, Box::new(Listing::new(name.clone())));
    let judged = tokio::spawn(async move { court.judge(*listing).await }).await;
    let lines = judged.unwrap_or_else(|error| {
        let why = format!("the audit of this repository failed: {error}");
        vec![AuditLine::Unread(Unread { object: name.to_string(), why })]
    });
    (step, lines)
}

async fn ended<T>(walk: tokio::task::JoinHandle<Result<T, Stop>>) -> Result<T, Stop> {
    match walk.await {
        Ok(result) => result,
        Err(error) => Err(Stop::Unread(StoreError::new(ErrorKind::Broken, layout::ROOT, error.to_string()))),
    }
}

fn blob_key(digest: &str) -> String {
    Digest::parse(digest).map(|digest| Key::BlobData { digest }.path()).unwrap_or_default()
}

fn stray_in_blobs(entry: &Entry) -> Finding {
    let size = entry.size.map_or_else(String::new, |size| format!(" of {size} bytes"));
    let detail = format!("a file{size} that is no blob's data");
    blob_store::STRAY_FILE.finding(Subject::Object(entry.key.clone()), &entry.key, detail)
}

fn unreferenced(digest: &Digest, entry: &Entry) -> Finding {
    let subject = Subject::Blob(digest.to_string());
    let size = entry.size.map_or_else(|| "unknown size".to_owned(), |size| format!("{size} bytes"));
    blob_store::UNREFERENCED.finding(subject, &entry.key, format!("{size}, and no link to it was seen"))
}
