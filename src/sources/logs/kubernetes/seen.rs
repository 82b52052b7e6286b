//! Which lines were read lately, so that those that come a second time are known.

use std::collections::{HashMap, VecDeque};
use std::hash::{DefaultHasher, Hash, Hasher};

use jiff::Timestamp;

/// The lines of the newest two seconds. The API goes back to whole seconds, and what two streams of a container write
/// at nearly the same time may come in any order.
#[derive(Clone, Debug, Default)]
pub struct Seen {
    /// Second and mark of each line, in the order in which they came.
    lines: VecDeque<(i64, u64)>,
    newest: Option<Timestamp>,
    /// The second from which on all lines are kept, if more than the newest are.
    held: Option<i64>,
}

/// What of it has not come a second time.
#[derive(Debug, Default)]
pub struct Again {
    marks: HashMap<u64, u32>,
    until: i64,
}

impl Seen {
    /// The time of the newest line.
    pub const fn newest(&self) -> Option<Timestamp> {
        self.newest
    }

    /// From when on lines have to be asked for again.
    pub fn since(&self) -> Option<Timestamp> {
        Timestamp::from_second(self.newest?.as_second() - 1).ok()
    }

    /// Keeps what it has and all that comes, until it is released.
    pub fn hold(&mut self) {
        self.held = self.held.or_else(|| Some(self.newest?.as_second() - 1));
    }

    /// Keeps no more than the newest lines.
    pub const fn release(&mut self) {
        self.held = None;
    }

    /// The same as [`Seen::since`], for the time when it was told to hold.
    pub fn held_since(&self) -> Option<Timestamp> {
        self.held.map_or_else(|| self.since(), |second| Timestamp::from_second(second).ok())
    }

    /// What will come again when it is asked for since [`Seen::held_since`].
    pub fn again(&self) -> Again {
        let mut marks = HashMap::new();
        self.lines.iter().for_each(|(_, mark)| *marks.entry(*mark).or_default() += 1);
        Again { marks, until: self.newest.map_or(i64::MIN, Timestamp::as_second) }
    }

    /// Notes a line.
    pub fn note(&mut self, at: Timestamp, line: &[u8]) {
        let newest = self.newest.map_or(at, |newest| newest.max(at));
        self.newest = Some(newest);
        self.lines.push_back((at.as_second(), mark(at, line)));
        let oldest = self.held.unwrap_or(i64::MAX).min(newest.as_second() - 1);
        while self.lines.front().is_some_and(|(second, _)| *second < oldest) {
            self.lines.pop_front();
        }
    }
}

impl Again {
    /// Whether this line came before. Each counts once.
    pub fn has(&mut self, at: Timestamp, line: &[u8]) -> bool {
        if self.marks.is_empty() {
            return false;
        }
        if at.as_second() > self.until + 1 {
            self.marks = HashMap::new();
            return false;
        }
        let mark = mark(at, line);
        match self.marks.get_mut(&mark) {
            Some(1) => self.marks.remove(&mark).is_some(),
            Some(count) => {
                *count -= 1;
                true
            }
            None => false,
        }
    }
}

fn mark(at: Timestamp, line: &[u8]) -> u64 {
    let mut hasher = DefaultHasher::new();
    (at.as_nanosecond(), line).hash(&mut hasher);
    hasher.finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(milliseconds: i64) -> Timestamp {
        Timestamp::from_millisecond(1_800_000_000_000 + milliseconds).unwrap()
    }

    #[test]
    fn what_comes_again_is_known_and_what_is_new_is_not() {
        let mut seen = Seen::default();
        for number in 0..40 {
            seen.note(at(number * 100), format!("line {number}").as_bytes());
        }
        assert_eq!(seen.since(), Some(at(2_000)));
        let mut again = seen.again();
        let known: Vec<_> = (20..60)
            .filter(|number| again.has(at(number * 100), format!("line {number}").as_bytes()))
            .collect();
        assert_eq!(known, (20..40).collect::<Vec<_>>());
    }

    #[test]
    fn the_same_line_at_the_same_instant_counts_as_often_as_it_came() {
        let mut seen = Seen::default();
        seen.note(at(5), b"twice");
        seen.note(at(5), b"twice");
        let mut again = seen.again();
        assert_eq!([(); 3].map(|()| again.has(at(5), b"twice")), [true, true, false]);
    }
}
