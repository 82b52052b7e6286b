//! The lines that are shown, in the order of their times, walked either way without being copied.

use std::collections::BTreeSet;
use std::ops::Bound;

use crate::sources::logs::picture::{Place, Store};

/// The lines that are shown.
#[derive(Clone, Copy, Debug)]
pub struct Shown<'a> {
    pub(super) store: &'a Store,
    /// Those of the store that pass; `None` means all.
    pub(super) passing: Option<&'a BTreeSet<Place>>,
}

type Places<'a> = Box<dyn Iterator<Item = Place> + 'a>;

impl<'a> Shown<'a> {
    /// How many.
    pub fn len(&self) -> usize {
        self.passing.map_or_else(|| self.store.len(), BTreeSet::len)
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    pub fn first(&self) -> Option<Place> {
        match self.passing {
            Some(places) => places.first().copied(),
            None => self.store.first(),
        }
    }

    pub fn last(&self) -> Option<Place> {
        match self.passing {
            Some(places) => places.last().copied(),
            None => self.store.lines().last_key_value().map(|(place, _)| *place),
        }
    }

    /// From a place on, which is the first one if it is shown.
    pub fn from(&self, place: Place) -> Places<'a> {
        self.between((Bound::Included(place), Bound::Unbounded)).0
    }

    /// After a place.
    pub fn after(&self, place: Place) -> Places<'a> {
        self.between((Bound::Excluded(place), Bound::Unbounded)).0
    }

    /// Before a place, the nearest first.
    pub fn before(&self, place: Place) -> Places<'a> {
        self.between((Bound::Unbounded, Bound::Excluded(place))).1
    }

    fn between(&self, bounds: (Bound<Place>, Bound<Place>)) -> (Places<'a>, Places<'a>) {
        match self.passing {
            Some(places) => {
                (Box::new(places.range(bounds).copied()), Box::new(places.range(bounds).rev().copied()))
            }
            None => {
                let lines = self.store.lines();
                let place = |(place, _): (&Place, _)| *place;
                (Box::new(lines.range(bounds).map(place)), Box::new(lines.range(bounds).rev().map(place)))
            }
        }
    }

    /// The place so many lines further on, or back; the last or first one if there are not that many.
    pub fn step(&self, from: Place, rows: isize) -> Option<Place> {
        let walk = if rows < 0 { self.before(from) } else { self.after(from) };
        walk.take(rows.unsigned_abs()).last()
    }
}
