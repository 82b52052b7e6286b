//! Reads lines of every format that registries and what stands before them write.

mod access;
mod balancer;
mod document;
pub mod duration;
mod json;
mod kept;
mod logfmt;
mod raw;
pub mod time;
mod wrapping;

#[cfg(test)]
pub mod tests;

use std::borrow::Cow;

use jiff::Timestamp;
use serde_json::Value;

use super::fields::Fields;
use super::line::Line;
use crate::model::text::sanitise_bytes;

pub use document::document_line;
pub use kept::keep;
pub use logfmt::{quoted_end, unescape};
pub use wrapping::Body;

/// So much of a line is looked at, in bytes; of what is longer the rest is only counted.
const LOOKED_AT: usize = 256 << 10;

/// Reads a line, whatever it is; never fails. `collected` is when whoever handed it to us got it, `arrived` is now.
pub fn read(raw: &[u8], collected: Option<Timestamp>, arrived: Timestamp) -> Line {
    let body = open(raw);
    let fields = Fields::of(&body.text);
    keep(&body, &fields, raw.len(), collected, arrived)
}

/// The line without what a collector put around it, and without its end.
pub fn open(raw: &[u8]) -> Body<'_> {
    let raw = &raw[..raw.len().min(LOOKED_AT)];
    wrapping::unwrap(std::str::from_utf8(raw).map_or_else(|_| sanitise_bytes(raw), Cow::Borrowed))
}

/// As [`read`], for a document of a search engine or of a cloud's logging: what is wrapped in it is the line.
pub fn read_document(document: &Value, collected: Option<Timestamp>, arrived: Timestamp) -> Line {
    read(document_line(document).as_bytes(), collected, arrived)
}

impl<'a> Fields<'a> {
    /// Reads a line that nothing is put around; never fails.
    pub fn of(text: &'a str) -> Self {
        Self::known(text).or_else(|| Self::known(after_header(text)?)).unwrap_or_else(|| raw::read(text))
    }

    fn known(text: &'a str) -> Option<Self> {
        const FORMATS: [fn(&str) -> Option<Fields<'_>>; 4] =
            [json::read, logfmt::read, balancer::read, access::read];
        FORMATS.iter().find_map(|read| read(text))
    }
}

/// What follows `Nov 20 22:01:41 host docker-registry[123]: `.
fn after_header(text: &str) -> Option<&str> {
    const LONGEST: usize = 128;
    let end = memchr::memmem::find(&text.as_bytes()[..text.len().min(LONGEST)], b"]: ")?;
    text.get(end + 3..)
}
