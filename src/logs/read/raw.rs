//! Lines of no known format: at most their level, from a word that means nothing else.

use crate::logs::fields::{self, Fields};
use crate::logs::line::Level;

/// How far into a line its level is looked for, in bytes.
const HEAD: usize = 160;

/// Words that no program writes for anything else, first by how bad they are.
const WORDS: [(&str, Level); 12] = [
    ("panic:", Level::Fatal),
    ("fatal error:", Level::Fatal),
    ("FATAL", Level::Fatal),
    ("FATA[", Level::Fatal),
    ("ERROR", Level::Error),
    ("ERRO[", Level::Error),
    ("[error]", Level::Error),
    ("WARNING", Level::Warning),
    ("WARN", Level::Warning),
    ("[warn]", Level::Warning),
    ("INFO", Level::Info),
    ("DEBUG", Level::Debug),
];

/// What can be said of any line.
pub fn read(text: &str) -> Fields<'_> {
    let head = &text[..text.floor_char_boundary(HEAD)];
    let level = klog(head).or_else(|| told(head)).or_else(|| word(head)).unwrap_or_default();
    Fields { level, ..Fields::default() }
}

/// `E1120 14:02:03.123456       1 reflector.go:138] …`
fn klog(text: &str) -> Option<Level> {
    let [letter, month @ .., b' '] = text.as_bytes().get(..6)? else { return None };
    let level = match letter {
        b'I' => Level::Info,
        b'W' => Level::Warning,
        b'E' => Level::Error,
        b'F' => Level::Fatal,
        _ => return None,
    };
    let has_clock = matches!(text.as_bytes().get(6..12)?, [_, _, b':', _, _, b':']);
    (has_clock && month.iter().all(u8::is_ascii_digit)).then_some(level)
}

/// `… level=error …`
fn told(text: &str) -> Option<Level> {
    let (_, rest) = text.split_once("level=")?;
    let word = rest.trim_start_matches('"').split(|c: char| !c.is_ascii_alphabetic()).next()?;
    Some(fields::level(word)).filter(|level| *level != Level::Unknown)
}

fn word(text: &str) -> Option<Level> {
    let stands_alone = |word: &str| {
        text.match_indices(word).any(|(at, _)| {
            let is_letter = |byte: Option<&u8>| byte.is_some_and(u8::is_ascii_alphanumeric);
            let bytes = text.as_bytes();
            let before = at.checked_sub(1).and_then(|at| bytes.get(at));
            let ends = word.ends_with(|c: char| !c.is_ascii_alphabetic());
            !is_letter(before) && (ends || !is_letter(bytes.get(at + word.len())))
        })
    };
    WORDS.iter().find(|(word, _)| stands_alone(word)).map(|(_, level)| *level)
}
