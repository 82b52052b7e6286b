//! How fast the disks fill that hold the files of streams.

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use crate::sources::logs::facts::{Fact, StreamId};

/// How far back is looked.
const SPAN: SignedDuration = SignedDuration::from_mins(15);
/// Over less than this nothing is said.
const LEAST: SignedDuration = SignedDuration::from_secs(20);
/// A flood that fills a disk within the hour is told of sooner.
const FLOOD: (SignedDuration, Duration) = (SignedDuration::from_secs(4), Duration::from_hours(1));
/// Looks are told when there is news, so after so long without one nothing was written since.
const QUIET: SignedDuration = SignedDuration::from_mins(5);
/// Looks that are kept of each stream.
const LOOKS: usize = 64;

/// A look at a disk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Look {
    at: Timestamp,
    size: u64,
    free: u64,
}

/// A file that grows, and what that does to its disk.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Filling {
    pub stream: StreamId,
    pub path: String,
    /// Bytes of the file, of what is free, and of the whole disk.
    pub size: u64,
    pub free: u64,
    pub total: u64,
    /// Bytes in an hour, of the file alone.
    pub per_hour: u64,
    /// Until the disk is full, as fast as it fills now; nothing where it does not.
    pub left: Option<Duration>,
}

/// What was seen of one file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Known {
    path: String,
    total: u64,
    looks: VecDeque<Look>,
    /// Since when lines come, and their bytes.
    since: Option<Timestamp>,
    read: u64,
}

/// All files that are known to grow.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Growth {
    known: BTreeMap<StreamId, Known>,
}

impl Growth {
    /// Takes in one fact, seen at `at`.
    pub fn fold(&mut self, fact: &Fact, at: Timestamp) {
        match fact {
            Fact::Disk { stream, path, size, free, total } => {
                let known = self.known.entry(stream.clone()).or_default();
                path.clone_into(&mut known.path);
                known.total = *total;
                known.look(Look { at, size: *size, free: *free });
            }
            Fact::Lines(batch) => {
                // What comes first is what was there before; it says nothing of how fast more is written.
                if let Some(known) = self.known.get_mut(&batch.stream) {
                    known.read += batch.bytes * u64::from(known.since.is_some());
                    known.since.get_or_insert(at);
                }
            }
            Fact::Over { stream } => drop(self.known.remove(stream)),
            _ => {}
        }
    }

    /// Whether the disk of any file is looked at, for however short a time.
    pub fn is_watched(&self) -> bool {
        !self.known.is_empty()
    }

    /// Files whose disk is looked at, the one first whose disk is full first.
    pub fn filling(&self, now: Timestamp) -> Vec<Filling> {
        let mut all: Vec<_> =
            self.known.iter().filter_map(|(stream, known)| known.filling(stream, now)).collect();
        all.sort_by_key(|one| (one.left.unwrap_or(Duration::MAX), std::cmp::Reverse(one.per_hour)));
        all
    }
}

impl Known {
    fn look(&mut self, look: Look) {
        // A file that was cut begins anew.
        if self.looks.back().is_some_and(|last| look.size < last.size) {
            self.looks.clear();
            (self.since, self.read) = (None, 0);
        }
        let is_old = |first: &Look| first.at + SPAN < look.at;
        while self.looks.len() >= LOOKS || self.looks.front().is_some_and(is_old) {
            self.looks.pop_front();
        }
        self.looks.push_back(look);
    }

    fn filling(&self, stream: &StreamId, now: Timestamp) -> Option<Filling> {
        let (first, last) = (self.looks.front()?, self.looks.back()?);
        let is_quiet = now.duration_since(last.at) > QUIET;
        if is_quiet && now.duration_since(last.at) > SPAN {
            return Some(self.told(stream, last, 0.0, 0.0));
        }
        let seconds = if is_quiet { now } else { last.at }.duration_since(first.at);
        let (watched, of_file, of_disk) = if seconds >= FLOOD.0 {
            let per_second = |bytes: u64| bytes as f64 / seconds.as_secs_f64();
            // Others fill the disk as well, or free it.
            (seconds, per_second(last.size - first.size), per_second(first.free.saturating_sub(last.free)))
        } else {
            let seconds =
                self.since.map(|since| now.duration_since(since)).filter(|seconds| *seconds >= FLOOD.0)?;
            (seconds, self.read as f64 / seconds.as_secs_f64(), 0.0)
        };
        let told = self.told(stream, last, of_file, of_disk);
        (watched >= LEAST || told.left.is_some_and(|left| left < FLOOD.1)).then_some(told)
    }

    /// With so many bytes a second, of the file and of the disk.
    fn told(&self, stream: &StreamId, last: &Look, of_file: f64, of_disk: f64) -> Filling {
        let left = last.free as f64 / of_file.max(of_disk);
        Filling {
            stream: stream.clone(),
            path: self.path.clone(),
            size: last.size,
            free: last.free,
            total: self.total,
            per_hour: (of_file * 3600.0) as u64,
            left: Duration::try_from_secs_f64(left).ok(),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::super::tests::at;
    use super::*;
    use crate::sources::logs::facts::Batch;

    const MIB: u64 = 1 << 20;

    fn disk(size: u64, free: u64) -> Fact {
        Fact::Disk { stream: "a".into(), path: "/var/log/a".into(), size, free, total: 1000 * MIB }
    }

    fn filling(looks: &[(i64, u64, u64)]) -> Option<(u64, Option<u64>)> {
        let mut growth = Growth::default();
        for (second, size, free) in looks {
            growth.fold(&disk(size * MIB, free * MIB), at(*second));
        }
        let told = growth.filling(at(looks.last().unwrap().0));
        told.first().map(|one| (one.per_hour / MIB, one.left.map(|left| left.as_secs())))
    }

    #[test]
    fn how_long_a_disk_lasts_follows_from_successive_looks() {
        assert_eq!(filling(&[(0, 10, 100)]), None, "one look says nothing");
        assert_eq!(filling(&[(0, 10, 100), (60, 20, 90)]), Some((600, Some(540))));
        assert_eq!(filling(&[(0, 10, 100), (5, 11, 99)]), Some((720, Some(495))), "a flood");
        assert_eq!(filling(&[(0, 10, 1000), (5, 11, 999)]), None, "too little was seen to say so");
        assert_eq!(filling(&[(0, 10, 100), (60, 20, 80)]), Some((600, Some(240))), "others fill it too");
        assert_eq!(filling(&[(0, 10, 100), (60, 10, 100)]), Some((0, None)), "nothing grows");
        assert_eq!(filling(&[(0, 10, 100), (60, 20, 90), (90, 0, 110)]), None, "cut");
        assert_eq!(
            filling(&[(0, 0, 500), (1000, 10, 100), (1060, 11, 99)]),
            Some((60, Some(5940))),
            "old looks go"
        );
        assert_eq!(filling(&[(0, 10, 100), (60, 20, 0)]), Some((600, Some(0))));
    }

    #[test]
    fn what_is_not_written_any_more_does_not_fill_the_disk_for_ever() {
        let mut growth = Growth::default();
        for (second, size, free) in [(0, 10, 100), (60, 20, 90)] {
            growth.fold(&disk(size * MIB, free * MIB), at(second));
        }
        let per_hour = |second| growth.filling(at(second))[0].per_hour / MIB;
        assert_eq!((per_hour(60), per_hour(360), per_hour(600), per_hour(2_000)), (600, 600, 60, 0));
        assert_eq!(growth.filling(at(2_000))[0].left, None);
    }

    #[test]
    fn until_a_second_look_the_bytes_count_that_were_read_after_the_first() {
        let lines =
            |bytes| Fact::Lines(Arc::new(Batch { stream: "a".into(), read: 1, bytes, ..Batch::default() }));
        let mut growth = Growth::default();
        growth.fold(&disk(50 * MIB, 100 * MIB), at(0));
        growth.fold(&lines(40 * MIB), at(0));
        growth.fold(&lines(MIB), at(30));
        let told = growth.filling(at(60));
        assert_eq!((told[0].per_hour, told[0].left), (60 * MIB, Some(Duration::from_mins(100))));
        growth.fold(&Fact::Over { stream: "a".into() }, at(61));
        assert!(growth.filling(at(61)).is_empty());
    }
}
