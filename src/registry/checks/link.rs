//! What a link file's bytes are: a digest, or one of the many ways to be none.

use crate::registry::digest::{Algorithm, Digest, DigestError};

/// How many bytes of a link are worth reading: the longest digest has 135, the rest only tells the flaw.
pub const READ_AT_MOST: u64 = 4096;

/// In what way a link's content is no digest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Flaw {
    Empty,
    /// A digest, then white space.
    Newline,
    /// A digest, then a carriage return and a line feed.
    Crlf,
    /// White space, then a digest.
    LeadingSpace,
    OnlyWhitespace,
    ByteOrderMark,
    NulBytes,
    /// Text that says nothing.
    Garbage,
    /// Bytes that are no text.
    Binary,
    /// The beginning of a digest.
    Truncated,
    OneCharShort,
    /// A digest, then more.
    Doubled,
    /// The hash alone.
    NoAlgorithm,
    UppercaseHex,
    /// The right length, but no hex digits.
    NonHex,
    /// A well-formed digest by an algorithm that the registry does not compute.
    UnknownAlgorithm,
    /// A path of the layout.
    Path,
}

/// Why a link cannot be followed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Malformed {
    /// What is wrong with the bytes.
    pub flaw: Flaw,
    /// How the registry complains about them; that decides what else stops working.
    pub complaint: DigestError,
    /// What is there, in words.
    pub what: String,
}

/// Reads a link's content. `head` is its beginning, `size` its whole length in bytes.
///
/// # Errors
/// When the whole content is not exactly one digest that the registry accepts.
pub fn read(head: &[u8], size: u64) -> Result<Digest, Malformed> {
    let whole = size == head.len() as u64;
    let complaint = match Digest::parse_bytes(head) {
        Ok(digest) if whole => return Ok(digest),
        Ok(_) => DigestError::Length,
        Err(complaint) => complaint,
    };
    let flaw = flaw(head, whole, complaint);
    Err(Malformed { flaw, complaint, what: describe(head, size) })
}

/// Whether a link of this size can be right at all: the length of a digest by a known algorithm.
pub fn plausible_size(size: u64) -> bool {
    Algorithm::ALL.iter().any(|algorithm| size == text_length(*algorithm) as u64)
}

fn text_length(algorithm: Algorithm) -> usize {
    algorithm.name().len() + 1 + algorithm.hex_length()
}

fn flaw(head: &[u8], whole: bool, complaint: DigestError) -> Flaw {
    blank(head)
        .or_else(|| framed(head))
        .or_else(|| digest_and_more(head, whole))
        .or_else(|| known_algorithm(head))
        .or_else(|| (complaint == DigestError::Unsupported).then_some(Flaw::UnknownAlgorithm))
        .unwrap_or_else(|| no_digest_at_all(head))
}

/// Content without a single character to go by.
fn blank(head: &[u8]) -> Option<Flaw> {
    if head.is_empty() {
        Some(Flaw::Empty)
    } else if head.iter().all(u8::is_ascii_whitespace) {
        Some(Flaw::OnlyWhitespace)
    } else if head.iter().all(|&byte| byte == 0) {
        Some(Flaw::NulBytes)
    } else {
        None
    }
}

/// A digest with something in front.
fn framed(head: &[u8]) -> Option<Flaw> {
    if head.starts_with(b"\xef\xbb\xbf") {
        return Some(Flaw::ByteOrderMark);
    }
    let leads = head.first().is_some_and(u8::is_ascii_whitespace);
    (leads && Digest::parse_bytes(head.trim_ascii()).is_ok()).then_some(Flaw::LeadingSpace)
}

/// A digest with something behind.
fn digest_and_more(head: &[u8], whole: bool) -> Option<Flaw> {
    let length = Algorithm::ALL
        .into_iter()
        .map(text_length)
        .find(|&length| head.get(..length).is_some_and(|start| Digest::parse_bytes(start).is_ok()))?;
    let rest = &head[length..];
    Some(match rest {
        b"\r\n" if whole => Flaw::Crlf,
        rest if rest.iter().all(|&byte| byte == 0) => Flaw::NulBytes,
        rest if rest.iter().all(u8::is_ascii_whitespace) => Flaw::Newline,
        _ => Flaw::Doubled,
    })
}

/// The name of a known algorithm with something wrong behind it.
fn known_algorithm(head: &[u8]) -> Option<Flaw> {
    let is_start = |algorithm: &Algorithm| algorithm.name().as_bytes().starts_with(head);
    if Algorithm::ALL.iter().any(is_start) {
        return Some(Flaw::Truncated);
    }
    let colon = head.iter().position(|&byte| byte == b':')?;
    let name = std::str::from_utf8(&head[..colon]).ok()?.to_ascii_lowercase();
    let wanted = Algorithm::named(&name)?.hex_length();
    let hash = &head[colon + 1..];
    let hex = hash.iter().all(u8::is_ascii_hexdigit);
    Some(match hash.len() {
        length if length + 1 == wanted && hex => Flaw::OneCharShort,
        length if length < wanted => Flaw::Truncated,
        length if length > wanted => Flaw::Doubled,
        _ if hex => Flaw::UppercaseHex,
        _ if hash.contains(&0) => Flaw::NulBytes,
        _ if is_text(hash) => Flaw::NonHex,
        _ => Flaw::Binary,
    })
}

/// What is left: a bare hash, a path, text or bytes.
fn no_digest_at_all(head: &[u8]) -> Flaw {
    let trimmed = head.trim_ascii();
    let bare = trimmed.iter().all(u8::is_ascii_hexdigit)
        && Algorithm::ALL.iter().any(|algorithm| trimmed.len() == algorithm.hex_length());
    let words = ["docker/registry", "blobs/", "repositories/", "sha256/"];
    match std::str::from_utf8(trimmed) {
        _ if bare => Flaw::NoAlgorithm,
        Ok(text) if !is_text(head) || text.is_empty() => Flaw::Binary,
        Ok(text) if !text.contains(char::is_whitespace) && words.iter().any(|word| text.contains(word)) => {
            Flaw::Path
        }
        Ok(_) => Flaw::Garbage,
        Err(_) => Flaw::Binary,
    }
}

fn is_text(bytes: &[u8]) -> bool {
    std::str::from_utf8(bytes).is_ok()
        && !bytes.iter().any(|byte| byte.is_ascii_control() && !byte.is_ascii_whitespace())
}

/// The size, and the beginning with everything unprintable escaped.
fn describe(head: &[u8], size: u64) -> String {
    const SHOWN: usize = 80;
    let bytes = if size == 1 { "1 byte".to_owned() } else { format!("{size} bytes") };
    if head.is_empty() {
        return bytes;
    }
    let shown = head[..head.len().min(SHOWN)].escape_ascii();
    let more = if size > SHOWN as u64 { "…" } else { "" };
    format!("{bytes}, \"{shown}\"{more}")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const HEX: &str = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08";

    fn good() -> String {
        format!("sha256:{HEX}")
    }

    #[test]
    fn every_way_to_be_no_digest_has_its_name() {
        let good = good();
        let sha512 = format!("sha512:{HEX}{HEX}");
        let nearly_sha512 = &sha512[..134];
        let table: Vec<(Flaw, Vec<u8>)> = vec![
            (Flaw::Empty, vec![]),
            (Flaw::Newline, format!("{good}\n").into()),
            (Flaw::Newline, format!("{good}\n\n").into()),
            (Flaw::Newline, format!("{good} ").into()),
            (Flaw::Newline, format!("{sha512}\n").into()),
            (Flaw::Crlf, format!("{good}\r\n").into()),
            (Flaw::LeadingSpace, format!(" {good}").into()),
            (Flaw::LeadingSpace, format!("\n{good}\n").into()),
            (Flaw::OnlyWhitespace, b" \n".to_vec()),
            (Flaw::ByteOrderMark, format!("\u{feff}{good}").into()),
            (Flaw::ByteOrderMark, format!("\u{feff}{good}\r\n").into()),
            (Flaw::NulBytes, vec![0; 71]),
            (Flaw::NulBytes, format!("{good}\0\0").into()),
            (Flaw::NulBytes, format!("sha256:{}{}", &HEX[..32], "\0".repeat(32)).into()),
            (Flaw::Garbage, b"<html><body>503 Service Unavailable</body></html>\n".to_vec()),
            (Flaw::Garbage, b"see https://example.invalid/ for more".to_vec()),
            (Flaw::Binary, b"\x8f\x01\xfe".to_vec()),
            (Flaw::Binary, b"a\x01b".to_vec()),
            (Flaw::Binary, [b"sha256:".as_slice(), &[0xff; 64]].concat()),
            (Flaw::Truncated, good[..40].into()),
            (Flaw::Truncated, b"sha2".to_vec()),
            (Flaw::Truncated, b"sha256:".to_vec()),
            (Flaw::Truncated, format!("sha512:{HEX}").into()),
            (Flaw::OneCharShort, good[..70].into()),
            (Flaw::OneCharShort, nearly_sha512.into()),
            (Flaw::Doubled, good.repeat(2).into()),
            (Flaw::Doubled, format!("{good}0").into()),
            (Flaw::Doubled, format!("sha256:{}", "z".repeat(65)).into()),
            (Flaw::NoAlgorithm, HEX.into()),
            (Flaw::NoAlgorithm, format!("{HEX}\n").into()),
            (Flaw::UppercaseHex, format!("sha256:{}", HEX.to_uppercase()).into()),
            (Flaw::UppercaseHex, format!("SHA256:{HEX}").into()),
            (Flaw::NonHex, format!("sha256:{}", "z".repeat(64)).into()),
            (Flaw::UnknownAlgorithm, b"md5:d41d8cd98f00b204e9800998ecf8427e".to_vec()),
            (Flaw::Path, format!("/docker/registry/v2/blobs/sha256/9f/{HEX}/data").into()),
        ];
        for (flaw, bytes) in table {
            let found = read(&bytes, bytes.len() as u64).unwrap_err();
            assert_eq!(found.flaw, flaw, "{}", found.what);
        }
    }

    #[test]
    fn a_right_beginning_does_not_make_a_long_link_right() {
        let found = read(good().as_bytes(), 4 << 30).unwrap_err();
        assert_eq!((found.complaint, found.flaw), (DigestError::Length, Flaw::NulBytes));
        assert!(found.what.starts_with("4294967296 bytes"), "{}", found.what);
    }

    #[test]
    fn nothing_unprintable_leaves_the_description() {
        let what = read(b"\x1b[2J\xff", 5).unwrap_err().what;
        assert_eq!(what, r#"5 bytes, "\x1b[2J\xff""#);
    }

    #[test]
    fn sizes_of_digests_are_plausible_and_others_are_not() {
        for size in [71, 103, 135] {
            assert!(plausible_size(size), "{size}");
        }
        for size in [0, 70, 72, 142, 4 << 30] {
            assert!(!plausible_size(size), "{size}");
        }
    }

    proptest! {
        #[test]
        fn a_link_is_right_exactly_when_it_is_a_digest(bytes in prop::collection::vec(any::<u8>(), 0..160)) {
            prop_assert_eq!(read(&bytes, bytes.len() as u64).ok(), Digest::parse_bytes(&bytes).ok());
        }

        #[test]
        fn one_changed_byte_is_never_taken_for_the_digest(at in 0usize..71, byte in any::<u8>()) {
            let mut bytes = good().into_bytes();
            prop_assume!(bytes[at] != byte);
            bytes[at] = byte;
            prop_assert_ne!(read(&bytes, 71).ok(), Digest::parse(&good()).ok());
        }
    }
}
