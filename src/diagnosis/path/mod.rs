//! The way of a pull, hop by hop: how each stands, and what speaks for and against it.
//!
//! A hop tells of itself only. Whether one follows from another is not claimed here.

mod bucket;
pub mod client;
mod endpoints;
mod evidence;
pub mod front_door;
pub mod google;
pub mod haproxy;
mod kubernetes;
mod pods;
mod service;
#[cfg(test)]
mod tests;

use jiff::Timestamp;

pub use evidence::{Evidence, Verdict};

use super::look::Look;
use crate::model::{HopId, Subject};

/// One hop, and what is known of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hop {
    pub id: HopId,
    pub verdict: Verdict,
    /// How it stands in a few words: `3/4 UP`.
    pub words: String,
    /// The shortest form of it, for a summary of all hops: `3/4`; empty where there is none.
    pub gauge: String,
    /// What speaks for and against it, the worst first.
    pub evidence: Vec<Evidence>,
    /// When it last answered.
    pub seen: Option<Timestamp>,
}

impl Hop {
    /// What is to blame, if something is.
    pub fn guilty(&self) -> Option<&Subject> {
        self.evidence.iter().filter(|one| one.verdict.is_unwell()).find_map(|one| one.subject.as_ref())
    }

    /// Nobody configured it.
    const fn off(id: HopId) -> Self {
        Self::bare(id, Verdict::Off, String::new())
    }

    /// No answer yet.
    fn waiting(id: HopId) -> Self {
        Self::bare(id, Verdict::Waiting, "waiting".to_owned())
    }

    const fn bare(id: HopId, verdict: Verdict, words: String) -> Self {
        Self { id, verdict, words, gauge: String::new(), evidence: Vec::new(), seen: None }
    }

    /// What the evidence says, the worst of it first.
    fn judged(id: HopId, words: String, gauge: String, mut evidence: Vec<Evidence>) -> Self {
        evidence.sort_by_key(|one| one.verdict);
        let verdict = evidence::of_all(&evidence);
        Self { id, verdict, words, gauge, evidence, seen: None }
    }

    /// Seen last at this time.
    fn seen(self, seen: Option<Timestamp>) -> Self {
        Self { seen, ..self }
    }

    /// As it stood before it could not be seen any more, which `why` tells. Of what never was seen nothing is told.
    fn blinded(self, why: Vec<Evidence>) -> Self {
        if self.seen.is_none() {
            return Self { evidence: why, ..Self::bare(self.id, Verdict::Unknown, "not known".to_owned()) };
        }
        let before = if self.gauge.is_empty() { String::new() } else { format!(", was {}", self.words) };
        let words = format!("not known{before}");
        let evidence = why.into_iter().chain(self.evidence).collect();
        Self { verdict: Verdict::Unknown, words, gauge: String::new(), evidence, ..self }
    }
}

/// The hops in the order of the way, and what looks at each.
const HOPS: &[fn(&Look<'_>) -> Hop] = &[
    client::hop,
    front_door::hop,
    google::hop,
    haproxy::hop,
    service::hop,
    endpoints::hop,
    pods::hop,
    bucket::hop,
];

/// The way of a pull from the client to the bucket.
pub fn path(look: &Look<'_>) -> Vec<Hop> {
    HOPS.iter().map(|hop| hop(look)).collect()
}

/// The hop where a pull breaks: the first one that is broken in itself. What clients get and how the front door
/// answers is an account of everything behind them, so these count only where nothing behind them is broken.
pub fn first_broken(path: &[Hop]) -> Option<HopId> {
    let mut broken = path.iter().filter(|hop| hop.verdict == Verdict::Broken).map(|hop| hop.id);
    let tells = |id: &HopId| matches!(id, HopId::Client | HopId::FrontDoor);
    broken.clone().find(|id| !tells(id)).or_else(|| broken.next_back())
}
