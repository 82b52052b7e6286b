//! What fails most lately, by what it is about: the radar's count.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};

use crate::logs::{Answer, Layer};
use crate::model::Subject;

/// How far back is counted.
pub const WINDOW: SignedDuration = SignedDuration::from_mins(5);
/// What one step of the count spans, in seconds.
const STEP: i64 = 10;
/// Subjects that are counted at once; beyond it those that fail least and longest ago are forgotten.
const SUBJECTS: usize = 4096;

/// Failures of one subject, step by step, for each layer that tells of them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Window {
    /// Failures by the number of the step; only steps that had any.
    steps: BTreeMap<(Layer, i64), u64>,
    pub first: Option<Timestamp>,
    pub last: Option<Timestamp>,
    /// The newest status.
    pub status: u16,
    /// The newest method.
    pub method: String,
}

impl Window {
    /// Failures since `from`. Each layer tells of the same requests, so the layer that tells of most counts.
    pub fn since(&self, from: Timestamp) -> u64 {
        let mut counts: BTreeMap<Layer, u64> = BTreeMap::new();
        for ((layer, step), count) in &self.steps {
            if (step + 1) * STEP > from.as_second() {
                *counts.entry(*layer).or_default() += count;
            }
        }
        counts.into_values().max().unwrap_or_default()
    }

    fn take(&mut self, answer: &Answer) {
        let step = answer.last.as_second().div_euclid(STEP);
        *self.steps.entry((answer.layer, step)).or_default() += answer.count;
        let newest = self.steps.keys().map(|(_, step)| *step).max().unwrap_or(step);
        self.steps.retain(|(_, step), _| (newest - step) * STEP <= WINDOW.as_secs());
        self.first = Some(self.first.map_or(answer.first, |first| first.min(answer.first)));
        if self.last.is_none_or(|last| last <= answer.last) {
            self.last = Some(answer.last);
            self.status = answer.status;
            answer.method.as_ref().clone_into(&mut self.method);
        }
    }
}

/// What fails, by what it is about.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Failing {
    windows: BTreeMap<Subject, Window>,
    /// Failures that are about nothing of the registry that could be named.
    pub unnamed: Window,
}

impl Failing {
    /// Counts an answer, if it is one that the server is to blame for.
    pub fn take(&mut self, answer: &Answer) {
        if answer.status < 500 {
            return;
        }
        match &answer.subject {
            Some(subject) => self.windows.entry(subject.clone()).or_default().take(answer),
            None => self.unnamed.take(answer),
        }
        if self.windows.len() > SUBJECTS {
            let least =
                self.windows.iter().min_by_key(|(_, window)| window.last).map(|(subject, _)| subject.clone());
            least.and_then(|subject| self.windows.remove(&subject));
        }
    }

    /// What failed within the last five minutes, most often first, then by name.
    pub fn top(&self, now: Timestamp) -> Vec<(&Subject, &Window, u64)> {
        let from = now - WINDOW;
        let counted = self.windows.iter().map(|(subject, window)| (subject, window, window.since(from)));
        let mut counted: Vec<_> = counted.filter(|(_, _, count)| *count > 0).collect();
        counted.sort_by(|one, other| other.2.cmp(&one.2).then_with(|| one.0.cmp(other.0)));
        counted
    }
}
