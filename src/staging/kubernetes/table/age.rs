//! Ages in the columns of a table.

use jiff::Timestamp;

use crate::model::age;

/// How long ago a time was; a word for a missing or unreadable one.
pub fn ago(time: &str, now: Timestamp) -> String {
    match time.parse::<Timestamp>() {
        Ok(time) => age(now.duration_since(time).as_secs()),
        Err(_) => "<unknown>".to_owned(),
    }
}
