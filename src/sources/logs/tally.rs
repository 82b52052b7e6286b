//! Counts answers over all lines that were read, told or not: those that failed, and what came after them.

use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use indexmap::IndexMap;
use indexmap::map::Entry;
use jiff::Timestamp;
use tokio::time::Instant;

use super::totals::STEP;
use crate::logs::{Answer, Fields, Layer, Line, Request, without_port};

/// So long is a failure remembered, for the success that may follow it.
const LATELY: Duration = Duration::from_mins(10);
/// Requests of one generation; with the one before it, twice as many are remembered at most.
const REMEMBERED: usize = 8_192;
/// The longest path that is kept, in bytes.
const LONGEST_URI: usize = 512;

/// Requests that failed lately, on whichever stream.
#[derive(Debug, Default)]
pub struct Lately {
    failed: RwLock<Generations>,
}

/// When which request failed: when the new generation is full it becomes the old one, so that in a flood the newest
/// are remembered, and remembering costs the same each time.
#[derive(Debug, Default)]
struct Generations {
    new: HashMap<u64, Instant>,
    old: HashMap<u64, Instant>,
}

impl Generations {
    fn note(&mut self, request: u64, now: Instant) {
        if self.new.len() >= REMEMBERED {
            self.old = std::mem::take(&mut self.new);
        }
        self.new.insert(request, now);
    }
}

impl Lately {
    fn note(&self, request: u64, now: Instant) {
        let known = self.failed.read().unwrap_or_else(PoisonError::into_inner).new.get(&request).copied();
        // Noting each of a flood anew would keep all other streams waiting.
        if known.is_some_and(|at| now.saturating_duration_since(at) < LATELY / 10) {
            return;
        }
        self.failed.write().unwrap_or_else(PoisonError::into_inner).note(request, now);
    }

    fn knows(&self, request: u64, now: Instant) -> bool {
        let failed = self.failed.read().unwrap_or_else(PoisonError::into_inner);
        let at = failed.new.get(&request).or_else(|| failed.old.get(&request));
        at.is_some_and(|at| now.saturating_duration_since(*at) < LATELY)
    }
}

/// The answers of one batch.
#[derive(Debug, Default)]
pub struct Tally {
    answers: IndexMap<u64, Answer>,
}

impl Tally {
    /// Counts the answer that a line of `bytes` tells of, if it tells of one that matters. `keep` makes a line of it.
    pub fn take(
        &mut self,
        fields: &Fields<'_>,
        at: Timestamp,
        bytes: u64,
        lately: &Lately,
        now: Instant,
        keep: impl FnOnce() -> Line,
    ) {
        let (Some(status), Some(uri)) = (fields.status, fields.uri.as_deref()) else { return };
        let same = hash(&(fields.layer, &fields.method, cut(uri), &fields.agent));
        match status {
            400.. => lately.note(same, now),
            _ if !lately.knows(same, now) => return,
            _ => {}
        }
        let address = fields.address.as_deref().map(without_port);
        // What is counted over a window must not be told as if all of it had just happened.
        let step = at.as_second().div_euclid(STEP);
        match self.answers.entry(hash(&(same, status, address, step, fields.is_unserved))) {
            Entry::Occupied(mut known) => {
                let known = known.get_mut();
                known.count += 1;
                known.bytes += bytes;
                known.first = known.first.min(at);
                known.last = known.last.max(at);
            }
            Entry::Vacant(place) => {
                let line = keep();
                if let Some(request) = line.request.as_deref() {
                    place.insert(Answer {
                        is_fault: line.is_fault(),
                        // Nobody asked the registry, so it says nothing of what was asked for.
                        subject: request.subject.clone().filter(|_| !fields.is_unserved),
                        ..answer(line.layer, request, status, bytes, at)
                    });
                }
            }
        }
    }

    /// How many different ones there are.
    pub fn len(&self) -> usize {
        self.answers.len()
    }

    /// What was counted; counting begins anew.
    pub fn drain(&mut self) -> Vec<Answer> {
        self.answers.drain(..).map(|(_, answer)| answer).collect()
    }
}

fn answer(layer: Layer, request: &Request, status: u16, bytes: u64, at: Timestamp) -> Answer {
    Answer {
        layer,
        method: Arc::from(&*request.method),
        uri: Arc::from(cut(&request.uri)),
        subject: request.subject.clone(),
        status,
        client: Arc::new(request.client.clone()),
        count: 1,
        bytes,
        first: at,
        last: at,
        is_fault: false,
    }
}

fn cut(uri: &str) -> &str {
    &uri[..uri.floor_char_boundary(LONGEST_URI)]
}

fn hash(what: &impl Hash) -> u64 {
    let mut hasher = DefaultHasher::new();
    what.hash(&mut hasher);
    hasher.finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Counts each line by its second and text, as one batch.
    fn told(lines: &[(i64, &str)]) -> Vec<(u64, i64, bool)> {
        let (mut tally, lately, now) = (Tally::default(), Lately::default(), Instant::now());
        for (second, text) in lines {
            let at = Timestamp::from_second(*second).unwrap();
            let body = crate::logs::open(text.as_bytes());
            let fields = Fields::of(&body.text);
            let keep = || crate::logs::keep(&body, &fields, text.len(), None, at);
            tally.take(&fields, at, 100, &lately, now, keep);
        }
        let of = |one: Answer| (one.count, one.last.as_second(), one.subject.is_some());
        tally.drain().into_iter().map(of).collect()
    }

    const LINE: &str = "127.0.0.1:5000 [21/Nov/2026:22:08:14.000] fe registry/pod-1 0/0/1/2/3 500 200 - - ---- \
                        1/1/0/0/0 0/0 \"GET /v2/group/image/manifests/v1 HTTP/1.1\"";

    #[test]
    fn what_is_read_at_once_is_told_with_the_time_at_which_it_was() {
        let lines: Vec<_> = [0; 6].into_iter().chain([448; 3]).map(|second| (second, LINE)).collect();
        assert_eq!(told(&lines), [(6, 0, true), (3, 448, true)]);
    }

    #[test]
    fn what_no_server_answered_says_nothing_of_what_was_asked_for() {
        let nobody = LINE.replace("pod-1", "<NOSRV>").replace("----", "SC--").replace(" 500 ", " 503 ");
        let refused = LINE.replace("----", "SC--").replace(" 500 ", " 503 ");
        let failed = LINE.replace(" 500 ", " 503 ");
        assert_eq!(told(&[(0, &nobody)]), [(1, 0, false)]);
        assert_eq!(told(&[(0, &refused), (1, &failed)]), [(1, 0, false), (1, 1, true)]);
    }

    #[test]
    fn in_a_flood_of_failures_the_newest_are_remembered_and_no_more_than_there_is_room_for() {
        let (lately, now) = (Lately::default(), Instant::now());
        for request in 0..50_000 {
            lately.note(request, now);
        }
        assert!(lately.knows(49_999, now) && lately.knows(42_000, now) && !lately.knows(0, now));
        assert!(!lately.knows(49_999, now + LATELY));
        let held = lately.failed.read().unwrap();
        assert!(held.new.len() + held.old.len() <= 2 * REMEMBERED);
    }
}
