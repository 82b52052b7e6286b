//! Content digests by the distribution grammar: parsing with the registry's own three complaints, and hashing.

mod hasher;

use std::{fmt, str::FromStr};

pub use hasher::Hasher;

use sha2::Digest as _;

/// A hash algorithm that the registry can compute.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Algorithm {
    Sha256,
    Sha384,
    Sha512,
}

impl Algorithm {
    /// Every algorithm the registry can compute.
    pub const ALL: [Self; 3] = [Self::Sha256, Self::Sha384, Self::Sha512];

    /// The word before the colon, and the folder's name in the layout.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Sha256 => "sha256",
            Self::Sha384 => "sha384",
            Self::Sha512 => "sha512",
        }
    }

    /// Length of the hash in hex digits.
    pub const fn hex_length(self) -> usize {
        match self {
            Self::Sha256 => 64,
            Self::Sha384 => 96,
            Self::Sha512 => 128,
        }
    }

    /// The algorithm of this name, if the registry can compute it.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|algorithm| algorithm.name() == name)
    }
}

/// Why a text is no digest. The messages are the ones the registry logs and answers with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
pub enum DigestError {
    /// Not `algorithm:hash`, or a known algorithm's hash of the right length that is not lower-case hex.
    #[error("invalid checksum digest format")]
    Format,
    /// A known algorithm with a hash of the wrong length.
    #[error("invalid checksum digest length")]
    Length,
    /// Well formed, by an algorithm that the registry does not compute.
    #[error("unsupported digest algorithm")]
    Unsupported,
}

/// A digest that the registry accepts: known algorithm, lower-case hex, right length. 40 bytes in memory.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Digest(Hash);

/// The long hashes are rare and boxed, so that millions of the usual ones stay small.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
enum Hash {
    Sha256([u8; 32]),
    Sha384(Box<[u8; 48]>),
    Sha512(Box<[u8; 64]>),
}

impl Digest {
    /// SHA-256 of no bytes: the only digest whose blob is rightly empty.
    pub const EMPTY: Self = Self(Hash::Sha256([
        0xe3, 0xb0, 0xc4, 0x42, 0x98, 0xfc, 0x1c, 0x14, 0x9a, 0xfb, 0xf4, 0xc8, 0x99, 0x6f, 0xb9, 0x24, 0x27,
        0xae, 0x41, 0xe4, 0x64, 0x9b, 0x93, 0x4c, 0xa4, 0x95, 0x99, 0x1b, 0x78, 0x52, 0xb8, 0x55,
    ]));

    /// SHA-256 of the two bytes `{}`: the configuration that all artifacts share.
    pub const EMPTY_OBJECT: Self = Self(Hash::Sha256([
        0x44, 0x13, 0x6f, 0xa3, 0x55, 0xb3, 0x67, 0x8a, 0x11, 0x46, 0xad, 0x16, 0xf7, 0xe8, 0x64, 0x9e, 0x94,
        0xfb, 0x4f, 0xc2, 0x1f, 0xe7, 0x7e, 0x83, 0x10, 0xc0, 0x60, 0xf6, 0x1c, 0xaa, 0xff, 0x8a,
    ]));

    /// Reads `algorithm:hash`. Nothing is trimmed: a link file with one more byte is broken.
    pub fn parse(text: &str) -> Result<Self, DigestError> {
        Self::parse_bytes(text.as_bytes())
    }

    /// Reads the bytes of a link file, which need not be text.
    pub fn parse_bytes(bytes: &[u8]) -> Result<Self, DigestError> {
        let colon = bytes.iter().position(|&byte| byte == b':').ok_or(DigestError::Format)?;
        let (name, hash) = (&bytes[..colon], &bytes[colon + 1..]);
        if name.is_empty() || hash.is_empty() {
            return Err(DigestError::Format);
        }
        match std::str::from_utf8(name).ok().and_then(Algorithm::named) {
            Some(algorithm) => Self::from_hex(algorithm, hash),
            None if is_algorithm_name(name) && hash.iter().all(is_hash_byte) => Err(DigestError::Unsupported),
            None => Err(DigestError::Format),
        }
    }

    /// Puts a digest together from its two folders in the layout.
    pub fn from_parts(algorithm: &str, hash: &str) -> Result<Self, DigestError> {
        match Algorithm::named(algorithm) {
            Some(algorithm) => Self::from_hex(algorithm, hash.as_bytes()),
            None => Self::parse(&format!("{algorithm}:{hash}")),
        }
    }

    fn from_hex(algorithm: Algorithm, hash: &[u8]) -> Result<Self, DigestError> {
        if hash.len() != algorithm.hex_length() {
            return Err(DigestError::Length);
        }
        if !hash.iter().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f')) {
            return Err(DigestError::Format);
        }
        let decode = |target: &mut [u8]| hex::decode_to_slice(hash, target).map_err(|_| DigestError::Format);
        Ok(Self(match algorithm {
            Algorithm::Sha256 => {
                let mut bytes = [0; 32];
                decode(&mut bytes)?;
                Hash::Sha256(bytes)
            }
            Algorithm::Sha384 => {
                let mut bytes = Box::new([0; 48]);
                decode(bytes.as_mut_slice())?;
                Hash::Sha384(bytes)
            }
            Algorithm::Sha512 => {
                let mut bytes = Box::new([0; 64]);
                decode(bytes.as_mut_slice())?;
                Hash::Sha512(bytes)
            }
        }))
    }

    /// The digest with this hash.
    pub const fn sha256(hash: [u8; 32]) -> Self {
        Self(Hash::Sha256(hash))
    }

    /// SHA-256 of `bytes`: what the registry calls content that it is given.
    pub fn of(bytes: &[u8]) -> Self {
        Self(Hash::Sha256(sha2::Sha256::digest(bytes).into()))
    }

    /// Whether `bytes` hash to this digest, by its own algorithm.
    pub fn matches(&self, bytes: &[u8]) -> bool {
        let mut hasher = Hasher::new(self.algorithm());
        hasher.update(bytes);
        hasher.finish() == *self
    }

    /// The algorithm before the colon.
    pub const fn algorithm(&self) -> Algorithm {
        match self.0 {
            Hash::Sha256(_) => Algorithm::Sha256,
            Hash::Sha384(_) => Algorithm::Sha384,
            Hash::Sha512(_) => Algorithm::Sha512,
        }
    }

    /// The hash in lower-case hex.
    pub fn hex(&self) -> String {
        hex::encode(self.bytes())
    }

    /// The hash itself, 32, 48 or 64 bytes.
    pub fn bytes(&self) -> &[u8] {
        match &self.0 {
            Hash::Sha256(bytes) => bytes,
            Hash::Sha384(bytes) => bytes.as_slice(),
            Hash::Sha512(bytes) => bytes.as_slice(),
        }
    }

    /// The first 12 hex digits, for people.
    pub fn short(&self) -> String {
        hex::encode(&self.bytes()[..6])
    }
}

/// `[a-z0-9]+` joined by single `.`, `+`, `_` or `-`.
fn is_algorithm_name(name: &[u8]) -> bool {
    name.split(|byte| matches!(byte, b'.' | b'+' | b'_' | b'-'))
        .all(|part| !part.is_empty() && part.iter().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit()))
}

fn is_hash_byte(byte: &u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'=' | b'_' | b'-')
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.algorithm().name(), self.hex())
    }
}

impl fmt::Debug for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for Digest {
    type Err = DigestError;

    fn from_str(text: &str) -> Result<Self, DigestError> {
        Self::parse(text)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const HEX: &str = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08";

    #[test]
    fn broken_links_get_the_registrys_own_complaint() {
        use DigestError::{Format, Length, Unsupported};
        let good = format!("sha256:{HEX}");
        let table: &[(&str, String, DigestError)] = &[
            ("empty", String::new(), Format),
            ("only whitespace", "  \n".into(), Format),
            ("newline", format!("{good}\n"), Length),
            ("crlf", format!("{good}\r\n"), Length),
            ("one char short", good[..70].into(), Length),
            ("truncated", good[..30].into(), Length),
            ("doubled", good.repeat(2), Length),
            ("leading space", format!(" {good}"), Format),
            ("byte order mark", format!("\u{feff}{good}"), Format),
            ("no algorithm", HEX.into(), Format),
            ("no hash", "sha256:".into(), Format),
            ("no name", format!(":{HEX}"), Format),
            ("a path", format!("/docker/registry/v2/blobs/sha256/9f/{HEX}/data"), Format),
            ("nul bytes", "\0".repeat(71), Format),
            ("not hex", format!("sha256:{}", "g".repeat(64)), Format),
            ("capitals", format!("sha256:{}", HEX.to_uppercase()), Format),
            ("capital algorithm", format!("SHA256:{HEX}"), Format),
            ("md5", "md5:d41d8cd98f00b204e9800998ecf8427e".into(), Unsupported),
            ("md5 and newline", "md5:d41d8cd98f00b204e9800998ecf8427e\n".into(), Format),
            (
                "multihash",
                "multihash+base58:QmRZxt2b1FVZPNqd8hsiykDL3TdBDeTSPX9Kv46HmX4Gx8".into(),
                Unsupported,
            ),
            ("empty algorithm part", "sha256..b64:abc".into(), Format),
            ("sha512 of 64 digits", format!("sha512:{HEX}"), Length),
        ];
        for (name, text, expected) in table {
            assert_eq!(Digest::parse(text), Err(*expected), "{name}: {text:?}");
        }
        assert_eq!(Digest::parse_bytes(b"\xff\xfe:abc"), Err(Format), "a link that is not text");
    }

    #[test]
    fn complaints_are_worded_like_the_registrys_log() {
        assert_eq!(DigestError::Format.to_string(), "invalid checksum digest format");
        assert_eq!(DigestError::Length.to_string(), "invalid checksum digest length");
        assert_eq!(DigestError::Unsupported.to_string(), "unsupported digest algorithm");
    }

    #[test]
    fn bytes_hash_to_their_digest() {
        assert_eq!(Digest::of(b"test").to_string(), format!("sha256:{HEX}"));
        assert_eq!(Digest::of(b""), Digest::EMPTY);
        assert_eq!(Digest::of(b"{}"), Digest::EMPTY_OBJECT);
        assert!(Digest::EMPTY.matches(b"") && !Digest::EMPTY.matches(b"\n"));
        assert_eq!(Digest::of(b"test").short(), "9f86d081884c");
        assert!(size_of::<Digest>() <= 40);
    }

    #[test]
    fn every_algorithm_hashes_and_reads_back() {
        for algorithm in Algorithm::ALL {
            let mut hasher = Hasher::new(algorithm);
            hasher.update(b"te");
            hasher.update(b"st");
            let digest = hasher.finish();
            assert_eq!(digest.algorithm(), algorithm);
            assert_eq!(digest.hex().len(), algorithm.hex_length());
            assert_eq!(Digest::parse(&digest.to_string()), Ok(digest.clone()));
            assert_eq!(Digest::from_parts(algorithm.name(), &digest.hex()), Ok(digest.clone()));
            assert!(digest.matches(b"test"));
        }
    }

    proptest! {
        #[test]
        fn any_bytes_are_a_digest_or_a_complaint(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            if let Ok(digest) = Digest::parse_bytes(&bytes) {
                prop_assert_eq!(digest.to_string().into_bytes(), bytes);
            }
        }

        #[test]
        fn order_is_that_of_the_text(left: [u8; 8], right: [u8; 8]) {
            let (left, right) = (Digest::of(&left), Digest::of(&right));
            prop_assert_eq!(left.cmp(&right), left.to_string().cmp(&right.to_string()));
        }
    }
}
