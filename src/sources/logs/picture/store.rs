//! The newest lines of all streams in the order of their times, bounded in bytes.

use std::collections::BTreeMap;

use jiff::Timestamp;

use crate::logs::Line;
use crate::sources::logs::facts::{Batch, StreamId};

/// Where a line stands among all lines: its time, and its number among those that came.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Place {
    pub at: Timestamp,
    pub number: u64,
}

/// A line and where it came from.
#[derive(Clone, Debug)]
pub struct Stored {
    pub stream: StreamId,
    pub line: Line,
}

/// The newest lines. When there is no room the oldest go, and are counted.
#[derive(Debug)]
pub struct Store {
    lines: BTreeMap<Place, Stored>,
    /// Bytes that may be held, and that are.
    room: usize,
    held: usize,
    /// Lines that came, and that had to go.
    came: u64,
    gone: u64,
}

impl Default for Store {
    fn default() -> Self {
        Self::with_room(Self::ROOM)
    }
}

impl Store {
    /// Bytes that are held unless something else is said.
    pub const ROOM: usize = 32 << 20;

    /// An empty store for so many bytes.
    pub const fn with_room(room: usize) -> Self {
        Self { lines: BTreeMap::new(), room, held: 0, came: 0, gone: 0 }
    }

    /// Takes in what was read.
    pub fn take(&mut self, batch: &Batch) {
        for line in &batch.lines {
            self.came += 1;
            self.held += weight(line);
            let place = Place { at: line.at, number: self.came };
            self.lines.insert(place, Stored { stream: batch.stream.clone(), line: line.clone() });
        }
        while self.held > self.room {
            let Some((_, oldest)) = self.lines.pop_first() else { break };
            self.held -= weight(&oldest.line);
            self.gone += 1;
        }
    }

    /// The lines, oldest first.
    pub const fn lines(&self) -> &BTreeMap<Place, Stored> {
        &self.lines
    }

    /// Bytes that are held.
    pub const fn held(&self) -> usize {
        self.held
    }

    /// Lines that had to go because there was no room.
    pub const fn gone(&self) -> u64 {
        self.gone
    }
}

/// What a line takes in memory, roughly: its own parts, and its place in the map.
fn weight(line: &Line) -> usize {
    let request = line.request.as_ref().map_or(0, |request| 2 * request.uri.len() + 256);
    let error = line.error.as_ref().map_or(0, |error| error.detail.len() + error.message.len() + 96);
    let message = line.message.as_ref().map_or(0, |message| message.len());
    size_of::<Line>() + 64 + line.text.len() + message + request + error
}
