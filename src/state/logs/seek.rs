//! To the next or previous line of a sort: an error, a match, a pin, the same request.

use super::Tail;
use crate::event::{Sought, Way};
use crate::logs::Level;
use crate::sources::logs::picture::{Picture, Place, Stored, severity};

/// What came of looking for a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Found {
    Ahead(Place),
    /// Past the end, from the other one on.
    Around(Place),
    Nothing,
}

/// Looks for the next or previous line of a sort, round the end if need be.
pub fn seek(tail: &Tail, picture: &Picture, sought: Sought, way: Way) -> Found {
    let Some(at) = tail.at(picture) else { return Found::Nothing };
    let id = picture.store.get(at).and_then(request_id);
    let wanted = |place: &Place| match (sought, picture.store.get(*place)) {
        (Sought::Pin, _) => tail.pins.contains_key(place),
        (_, None) => false,
        (Sought::Error, Some(stored)) => severity(&stored.line) >= Level::Error,
        (Sought::Warning, Some(stored)) => severity(&stored.line) == Level::Warning,
        (Sought::Match, Some(stored)) => {
            tail.find.as_ref().is_some_and(|find| find.test.is_match(&stored.line.text))
        }
        (Sought::Request, Some(stored)) => id.is_some() && request_id(stored) == id,
    };
    let shown = tail.shown(picture);
    let (mut ahead, around) = match way {
        Way::Next => (shown.after(at), shown.first().map(|first| shown.from(first))),
        Way::Previous => {
            let last = shown.last();
            let last_first = last.map(|last| last_and_before(last, shown.before(last)));
            (shown.before(at), last_first)
        }
    };
    if let Some(place) = ahead.find(wanted) {
        return Found::Ahead(place);
    }
    let other = around.and_then(|mut places| places.find(wanted));
    other.filter(|place| *place != at).map_or(Found::Nothing, Found::Around)
}

fn last_and_before<'a>(
    last: Place,
    before: Box<dyn Iterator<Item = Place> + 'a>,
) -> Box<dyn Iterator<Item = Place> + 'a> {
    Box::new(std::iter::once(last).chain(before))
}

/// What tells a request across the layers.
pub fn request_id(stored: &Stored) -> Option<&str> {
    stored.line.request.as_ref()?.id.as_deref()
}
