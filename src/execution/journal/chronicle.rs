//! One file of the journal as it is read, with its damage.

use std::fs::{self, File, TryLockError};
use std::path::{Path, PathBuf};

use super::record::{Line, NO_LINE, hash};
use crate::execution::disk::Trouble;

/// A file of the journal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Chronicle {
    pub path: PathBuf,
    /// The lines that make sense, whether or not others before them are damaged.
    pub lines: Vec<Line>,
    pub condition: Condition,
    /// Whether the process that writes it lives.
    pub live: bool,
}

/// In what condition a file of the journal is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Condition {
    /// Each line is whole and names the one before it.
    Whole,
    /// The last line was cut short as it was written, so what it was to announce did not happen.
    TornTail,
    /// Somebody or something changed it: the first wrong line, from 1, and what is wrong with it.
    Broken { line: usize, why: String },
    /// It could not be read; why, with its name.
    Unread { why: String },
}

impl Chronicle {
    /// Reads a file. One that cannot be read keeps nobody from the others.
    pub fn of(path: &Path) -> Self {
        Self::read(path).unwrap_or_else(|trouble| Self {
            path: path.to_owned(),
            lines: Vec::new(),
            condition: Condition::Unread { why: trouble.to_string() },
            live: false,
        })
    }

    fn read(path: &Path) -> Result<Self, Trouble> {
        // Asked first: what a process writes until it ends is then read.
        let live = is_live(path)?;
        let bytes = fs::read(path).map_err(Trouble::of(path, "read"))?;
        let (lines, condition) = parse(&bytes);
        Ok(Self { path: path.to_owned(), lines, condition, live })
    }

    /// The damage in words, with file and line.
    pub fn damage(&self) -> Option<String> {
        match &self.condition {
            Condition::Broken { line, why } => Some(format!("{} line {line}: {why}", self.path.display())),
            Condition::Unread { why } => Some(why.clone()),
            Condition::Whole | Condition::TornTail => None,
        }
    }
}

fn is_live(path: &Path) -> Result<bool, Trouble> {
    let file = File::open(path).map_err(Trouble::of(path, "read"))?;
    match file.try_lock_shared() {
        Ok(()) => Ok(false),
        Err(TryLockError::WouldBlock) => Ok(true),
        Err(TryLockError::Error(error)) => Err(Trouble::of(path, "locked")(error)),
    }
}

/// The lines of a file, and its condition.
pub fn parse(bytes: &[u8]) -> (Vec<Line>, Condition) {
    let mut raw: Vec<&[u8]> = bytes.split(|byte| *byte == b'\n').collect();
    let torn = raw.pop().is_some_and(|tail| !tail.is_empty());
    let mut condition = if torn { Condition::TornTail } else { Condition::Whole };
    let (mut lines, mut prev, mut sound) = (Vec::new(), NO_LINE.to_owned(), true);
    for (number, raw) in raw.into_iter().enumerate() {
        let line = serde_json::from_slice::<Line>(raw);
        if let Some(why) = fault(&line, number, &prev).filter(|_| sound) {
            sound = false;
            condition = Condition::Broken { line: number + 1, why };
        }
        prev = hash(raw);
        lines.extend(line);
    }
    (lines, condition)
}

/// What is wrong with a line.
fn fault(line: &serde_json::Result<Line>, number: usize, prev: &str) -> Option<String> {
    match line {
        Err(error) => Some(format!("it cannot be read: {error}")),
        Ok(line) if line.prev != prev => {
            Some("the line before it is not the one that was there when this one was written".to_owned())
        }
        Ok(line) if line.seq != number as u64 => {
            Some(format!("its number is {}, and {number} comes next", line.seq))
        }
        Ok(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;
    use proptest::prelude::*;

    use super::*;
    use crate::execution::journal::Record;

    fn text(lines: usize) -> Vec<u8> {
        let (mut text, mut prev) = (Vec::new(), NO_LINE.to_owned());
        for seq in 0..lines {
            let record = Record::Doing { step: seq * 7 };
            let at = Timestamp::UNIX_EPOCH;
            let line = Line { seq: seq as u64, at, prev, entry: Some(format!("entry {seq}")), record };
            let bytes = line.bytes().unwrap();
            prev = hash(&bytes[..bytes.len() - 1]);
            text.extend(bytes);
        }
        text
    }

    #[test]
    fn cut_anywhere_only_the_last_line_is_lost() {
        let text = text(3);
        let ends: Vec<usize> = (0..text.len()).filter(|at| text[*at] == b'\n').map(|at| at + 1).collect();
        for cut in 0..=text.len() {
            let (lines, condition) = parse(&text[..cut]);
            assert_eq!(lines.len(), ends.iter().filter(|end| **end <= cut).count(), "cut at {cut}");
            let whole = cut == 0 || ends.contains(&cut);
            assert_eq!(condition == Condition::Whole, whole, "cut at {cut}");
            assert_eq!(condition == Condition::TornTail, !whole, "cut at {cut}");
        }
    }

    #[test]
    fn a_line_that_was_taken_out_or_changed_is_named() {
        let text = String::from_utf8(text(4)).unwrap();
        let rows: Vec<&str> = text.lines().collect();
        let broken = |rows: &[&str]| match parse(format!("{}\n", rows.join("\n")).as_bytes()).1 {
            Condition::Broken { line, .. } => line,
            other => panic!("{other:?}"),
        };
        assert_eq!(broken(&[rows[0], rows[2], rows[3]]), 2);
        assert_eq!(broken(&rows[1..]), 1);
        assert_eq!(broken(&[rows[0], rows[2], rows[1], rows[3]]), 2);
        assert_eq!(broken(&[rows[0], &rows[1].replace("entry 1", "entry 9"), rows[2], rows[3]]), 3);
        assert_eq!(broken(&[rows[0], "{}", rows[2], rows[3]]), 2);
    }

    proptest! {
        #[test]
        fn a_changed_byte_never_passes(at in 0usize..1_000_000, to in any::<u8>()) {
            let (mut text, last) = (text(4), text(3).len());
            let at = at % last;
            prop_assume!(text[at] != to);
            text[at] = to;
            let is_named = matches!(parse(&text).1, Condition::Broken { .. });
            prop_assert!(is_named, "{:?}", String::from_utf8_lossy(&text));
        }
    }
}
