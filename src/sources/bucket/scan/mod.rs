//! Scans one reference: walks its chain in as few round trips as it has levels, and confirms what looks broken.
//!
//! An image takes three round trips, an index four, and one more for each nesting, however many layers. What
//! suggests a fault is asked for again, directly, before it is reported: if it changed meanwhile, a push is under
//! way and the scan starts over.

mod confirm;
pub mod database;
mod folder;
mod hash;
mod look;
mod walk;

use std::time::Duration;

use jiff::SignedDuration;

use crate::model::{TagState, Unread};
use crate::registry::chain::{self, Hash, Verdict};
use crate::registry::digest::Digest;
use crate::registry::layout::{ROOT, repository_prefix};
use crate::registry::reference::{Reference, Target};
use crate::registry::report::TagReport;
use crate::storage::ObjectStore;
use look::{Eye, Way};

/// Whether blobs of the right size are hashed as well.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Hashing {
    /// Only manifests and blobs of another size than stated.
    #[default]
    Suspects,
    /// Every blob.
    All,
}

/// How to scan.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScanOptions {
    /// A tag without a link is not judged while its newest object is younger than this by the store's clock.
    pub settle: Duration,
    pub hashing: Hashing,
    /// Objects looked at side by side.
    pub in_flight: usize,
}

impl Default for ScanOptions {
    fn default() -> Self {
        Self { settle: Duration::from_secs(600), hashing: Hashing::default(), in_flight: 256 }
    }
}

/// How often a scan starts over when objects change while it looks.
const ATTEMPTS: usize = 3;

/// Looks at one reference and everything that a pull of it needs. Never fails: what could not be read is in
/// the report, and makes its state unknown if it decides.
pub async fn scan(store: &dyn ObjectStore, reference: &Reference, options: &ScanOptions) -> TagReport {
    let eye = Eye::new(store);
    let settle = SignedDuration::try_from(options.settle).unwrap_or(SignedDuration::MAX);
    let (mut trips, mut way) = (0, Way::Listing);
    let mut last = None;
    for _ in 0..ATTEMPTS {
        let walked = walk::walk(&eye, reference, options, way).await;
        trips += walked.trips;
        let verdict = chain::judge(&walked.chain, settle);
        if verdict.rests_on.is_empty() {
            return finish(&eye, reference, verdict.report, trips).await;
        }
        trips += 1;
        confirm::let_writers_finish(&eye, &walked.chain, &verdict.rests_on, options.settle).await;
        match confirm::confirm(&eye, &walked.chain, &verdict.rests_on, options.in_flight).await {
            Ok(()) => return finish(&eye, reference, verdict.report, trips).await,
            Err(unsettled) => last = Some((verdict, unsettled)),
        }
        // A listing can lag behind; a direct question does not.
        way = Way::Direct;
    }
    let report = last.map(|(verdict, unsettled)| changing(verdict, unsettled));
    let report = report
        .unwrap_or_else(|| chain::judge(&chain::Chain::unseen(reference.clone(), eye.kind()), settle).report);
    finish(&eye, reference, report, trips).await
}

/// Whether the bytes stored under `at` hash to `digest`, read piece by piece.
pub async fn hash(store: &dyn ObjectStore, at: &Digest, digest: &Digest, size: Option<u64>) -> Hash {
    Eye::new(store).hash(at, digest, size).await.what
}

/// A report that claims nothing, because what it would claim kept changing.
fn changing(verdict: Verdict, unsettled: Unread) -> TagReport {
    let mut report = verdict.report;
    report.findings.clear();
    report.state = TagState::Unknown;
    report.notes.push(format!("changing while we look: {}", unsettled.object));
    report.unread.push(unsettled);
    report
}

async fn finish(eye: &Eye<'_>, reference: &Reference, mut report: TagReport, trips: u32) -> TagReport {
    report.trips = trips;
    if report.state == TagState::Absent {
        report.trips += 1;
        report.notes.push(absence(eye, reference).await);
    }
    report.requests = eye.requests();
    report
}

/// Why there is no such tag or manifest: because there is no such repository, or no registry at all?
async fn absence(eye: &Eye<'_>, reference: &Reference) -> String {
    let name = &reference.repository;
    let prefix = repository_prefix(name);
    let (repository, registry) = futures::join!(eye.anything_below(&prefix), eye.anything_below(ROOT));
    let what = match &reference.target {
        Target::Tag(tag) => format!("no tag {tag}"),
        Target::Digest(digest) => format!("no manifest {digest}"),
    };
    match (registry, repository) {
        (Ok(false), _) => format!("there is no {ROOT} in this store: is its root the right one?"),
        (Ok(true) | Err(_), Ok(false)) => format!("there is no repository {name} in this store"),
        (Ok(true) | Err(_), Ok(true)) => format!("the repository {name} is there, and has {what}"),
        (Ok(true) | Err(_), Err(why)) => {
            format!("{what}; whether there is a repository {name} is unknown: {why}")
        }
    }
}
