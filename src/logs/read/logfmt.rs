//! `key=value` lines, as logrus and slog write them.

use std::borrow::Cow;

use crate::logs::fields::Fields;

/// Reads a line of which every word is `key=value` and at least one says when, how bad or what; anything else is none
/// of these.
pub fn read(text: &str) -> Option<Fields<'_>> {
    let mut fields = Fields::default();
    let mut rest = text.trim_ascii_start();
    let mut is_known = false;
    while !rest.is_empty() {
        let (key, after) = key(rest)?;
        let (value, after) = value(after);
        let is_word = matches!(key, "time" | "ts" | "level" | "msg");
        is_known |= fields.set(key, value) && is_word;
        rest = after.trim_ascii_start();
    }
    is_known.then_some(fields)
}

/// The key before the next `=`, and what follows it.
fn key(text: &str) -> Option<(&str, &str)> {
    let end = text.bytes().position(|byte| matches!(byte, b'=' | b' ' | b'"'))?;
    let is_key = end > 0 && text.as_bytes()[end] == b'=';
    is_key.then(|| (&text[..end], &text[end + 1..]))
}

/// The value that a text begins with, and what follows it. One whose closing quote is missing goes to the end.
fn value(text: &str) -> (Cow<'_, str>, &str) {
    let Some(quoted) = text.strip_prefix('"') else {
        let end = memchr::memchr(b' ', text.as_bytes()).unwrap_or(text.len());
        return (Cow::Borrowed(&text[..end]), &text[end..]);
    };
    let (inner, rest) = quoted_end(quoted);
    (unescape(inner), rest)
}

/// What stands before the closing quote, and what follows it.
pub fn quoted_end(text: &str) -> (&str, &str) {
    let mut from = 0;
    while let Some(at) = memchr::memchr2(b'"', b'\\', &text.as_bytes()[from..]) {
        let at = from + at;
        if text.as_bytes()[at] == b'"' {
            return (&text[..at], &text[at + 1..]);
        }
        from = (at + 2).min(text.len());
    }
    (text, "")
}

/// A quoted text with its escapes taken back; those that Go does not write stay as they are.
pub fn unescape(text: &str) -> Cow<'_, str> {
    let Some(first) = memchr::memchr(b'\\', text.as_bytes()) else { return Cow::Borrowed(text) };
    let mut plain = String::with_capacity(text.len());
    plain.push_str(&text[..first]);
    let mut rest = &text[first..];
    while let Some(after) = rest.strip_prefix('\\') {
        let (escaped, length) = escaped(after);
        match escaped {
            Some(c) => plain.push(c),
            None => plain.push('\\'),
        }
        rest = &after[length..];
        let next = memchr::memchr(b'\\', rest.as_bytes()).unwrap_or(rest.len());
        plain.push_str(&rest[..next]);
        rest = &rest[next..];
    }
    Cow::Owned(plain)
}

/// The character that an escape stands for, and the bytes of the escape after its backslash.
fn escaped(text: &str) -> (Option<char>, usize) {
    let hex = |digits: usize| {
        let digits = text.get(1..=digits).filter(|hex| hex.bytes().all(|b| b.is_ascii_hexdigit()))?;
        char::from_u32(u32::from_str_radix(digits, 16).ok()?)
    };
    let (c, length) = match text.as_bytes().first() {
        Some(b'n') => (Some('\n'), 1),
        Some(b't') => (Some('\t'), 1),
        Some(b'r') => (Some('\r'), 1),
        Some(b'"') => (Some('"'), 1),
        Some(b'\\') => (Some('\\'), 1),
        // Bytes above 0x7f stay spelt out: they are no characters by themselves.
        Some(b'x') => (hex(2).filter(char::is_ascii), 3),
        Some(b'u') => (hex(4), 5),
        Some(b'U') => (hex(8), 9),
        _ => (None, 0),
    };
    if c.is_some() { (c, length) } else { (None, 0) }
}
