//! How the streams stand: which are followed, how much comes, and what is missing.

use std::collections::{BTreeMap, VecDeque};

use jiff::Timestamp;

use crate::sources::Health;
use crate::sources::logs::facts::{Batch, Fact, Origin, StreamId};

/// Gaps that are remembered for each stream.
const GAPS: usize = 64;

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
    /// The file of this host behind it and the disk that holds it, where there is one.
    pub disk: Option<Disk>,
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
            Fact::Over { stream } => self.stream(stream).is_over = true,
            Fact::Gap { stream, from, to, why } => {
                let known = self.stream(stream);
                known.gaps.push_back(Gap { from: *from, to: *to, why: why.clone() });
                if known.gaps.len() > GAPS {
                    known.gaps.pop_front();
                }
            }
            Fact::LeftOut { streams, of } => self.left_out = (*streams > 0).then_some((*streams, *of)),
            Fact::Disk { stream, path, size, free, total } => {
                let disk = Disk { path: path.clone(), size: *size, free: *free, total: *total };
                self.stream(stream).disk = Some(disk);
            }
        }
    }

    fn lines(&mut self, batch: &Batch, at: Timestamp) {
        let known = self.stream(&batch.stream);
        known.health.answered(at);
        known.read += batch.read;
        known.bytes += batch.bytes;
        known.sampled += batch.sampled;
        known.dropped += batch.dropped;
    }

    fn stream(&mut self, stream: &StreamId) -> &mut Stream {
        self.all.entry(stream.clone()).or_default()
    }
}
