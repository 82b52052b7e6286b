//! How requests were answered over the last five minutes, all together and by stream, and which blobs were not there.

use std::collections::{BTreeMap, BTreeSet};

use jiff::{SignedDuration, Timestamp};

use super::failing::Window;
use crate::logs::{self, Answer};
use crate::model::Subject;
use crate::sources::logs::facts::{Batch, StreamId};
use crate::sources::logs::totals::{STEP, Totals, WINDOW};

/// How long steps are kept of all streams together: long enough to see what a window was before.
const KEPT: SignedDuration = SignedDuration::from_mins(10);
/// Streams whose answers are counted by themselves.
const STREAMS: usize = 256;
/// Blobs that were not there and are kept, and clients of each.
const BLOBS: usize = 1024;
const CLIENTS: usize = 8;

/// A blob of a repository that pulls asked for and that was not there.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Missed {
    pub window: Window,
    /// Who asked, some of them.
    pub clients: BTreeSet<String>,
}

/// How requests were answered lately.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Answers {
    steps: Vec<Totals>,
    streams: BTreeMap<StreamId, Vec<Totals>>,
    missed: BTreeMap<(String, Subject), Missed>,
    /// In which step those blobs were looked through last for what is old.
    swept: Option<i64>,
    /// Whether a good answer was ever told of: where only errors are logged, none is.
    has_good: bool,
}

impl Answers {
    /// Takes in a batch that arrived at `now`.
    pub fn take(&mut self, batch: &Batch, now: Timestamp) {
        for totals in &batch.totals {
            self.has_good |= totals.has_good();
            add(&mut self.steps, totals, now, KEPT);
            if self.streams.len() < STREAMS || self.streams.contains_key(&batch.stream) {
                add(self.streams.entry(batch.stream.clone()).or_default(), totals, now, WINDOW);
            }
        }
        if !batch.totals.is_empty() && self.streams.len() >= STREAMS {
            let from = before(now);
            self.streams.retain(|_, steps| steps.iter().any(|step| step.end() > from));
        }
    }

    /// Notes a blob that a pull asked for and that was not there.
    pub fn note(&mut self, answer: &Answer, now: Timestamp) {
        if answer.status != 404 || &*answer.method != "GET" {
            return;
        }
        let (Some(subject @ Subject::Blob(_)), Some(repository)) =
            (&answer.subject, logs::repository_of_uri(&answer.uri))
        else {
            return;
        };
        let step = Some(now.as_second().div_euclid(STEP));
        if self.missed.len() >= BLOBS && self.swept != step {
            self.swept = step;
            let from = now.checked_sub(WINDOW).unwrap_or(now);
            self.missed.retain(|_, missed| missed.window.since(from) > 0);
        }
        let key = (repository.to_owned(), subject.clone());
        if self.missed.len() >= BLOBS && !self.missed.contains_key(&key) {
            return;
        }
        let missed = self.missed.entry(key).or_default();
        missed.window.take(answer, now);
        let who = answer.client.address.as_deref().or(answer.client.agent.as_deref());
        if let Some(who) = who.filter(|_| missed.clients.len() < CLIENTS) {
            missed.clients.insert(who.to_owned());
        }
    }

    /// What the layer told that told of most, over five minutes: each layer tells of the same requests.
    pub fn lately(&self, now: Timestamp) -> Totals {
        sum(&self.steps, now)
    }

    /// The same as it was at each step of the last five minutes, the newest first.
    pub fn past(&self, now: Timestamp) -> impl Iterator<Item = Totals> {
        let steps = WINDOW.as_secs() / STEP;
        let ago = move |step| now.checked_sub(SignedDuration::from_secs(step * STEP)).ok();
        (1..=steps).filter_map(ago).map(|at| sum(&self.steps, at))
    }

    /// Whether good answers are told of as well: where nobody logs them, failures are no part of a known whole.
    pub const fn tells_of_good(&self) -> bool {
        self.has_good
    }

    /// What was told newest, over as many steps as it takes until so many requests for manifests were timed: how it is
    /// now, whatever it was before. Less where five minutes have less.
    pub fn newest(&self, now: Timestamp, enough: u64) -> Totals {
        let lately = self.steps.iter().filter(|step| step.end() > before(now));
        let mut steps: Vec<_> = lately.collect();
        steps.sort_by_key(|step| std::cmp::Reverse(step.step));
        let mut layers: BTreeMap<_, Totals> = BTreeMap::new();
        for told in steps.chunk_by(|one, other| one.step == other.step) {
            for step in told {
                let of_layer = || Totals { layer: step.layer, ..Totals::default() };
                layers.entry(step.layer).or_insert_with(of_layer).add(step);
            }
            if layers.values().any(|totals| totals.timed >= enough) {
                break;
            }
        }
        layers.into_values().max_by_key(|totals| totals.timed).unwrap_or_default()
    }

    /// The same of each stream by itself, of those that told of anything.
    pub fn by_stream(&self, now: Timestamp) -> impl Iterator<Item = (&StreamId, Totals)> {
        let all = self.streams.iter().map(move |(stream, steps)| (stream, sum(steps, now)));
        all.filter(|(_, totals)| totals.answers() + totals.errors > 0)
    }

    /// Blobs of repositories that were asked for within five minutes and were not there, with how often.
    pub fn missed(&self, now: Timestamp) -> impl Iterator<Item = (&str, &Subject, &Missed, u64)> {
        let from = now.checked_sub(WINDOW).unwrap_or(now);
        let all = self.missed.iter().map(move |((repository, blob), missed)| {
            (repository.as_str(), blob, missed, missed.window.since(from))
        });
        all.filter(|(.., count)| *count > 0)
    }
}

/// Where the window that ends at `now` begins, in seconds.
fn before(now: Timestamp) -> i64 {
    now.as_second() - WINDOW.as_secs()
}

fn add(steps: &mut Vec<Totals>, totals: &Totals, now: Timestamp, kept: SignedDuration) {
    // A clock that is ahead of ours must not push out what is counted.
    let step = totals.step.min(now.as_second().div_euclid(STEP));
    let known = steps.iter().rposition(|known| known.step == step && known.layer == totals.layer);
    match known {
        Some(known) => steps[known].add(totals),
        None => {
            let from = now.as_second() - kept.as_secs();
            steps.retain(|known| known.end() > from);
            steps.push(Totals { step, ..totals.clone() });
        }
    }
}

fn sum(steps: &[Totals], now: Timestamp) -> Totals {
    let mut layers: BTreeMap<_, Totals> = BTreeMap::new();
    // What is about no answer is told by one layer only.
    let mut errors = 0;
    let newest = now.as_second().div_euclid(STEP);
    for step in steps.iter().filter(|step| step.end() > before(now) && step.step <= newest) {
        let of_layer = || Totals { layer: step.layer, ..Totals::default() };
        layers.entry(step.layer).or_insert_with(of_layer).add(step);
        errors += step.errors;
    }
    let most = layers.into_values().max_by_key(Totals::answers).unwrap_or_default();
    Totals { errors, ..most }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::super::tests::{answer, at};
    use super::*;
    use crate::logs::{Client, Layer};
    use crate::sources::logs::totals::{Answered, Operation};

    fn batch(stream: &str, layer: Layer, second: i64, good: u64, failed: u64) -> Batch {
        let step = at(second).as_second().div_euclid(STEP);
        let totals = Totals { step, layer, ..Totals::default() }
            .with(Operation::Manifest, Answered::Good, good)
            .with(Operation::Push, Answered::Failed, failed);
        Batch { stream: stream.into(), totals: vec![totals], ..Batch::default() }
    }

    #[test]
    fn the_layer_that_tells_of_most_counts_and_the_window_slides() {
        let mut answers = Answers::default();
        for (stream, layer, second, good, failed) in [
            ("fe-1", Layer::Haproxy, 0, 60, 1),
            ("fe-1", Layer::Haproxy, 200, 40, 2),
            ("pod-1", Layer::Registry, 200, 50, 2),
            ("pod-2", Layer::Registry, 200, 30, 0),
        ] {
            answers.take(&batch(stream, layer, second, good, failed), at(second));
        }
        let told = |second| {
            let totals = answers.lately(at(second));
            (totals.layer, totals.answers(), totals.all(Answered::Failed))
        };
        assert_eq!(told(200), (Layer::Haproxy, 103, 3));
        assert_eq!(told(400), (Layer::Registry, 82, 2), "what is old is gone");
        assert_eq!(told(600), (Layer::Other, 0, 0));
        let streams: Vec<_> =
            answers.by_stream(at(400)).map(|(name, one)| (&**name, one.answers())).collect();
        assert_eq!(streams, [("fe-1", 42), ("pod-1", 52), ("pod-2", 30)]);
    }

    #[test]
    fn what_a_window_was_before_is_known_for_five_minutes_more() {
        let mut answers = Answers::default();
        answers.take(&batch("a", Layer::Registry, 0, 0, 9), at(0));
        assert!(!answers.tells_of_good());
        answers.take(&batch("a", Layer::Registry, 400, 5, 0), at(400));
        assert!(answers.tells_of_good());
        assert_eq!(answers.lately(at(400)).answers(), 5);
        let past: Vec<_> = answers.past(at(400)).map(|past| past.all(Answered::Failed)).collect();
        assert_eq!((past.len(), past[0], past[20], past[29]), (30, 0, 9, 9));
        assert_eq!(answers.by_stream(at(400)).map(|(_, one)| one.answers()).sum::<u64>(), 5);
    }

    #[test]
    fn blobs_without_end_are_looked_through_once_a_step() {
        let mut answers = Answers::default();
        let asked = |number: usize| {
            let uri = format!("/v2/group/image/blobs/sha256:{number:064x}");
            let subject = logs::subject_of_uri(&uri);
            Answer { uri: uri.as_str().into(), subject, ..answer(404, 5) }
        };
        for number in 0..BLOBS + 9 {
            answers.note(&asked(number), at(5));
        }
        assert_eq!((answers.missed.len(), answers.swept), (BLOBS, Some(at(5).as_second() / STEP)));
        answers.note(&asked(BLOBS), at(900));
        assert_eq!(answers.missed.len(), 1, "what is old makes room");
    }

    #[test]
    fn the_newest_are_those_of_as_many_steps_as_it_takes() {
        let mut answers = Answers::default();
        for (layer, second, timed, slow) in [
            (Layer::Registry, 10, 900, 0),
            (Layer::Registry, 100, 30, 20),
            (Layer::Haproxy, 100, 20, 15),
            (Layer::Registry, 200, 8, 8),
        ] {
            let batch = Batch {
                totals: vec![Totals { timed, slow, ..Totals::at(at(second), layer) }],
                ..Batch::default()
            };
            answers.take(&batch, at(second));
        }
        let told = |enough, second| {
            let newest = answers.newest(at(second), enough);
            (newest.timed, newest.slow)
        };
        assert_eq!([told(5, 200), told(20, 200), told(200, 200)], [(8, 8), (38, 28), (938, 28)]);
        assert_eq!([told(200, 350), told(20, 900)], [(38, 28), (0, 0)], "what is old is gone");
    }

    #[test]
    fn a_clock_that_is_ahead_and_streams_without_end_do_no_harm() {
        let mut answers = Answers::default();
        answers.take(&batch("a", Layer::Registry, 90_000, 5, 0), at(100));
        answers.take(&batch("a", Layer::Registry, 100, 5, 0), at(100));
        assert_eq!(answers.lately(at(100)).answers(), 10);
        for number in 0..2_000 {
            answers.take(&batch(&format!("pod-{number}"), Layer::Registry, number, 1, 0), at(number));
        }
        assert!(answers.streams.len() <= STREAMS && answers.steps.len() <= 70);
    }

    #[test]
    fn only_blobs_that_a_pull_asks_for_are_missed() {
        const URI: &str =
            "/v2/group/image/blobs/sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08";
        let mut answers = Answers::default();
        let asked = |method: &str, status, address: &str| Answer {
            method: method.into(),
            uri: URI.into(),
            subject: logs::subject_of_uri(URI),
            client: Arc::new(Client { address: Some(address.into()), agent: None }),
            ..answer(status, 5)
        };
        for (method, status, address) in
            [("HEAD", 404, "a"), ("GET", 500, "a"), ("GET", 404, "b"), ("GET", 404, "c"), ("PUT", 404, "a")]
        {
            answers.note(&asked(method, status, address), at(5));
        }
        let missed: Vec<_> = answers.missed(at(6)).collect();
        let [(repository, _, missed, count)] = &*missed else { panic!("{missed:?}") };
        assert_eq!((*repository, *count, missed.clients.len()), ("group/image", 2, 2));
        assert_eq!(answers.missed(at(900)).count(), 0);
    }
}
