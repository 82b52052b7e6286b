//! Judges one repository: its tags, its manifests without tags, its uploads, and itself.

use std::collections::{BTreeSet, HashSet};
use std::sync::{Arc, Mutex, PoisonError};

use futures::{StreamExt, stream};
use jiff::{SignedDuration, Timestamp};
use tokio::sync::Semaphore;

use super::AuditLine;
use super::blobs::Blobs;
use super::held::Held;
use super::listing::{self, Listing, Upload};
use crate::model::{Finding, Subject, TagState, Unread};
use crate::registry::chain::Hash;
use crate::registry::checks::{StoreKind, manifest, poison, repository, uploads};
use crate::registry::digest::Digest;
use crate::registry::layout::{self, Key, Place};
use crate::registry::reference::{Reference, Tag};
use crate::registry::report::{Hop, HopState, Role, TagReport};
use crate::sources::bucket::scan::{Hashing, ScanOptions, hash, scan};
use crate::storage::{Delimiter, ErrorKind, ObjectStore};

/// How many of a repository's tags are scanned at once; the store's own limit bounds the requests.
const TAGS_AT_ONCE: usize = 32;
/// How many blobs of one tag are hashed at once.
const BLOBS_AT_ONCE: usize = 4;
/// How many blobs of the whole audit are hashed at once: each holds a few MiB.
pub const HASHED_AT_ONCE: usize = 16;
/// `startedat` holds a date; more than this is none.
const STARTED_AT_BYTES: u64 = 128;

/// What every judgement of one audit shares.
pub struct Court {
    pub store: Arc<dyn ObjectStore>,
    pub scan: ScanOptions,
    /// Absent when the blob store was not listed.
    pub blobs: Option<Arc<Blobs>>,
    /// The store's clock when the audit began.
    pub began: Timestamp,
    /// Blobs whose bytes were hashed and are right: what many tags share is read once.
    pub proven: Mutex<HashSet<Digest>>,
    /// Turns at hashing, [`HASHED_AT_ONCE`] for the whole audit.
    pub hashing: Semaphore,
}

impl Court {
    /// Judges a repository; the lines come in a fixed order.
    pub async fn judge(&self, mut listing: Listing) -> Vec<AuditLine> {
        let entries = Arc::new(std::mem::take(&mut listing.entries));
        let prefix = Place::Repository { repository: listing.repository.clone() }.prefix() + "_";
        let held = Held::new(Arc::clone(&self.store), prefix, entries, self.blobs.clone(), self.began);
        self.mark_aliases(&held, &listing).await;
        let tags = self.tags(&held, &listing).await;
        let untagged = self.untagged(&held, &listing, &tags).await;
        let mut findings = std::mem::take(&mut listing.findings);
        findings.extend(self.folders(&listing).await);
        findings.extend(self.poison(&listing, &tags));
        let mut lines: Vec<AuditLine> =
            findings.into_iter().map(|finding| fault(&listing, finding)).collect();
        lines.extend(tags.into_iter().map(AuditLine::Tag));
        lines.extend(untagged.into_iter().map(AuditLine::Tag));
        lines.extend(self.uploads(&listing).await);
        lines
    }

    /// Scans a reference by the listing, and again for real unless that found it whole.
    async fn scan(&self, held: &Held, reference: &Reference) -> TagReport {
        let by_listing = ScanOptions { hashing: Hashing::Suspects, ..self.scan.clone() };
        let mut report = scan(held, reference, &by_listing).await;
        let whole = report.state == TagState::Whole && report.findings.is_empty() && report.notes.is_empty();
        if !whole || !self.is_right(&mut report).await {
            report = scan(self.store.as_ref(), reference, &self.scan).await;
        }
        self.mark_used(&report);
        // Whether the repository is poisoned is for the whole of it to say: only siblings can be endangered.
        report.findings.retain(|finding| finding.id != poison::POISONED.id);
        // A repository's reports wait for one another: of their chains only what is still needed is kept.
        report.hops.retain(|hop| hop.role == Role::Manifest);
        report.hops.shrink_to_fit();
        report
    }

    /// Whether every blob of a whole chain has the right bytes, as far as they are to be hashed.
    async fn is_right(&self, report: &mut TagReport) -> bool {
        if self.scan.hashing == Hashing::Suspects {
            return true;
        }
        let blobs: Vec<(Digest, Digest, Option<u64>)> = report.hops.iter().filter_map(unhashed).collect();
        let judged = stream::iter(blobs).map(|(at, digest, size)| self.prove(at, digest, size));
        let right: Vec<bool> = judged.buffer_unordered(BLOBS_AT_ONCE).collect().await;
        report.unhashed = 0;
        right.into_iter().all(|right| right)
    }

    async fn prove(&self, at: Digest, digest: Digest, size: Option<u64>) -> bool {
        let Ok(_turn) = self.hashing.acquire().await else { return false };
        let proven = || self.proven.lock().unwrap_or_else(PoisonError::into_inner);
        if proven().contains(&digest) {
            return true;
        }
        let right = hash(self.store.as_ref(), &at, &digest, size).await == Hash::Right;
        if right {
            proven().insert(digest);
        }
        right
    }

    async fn tags(&self, held: &Held, listing: &Listing) -> Vec<TagReport> {
        let real = stream::iter(listing.tags.iter().cloned()).map(|tag| {
            let reference = Reference::tag(listing.repository.clone(), tag);
            async move { self.scan(held, &reference).await }
        });
        let mut reports: Vec<TagReport> = real.buffered(TAGS_AT_ONCE).collect().await;
        for tag in &listing.stray_tags {
            reports.extend(self.stray_tag(listing, tag).await);
        }
        reports
    }

    /// A file that listings show as a tag, if it still lies there.
    async fn stray_tag(&self, listing: &Listing, tag: &Tag) -> Option<TagReport> {
        let key = layout::tags_prefix(&listing.repository) + tag.as_str();
        let entry = match self.store.stat(&key).await {
            Err(error) if error.is_gone() => return None,
            seen => seen.ok(),
        };
        let mut report = TagReport::of(&Reference::tag(listing.repository.clone(), tag.clone()));
        report.state = TagState::Absent;
        report.findings = vec![listing::stray_tag(&listing.repository, tag, entry.as_ref())];
        Some(report)
    }

    /// Manifests that no tag reaches and that are broken in a way somebody notices: pulls by digest, and garbage
    /// collection. One that has lost its blob is not: nothing asks for it.
    async fn untagged(&self, held: &Held, listing: &Listing, tags: &[TagReport]) -> Vec<TagReport> {
        let reached: BTreeSet<&str> = tags.iter().flat_map(manifests).collect();
        let mut rest = listing.revisions.clone();
        rest.retain(|digest| !reached.contains(digest.to_string().as_str()));
        let scans = stream::iter(rest).map(|digest| {
            let reference = Reference::digest(listing.repository.clone(), digest);
            async move { self.scan(held, &reference).await }
        });
        let reports: Vec<TagReport> = scans.buffered(TAGS_AT_ONCE).collect().await;
        let children: BTreeSet<String> = reports.iter().flat_map(children).map(str::to_owned).collect();
        reports
            .into_iter()
            .filter(|report| report.digest.as_ref().is_none_or(|digest| !children.contains(digest)))
            .filter(is_noticed)
            .collect()
    }

    fn mark_used(&self, report: &TagReport) {
        let Some(blobs) = &self.blobs else { return };
        let digests = report.hops.iter().filter_map(|hop| hop.digest.as_deref());
        for digest in digests.filter_map(|digest| Digest::parse(digest).ok()) {
            blobs.mark_used(&digest);
        }
    }

    /// Marks the blobs that are named only by the content of a link, not by its path.
    async fn mark_aliases(&self, held: &Held, listing: &Listing) {
        let Some(blobs) = &self.blobs else { return };
        for key in &listing.aliases {
            let Ok(object) = held.read(key, Some(0..256)).await else { continue };
            if let Ok(digest) = Digest::parse_bytes(&object.bytes) {
                blobs.mark_used(&digest);
            }
        }
    }

    /// The fault of the repository's folders, after a second look at the one that is missing.
    async fn folders(&self, listing: &Listing) -> Option<Finding> {
        let check = repository::folders(listing.folders)?;
        let (missing, settled) = match check.id {
            id if id == repository::WITHOUT_LAYERS.id => ("_layers", true),
            id if id == repository::WITHOUT_MANIFESTS.id => {
                ("_manifests", self.settled(listing.newest_layer))
            }
            _ => (
                "_manifests",
                self.settled(listing.uploads.values().filter_map(|upload| upload.newest).max()),
            ),
        };
        let root = Place::Repository { repository: listing.repository.clone() }.prefix();
        let object = format!("{root}{missing}");
        // A file in the folder's place is a fault of its own, and told as such.
        let is_file = self.store.stat(&object).await.is_ok();
        if !settled || is_file || !self.is_empty(&format!("{object}/")).await {
            return None;
        }
        let (object, detail) = match check.id {
            id if id == repository::ONLY_UPLOADS.id => (
                format!("{root}_uploads"),
                format!("{} and neither _layers nor _manifests", count(listing.uploads.len(), "upload")),
            ),
            _ => (object, format!("there is no {missing} folder")),
        };
        Some(check.finding(Subject::Repository(listing.repository.to_string()), object, detail))
    }

    /// Whether nothing lies below `prefix`: only the store's clear word counts.
    async fn is_empty(&self, prefix: &str) -> bool {
        match self.store.list(prefix, Delimiter::Slash, None).await {
            Ok(page) => page.entries.is_empty() && page.prefixes.is_empty() && page.unread.is_empty(),
            Err(error) => error.kind == ErrorKind::Gone,
        }
    }

    fn settled(&self, newest: Option<Timestamp>) -> bool {
        newest.is_none_or(|newest| self.began.duration_since(newest) >= self.settle())
    }

    fn settle(&self) -> SignedDuration {
        SignedDuration::try_from(self.scan.settle).unwrap_or(SignedDuration::MAX)
    }

    /// One finding for every object that makes deleting its sibling tags dangerous.
    fn poison(&self, listing: &Listing, tags: &[TagReport]) -> Vec<Finding> {
        if listing.tags.len() + listing.stray_tags.len() < 2 {
            return Vec::new();
        }
        let kind = StoreKind::of(self.store.url());
        let name = listing.repository.to_string();
        let causes = tags.iter().flat_map(|report| &report.findings);
        causes.filter_map(|cause| poison::follows_from(cause, &name, kind)).collect()
    }

    async fn uploads(&self, listing: &Listing) -> Vec<AuditLine> {
        if repository::folders(listing.folders).is_some_and(|check| check.id == repository::ONLY_UPLOADS.id) {
            return Vec::new();
        }
        let judged = stream::iter(listing.uploads.clone())
            .map(|(id, upload)| async move { self.upload(listing, &id, &upload).await });
        let lines: Vec<Option<AuditLine>> = judged.buffered(TAGS_AT_ONCE).collect().await;
        lines.into_iter().flatten().collect()
    }

    async fn upload(&self, listing: &Listing, id: &str, upload: &Upload) -> Option<AuditLine> {
        let place = Place::Upload { repository: listing.repository.clone(), id: id.to_owned() };
        let mut content = None;
        if let Some(key) = &upload.started_at {
            match self.store.read(key, Some(0..STARTED_AT_BYTES)).await {
                Ok(object) => content = Some(object.bytes),
                Err(error) if error.is_gone() => return None,
                Err(error) => {
                    return Some(AuditLine::Unread(Unread { object: key.clone(), why: error.to_string() }));
                }
            }
        }
        let started = content.as_deref().map_or(uploads::StartedAt::Missing, uploads::StartedAt::Content);
        let check = uploads::upload(id, started, upload.newest, self.began, self.settle())?;
        if self.is_empty(&place.prefix()).await {
            return None;
        }
        let subject = Subject::Upload { repository: listing.repository.to_string(), id: id.to_owned() };
        let object = match &upload.started_at {
            Some(key) if check.id == uploads::START_UNREADABLE.id => key.clone(),
            _ => place.prefix().trim_end_matches('/').to_owned(),
        };
        Some(fault(listing, check.finding(subject, object, said(content.as_deref(), upload))))
    }
}

fn said(content: Option<&[u8]>, upload: &Upload) -> String {
    let newest = upload.newest.map_or_else(String::new, |newest| format!(", last changed {newest}"));
    match content {
        None => format!("no startedat{newest}"),
        Some([]) => format!("startedat is empty{newest}"),
        Some(bytes) => format!("startedat says {:?}{newest}", String::from_utf8_lossy(bytes)),
    }
}

fn fault(listing: &Listing, finding: Finding) -> AuditLine {
    AuditLine::Fault { repository: Some(listing.repository.to_string()), finding }
}

fn count(number: usize, what: &str) -> String {
    format!("{number} {what}{}", if number == 1 { "" } else { "s" })
}

/// The manifests that a report's chain leads through.
fn manifests(report: &TagReport) -> impl Iterator<Item = &str> {
    report.hops.iter().filter(|hop| hop.role == Role::Manifest).filter_map(|hop| hop.digest.as_deref())
}

/// The manifests below the report's own.
fn children(report: &TagReport) -> impl Iterator<Item = &str> {
    let below = report.hops.iter().filter(|hop| hop.role == Role::Manifest && hop.depth > 0);
    below.filter_map(|hop| hop.digest.as_deref())
}

/// Where a hop's blob is stored, what its bytes must hash to, and its size; nothing for other hops.
fn unhashed(hop: &Hop) -> Option<(Digest, Digest, Option<u64>)> {
    match (hop.role, hop.state, Key::parse(&hop.object)) {
        (Role::Config | Role::Layer, HopState::Good, Key::BlobData { digest: at }) => {
            let digest = hop.digest.as_deref().and_then(|digest| Digest::parse(digest).ok());
            Some((at.clone(), digest.unwrap_or(at), hop.size))
        }
        _ => None,
    }
}

fn is_noticed(report: &TagReport) -> bool {
    match report.state {
        TagState::Whole | TagState::Absent => false,
        TagState::Unknown => true,
        TagState::Broken => report.findings.iter().any(|finding| finding.id != manifest::MISSING.id),
    }
}
