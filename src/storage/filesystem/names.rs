//! File names as keys and back, without loss.

use std::ffi::OsString;
use std::os::unix::ffi::OsStringExt;
use std::path::{Path, PathBuf};

use super::OWN_FOLDER;
use crate::storage::{ErrorKind, Result, StoreError};

/// A stray byte `b` (always 0x80 or above) is the character U+F700 + b.
const BASE: u32 = 0xF700;
const ESCAPES: std::ops::RangeInclusive<char> = '\u{F780}'..='\u{F7FF}';

/// A file name as part of a key.
pub fn encode(raw: &[u8]) -> String {
    let mut key = String::with_capacity(raw.len());
    for chunk in raw.utf8_chunks() {
        for character in chunk.valid().chars() {
            if ESCAPES.contains(&character) {
                escape(&mut key, character.encode_utf8(&mut [0; 4]).as_bytes());
            } else {
                key.push(character);
            }
        }
        escape(&mut key, chunk.invalid());
    }
    key
}

fn escape(key: &mut String, bytes: &[u8]) {
    key.extend(bytes.iter().filter_map(|byte| char::from_u32(BASE + u32::from(*byte))));
}

/// The file name that a part of a key stands for; none if [`encode`] never yields that part.
pub fn decode(part: &str) -> Option<Vec<u8>> {
    if !part.contains(|character| ESCAPES.contains(&character)) {
        return Some(part.as_bytes().to_vec());
    }
    let mut raw = Vec::with_capacity(part.len());
    for character in part.chars() {
        if ESCAPES.contains(&character) {
            raw.push((u32::from(character) - BASE) as u8);
        } else {
            raw.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes());
        }
    }
    (encode(&raw) == part).then_some(raw)
}

/// The path of `key` below `root`; refuses what would lead elsewhere.
pub fn path(root: &Path, key: &str) -> Result<PathBuf> {
    let mut raw = root.as_os_str().to_os_string().into_encoded_bytes();
    for (depth, part) in key.split('/').enumerate() {
        let name = name(part, depth).map_err(|why| StoreError::new(ErrorKind::Denied, key, why))?;
        if raw.last() != Some(&b'/') {
            raw.push(b'/');
        }
        raw.extend_from_slice(&name);
    }
    Ok(PathBuf::from(OsString::from_vec(raw)))
}

/// The folder of `prefix` (empty, or ending in `/`) below `root`.
pub fn folder(root: &Path, prefix: &str) -> Result<PathBuf> {
    match prefix.strip_suffix('/') {
        None if prefix.is_empty() => Ok(root.to_owned()),
        None => Err(StoreError::new(ErrorKind::Denied, prefix, "a prefix is empty or ends in /")),
        Some(key) => path(root, key),
    }
}

fn name(part: &str, depth: usize) -> std::result::Result<Vec<u8>, &'static str> {
    match part {
        "" => Err("not a key: it has an empty part, or starts or ends with /"),
        "." | ".." => Err("not a key: . and .. could lead out of the store's root"),
        own if depth == 0 && own == OWN_FOLDER => {
            Err("this folder is quarterdeck's own, not part of the store")
        }
        part if part.contains('\0') => Err("not a key: it has a NUL in it"),
        part => decode(part).ok_or("not a key: no file name is written like this"),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn every_file_name_survives_the_way_to_a_key_and_back(raw in proptest::collection::vec(any::<u8>(), 0..40)) {
            prop_assert_eq!(decode(&encode(&raw)), Some(raw));
        }

        #[test]
        fn characters_of_the_escape_range_survive_too(text in "[a\u{F6FE}-\u{F801}]{0,12}") {
            prop_assert_eq!(decode(&encode(text.as_bytes())), Some(text.clone().into_bytes()));
        }

        #[test]
        fn two_names_never_share_a_key(
            one in proptest::collection::vec(0x7eu8.., 0..6),
            two in proptest::collection::vec(0x7eu8.., 0..6),
        ) {
            prop_assert_eq!(one == two, encode(&one) == encode(&two));
        }

        #[test]
        fn whatever_decodes_is_written_the_same_way_again(part in "[a\u{F77E}-\u{F801}é]{0,8}") {
            if let Some(raw) = decode(&part) {
                prop_assert_eq!(encode(&raw), part);
            }
        }
    }

    #[test]
    fn keys_stay_below_the_root() {
        let root = Path::new("/srv");
        for bad in [
            "",
            "/",
            "/a",
            "a/",
            "a//b",
            "..",
            "a/../b",
            ".",
            "a/./b",
            "a\0b",
            ".quarterdeck/tmp/x",
            ".quarterdeck",
        ] {
            let refused = path(root, bad).map_err(|error| error.kind);
            assert_eq!(refused, Err(ErrorKind::Denied), "{bad:?}");
        }
        for good in ["a", "a/b", "..a/b..", "a/.quarterdeck", "a b\n"] {
            assert_eq!(path(root, good), Ok(root.join(good)), "{good:?}");
        }
    }

    #[test]
    fn an_escape_cannot_smuggle_what_a_name_cannot_hold() {
        // "é" written as its two stray bytes is the same file under another key.
        for part in ["\u{F7C3}\u{F7A9}", "x\u{F7EF}\u{F79C}\u{F780}"] {
            assert_eq!(decode(part), None, "{part:?}");
        }
        assert_eq!(
            decode("\u{F72F}"),
            Some("\u{F72F}".as_bytes().to_vec()),
            "U+F72F is an ordinary character"
        );
    }
}
