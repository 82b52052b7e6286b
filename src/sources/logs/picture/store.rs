//! The newest lines of all streams in the order of their times, bounded in bytes.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::streams::Gap;
use crate::logs::{Level, Line};
use crate::sources::logs::facts::{Batch, StreamId};

/// Gaps that are kept in place among the lines.
const GAPS: usize = 1024;

/// Where a line stands among all lines: its time, and its number among those that came.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Place {
    pub at: Timestamp,
    pub number: u64,
}

impl Place {
    /// Before everything that has this time.
    pub const fn before(at: Timestamp) -> Self {
        Self { at, number: 0 }
    }
}

/// A line and where it came from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stored {
    pub stream: StreamId,
    pub line: Line,
}

/// Lines of one second.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Second {
    pub lines: u64,
    pub errors: u64,
    pub warnings: u64,
}

/// The newest lines. When there is no room the oldest go, and are counted.
#[derive(Debug)]
pub struct Store {
    lines: BTreeMap<Place, Stored>,
    /// Where lines may be missing.
    gaps: BTreeMap<Place, (StreamId, Gap)>,
    seconds: BTreeMap<i64, Second>,
    /// Places of the lines that came last and are still here.
    arrived: Vec<Place>,
    /// Bytes that may be held, and that are.
    room: usize,
    held: usize,
    /// Lines and gaps that came, and lines that had to go.
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
        Self {
            lines: BTreeMap::new(),
            gaps: BTreeMap::new(),
            seconds: BTreeMap::new(),
            arrived: Vec::new(),
            room,
            held: 0,
            came: 0,
            gone: 0,
        }
    }

    /// Takes in what was read.
    pub fn take(&mut self, batch: &Batch) {
        self.arrived.clear();
        for line in &batch.lines {
            self.came += 1;
            let place = Place { at: line.at, number: self.came };
            self.held += weight(line);
            self.count(line, |number| number + 1);
            self.lines.insert(place, Stored { stream: batch.stream.clone(), line: line.clone() });
            self.arrived.push(place);
        }
        self.drop_oldest();
    }

    /// Notes that lines may be missing, before whatever came after them.
    pub fn take_gap(&mut self, stream: &StreamId, gap: &Gap) {
        self.arrived.clear();
        self.came += 1;
        let place = Place { at: gap.to, number: self.came };
        self.gaps.insert(place, (stream.clone(), gap.clone()));
        if self.gaps.len() > GAPS {
            self.gaps.pop_first();
        }
    }

    fn drop_oldest(&mut self) {
        let before = self.gone;
        while self.held > self.room {
            let Some((_, oldest)) = self.lines.pop_first() else { break };
            self.held -= weight(&oldest.line);
            self.count(&oldest.line, |number| number.saturating_sub(1));
            self.gone += 1;
        }
        if self.gone == before {
            return;
        }
        if let Some(first) = self.first() {
            self.gaps = self.gaps.split_off(&first);
            self.arrived.retain(|place| *place >= first);
        }
    }

    fn count(&mut self, line: &Line, change: fn(u64) -> u64) {
        let second = line.at.as_second();
        let counts = self.seconds.entry(second).or_default();
        counts.lines = change(counts.lines);
        match severity(line) {
            Level::Error | Level::Fatal => counts.errors = change(counts.errors),
            Level::Warning => counts.warnings = change(counts.warnings),
            Level::Unknown | Level::Debug | Level::Info => {}
        }
        if counts.lines == 0 {
            self.seconds.remove(&second);
        }
    }

    /// The lines, oldest first.
    pub const fn lines(&self) -> &BTreeMap<Place, Stored> {
        &self.lines
    }

    /// Where lines may be missing, oldest first.
    pub const fn gaps(&self) -> &BTreeMap<Place, (StreamId, Gap)> {
        &self.gaps
    }

    /// How many lines of which kind are held of each second that has any.
    pub const fn seconds(&self) -> &BTreeMap<i64, Second> {
        &self.seconds
    }

    /// The places of what was taken in last, as far as it is still here.
    pub fn arrived(&self) -> &[Place] {
        &self.arrived
    }

    /// The place of the oldest line.
    pub fn first(&self) -> Option<Place> {
        self.lines.first_key_value().map(|(place, _)| *place)
    }

    /// The line of a place.
    pub fn get(&self, place: Place) -> Option<&Stored> {
        self.lines.get(&place)
    }

    /// How many lines are held.
    pub fn len(&self) -> usize {
        self.lines.len()
    }

    /// Whether none is.
    pub fn is_empty(&self) -> bool {
        self.lines.is_empty()
    }

    /// Bytes that are held, roughly.
    pub const fn held(&self) -> usize {
        self.held
    }

    /// Bytes that may be held.
    pub const fn room(&self) -> usize {
        self.room
    }

    /// Lines that had to go because there was no room.
    pub const fn gone(&self) -> u64 {
        self.gone
    }
}

/// How bad a line is: by its own word, or by the status of the answer that it tells of.
pub fn severity(line: &Line) -> Level {
    line.severity()
}

/// What a line takes in memory, roughly: its own parts, and its place in the map.
fn weight(line: &Line) -> usize {
    let text = |text: &Option<Box<str>>| text.as_ref().map_or(0, |text| text.len() + 16);
    let request = line.request.as_ref().map_or(0, |request| {
        let client = text(&request.client.address) + text(&request.client.agent);
        // The subject repeats parts of what was asked for.
        2 * request.uri.len()
            + request.method.len()
            + client
            + text(&request.id)
            + text(&request.server)
            + 320
    });
    let error = line
        .error
        .as_ref()
        .map_or(0, |error| error.code.len() + error.detail.len() + error.message.len() + 96);
    size_of::<(Place, Stored)>() + 32 + line.text.len() + text(&line.message) + request + error
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::logs::Layer;

    fn line(second: i64, text: &str, level: Level) -> Line {
        Line {
            at: Timestamp::from_second(second).unwrap(),
            layer: Layer::Registry,
            level,
            text: text.into(),
            message: None,
            request: None,
            error: None,
            fingerprint: 0,
            bytes: 0,
        }
    }

    fn batch(stream: &str, lines: Vec<Line>) -> Batch {
        let read = lines.len() as u64;
        Batch { stream: stream.into(), lines, read, ..Batch::default() }
    }

    fn texts(store: &Store) -> Vec<&str> {
        store.lines().values().map(|stored| &*stored.line.text).collect()
    }

    #[test]
    fn streams_are_merged_by_time_and_equal_times_stay_in_the_order_in_which_they_came() {
        let mut store = Store::default();
        let level = Level::Info;
        store.take(&batch("a", vec![line(1, "a1", level), line(3, "a3", level), line(3, "a3 again", level)]));
        store.take(&batch("b", vec![line(2, "b2", level), line(3, "b3", level)]));
        assert_eq!(texts(&store), ["a1", "b2", "a3", "a3 again", "b3"]);
        let arrived: Vec<_> =
            store.arrived().iter().map(|place| &*store.get(*place).unwrap().line.text).collect();
        assert_eq!(arrived, ["b2", "b3"]);
    }

    #[test]
    fn gaps_stand_before_what_came_after_them_and_go_with_the_lines_around_them() {
        let mut store = Store::with_room(4 * weight(&line(1, "x", Level::Info)));
        let at = |second| Timestamp::from_second(second).unwrap();
        store.take(&batch("a", vec![line(1, "x", Level::Info)]));
        store.take_gap(&"a".into(), &Gap { from: at(1), to: at(42), why: "resumed".into() });
        store.take(&batch("a", vec![line(42, "y", Level::Info)]));
        let gap = *store.gaps().first_key_value().unwrap().0;
        let after = *store.lines().last_key_value().unwrap().0;
        assert!(store.first().unwrap() < gap && gap < after);
        store.take(&batch("a", (50..55).map(|second| line(second, "z", Level::Info)).collect()));
        assert!(store.gaps().is_empty());
    }

    proptest! {
        #[test]
        fn memory_is_bounded_and_every_line_is_either_held_or_counted(
            batches in prop::collection::vec(prop::collection::vec((0_i64..60, 0_usize..200, 0_u8..3), 0..20), 0..20)
        ) {
            let mut store = Store::with_room(4096);
            let (mut came, mut every) = (0, Vec::new());
            for lines in batches {
                let level = [Level::Info, Level::Warning, Level::Error];
                let lines: Vec<_> = lines
                    .into_iter()
                    .map(|(second, length, kind)| line(second, &"x".repeat(length), level[usize::from(kind)]))
                    .collect();
                came += lines.len();
                every.extend(lines.iter().map(|line| line.at));
                store.take(&batch("a", lines));
                prop_assert!(store.held() <= store.room());
                prop_assert!(store.arrived().iter().all(|place| store.get(*place).is_some()));
            }
            prop_assert_eq!(store.len() + usize::try_from(store.gone()).unwrap(), came);
            let held: usize = store.lines().values().map(|stored| weight(&stored.line)).sum();
            prop_assert_eq!(held, store.held());
            let counted: u64 = store.seconds().values().map(|second| second.lines).sum();
            prop_assert_eq!(counted, store.len() as u64);
            let errors = store.lines().values().filter(|stored| severity(&stored.line) >= Level::Error).count();
            prop_assert_eq!(store.seconds().values().map(|second| second.errors).sum::<u64>(), errors as u64);
        }
    }
}
