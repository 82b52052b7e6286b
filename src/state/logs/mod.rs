//! How the error logs are looked at: which lines, from where, and what is kept of them.

mod seek;
mod shown;
mod sieve;
mod wishes;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::OnceLock;

use jiff::Timestamp;
use regex::Regex;

pub use shown::Shown;
pub use sieve::{Asked, Sieve, lenses};
pub use wishes::{about, dismiss, enter, filter, find, fold, of_file, repeated, step};

use super::reader::expression;
use crate::event::LogsPart;
use crate::sources::logs::StreamId;
use crate::sources::logs::facts::Fact;
use crate::sources::logs::picture::{Kinds, Picture, Place, Store, Stored, Stream};

/// Pins that are kept; a line is up to 16 KiB.
const PINS: usize = 256;

/// How the error logs are looked at.
#[derive(Debug, Default)]
pub struct Tail {
    pub part: LogsPart,
    /// The selected line while none is followed; the newest one is selected while it is.
    held: Option<Place>,
    /// Matching lines that came since then.
    pub missed: u64,
    pub sieve: Sieve,
    /// The lines that pass; `None` means all that are held.
    passing: Option<Passing>,
    pub find: Option<Search>,
    pub clock: Clock,
    pub times: Times,
    pub words: Words,
    pub wraps: bool,
    /// Cells that texts are shifted to the left by.
    pub offset: usize,
    pub histogram: bool,
    pub pins: BTreeMap<Place, Stored>,
    /// The kind, the pin and the stream that are selected in their parts.
    pub kind: Option<u64>,
    pub pin: Option<Place>,
    pub stream: Option<StreamId>,
    /// What was seen first after this is new.
    pub begun: Option<Timestamp>,
}

/// The lines that pass, and which of them are alike.
#[derive(Debug, Default)]
struct Passing {
    places: BTreeSet<Place>,
    /// Counted once somebody wants to know, then kept: while a filter is typed it is all about the lines.
    kinds: OnceLock<Kinds>,
}

/// In what times are told.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Clock {
    #[default]
    Utc,
    Local,
    /// How far from the selected line.
    Relative,
}

/// Whether times are shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Times {
    #[default]
    Shown,
    Hidden,
}

/// Whether a line is shown by what it says, or as it was written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Words {
    #[default]
    Told,
    Written,
}

/// What is looked for.
#[derive(Clone, Debug)]
pub struct Search {
    pub text: String,
    pub test: Regex,
}

impl Search {
    /// A typed text as what to look for; nothing if it is empty or too long.
    pub fn typed(text: &str) -> Option<Self> {
        let test = (!text.is_empty()).then(|| expression(text))??;
        Some(Self { text: text.to_owned(), test })
    }
}

impl Tail {
    /// Whether the newest line is followed.
    pub const fn follows(&self) -> bool {
        self.held.is_none()
    }

    /// The lines that are shown.
    pub fn shown<'a>(&'a self, picture: &'a Picture) -> Shown<'a> {
        Shown { store: &picture.store, passing: self.passing.as_ref().map(|passing| &passing.places) }
    }

    /// The kinds of lines that are shown.
    pub fn kinds<'a>(&'a self, picture: &'a Picture) -> &'a Kinds {
        self.passing.as_ref().map_or(&picture.kinds, |passing| passing.kinds(&picture.store))
    }

    /// The selected line's place: the newest one while it is followed, else where one was, or what is nearest to it.
    pub fn at(&self, picture: &Picture) -> Option<Place> {
        let shown = self.shown(picture);
        match self.held {
            None => shown.last(),
            Some(place) => shown.from(place).next().or_else(|| shown.last()),
        }
    }

    /// The row of the streams that is selected: the chosen one while it lasts, else the first.
    pub fn chosen_stream<'a>(&self, picture: &'a Picture) -> Option<(&'a StreamId, &'a Stream)> {
        let all = &picture.streams.all;
        self.stream.as_ref().and_then(|chosen| all.get_key_value(chosen)).or_else(|| all.first_key_value())
    }

    /// The selected line, in the part that is shown.
    pub fn selected<'a>(&'a self, picture: &'a Picture) -> Option<(Place, &'a Stored)> {
        match self.part {
            LogsPart::Lines => self.at(picture).and_then(|place| Some((place, picture.store.get(place)?))),
            LogsPart::Pins => {
                let chosen = self.pin.and_then(|pin| self.pins.get_key_value(&pin));
                chosen.or_else(|| self.pins.first_key_value()).map(|(place, stored)| (*place, stored))
            }
            LogsPart::Kinds | LogsPart::Streams => None,
        }
    }

    /// Takes in what was seen, after the picture did.
    pub fn take(&mut self, picture: &Picture, fact: &Fact, at: Timestamp) {
        self.begun.get_or_insert(at);
        if !matches!(fact, Fact::Lines(_)) {
            return;
        }
        let (mut came, store) = (0, &picture.store);
        for place in store.arrived() {
            let Some(stored) = store.get(*place) else { continue };
            match &mut self.passing {
                Some(passing) if self.sieve.passes(*place, stored) => passing.take(*place, stored),
                Some(_) => continue,
                None => {}
            }
            came += 1;
        }
        if !self.follows() {
            self.missed += came;
        }
        if let (Some(passing), Some(first)) = (&mut self.passing, store.first()) {
            passing.drop_before(first);
        }
    }

    /// Passes all lines through the sieve again, after it changed. The selected line stays, or what is nearest to it.
    pub fn sift(&mut self, picture: &Picture) {
        self.passing = None;
        self.narrow(picture);
    }

    /// As [`Self::sift`], where no line can pass that did not before.
    fn narrow(&mut self, picture: &Picture) {
        let before = self.passing.take().map(|passing| passing.places);
        if self.sieve.is_open() {
            return;
        }
        let mut before = before.map(|places| places.into_iter().peekable());
        let mut did = |place: &Place| {
            before.as_mut().is_none_or(|places| {
                while places.next_if(|earlier| earlier < place).is_some() {}
                places.next_if_eq(place).is_some()
            })
        };
        let lines = self.sieve.reach(&picture.store);
        let passing = lines.filter(|(place, stored)| did(place) && self.sieve.passes(**place, stored));
        let places = passing.map(|(place, _)| *place).collect();
        self.passing = Some(Passing { places, kinds: OnceLock::new() });
    }

    /// Keeps a line, or lets it go; says whether it is kept, or that there is no room.
    pub fn toggle_pin(&mut self, place: Place, stored: &Stored) -> Result<bool, String> {
        if self.pins.remove(&place).is_some() {
            return Ok(false);
        }
        if self.pins.len() >= PINS {
            return Err(format!("{PINS} lines are pinned, which is the most: m on a pinned one lets it go."));
        }
        self.pins.insert(place, stored.clone());
        Ok(true)
    }
}

impl Passing {
    fn take(&mut self, place: Place, stored: &Stored) {
        self.places.insert(place);
        if let Some(kinds) = self.kinds.get_mut() {
            kinds.take(place, &stored.line);
        }
    }

    /// Which of them are alike, counted over those that are held when this is asked first and all that came since.
    fn kinds(&self, store: &Store) -> &Kinds {
        self.kinds.get_or_init(|| {
            let mut kinds = Kinds::default();
            for (place, stored) in self.places.iter().filter_map(|place| Some((place, store.get(*place)?))) {
                kinds.take(*place, &stored.line);
            }
            kinds
        })
    }

    fn drop_before(&mut self, first: Place) {
        while self.places.first().is_some_and(|place| *place < first) {
            self.places.pop_first();
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::logs;
    use crate::sources::logs::facts::Batch;

    fn lines(said: &[&str]) -> Fact {
        let line = |(second, text): (i64, &&str)| {
            logs::read(text.as_bytes(), Timestamp::from_second(second).ok(), Timestamp::UNIX_EPOCH)
        };
        Fact::Lines(Arc::new(Batch {
            stream: "a".into(),
            lines: (0..).zip(said).map(line).collect(),
            read: said.len() as u64,
            ..Batch::default()
        }))
    }

    #[test]
    fn typing_a_filter_letter_by_letter_shows_what_it_shows_at_once() {
        let (mut picture, at) = (Picture::default(), Timestamp::UNIX_EPOCH);
        picture.fold(&lines(&["push or pull", "Pull", "OR nothing", "pul", "level=error pull", "none"]), at);
        let shown =
            |tail: &Tail| tail.shown(&picture).from(Place::before(Timestamp::MIN)).collect::<Vec<_>>();
        for typed in
            ["pull", "pulL", "Pull", "ORange", "pull OR none", "!pul", "level:error pull", "\"or p\""]
        {
            let letters = typed.char_indices().map(|(end, c)| &typed[..end + c.len_utf8()]);
            let mut gradual = Tail::default();
            for text in letters.clone().chain(letters.rev()) {
                let narrows = gradual.sieve.filter.is_narrowed_by(text);
                gradual.sieve.filter.ask(text);
                match narrows {
                    true => gradual.narrow(&picture),
                    false => gradual.sift(&picture),
                }
                let mut at_once = Tail { sieve: gradual.sieve.clone(), ..Tail::default() };
                at_once.sift(&picture);
                assert_eq!(shown(&gradual), shown(&at_once), "{text}");
                assert_eq!(gradual.kinds(&picture), at_once.kinds(&picture), "{text}");
            }
        }
    }

    #[test]
    fn what_is_alike_is_counted_on_once_it_was_asked_for() {
        let (mut picture, at) = (Picture::default(), Timestamp::UNIX_EPOCH);
        let mut tail = Tail::default();
        tail.sieve.filter.ask("pull");
        tail.sift(&picture);
        let counts = |tail: &Tail, picture: &Picture| {
            tail.kinds(picture).ranked().iter().map(|(_, kind)| kind.count).collect::<Vec<_>>()
        };
        for expected in [[2, 1], [4, 2]] {
            let fact = lines(&["pull 1", "pull of it", "push", "pull 2"]);
            picture.fold(&fact, at);
            tail.take(&picture, &fact, at);
            assert_eq!(counts(&tail, &picture), expected);
        }
    }
}
