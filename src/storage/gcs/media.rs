//! An object's bytes, held against the headers they came with.

use std::ops::Range;

use bytes::Bytes;
use jiff::Timestamp;
use reqwest::header::HeaderMap;

use super::clock;
use super::failure::{Answer, Failure};
use super::metadata::{Metadata, checksum};
use super::place::Place;
use crate::storage::{Checksum, LARGEST_READ, Object, StoreError};

/// What the headers of a download say.
pub struct Media {
    metadata: Metadata,
    /// The part that comes, if not the whole.
    part: Option<Range<u64>>,
}

impl Media {
    /// What the headers say of the object `name`; `is_part` by the answer's status.
    pub fn from_headers(name: &str, is_part: bool, headers: &HeaderMap) -> Answer<Self> {
        let text = |header: &str| headers.get(header).and_then(|value| value.to_str().ok());
        let number = |header: &str| {
            let value = text(header).and_then(|value| value.parse::<u64>().ok());
            value.ok_or_else(|| Failure::broken(format!("the download has no usable header {header}")))
        };
        let generation = number("x-goog-generation")?.cast_signed();
        let size = number("x-goog-stored-content-length")?;
        let part = if is_part { Some(content_range(text("content-range"), size)?) } else { None };
        let updated: Option<Timestamp> = text("last-modified").and_then(clock::parse);
        let hashes = headers.get_all("x-goog-hash").iter().filter_map(|value| value.to_str().ok());
        let hashes: Vec<_> = hashes.flat_map(|value| value.split(',')).map(str::trim).collect();
        let hash = |name: &str| hashes.iter().find_map(|hash| hash.strip_prefix(name));
        let checksum = checksum(hash("md5="), hash("crc32c="));
        Ok(Self { metadata: Metadata { name: name.to_owned(), generation, size, updated, checksum }, part })
    }

    /// Which bytes have to come for what was asked; a server that sends others is not believed.
    pub fn expected(&self, asked: Option<&Range<u64>>) -> Answer<Range<u64>> {
        let size = self.metadata.size;
        let wanted = asked.map_or(0..size, |range| range.start..range.end.min(size));
        let comes = self.part.clone().unwrap_or(0..size);
        if comes == wanted {
            return Ok(comes);
        }
        Err(Failure::broken(format!("the bytes {wanted:?} were asked for, {comes:?} come")))
    }

    /// What the headers say of the object itself.
    pub fn into_metadata(self) -> Metadata {
        self.metadata
    }
}

/// Refuses to load more than one read may.
pub fn bounded(expected: &Range<u64>) -> Answer<()> {
    let bytes = expected.end.saturating_sub(expected.start);
    if bytes <= LARGEST_READ { Ok(()) } else { Err(StoreError::too_large("", bytes).into()) }
}

/// The object with the bytes that came, which must be as many as `expected` and, if they are all, match the checksum.
pub fn object(metadata: Metadata, place: &Place, expected: &Range<u64>, bytes: Bytes) -> Answer<Object> {
    let (wanted, came) = (expected.end.saturating_sub(expected.start), bytes.len() as u64);
    if wanted != came {
        return Err(Failure::broken(format!("the headers promise {wanted} bytes, and {came} came")));
    }
    if *expected == (0..metadata.size) && !matches(metadata.checksum, &bytes) {
        return Err(Failure::broken("the bytes differ from their checksum"));
    }
    Ok(Object { entry: metadata.entry(place)?, bytes })
}

fn content_range(header: Option<&str>, size: u64) -> Answer<Range<u64>> {
    let parsed = header.and_then(|header| {
        let (range, total) = header.strip_prefix("bytes ")?.split_once('/')?;
        let (first, last) = range.split_once('-')?;
        let (first, last, total): (u64, u64, u64) =
            (first.parse().ok()?, last.parse().ok()?, total.parse().ok()?);
        (total == size && first <= last && last < total).then_some(first..last + 1)
    });
    parsed.ok_or_else(|| Failure::broken(format!("the download has the range {header:?} of {size} bytes")))
}

fn matches(checksum: Option<Checksum>, bytes: &Bytes) -> bool {
    use md5::{Digest, Md5};
    match checksum {
        None => true,
        Some(Checksum::Md5(expected)) => Md5::digest(bytes)[..] == expected,
        Some(Checksum::Crc32c(expected)) => crc32c::crc32c(bytes) == expected,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_range_must_lie_in_the_object() {
        assert_eq!(content_range(Some("bytes 2-4/10"), 10), Ok(2..5));
        for odd in ["bytes 2-10/10", "bytes 4-2/10", "bytes 2-4/11", "bytes 2-4/*", "2-4/10", "bytes a-b/10"]
        {
            assert!(content_range(Some(odd), 10).is_err(), "{odd}");
        }
        assert!(content_range(None, 10).is_err());
    }
}
