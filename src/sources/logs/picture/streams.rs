//! How the streams stand: which are followed, how much comes, and what is missing.

use std::collections::{BTreeMap, VecDeque};

use jiff::Timestamp;
use jiff::tz::Offset;

use crate::sources::Health;
use crate::sources::logs::facts::{Batch, Fact, Origin, StreamId};

/// Gaps that are remembered for each stream.
const GAPS: usize = 64;
/// Streams that are over and remembered: with the pods they come and go.
const ENDED: usize = 256;
/// What a rate is taken over, in seconds.
const RATED: i64 = 10;

/// Lines that may be missing from a stream.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Gap {
    pub from: Timestamp,
    pub to: Timestamp,
    pub why: String,
}

/// How one stream stands.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Stream {
    pub origin: Option<Origin>,
    pub health: Health,
    /// It came to its end and is not followed any more.
    pub is_over: bool,
    /// Lines and bytes that were read.
    pub read: u64,
    pub bytes: u64,
    /// Lines that were only counted, and that were given up uncounted.
    pub sampled: u64,
    pub dropped: u64,
    pub gaps: VecDeque<Gap>,
    pub rate: Rate,
    /// The zone that its dates are taken to be of, where they name none.
    pub clock: Option<Offset>,
    /// The file of this host behind it and the disk that holds it, where there is one.
    pub disk: Option<Disk>,
}

/// How much came lately, by the second in which it came.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Rate {
    seconds: VecDeque<(i64, u64)>,
}

impl Rate {
    /// Lines a second over the last ten seconds before `now`.
    pub fn per_second(&self, now: Timestamp) -> f64 {
        let from = now.as_second() - RATED;
        let lately = self.seconds.iter().filter(|(second, _)| *second > from);
        let lines: u64 = lately.map(|(_, lines)| lines).sum();
        // Nobody reads so many lines that it would matter.
        #[allow(clippy::cast_precision_loss)]
        let lines = lines as f64;
        lines / 10.0
    }

    fn take(&mut self, lines: u64, at: Timestamp) {
        let second = at.as_second();
        match self.seconds.back_mut() {
            Some((last, count)) if *last == second => *count += lines,
            Some(_) | None => self.seconds.push_back((second, lines)),
        }
        while self.seconds.front().is_some_and(|(first, _)| *first <= second - RATED) {
            self.seconds.pop_front();
        }
    }
}

/// A file on a disk.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Disk {
    pub path: String,
    /// Bytes of the file, of what is free, and of the whole disk.
    pub size: u64,
    pub free: u64,
    pub total: u64,
}

/// All streams.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Streams {
    pub all: BTreeMap<StreamId, Stream>,
    /// Streams that could be followed and are not, out of so many.
    pub left_out: Option<(usize, usize)>,
}

impl Streams {
    /// Takes in one fact, seen at `at`.
    pub fn fold(&mut self, fact: &Fact, at: Timestamp) {
        match fact {
            Fact::Lines(batch) => self.lines(batch, at),
            Fact::Opening { stream, origin } => {
                let known = self.stream(stream);
                (known.origin, known.is_over) = (Some(*origin), false);
                if known.health == Health::Off {
                    known.health = Health::Waiting;
                }
            }
            Fact::Live { stream } => self.stream(stream).health.answered(at),
            Fact::Down { stream, origin, trouble } => {
                let known = self.stream(stream);
                known.origin = Some(*origin);
                known.health.failed(trouble.clone(), at);
            }
            Fact::Over { stream } => {
                self.stream(stream).is_over = true;
                self.forget();
            }
            Fact::Gap { stream, from, to, why } => {
                let known = self.stream(stream);
                known.gaps.push_back(Gap { from: *from, to: *to, why: why.clone() });
                if known.gaps.len() > GAPS {
                    known.gaps.pop_front();
                }
            }
            Fact::LeftOut { streams, of } => self.left_out = (*streams > 0).then_some((*streams, *of)),
            Fact::Clock { stream, offset } => self.stream(stream).clock = Some(*offset),
            Fact::Disk { stream, path, size, free, total } => {
                let disk = Disk { path: path.clone(), size: *size, free: *free, total: *total };
                self.stream(stream).disk = Some(disk);
            }
        }
    }

    /// Lines a second over the last ten seconds before `now`, of all streams.
    pub fn rate(&self, now: Timestamp) -> f64 {
        self.all.values().map(|stream| stream.rate.per_second(now)).sum()
    }

    /// How all of them stand, in one sentence.
    pub fn sentence(&self, now: Timestamp) -> String {
        let open = || self.all.iter().filter(|(_, stream)| !stream.is_over);
        let live = open().filter(|(_, stream)| stream.health.is_live()).count();
        let mut words = match (open().count(), self.all.len()) {
            (0, 0) => return "no stream is known".to_owned(),
            (0, over) => format!("all {over} streams are over"),
            (open, _) => format!("{live} of {open} streams followed, {:.0} lines/s", self.rate(now)),
        };
        let down: Vec<_> =
            open().filter(|(_, stream)| matches!(stream.health, Health::Down { .. })).collect();
        if let Some((name, Stream { health: Health::Down { trouble, .. }, .. })) = down.first() {
            let more = if down.len() > 1 { " and others" } else { "" };
            words = format!(
                "{words}; {} down: {name}{more} ({}, {})",
                down.len(),
                trouble.kind.name(),
                trouble.why
            );
        }
        let sum = |of: fn(&Stream) -> u64| self.all.values().map(of).sum::<u64>();
        let parts = [
            (sum(|stream| stream.sampled), "line", " only counted"),
            (sum(|stream| stream.dropped), "line", " given up unread"),
            (sum(|stream| stream.gaps.len() as u64), "gap", ""),
            (self.left_out.map_or(0, |(left, _)| left as u64), "stream", " left out"),
        ];
        for (count, one, what) in parts.into_iter().filter(|(count, ..)| *count > 0) {
            let plural = if count == 1 { "" } else { "s" };
            words = format!("{words}; {count} {one}{plural}{what}");
        }
        words
    }

    /// Of too many that are over, the one that was heard of longest ago goes.
    fn forget(&mut self) {
        let over = || self.all.iter().filter(|(_, stream)| stream.is_over);
        if over().count() > ENDED {
            let oldest = over().min_by_key(|(_, stream)| stream.health.seen()).map(|(name, _)| name.clone());
            oldest.and_then(|name| self.all.remove(&name));
        }
    }

    fn lines(&mut self, batch: &Batch, at: Timestamp) {
        let known = self.stream(&batch.stream);
        known.health.answered(at);
        known.rate.take(batch.read, at);
        known.read += batch.read;
        known.bytes += batch.bytes;
        known.sampled += batch.sampled;
        known.dropped += batch.dropped;
    }

    fn stream(&mut self, stream: &StreamId) -> &mut Stream {
        self.all.entry(stream.clone()).or_default()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::sources::{Trouble, TroubleKind};

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    fn batch(stream: &str, read: u64, sampled: u64) -> Fact {
        let batch = Batch { stream: stream.into(), read, bytes: read * 10, sampled, ..Batch::default() };
        Fact::Lines(Arc::new(batch))
    }

    #[test]
    fn a_rate_is_of_the_last_ten_seconds() {
        let mut streams = Streams::default();
        for second in 100..130 {
            streams.fold(&batch("a", 50, 0), at(second));
        }
        streams.fold(&batch("b", 100, 0), at(129));
        assert_eq!((streams.all["a"].rate.per_second(at(129)), streams.rate(at(129))), (50.0, 60.0));
        assert_eq!(streams.rate(at(133)), 40.0, "what nobody adds to goes down");
        assert_eq!(streams.rate(at(200)), 0.0);
        assert!(streams.all["a"].rate.seconds.len() <= 10);
    }

    #[test]
    fn one_sentence_tells_how_they_stand() {
        let mut streams = Streams::default();
        assert_eq!(streams.sentence(at(0)), "no stream is known");
        streams.fold(&batch("a", 20, 5), at(100));
        streams.fold(&Fact::Opening { stream: "b".into(), origin: Origin::File }, at(100));
        assert_eq!(streams.all["b"].health, Health::Waiting);
        let trouble = Trouble::new(TroubleKind::Denied, "x.log may not be read");
        let down = Fact::Down { stream: "b".into(), origin: Origin::File, trouble };
        streams.fold(&down, at(101));
        streams.fold(&Fact::Opening { stream: "b".into(), origin: Origin::File }, at(102));
        let gap = Fact::Gap { stream: "a".into(), from: at(90), to: at(95), why: "emptied".into() };
        streams.fold(&gap, at(102));
        streams.fold(&Fact::LeftOut { streams: 3, of: 40 }, at(102));
        assert_eq!(
            streams.sentence(at(102)),
            "1 of 2 streams followed, 2 lines/s; 1 down: b (no permission, x.log may not be read); \
             5 lines only counted; 1 gap; 3 streams left out",
            "one that is opened again is down until it is followed"
        );
        streams.fold(&Fact::Live { stream: "b".into() }, at(103));
        streams.fold(&Fact::LeftOut { streams: 0, of: 40 }, at(103));
        assert!(
            streams.sentence(at(103)).starts_with("2 of 2 streams followed") && streams.left_out.is_none()
        );
        for stream in ["a", "b"] {
            streams.fold(&Fact::Over { stream: stream.into() }, at(104));
        }
        assert!(streams.sentence(at(104)).starts_with("all 2 streams are over"));
    }

    #[test]
    fn streams_that_are_over_are_not_kept_without_end() {
        let mut streams = Streams::default();
        for second in 0..1_000 {
            let name = format!("pod-{second}");
            streams.fold(&batch(&name, 1, 0), at(second));
            streams.fold(&Fact::Over { stream: name.as_str().into() }, at(second));
        }
        assert_eq!(streams.all.len(), ENDED);
        assert!(streams.all.contains_key("pod-999") && !streams.all.contains_key("pod-0"));
    }
}
