//! Faults of uploads: space that nothing, or only the purger, gives back.

use jiff::{SignedDuration, Timestamp};

use super::check::{Answers, Check, Effect, Elsewhere};
use super::repairs::STRAY;
use crate::model::Severity;

/// Age at which the registry's purger takes an upload, and at which one counts as abandoned.
pub const PURGE_AGE: SignedDuration = SignedDuration::from_hours(168);

pub const STALE: Check = Check {
    id: "upload-stale",
    severity: Severity::Harmless,
    title: "An upload was started over a week ago; the registry's purger takes it if it runs",
    answers: Answers::NONE,
    effects: &[Effect::Waste],
    elsewhere: Elsewhere::SAME,
    repairs: STRAY,
};
pub const WITHOUT_START: Check = Check {
    id: "upload-without-startedat",
    title: "An upload does not say when it was started, so the purger never takes it",
    ..STALE
};
pub const START_UNREADABLE: Check = Check {
    id: "upload-startedat-empty",
    title: "An upload's start is no date, so the purger never takes it",
    ..STALE
};
pub const NOT_A_UUID: Check = Check {
    id: "upload-not-uuid",
    title: "An upload's folder is no UUID, so the purger never takes it",
    ..STALE
};

pub(super) const ROWS: &[Check] = &[STALE, WITHOUT_START, START_UNREADABLE, NOT_A_UUID];

/// What was seen of an upload's `startedat`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StartedAt<'a> {
    Content(&'a [u8]),
    Missing,
    /// Could not be read: nothing is claimed.
    Unread,
}

/// The check for one upload. `newest` is the last change of any of its objects and `now` the store's clock;
/// without a start, an upload counts as abandoned only when nothing in it changed for `settle`.
pub fn upload(
    id: &str,
    started: StartedAt<'_>,
    newest: Option<Timestamp>,
    now: Timestamp,
    settle: SignedDuration,
) -> Option<&'static Check> {
    let settled = newest.is_none_or(|newest| now.duration_since(newest) >= settle);
    if !is_uuid(id) {
        return settled.then_some(&NOT_A_UUID);
    }
    match started {
        StartedAt::Unread => None,
        StartedAt::Missing => settled.then_some(&WITHOUT_START),
        StartedAt::Content(bytes) => match parse(bytes) {
            Some(start) => (now.duration_since(start) > PURGE_AGE).then_some(&STALE),
            None => settled.then_some(&START_UNREADABLE),
        },
    }
}

fn parse(bytes: &[u8]) -> Option<Timestamp> {
    std::str::from_utf8(bytes).ok()?.parse().ok()
}

/// Whether the name is a UUID in its usual form of 8-4-4-4-12 hex digits.
pub fn is_uuid(name: &str) -> bool {
    let lengths = [8, 4, 4, 4, 12];
    let mut parts = name.split('-');
    let fits = |length: &usize| {
        parts.next().is_some_and(|part| part.len() == *length && part.bytes().all(|b| b.is_ascii_hexdigit()))
    };
    lengths.iter().all(fits) && name.len() == 36
}

#[cfg(test)]
mod tests {
    use super::*;

    const UUID: &str = "3f2504e0-4f89-41d3-9a0c-0305e82c3301";

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    #[test]
    fn uploads_are_judged_by_name_start_and_age() {
        let now = at("2025-01-15T12:00:00Z");
        let (old, young) = (Some(at("2025-01-14T12:00:00Z")), Some(at("2025-01-15T11:59:00Z")));
        let settle = SignedDuration::from_mins(10);
        let started = |text: &'static str| StartedAt::Content(text.as_bytes());
        for (id, start, newest, expected) in [
            (UUID, started("2024-12-16T12:00:00Z"), young, Some("upload-stale")),
            (UUID, started("2025-01-15T11:58:00Z"), young, None),
            (UUID, started("2025-01-10T11:58:00Z"), old, None),
            (UUID, started(""), old, Some("upload-startedat-empty")),
            (UUID, started(""), young, None),
            (UUID, started("yesterday"), old, Some("upload-startedat-empty")),
            (UUID, StartedAt::Missing, old, Some("upload-without-startedat")),
            (UUID, StartedAt::Missing, young, None),
            (UUID, StartedAt::Unread, old, None),
            ("manual", started("2024-12-16T12:00:00Z"), old, Some("upload-not-uuid")),
            ("manual", StartedAt::Missing, young, None),
        ] {
            let found = upload(id, start, newest, now, settle).map(|check| check.id);
            assert_eq!(found, expected, "{id} {start:?} {newest:?}");
        }
    }

    #[test]
    fn only_the_usual_form_is_a_uuid() {
        assert!(is_uuid(UUID));
        for other in [
            "",
            "manual",
            &UUID[1..],
            "3f2504e0-4f89-41d3-9a0c-0305e82c330g",
            "3f2504e04f8941d39a0c0305e82c3301",
        ] {
            assert!(!is_uuid(other), "{other}");
        }
    }
}
