//! What fails most lately, by what it is about: the radar's count.

use std::collections::BTreeMap;
use std::ops::RangeInclusive;

use jiff::Timestamp;

use crate::logs::{Answer, Layer};
use crate::model::Subject;
use crate::sources::logs::totals::{STEP, WINDOW};

/// Subjects that are kept; when there are a quarter more, those that fail least and longest ago are forgotten.
const SUBJECTS: usize = 4096;
/// Steps of one subject, of all layers, beyond which the old ones are looked for.
const STEPS: usize = 64;

/// Failures that one layer told of within one step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Step {
    layer: Layer,
    number: i64,
    count: u64,
}

/// Failures of one subject over the last five minutes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Window {
    steps: Vec<Step>,
    /// Since when it fails without a pause of five minutes.
    pub first: Option<Timestamp>,
    pub last: Option<Timestamp>,
    /// The newest status.
    pub status: u16,
    /// The newest method.
    pub method: String,
}

impl Window {
    /// Failures since `from`, to ten seconds. Each layer tells of the same requests, so the layer that tells of most
    /// counts.
    pub fn since(&self, from: Timestamp) -> u64 {
        let of_layer = |layer: Layer| {
            let steps = self.steps.iter().filter(|step| step.layer == layer && step.end() > from.as_second());
            steps.map(|step| step.count).sum()
        };
        [Layer::Haproxy, Layer::Access, Layer::Registry, Layer::Other]
            .map(of_layer)
            .into_iter()
            .max()
            .unwrap_or(0)
    }

    pub(super) fn take(&mut self, answer: &Answer, now: Timestamp) {
        // A clock that is ahead of ours must not push out what is counted.
        let last = answer.last.min(now);
        self.count(answer.layer, last.as_second().div_euclid(STEP), answer.count, now);
        let is_new = self.last.is_none_or(|known| before(answer.first) > known);
        let first = self.first.filter(|_| !is_new);
        self.first = Some(first.map_or(answer.first, |first| first.min(answer.first)).min(last));
        if self.last.is_none_or(|known| known <= last) {
            self.last = Some(last);
            self.status = answer.status;
            answer.method.as_ref().clone_into(&mut self.method);
        }
    }

    fn count(&mut self, layer: Layer, number: i64, count: u64, now: Timestamp) {
        // What is told now is nearly always of the newest steps.
        let known = self.steps.iter_mut().rev().find(|step| step.layer == layer && step.number == number);
        if let Some(step) = known {
            step.count += count;
            return;
        }
        if self.steps.len() >= STEPS {
            let from = before(now).as_second();
            self.steps.retain(|step| step.end() > from);
        }
        self.steps.push(Step { layer, number, count });
    }
}

/// The beginning of the window that ends at `at`.
fn before(at: Timestamp) -> Timestamp {
    at.checked_sub(WINDOW).unwrap_or(Timestamp::MIN)
}

impl Step {
    const fn end(&self) -> i64 {
        (self.number + 1) * STEP
    }
}

/// What fails, by what it is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failing {
    windows: BTreeMap<Subject, Window>,
    /// Failures that are about nothing of the registry that could be named.
    pub unnamed: Window,
    /// All failures, also those about subjects that had to be forgotten.
    pub all: Window,
    /// When subjects had to be forgotten last.
    forgot: Option<Timestamp>,
    /// Statuses that count, besides answers that tell of a fault in the store.
    statuses: Vec<RangeInclusive<u16>>,
}

impl Default for Failing {
    fn default() -> Self {
        Self::counting(vec![500..=599])
    }
}

impl Failing {
    /// Counts answers with these statuses, and those that tell of a fault in the store.
    pub const fn counting(statuses: Vec<RangeInclusive<u16>>) -> Self {
        const NONE: Window =
            Window { steps: Vec::new(), first: None, last: None, status: 0, method: String::new() };
        Self { windows: BTreeMap::new(), unnamed: NONE, all: NONE, forgot: None, statuses }
    }

    /// Counts an answer that arrived at `now`, if it counts.
    pub fn take(&mut self, answer: &Answer, now: Timestamp) {
        if !answer.is_fault && !self.statuses.iter().any(|range| range.contains(&answer.status)) {
            return;
        }
        self.all.take(answer, now);
        match &answer.subject {
            Some(subject) => match self.windows.get_mut(subject) {
                Some(window) => window.take(answer, now),
                None => self.windows.entry(subject.clone()).or_default().take(answer, now),
            },
            None => self.unnamed.take(answer, now),
        }
        if self.windows.len() > SUBJECTS + SUBJECTS / 4 {
            self.forget(now);
            self.forgot = Some(now);
        }
    }

    /// Whether there were more subjects within the last five minutes than are kept.
    pub fn is_cut(&self, now: Timestamp) -> bool {
        self.forgot.is_some_and(|at| before(now) < at)
    }

    /// Forgets a quarter at once, so that a flood of subjects costs each answer next to nothing.
    fn forget(&mut self, now: Timestamp) {
        let from = before(now);
        let worth = |window: &Window| (window.since(from), window.last);
        let mut worths: Vec<_> = self.windows.values().map(worth).collect();
        let (_, least, _) = worths.select_nth_unstable(self.windows.len() - SUBJECTS);
        let least = *least;
        let mut room = SUBJECTS;
        self.windows.retain(|_, window| {
            let stays = room > 0 && worth(window) >= least;
            room -= usize::from(stays);
            stays
        });
    }

    /// Forgets what did not fail within the last five minutes, so that nobody has to look at it again.
    pub fn sweep(&mut self, now: Timestamp) {
        let from = before(now);
        self.windows.retain(|_, window| window.since(from) > 0);
    }

    /// What failed within the last five minutes, most often first, then by name.
    pub fn top(&self, now: Timestamp) -> Vec<(&Subject, &Window, u64)> {
        let from = before(now);
        let counted = self.windows.iter().map(|(subject, window)| (subject, window, window.since(from)));
        let mut counted: Vec<_> = counted.filter(|(_, _, count)| *count > 0).collect();
        counted.sort_by(|one, other| other.2.cmp(&one.2).then_with(|| one.0.cmp(other.0)));
        counted
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::tests::{answer, at};
    use super::*;

    fn tag(number: usize) -> Option<Subject> {
        Some(Subject::Tag { repository: format!("group/image-{number}"), tag: "v1".into() })
    }

    fn counts(failing: &Failing, second: i64) -> Vec<u64> {
        failing.top(at(second)).into_iter().map(|(_, _, count)| count).collect()
    }

    #[test]
    fn the_window_slides_and_a_pause_begins_anew() {
        let mut failing = Failing::default();
        for second in [0, 100, 200] {
            failing.take(&Answer { subject: tag(1), count: 2, ..answer(500, second) }, at(second));
        }
        assert_eq!(
            (counts(&failing, 200), counts(&failing, 320), counts(&failing, 600)),
            (vec![6], vec![4], vec![])
        );
        let first = |failing: &Failing, second| failing.top(at(second))[0].1.first;
        assert_eq!(first(&failing, 200), Some(at(0)));
        failing.take(&Answer { subject: tag(1), ..answer(503, 900) }, at(900));
        assert_eq!((counts(&failing, 900), first(&failing, 900)), (vec![1], Some(at(900))));
        assert_eq!(failing.top(at(900))[0].1.status, 503);
    }

    #[test]
    fn layers_tell_of_the_same_requests_and_are_not_added() {
        let mut failing = Failing::default();
        for (layer, count) in
            [(Layer::Haproxy, 10), (Layer::Registry, 8), (Layer::Access, 9), (Layer::Registry, 1)]
        {
            failing.take(&Answer { subject: tag(1), layer, count, ..answer(500, 5) }, at(6));
        }
        assert_eq!(counts(&failing, 7), [10]);
    }

    #[test]
    fn what_counts_is_configured_and_a_fault_of_the_store_always_does() {
        let mut failing = Failing::counting(vec![404..=404, 500..=599]);
        for status in [200, 400, 404, 500] {
            failing.take(&Answer { subject: tag(usize::from(status)), ..answer(status, 1) }, at(1));
        }
        assert_eq!(counts(&failing, 1), [1, 1]);
        let mut failing = Failing::default();
        failing.take(&Answer { subject: tag(1), is_fault: true, ..answer(404, 1) }, at(1));
        failing.take(&answer(500, 1), at(1));
        assert_eq!((counts(&failing, 1), failing.unnamed.since(at(0))), (vec![1], 1));
    }

    #[test]
    fn a_flood_of_names_costs_little_and_what_fails_most_stays() {
        let mut failing = Failing::default();
        failing.take(&Answer { subject: tag(0), count: 50, ..answer(500, 0) }, at(0));
        for number in 1..100_000 {
            failing.take(&Answer { subject: tag(number), ..answer(500, 1) }, at(1));
        }
        assert!(failing.windows.len() <= SUBJECTS + SUBJECTS / 4);
        assert_eq!(counts(&failing, 1)[0], 50);
    }

    #[test]
    fn what_failed_long_ago_is_forgotten_when_it_is_swept() {
        let mut failing = Failing::default();
        for number in 0..1_000 {
            failing.take(&Answer { subject: tag(number), ..answer(500, 0) }, at(0));
        }
        failing.take(&Answer { subject: tag(0), ..answer(500, 200) }, at(200));
        failing.sweep(at(320));
        assert_eq!((failing.windows.len(), counts(&failing, 320)), (1, vec![1]));
    }

    #[test]
    fn times_at_the_ends_of_the_calendar_do_no_harm() {
        let mut failing = Failing::default();
        let early = Answer { first: Timestamp::MIN, last: Timestamp::MIN, subject: tag(1), ..answer(500, 0) };
        failing.take(&early, at(1));
        failing.take(&early, Timestamp::MIN);
        failing.sweep(Timestamp::MIN);
        assert!(failing.top(Timestamp::MAX).is_empty());
    }

    #[test]
    fn a_clock_that_is_ahead_does_not_push_out_what_is_counted() {
        let mut failing = Failing::default();
        for second in [1, 80_000, 2] {
            failing.take(&Answer { subject: tag(1), ..answer(500, second) }, at(3));
        }
        assert_eq!(counts(&failing, 3), [3]);
    }

    proptest! {
        #[test]
        fn counts_are_never_more_than_was_told(
            told in proptest::collection::vec((0..3usize, 0..4usize, 1..5u64, 0..2000i64), 1..120), asked in 0..2500i64
        ) {
            let layers = [Layer::Haproxy, Layer::Access, Layer::Registry, Layer::Other];
            let mut failing = Failing::default();
            let mut now = 0;
            for (subject, layer, count, second) in &told {
                now = now.max(*second);
                let answer = Answer { subject: tag(*subject), layer: layers[*layer], count: *count, ..answer(500, *second) };
                failing.take(&answer, at(now));
            }
            let now = now.max(asked);
            for (subject, _, count) in failing.top(at(now)) {
                let of = |layer: usize, slack: i64| told.iter()
                    .filter(|one| tag(one.0).as_ref() == Some(subject) && one.1 == layer && one.3 > now - 300 - slack)
                    .map(|one| one.2).sum::<u64>();
                let most = (0..4).map(|layer| of(layer, STEP)).max().unwrap();
                let least = (0..4).map(|layer| of(layer, 0)).max().unwrap();
                prop_assert!(count <= most && count >= least, "{count} of {least}..={most}");
            }
        }
    }
}
