//! Lines that are alike, counted together: how many, since when, and what they have in common.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::store::{Place, severity};
use crate::logs::{Level, Line, pattern};

/// Kinds that are counted at once; beyond it those seen longest ago are forgotten, some at a time.
const KINDS: usize = 4096;
const FORGOTTEN: usize = 512;
/// Longest text of what they have in common, in bytes.
const LONGEST: usize = 512;

/// Lines that are alike.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Kind {
    pub count: u64,
    pub first: Timestamp,
    pub last: Timestamp,
    /// The worst of them.
    pub level: Level,
    /// What they have in common.
    pub alike: Box<str>,
    /// Where the newest of them stands.
    pub place: Place,
}

/// The kinds of lines that were told one by one, by fingerprint: of a flood that is only counted, less than came.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Kinds {
    all: BTreeMap<u64, Kind>,
    forgotten: u64,
}

impl Kinds {
    /// Counts a line.
    pub fn take(&mut self, place: Place, line: &Line) {
        let kind = self.all.entry(line.fingerprint).or_insert_with(|| Kind {
            count: 0,
            first: line.at,
            last: line.at,
            level: Level::Unknown,
            alike: alike(line),
            place,
        });
        kind.count += 1;
        kind.first = kind.first.min(line.at);
        kind.level = kind.level.max(severity(line));
        if place >= kind.place {
            (kind.last, kind.place) = (line.at, place);
        }
        if self.all.len() > KINDS + FORGOTTEN {
            self.forget();
        }
    }

    fn forget(&mut self) {
        let mut lasts: Vec<_> = self.all.values().map(|kind| kind.place).collect();
        let (_, oldest, _) = lasts.select_nth_unstable(FORGOTTEN);
        let oldest = *oldest;
        let before = self.all.len();
        self.all.retain(|_, kind| kind.place >= oldest);
        self.forgotten += (before - self.all.len()) as u64;
    }

    /// The kind with this fingerprint.
    pub fn get(&self, fingerprint: u64) -> Option<&Kind> {
        self.all.get(&fingerprint)
    }

    /// The commonest first; of equally common ones the newest first.
    pub fn ranked(&self) -> Vec<(u64, &Kind)> {
        let mut kinds: Vec<_> = self.all.iter().map(|(fingerprint, kind)| (*fingerprint, kind)).collect();
        kinds.sort_by(|(_, one), (_, other)| {
            other.count.cmp(&one.count).then_with(|| other.place.cmp(&one.place))
        });
        kinds
    }

    /// How many kinds are known, and how many were forgotten.
    pub fn len(&self) -> (usize, u64) {
        (self.all.len(), self.forgotten)
    }
}

fn alike(line: &Line) -> Box<str> {
    let text = pattern(line);
    text[..text.floor_char_boundary(LONGEST)].into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::logs::Layer;

    fn line(second: i64, fingerprint: u64) -> Line {
        Line {
            at: Timestamp::from_second(second).unwrap(),
            layer: Layer::Registry,
            level: Level::Error,
            text: format!("line {fingerprint}").into(),
            message: None,
            request: None,
            error: None,
            fingerprint,
            bytes: 0,
        }
    }

    #[test]
    fn what_is_alike_is_counted_together_and_what_was_not_seen_for_longest_is_forgotten() {
        let mut kinds = Kinds::default();
        for number in 0..6_000_u64 {
            let line = line(i64::try_from(number).unwrap(), if number < 3 { 7 } else { number + 10 });
            kinds.take(Place { at: line.at, number }, &line);
        }
        let (known, forgotten) = kinds.len();
        assert!((KINDS..=KINDS + FORGOTTEN).contains(&known));
        assert_eq!(known as u64 + forgotten, 5_998);
        assert!(kinds.get(7).is_none() && kinds.get(6_009).is_some());
        let three = kinds.clone();
        kinds.take(Place { at: line(9, 6_009).at, number: 1 }, &line(9, 6_009));
        let (best, kind) = kinds.ranked()[0];
        assert_eq!((best, kind.count, kind.first.as_second(), kind.last.as_second()), (6_009, 2, 9, 5_999));
        assert_eq!(three.get(6_009).unwrap().count, 1);
    }
}
