//! An object's metadata in either API's words, as an entry.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use google_cloud_storage::model;
use jiff::Timestamp;
use md5::{Digest as _, Md5};
use serde::Deserialize;

use super::failure::Failure;
use super::place::Place;
use crate::storage::{Checksum, Entry, ErrorKind, StoreError, Version};

/// What is asked for of each object, in the words of the JSON API.
pub const FIELDS: &str = "name,size,generation,updated,md5Hash,crc32c";
/// The same in the words of gRPC.
pub const MASK: [&str; 5] = ["name", "size", "generation", "update_time", "checksums"];

/// An object as the JSON API describes it.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Described {
    /// Asked for only where the object is the whole answer.
    #[serde(default)]
    pub kind: String,
    pub name: String,
    pub generation: String,
    /// Left out for an empty object by servers that print messages of the gRPC API as JSON.
    pub size: Option<String>,
    pub updated: Option<Timestamp>,
    pub md5_hash: Option<String>,
    pub crc32c: Option<String>,
}

/// What both APIs tell of an object.
pub struct Metadata {
    pub name: String,
    pub generation: i64,
    pub size: u64,
    pub updated: Option<Timestamp>,
    pub checksum: Option<Checksum>,
}

impl TryFrom<Described> for Metadata {
    type Error = Failure;

    fn try_from(object: Described) -> Result<Self, Failure> {
        let odd =
            |what: &str, value: &str| Failure::broken(format!("{} has the {what} \"{value}\"", object.name));
        let generation = object.generation.parse().map_err(|_| odd("generation", &object.generation))?;
        let checksum = checksum(object.md5_hash.as_deref(), object.crc32c.as_deref());
        let size = match object.size.as_deref() {
            Some(size) => size.parse().map_err(|_| odd("size", size))?,
            None if checksum.is_some_and(is_of_nothing) => 0,
            None => return Err(Failure::broken(format!("{} has no size", object.name))),
        };
        Ok(Self { generation, size, updated: object.updated, checksum, name: object.name })
    }
}

impl TryFrom<model::Object> for Metadata {
    type Error = Failure;

    fn try_from(object: model::Object) -> Result<Self, Failure> {
        let size = u64::try_from(object.size)
            .map_err(|_| Failure::broken(format!("{} has the size {}", object.name, object.size)))?;
        let updated = object.update_time.and_then(|time| Timestamp::new(time.seconds(), time.nanos()).ok());
        let checksum = object.checksums.and_then(|sums| {
            let md5 = sums.md5_hash.as_ref().try_into().ok().map(Checksum::Md5);
            md5.or(sums.crc32c.map(Checksum::Crc32c))
        });
        Ok(Self { name: object.name, generation: object.generation, size, updated, checksum })
    }
}

impl Metadata {
    /// The entry of this object, whose name must lie below the place's root.
    pub fn entry(self, place: &Place) -> Result<Entry, Failure> {
        if self.generation <= 0 {
            return Err(Failure::broken(format!("{} has no generation", self.name)));
        }
        let key =
            place.key(&self.name).ok_or_else(|| Failure::broken(format!("{} lies elsewhere", self.name)))?;
        Ok(Entry {
            key: key.to_owned(),
            size: Some(self.size),
            version: Version(self.generation.to_string()),
            modified: self.updated,
            checksum: self.checksum,
        })
    }

    /// The entry of the object `name`, which is what was asked for.
    pub fn entry_of(self, name: &str, place: &Place) -> Result<Entry, Failure> {
        if self.name != name {
            return Err(Failure::broken(format!("the answer is about another object, {}", self.name)));
        }
        self.entry(place)
    }
}

/// The better of two checksums in base64; one that does not decode is none.
pub fn checksum(md5: Option<&str>, crc32c: Option<&str>) -> Option<Checksum> {
    let decode = |text: &str| BASE64_STANDARD.decode(text).ok();
    let md5 = md5.and_then(decode).and_then(|bytes| bytes.try_into().ok()).map(Checksum::Md5);
    let crc32c = || crc32c.and_then(decode).and_then(|bytes| bytes.try_into().ok()).map(u32::from_be_bytes);
    md5.or_else(|| crc32c().map(Checksum::Crc32c))
}

/// The generation of a version, which must be one of this store.
pub fn known(key: &str, version: &Version) -> Result<i64, StoreError> {
    let generation = version.0.parse().ok().filter(|generation| *generation > 0);
    generation.ok_or_else(|| {
        StoreError::new(ErrorKind::Changed, key, format!("{} is no generation of this bucket", version.0))
    })
}

/// Whether this is the checksum of no bytes at all.
fn is_of_nothing(checksum: Checksum) -> bool {
    match checksum {
        Checksum::Md5(sum) => <[u8; 16]>::from(Md5::digest(b"")) == sum,
        Checksum::Crc32c(sum) => sum == 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_size_is_left_out_only_of_an_empty_object() {
        let size = |json: &str| {
            let described: Described = serde_json::from_str(json).unwrap();
            Metadata::try_from(described).map(|object| object.size).ok()
        };
        let empty = r#"{"name":"a","generation":"1","md5Hash":"1B2M2Y8AsgTpgAmY7PhCfg=="}"#;
        assert_eq!(size(empty), Some(0));
        assert_eq!(size(r#"{"name":"a","generation":"1","md5Hash":"S7oNZnGVNlsRsLutB3M5BA=="}"#), None);
        assert_eq!(size(r#"{"name":"a","generation":"1"}"#), None);
        assert_eq!(size(r#"{"name":"a","generation":"1","size":"71"}"#), Some(71));
    }

    #[test]
    fn md5_comes_before_crc32c() {
        let md5 = "1B2M2Y8AsgTpgAmY7PhCfg==";
        assert!(matches!(checksum(Some(md5), Some("AAAAAA==")), Some(Checksum::Md5(_))));
        assert_eq!(checksum(None, Some("AAAAAQ==")), Some(Checksum::Crc32c(1)));
        assert_eq!(checksum(Some("AAAA"), Some("!")), None);
    }

    #[test]
    fn numbers_come_as_text_and_must_be_numbers() {
        let described = |size: &str, generation: &str| Described {
            kind: String::new(),
            name: "a".to_owned(),
            generation: generation.to_owned(),
            size: Some(size.to_owned()),
            updated: None,
            md5_hash: None,
            crc32c: None,
        };
        let place = Place::parse("bucket").unwrap();
        let read =
            |size, generation| Metadata::try_from(described(size, generation)).and_then(|m| m.entry(&place));
        assert_eq!(read("71", "12").unwrap().version, Version("12".to_owned()));
        for (size, generation) in [("-1", "12"), ("", "12"), ("71", ""), ("71", "0"), ("71", "-3")] {
            assert!(read(size, generation).is_err(), "{size} {generation}");
        }
    }
}
