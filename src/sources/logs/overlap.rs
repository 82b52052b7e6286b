//! Which lines a command prints again after it was begun again: those that it ended with before.

use std::collections::VecDeque;
use std::hash::{DefaultHasher, Hash, Hasher};

use super::lines::Piece;

/// Lines that are known again.
const KNOWN: usize = 10_000;
/// Bytes that wait to be known, at most.
const WAITING: usize = 8 << 20;

/// What was printed, newest last.
#[derive(Debug, Default)]
pub struct Printed {
    marks: VecDeque<u64>,
    again: Option<Again>,
}

/// What comes after it was begun again, until it is known what of it is new.
#[derive(Debug, Default)]
struct Again {
    /// Where in what was printed it may go on from; none before the first line.
    starts: Option<Vec<usize>>,
    /// Lines that came.
    count: usize,
    /// Whether the first lines were what was printed last.
    is_known: bool,
    /// Those that came after them.
    waiting: Vec<Kept>,
    bytes: usize,
}

/// A line that waited.
#[derive(Debug, PartialEq, Eq)]
pub struct Kept {
    pub bytes: Vec<u8>,
    pub length: u64,
}

/// What is new.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct New {
    /// Whether it follows what was printed before, with nothing missing between.
    pub is_known: bool,
    pub lines: Vec<Kept>,
}

impl Printed {
    /// It is begun again.
    pub fn begin_again(&mut self) {
        self.again = (!self.marks.is_empty()).then(Again::default);
    }

    /// Whether it is not known yet what is new.
    pub const fn is_open(&self) -> bool {
        self.again.is_some()
    }

    /// Whether lines wait to be known.
    pub fn is_waiting(&self) -> bool {
        self.again.as_ref().is_some_and(|again| again.count > 0)
    }

    /// Notes a line that is new.
    pub fn note(&mut self, line: &[u8]) {
        self.marks.push_back(mark(line));
        if self.marks.len() > KNOWN {
            self.marks.pop_front();
        }
    }

    /// Takes a line while it is not known yet what is new, and says what is as soon as it is.
    pub fn take(&mut self, line: Piece<'_>) -> Option<New> {
        let again = self.again.as_mut()?;
        let (mark, marks) = (mark(line.bytes), &self.marks);
        let mut starts = again.starts.take().unwrap_or_else(|| (0..marks.len()).collect());
        starts.retain(|start| marks.get(start + again.count) == Some(&mark));
        again.count += 1;
        again.waiting.push(Kept { bytes: line.bytes.to_vec(), length: line.length });
        again.bytes += line.bytes.len();
        if starts.iter().any(|start| start + again.count == marks.len()) {
            (again.is_known, again.bytes) = (true, 0);
            again.waiting.clear();
        }
        let may_go_on = starts.iter().any(|start| start + again.count < marks.len());
        again.starts = Some(starts);
        if may_go_on && again.bytes < WAITING { None } else { self.settle() }
    }

    /// What is new, if nothing more comes.
    pub fn settle(&mut self) -> Option<New> {
        let Again { is_known, waiting: lines, .. } = self.again.take()?;
        lines.iter().for_each(|line| self.note(&line.bytes));
        Some(New { is_known, lines })
    }
}

fn mark(line: &[u8]) -> u64 {
    let mut hasher = DefaultHasher::new();
    line.hash(&mut hasher);
    hasher.finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is new of `after`, and whether it was known to follow `before`.
    fn new(before: &str, after: &str) -> (bool, String) {
        let mut printed = Printed::default();
        before.bytes().for_each(|line| printed.note(&[line]));
        printed.begin_again();
        let (mut is_known, mut lines) = (false, String::new());
        let mut add = |new: New| {
            is_known = new.is_known;
            lines.extend(new.lines.iter().map(|line| char::from(line.bytes[0])));
        };
        for line in after.bytes() {
            if printed.is_open() {
                printed.take(Piece { bytes: &[line], length: 2 }).into_iter().for_each(&mut add);
            } else {
                add(New { is_known: true, lines: vec![Kept { bytes: vec![line], length: 2 }] });
            }
        }
        printed.settle().into_iter().for_each(&mut add);
        (is_known, lines)
    }

    #[test]
    fn what_ended_it_before_is_known_again_and_the_rest_is_new() {
        let is = |known, lines: &str| (known, lines.to_owned());
        assert_eq!(new("abcdef", "defgh").1, "gh");
        assert_eq!(new("abcdef", "def"), is(true, ""));
        assert_eq!(new("abcdef", "xyz").1, "xyz", "too much came meanwhile");
        assert_eq!(new("abcdef", "cd"), is(false, "cd"), "it does not end as before");
        assert_eq!(new("abcabc", "abcd").1, "d");
        assert_eq!(new("abcabc", "abcabcd").1, "d", "as much as can be known is");
        assert_eq!(new("aaa", "aaaa").1, "a");
        assert_eq!(new("abab", "ababab").1, "ab");
    }
}
