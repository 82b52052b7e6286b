//! From when on lines are asked for, and which of them are known already.

use std::collections::BTreeSet;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use jiff::Timestamp;

/// What is known of a store's lines, for whoever reads them and whoever does so after him.
#[derive(Clone, Debug, Default)]
pub struct Memory(Arc<Mutex<Window>>);

impl Memory {
    /// What is known now.
    pub fn lock(&self) -> MutexGuard<'_, Window> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The newest lines that were read. All that was written before it is done with.
#[derive(Debug, Default)]
pub struct Window {
    since: Option<Timestamp>,
    seen: BTreeSet<(Timestamp, u64)>,
}

impl Window {
    /// When it begins; none if nothing was asked for yet.
    pub const fn since(&self) -> Option<Timestamp> {
        self.since
    }

    /// Nothing before `since` is wanted.
    pub fn begin(&mut self, since: Timestamp) {
        self.since = Some(since);
        self.seen = self.seen.split_off(&(since, 0));
    }

    /// Whether a line is in the window and was not read.
    pub fn is_new(&self, at: Timestamp, mark: u64) -> bool {
        self.since.is_none_or(|since| at >= since) && !self.seen.contains(&(at, mark))
    }

    /// Notes lines that were read.
    pub fn note(&mut self, lines: impl IntoIterator<Item = (Timestamp, u64)>) {
        self.seen.extend(lines);
    }

    /// All was read until `reached`: the window begins so much before it, and never earlier than it did.
    pub fn forget(&mut self, reached: Timestamp, overlap: Duration) {
        let since = reached.checked_sub(overlap).unwrap_or(reached);
        if self.since.is_none_or(|begun| begun < since) {
            self.begin(since);
        }
    }

    /// Keeps no more than `most` lines; says by how much the window became shorter.
    pub fn trim(&mut self, most: usize) -> Option<(Timestamp, Timestamp)> {
        let spare = self.seen.len().checked_sub(most + 1)?;
        let (last, _) = *self.seen.iter().nth(spare)?;
        let (from, to) = (self.since.unwrap_or(last), last.checked_add(Duration::from_nanos(1)).ok()?);
        self.begin(to);
        Some((from, to))
    }
}

/// What lines are told from each other by, in few bytes.
pub fn mark(names: &[&str]) -> u64 {
    let mut hasher = DefaultHasher::new();
    names.hash(&mut hasher);
    hasher.finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(milliseconds: i64) -> Timestamp {
        Timestamp::from_millisecond(1_800_000_000_000 + milliseconds).unwrap()
    }

    #[test]
    fn what_was_read_is_known_and_what_comes_late_is_new() {
        let mut window = Window::default();
        window.begin(at(0));
        window.note((0..100).filter(|line| *line != 95).map(|line| (at(line * 100), line.cast_unsigned())));
        window.forget(at(9_900), Duration::from_secs(1));
        assert_eq!(window.since(), Some(at(8_900)));
        let new: Vec<_> = (0..101i64).filter(|it| window.is_new(at(it * 100), it.cast_unsigned())).collect();
        assert_eq!(new, [95, 100]);
        window.forget(at(5_000), Duration::from_secs(1));
        assert_eq!(window.since(), Some(at(8_900)), "what is forgotten is not asked for again");
    }

    #[test]
    fn it_is_bounded_and_what_fell_out_is_not_new() {
        let mut window = Window::default();
        window.begin(at(0));
        window.note((0..10).map(|line| (at(line / 2), line.cast_unsigned())));
        let (from, to) = window.trim(5).unwrap();
        assert_eq!(from, at(0));
        assert!(to > at(2) && to < at(3), "lines of one instant go together");
        assert!((0..10i64).all(|line| !window.is_new(at(line / 2), line.cast_unsigned())));
        assert_eq!((window.trim(5), window.seen.len()), (None, 4));
    }
}
