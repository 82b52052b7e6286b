//! Reads one object for somebody to look at, and puts it into lines that are safe to show.

use crate::model::text::clean_bytes;
use crate::storage::{ObjectStore, Version};

use super::facts::Trouble;

/// How much of an object is read to be shown, in bytes.
const WINDOW: u64 = 256 * 1024;
/// How much of it is shown as a hex dump, in bytes.
const DUMP: usize = 4 * 1024;
/// What a link file holds at most, in bytes; longer text is shown as text.
const LINK: usize = 256;

/// An object's bytes, ready to be shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Raw {
    /// How the lines are to be understood.
    pub kind: Kind,
    /// Bytes of the whole object.
    pub size: u64,
    /// Bytes that were read.
    pub read: u64,
    /// Bytes that the lines show, from the first on.
    pub shown: u64,
    /// The store's version of it.
    pub version: Version,
    /// Safe to show.
    pub lines: Vec<String>,
}

/// How bytes are shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Nothing to show.
    Empty,
    /// A short text, with every unusual byte escaped.
    Escaped,
    /// JSON, indented.
    Json,
    /// Text, line by line.
    Text,
    /// Offset, bytes and letters.
    Hex,
}

impl Kind {
    /// A word for titles.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Empty => "0 bytes",
            Self::Escaped => "bytes, escaped",
            Self::Json => "JSON, indented",
            Self::Text => "text",
            Self::Hex => "hex dump",
        }
    }
}

/// Reads the head of an object.
pub async fn read(store: &dyn ObjectStore, key: &str) -> Result<Raw, Trouble> {
    let object = store.read(key, Some(0..WINDOW)).await.map_err(|error| Trouble::of(&error))?;
    let read = object.bytes.len() as u64;
    let size = object.entry.size.unwrap_or(read);
    let (kind, mut lines) = render(&object.bytes);
    let shown = if kind == Kind::Hex { read.min(DUMP as u64) } else { read };
    if shown < size {
        lines.push(format!("… the first {shown} of {size} bytes"));
    }
    Ok(Raw { kind, size, read, shown, version: object.entry.version, lines })
}

/// Chooses how to show bytes, and does.
pub fn render(bytes: &[u8]) -> (Kind, Vec<String>) {
    if bytes.is_empty() {
        return (Kind::Empty, vec!["(no bytes at all)".to_owned()]);
    }
    if let Some(lines) = json(bytes) {
        return (Kind::Json, lines);
    }
    match std::str::from_utf8(bytes) {
        Ok(text) if bytes.len() > LINK && is_plain(text) => (Kind::Text, text.lines().map(safe).collect()),
        Ok(_) if bytes.len() <= LINK => (Kind::Escaped, escaped(bytes)),
        Ok(_) | Err(_) => (Kind::Hex, hex(bytes)),
    }
}

fn json(bytes: &[u8]) -> Option<Vec<String>> {
    let value: serde_json::Value = serde_json::from_slice(bytes).ok()?;
    if !value.is_object() && !value.is_array() {
        return None;
    }
    Some(serde_json::to_string_pretty(&value).ok()?.lines().map(safe).collect())
}

fn is_plain(text: &str) -> bool {
    !text.chars().any(|letter| letter.is_control() && !matches!(letter, '\n' | '\r' | '\t'))
}

fn safe(line: &str) -> String {
    clean_bytes(line.replace('\t', "    ").as_bytes()).into_owned()
}

fn escaped(bytes: &[u8]) -> Vec<String> {
    let text: String = bytes.escape_ascii().map(char::from).collect();
    vec![
        clean_bytes(text.as_bytes()).into_owned(),
        String::new(),
        format!("{} bytes; a right link has 71", bytes.len()),
    ]
}

fn hex(bytes: &[u8]) -> Vec<String> {
    let shown = &bytes[..bytes.len().min(DUMP)];
    shown.chunks(16).enumerate().map(|(row, chunk)| hex_line(row * 16, chunk)).collect()
}

fn hex_line(offset: usize, chunk: &[u8]) -> String {
    let pairs: Vec<_> = chunk.iter().map(|byte| format!("{byte:02x}")).collect();
    let letters: String =
        chunk.iter().map(|byte| if byte.is_ascii_graphic() { char::from(*byte) } else { '.' }).collect();
    format!("{offset:08x}  {:<47}  {letters}", pairs.join(" "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_are_shown_as_what_they_are() {
        let link = format!("sha256:{}", "a".repeat(64));
        for (bytes, kind, first) in [
            (&b""[..], Kind::Empty, "(no bytes at all)"),
            (link.as_bytes(), Kind::Escaped, link.as_str()),
            (b"sha256:abc\n", Kind::Escaped, r"sha256:abc\n"),
            (b"\x1b[2J", Kind::Escaped, r"\x1b[2J"),
            (b"{\"schemaVersion\":2}", Kind::Json, "{"),
            (b"\x1f\x8b\x08\xff", Kind::Hex, "00000000  1f 8b 08 ff"),
        ] {
            let (got, lines) = render(bytes);
            assert_eq!(got, kind, "{bytes:?}");
            assert!(lines[0].starts_with(first), "{bytes:?} gave {lines:?}");
        }
    }

    #[test]
    fn a_big_object_is_shown_in_part() {
        let (kind, lines) = render(&[0xff; 10_000]);
        assert_eq!((kind, lines.len()), (Kind::Hex, DUMP / 16));
    }

    proptest::proptest! {
        #[test]
        fn no_control_character_survives(bytes in proptest::collection::vec(proptest::num::u8::ANY, 0..600)) {
            let (_, lines) = render(&bytes);
            proptest::prop_assert!(!lines.iter().any(|line| line.chars().any(char::is_control)));
        }
    }
}
