//! Turns every character that a terminal obeys, hides or reorders into a visible escape.

use std::borrow::Cow;
use std::fmt::Write;
use std::ops::RangeInclusive;

/// What is never shown as it is, beside the controls (C0, DEL, C1): characters that Unicode calls default-ignorable
/// (zero width, bidirectional controls, variation selectors, tags, fillers), line and paragraph separators,
/// annotation marks, and the private-use block in which the filesystem driver carries bytes that are not UTF-8.
const HIDDEN: [RangeInclusive<char>; 18] = [
    '\u{ad}'..='\u{ad}',
    '\u{34f}'..='\u{34f}',
    '\u{61c}'..='\u{61c}',
    '\u{115f}'..='\u{1160}',
    '\u{17b4}'..='\u{17b5}',
    '\u{180b}'..='\u{180f}',
    '\u{200b}'..='\u{200f}',
    '\u{2028}'..='\u{202e}',
    '\u{2060}'..='\u{206f}',
    '\u{3164}'..='\u{3164}',
    CARRIED_BYTES,
    '\u{fe00}'..='\u{fe0f}',
    '\u{feff}'..='\u{feff}',
    '\u{ffa0}'..='\u{ffa0}',
    '\u{fff0}'..='\u{fffb}',
    '\u{1bca0}'..='\u{1bca3}',
    '\u{1d173}'..='\u{1d17a}',
    '\u{e0000}'..='\u{e0fff}',
];

/// `U+F700 + byte` stands for one byte of a file name that is not UTF-8; such bytes are 0x80 and above.
const CARRIED_BYTES: RangeInclusive<char> = '\u{f780}'..='\u{f7ff}';

/// Text with every control, invisible and reordering character as a visible escape: `\n`, `\x1b`, `\u{202e}`.
///
/// What a person can see passes unchanged, and so does a second call: a backslash is not escaped, so the result is
/// for showing and comparing with other sanitised text, not for turning back.
pub fn sanitise(text: &str) -> Cow<'_, str> {
    let Some(at) = text.find(is_hidden) else {
        return Cow::Borrowed(text);
    };
    let mut shown = String::with_capacity(text.len() + 16);
    shown.push_str(&text[..at]);
    escape_into(&mut shown, &text[at..]);
    Cow::Owned(shown)
}

/// As [`sanitise`], for bytes: each byte that is not part of valid UTF-8 becomes `\xNN`.
pub fn sanitise_bytes(bytes: &[u8]) -> Cow<'_, str> {
    if let Ok(text) = std::str::from_utf8(bytes) {
        return sanitise(text);
    }
    let mut shown = String::with_capacity(bytes.len() + 16);
    for chunk in bytes.utf8_chunks() {
        escape_into(&mut shown, chunk.valid());
        chunk.invalid().iter().for_each(|byte| push_byte(&mut shown, *byte));
    }
    Cow::Owned(shown)
}

fn is_hidden(c: char) -> bool {
    c.is_control() || (c >= '\u{ad}' && HIDDEN.iter().any(|range| range.contains(&c)))
}

fn escape_into(shown: &mut String, text: &str) {
    for c in text.chars() {
        match c {
            '\n' => shown.push_str("\\n"),
            '\r' => shown.push_str("\\r"),
            '\t' => shown.push_str("\\t"),
            '\0'..='\x1f' | '\x7f' => push_byte(shown, c as u8),
            c if CARRIED_BYTES.contains(&c) => push_byte(shown, (c as u32 & 0xff) as u8),
            c if is_hidden(c) => shown.extend(c.escape_unicode()),
            c => shown.push(c),
        }
    }
}

fn push_byte(shown: &mut String, byte: u8) {
    // Writing to a String cannot fail.
    let _ = write!(shown, "\\x{byte:02x}");
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use unicode_width::UnicodeWidthStr;

    use super::*;

    #[test]
    fn what_a_terminal_would_obey_or_hide_is_spelt_out() {
        let cases = [
            ("plain/name:v1.2_3-x", "plain/name:v1.2_3-x"),
            ("\x1b[2J\x07", "\\x1b[2J\\x07"),
            ("a\nb\r\tc", "a\\nb\\r\\tc"),
            ("\x7f\u{9b}31m", "\\x7f\\u{9b}31m"),
            ("gpj.\u{202e}exe", "gpj.\\u{202e}exe"),
            ("a\u{200b}b\u{feff}c\u{2060}", "a\\u{200b}b\\u{feff}c\\u{2060}"),
            ("a\u{2028}b\u{2029}", "a\\u{2028}b\\u{2029}"),
            ("\u{2066}x\u{2069}\u{61c}\u{200f}", "\\u{2066}x\\u{2069}\\u{61c}\\u{200f}"),
            ("tag\u{e0041}", "tag\\u{e0041}"),
            ("byte\u{f7ff}\u{f780}", "byte\\xff\\x80"),
            ("\u{f72f}", "\u{f72f}"),
            ("größe-日本語-😀-é", "größe-日本語-😀-é"),
            ("C:\\x1b", "C:\\x1b"),
        ];
        for (given, shown) in cases {
            assert_eq!(sanitise(given), shown, "{given:?}");
        }
    }

    #[test]
    fn bytes_that_are_not_utf8_become_their_hex() {
        let cases: [(&[u8], &str); 4] = [
            (b"ab\xffc", "ab\\xffc"),
            (b"\xed\xa0\x80", "\\xed\\xa0\\x80"),
            (b"\xe2\x80", "\\xe2\\x80"),
            (b"\x9b31m\x1b", "\\x9b31m\\x1b"),
        ];
        for (given, shown) in cases {
            assert_eq!(sanitise_bytes(given), shown, "{given:?}");
        }
    }

    proptest! {
        #[test]
        fn nothing_invisible_comes_out_and_twice_is_once(text in "(?s).{0,60}") {
            let once = sanitise(&text).into_owned();
            prop_assert!(!once.chars().any(|c| c.is_control() || is_hidden(c)), "{once:?}");
            prop_assert_eq!(sanitise(&once).into_owned(), once);
        }

        #[test]
        fn any_bytes_give_what_their_text_gives(bytes in proptest::collection::vec(any::<u8>(), 0..60)) {
            let shown = sanitise_bytes(&bytes).into_owned();
            prop_assert!(!shown.chars().any(is_hidden), "{shown:?}");
            if let Ok(text) = std::str::from_utf8(&bytes) {
                prop_assert_eq!(sanitise(text).into_owned(), shown);
            }
        }

        #[test]
        fn registry_names_and_printable_ascii_pass_untouched(text in "[ -~]{0,80}") {
            prop_assert!(matches!(sanitise(&text), Cow::Borrowed(same) if same == text));
        }

        #[test]
        fn every_character_takes_the_cells_it_claims(text in "(?s).{0,40}") {
            // Escapes are ASCII, so the width can only grow, and never beyond ten cells for one character.
            let shown = sanitise(&text);
            prop_assert!(shown.width() <= 10 * text.chars().count());
            prop_assert!(shown.width() >= text.chars().filter(|c| is_hidden(*c)).count() * 2);
        }
    }
}
