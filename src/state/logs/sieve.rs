//! Which lines are shown: what was typed, a lens, a time, and one kind of line.

use jiff::Timestamp;

use crate::sources::logs::StreamId;
use crate::sources::logs::picture::{Place, Store, Stored};
use crate::state::Filter;

/// Which lines are shown. A line has to pass all of it.
#[derive(Clone, Debug, Default)]
pub struct Sieve {
    /// What was typed.
    pub filter: Filter,
    /// Nothing that is older.
    pub since: Option<Timestamp>,
    /// Only lines like one, by fingerprint.
    pub kind: Option<u64>,
    /// Only lines of one stream.
    pub stream: Option<StreamId>,
}

impl Sieve {
    /// Whether it lets everything through.
    pub const fn is_open(&self) -> bool {
        self.filter.is_empty() && self.since.is_none() && self.kind.is_none() && self.stream.is_none()
    }

    /// Whether a line is shown.
    pub fn passes(&self, place: Place, stored: &Stored) -> bool {
        self.since.is_none_or(|since| place.at >= since)
            && self.kind.is_none_or(|kind| stored.line.fingerprint == kind)
            && self.stream.as_ref().is_none_or(|stream| *stream == stored.stream)
            && (self.filter.is_empty() || self.filter.passes(&stored.line.text))
    }

    /// The lines that may pass.
    pub fn reach<'a>(&self, store: &'a Store) -> impl Iterator<Item = (&'a Place, &'a Stored)> {
        let from = self.since.map_or(Place::before(Timestamp::MIN), Place::before);
        store.lines().range(from..)
    }
}
