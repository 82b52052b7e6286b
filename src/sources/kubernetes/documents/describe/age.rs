//! Times as kubectl writes them.

use jiff::Timestamp;

use crate::model::age;

/// `Fri, 20 Nov 2026 20:00:00 +0000`.
pub fn date(at: Option<Timestamp>) -> String {
    at.map_or_else(|| "<unknown>".to_owned(), |at| at.strftime("%a, %d %b %Y %H:%M:%S +0000").to_string())
}

/// How long ago something was: `79m`, `2d3h`.
pub fn since(at: Option<Timestamp>, now: Timestamp) -> String {
    at.map_or_else(|| "<unknown>".to_owned(), |at| age(now.as_second() - at.as_second()))
}
