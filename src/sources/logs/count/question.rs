//! What is asked of logs: which answers are counted, and by what.

use std::ops::RangeInclusive;
use std::str::{FromStr, from_utf8};

use jiff::Timestamp;

/// Which answers are counted, and by what.
#[derive(Clone, Debug)]
pub struct Question {
    pub statuses: Statuses,
    /// All methods, where there are none.
    pub methods: Vec<String>,
    pub by: By,
    /// Answers at this time and later.
    pub since: Option<Timestamp>,
    /// Answers before this time.
    pub until: Option<Timestamp>,
}

impl Question {
    pub(super) fn takes_method(&self, method: &[u8]) -> bool {
        self.methods.is_empty() || self.methods.iter().any(|one| one.as_bytes().eq_ignore_ascii_case(method))
    }

    pub(super) const fn asks_for_times(&self) -> bool {
        self.since.is_some() || self.until.is_some()
    }

    pub(super) fn takes_time(&self, at: Timestamp) -> bool {
        self.since.is_none_or(|since| at >= since) && self.until.is_none_or(|until| at < until)
    }
}

/// What answers are counted by.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum By {
    /// Path and query as the client sent them, without scheme and host. Those that differ only in a secret (the signed
    /// state of an upload) are counted apart, and look alike when they are told.
    #[default]
    Path,
    Repository,
    /// `group/project:tag`, whichever way it was asked for.
    Tag,
    /// The client's address, without port.
    Client,
    /// `backend/server` of the load balancer.
    Server,
}

/// Statuses from 100 to 999.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Statuses(Vec<RangeInclusive<u16>>);

impl Statuses {
    /// All that are in one of them.
    pub fn any_of(all: impl IntoIterator<Item = Self>) -> Self {
        Self(all.into_iter().flat_map(|one| one.0).collect())
    }

    pub fn contains(&self, status: u16) -> bool {
        self.0.iter().any(|range| range.contains(&status))
    }

    /// Its digits, where it is but one.
    pub(super) fn only(&self) -> Option<[u8; 3]> {
        match self.0.as_slice() {
            [range] if range.start() == range.end() => range.start().to_string().as_bytes().try_into().ok(),
            _ => None,
        }
    }

    /// Whether one of them stands anywhere in a line; a line in which none does cannot be an answer of theirs.
    pub(super) fn stand_in(&self, line: &[u8]) -> bool {
        let asked = |digits: &[u8]| {
            digits.iter().all(u8::is_ascii_digit)
                && from_utf8(digits)
                    .ok()
                    .and_then(|text| text.parse().ok())
                    .is_some_and(|one| self.contains(one))
        };
        line.windows(3).enumerate().any(|(at, digits)| asked(digits) && stands_alone(line, at))
    }
}

/// Whether the three digits there may be a status, and not a part of a number or of a digest.
pub(super) fn stands_alone(line: &[u8], at: usize) -> bool {
    let before = at.checked_sub(1).and_then(|before| line.get(before));
    !before.is_some_and(u8::is_ascii_digit) && !line.get(at + 3).is_some_and(u8::is_ascii_alphanumeric)
}

impl FromStr for Statuses {
    type Err = String;

    /// Reads `500`, `5xx`, `50x` or `400-499`.
    fn from_str(text: &str) -> Result<Self, String> {
        let end = |text: &str, digit: &str| {
            let number = text.to_ascii_lowercase().replace('x', digit);
            number.parse().ok().filter(|status: &u16| text.len() == 3 && (100..=999).contains(status))
        };
        let (first, last) = text.split_once('-').unwrap_or((text, text));
        match (end(first, "0"), end(last, "9")) {
            (Some(first), Some(last)) if first <= last => Ok(Self(vec![first..=last])),
            _ => Err("want a status such as 500, 5xx, 50x or 400-499".to_owned()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn statuses_are_read_as_people_write_them() {
        for (text, inside, outside) in [
            ("500", vec![500], vec![499, 501]),
            ("5xx", vec![500, 599], vec![499, 600]),
            ("5XX", vec![500, 599], vec![499, 600]),
            ("50x", vec![500, 509], vec![499, 510]),
            ("400-499", vec![400, 499], vec![399, 500]),
            ("4xx-5xx", vec![400, 599], vec![399, 600]),
        ] {
            let statuses: Statuses = text.parse().unwrap();
            assert!(inside.iter().all(|status| statuses.contains(*status)), "{text}");
            assert!(!outside.iter().any(|status| statuses.contains(*status)), "{text}");
        }
        for text in
            ["", "5", "50", "5000", "xxx", "x00", "500-400", "-500", "500-", "abc", "5x-x", "٥٠٠", "+50"]
        {
            assert!(text.parse::<Statuses>().is_err(), "{text}");
        }
    }

    #[test]
    fn several_are_taken_together() {
        let statuses = Statuses::any_of(["404", "5xx"].map(|text| text.parse().unwrap()));
        assert_eq!([404, 500, 403].map(|status| statuses.contains(status)), [true, true, false]);
    }

    #[test]
    fn digits_stand_for_a_status_only_where_they_stand_alone() {
        let statuses: Statuses = "5xx".parse().unwrap();
        for line in ["a 500 b", "503", "status=599", "\\t500\\n", "{\"status\":500}"] {
            assert!(statuses.stand_in(line.as_bytes()), "{line}");
        }
        for line in ["", "50", ":5000", "1500", "sha256:ab500cd", "a 404 b", "5x0"] {
            assert!(!statuses.stand_in(line.as_bytes()), "{line}");
        }
        assert_eq!(
            ["500", "5xx", "500-501"].map(|text| text.parse::<Statuses>().unwrap().only()),
            [Some(*b"500"), None, None]
        );
    }
}
