//! The document that is being read: its lines as far as they are kept, where one is in it, and what is looked for.

use std::collections::VecDeque;

use regex::{Regex, RegexBuilder};

use crate::event::Way;
use crate::model::{Document, Page, Subject};

/// Most lines and bytes of a document that are kept; the oldest go first, and are counted.
const LINES: usize = 5_000;
const BYTES: usize = 4 << 20;
/// Largest compiled search, in bytes.
const COMPILED: usize = 1 << 20;

/// The document that is being read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reader {
    /// By which pages of this one are told from those of others.
    pub ticket: u64,
    pub subject: Subject,
    pub document: Document,
    pub lines: VecDeque<String>,
    bytes: usize,
    /// Lines that were dropped to keep the newest.
    pub dropped: u64,
    pub stage: ReaderStage,
    /// The first line on the screen, unless the end is followed.
    pub top: usize,
    /// Whether the end stays on the screen while lines come.
    pub follows: bool,
    pub wraps: bool,
    pub find: Option<Find>,
}

/// How far the reading is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ReaderStage {
    /// Nothing has come yet.
    Loading,
    Coming,
    Ended,
    /// The operator cut it short.
    Stopped,
    /// Why, and what to do next.
    Failed(String),
}

/// What is looked for in a text.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Find {
    pub text: String,
    /// The line of the present match.
    pub at: Option<usize>,
    /// Number of the present match's line among those that match, and how many there are.
    pub place: Option<(usize, usize)>,
}

impl Reader {
    /// A document of which nothing has come yet.
    pub fn open(ticket: u64, subject: Subject, document: Document) -> Self {
        let follows = matches!(document, Document::Logs);
        Self {
            ticket,
            subject,
            document,
            lines: VecDeque::new(),
            bytes: 0,
            dropped: 0,
            stage: ReaderStage::Loading,
            top: 0,
            follows,
            wraps: false,
            find: None,
        }
    }

    /// Whether more may come.
    pub const fn is_live(&self) -> bool {
        matches!(self.stage, ReaderStage::Loading | ReaderStage::Coming)
    }

    /// Takes a page in.
    pub fn take(&mut self, page: &Page) {
        self.stage = match page {
            Page::Lines(lines) => {
                self.bytes += lines.iter().map(String::len).sum::<usize>();
                self.lines.extend(lines.iter().cloned());
                self.drop_oldest();
                ReaderStage::Coming
            }
            Page::End => ReaderStage::Ended,
            Page::Failed(why) => ReaderStage::Failed(why.clone()),
        };
    }

    fn drop_oldest(&mut self) {
        let mut gone = 0;
        while self.lines.len() > LINES || (self.bytes > BYTES && self.lines.len() > 1) {
            self.bytes -= self.lines.pop_front().map_or(0, |line| line.len());
            gone += 1;
        }
        self.dropped += gone as u64;
        // What is on the screen stays there.
        self.top = self.top.saturating_sub(gone);
        if let Some(find) = &mut self.find {
            find.at = find.at.and_then(|at| at.checked_sub(gone));
        }
    }

    /// Shows the text from a line on; the last line of all means its end, and stays there while lines come.
    pub const fn scroll(&mut self, line: usize) {
        self.top = line;
        self.follows = line == usize::MAX && matches!(self.document, Document::Logs);
    }

    /// Looks for a text from now on.
    pub fn look_for(&mut self, text: &str) {
        let find = Find { text: text.to_owned(), ..Find::default() };
        self.find = (!text.is_empty()).then_some(find);
    }

    /// Goes to the next or previous line that matches, round the end if need be; says whether there is one.
    pub fn step(&mut self, way: Way, from: usize, height: usize) -> bool {
        let Some(find) = &mut self.find else { return false };
        let Some(test) = expression(&find.text) else { return false };
        let lines = self.lines.iter().enumerate();
        let matching: Vec<usize> =
            lines.filter(|(_, line)| test.is_match(line)).map(|(number, _)| number).collect();
        let (ahead, around) = match (way, find.at) {
            (Way::Next, Some(at)) => (matching.iter().position(|line| *line > at), 0),
            (Way::Next, None) => (matching.iter().position(|line| *line >= from), 0),
            (Way::Previous, at) => {
                let from = at.unwrap_or(from);
                (matching.iter().rposition(|line| *line < from), matching.len().saturating_sub(1))
            }
        };
        let number = ahead.unwrap_or(around);
        find.at = matching.get(number).copied();
        find.place = find.at.map(|_| (number + 1, matching.len()));
        if let Some(at) = find.at {
            self.follows = false;
            if at < from || at >= from + height {
                self.top = at.saturating_sub(height / 3);
            } else {
                self.top = from;
            }
        }
        find.at.is_some()
    }
}

/// A typed text as an expression; one that does not read as such is looked for as it stands. A text that is too long
/// for either matches nothing.
pub fn expression(text: &str) -> Option<Regex> {
    let build = |text: &str| RegexBuilder::new(text).case_insensitive(true).size_limit(COMPILED).build().ok();
    build(text).or_else(|| build(&regex::escape(text)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reader(document: Document) -> Reader {
        Reader::open(1, Subject::Pod("p".into()), document)
    }

    fn lines(range: std::ops::Range<usize>) -> Page {
        Page::Lines(range.map(|number| format!("line {number}")).collect())
    }

    #[test]
    fn the_newest_lines_are_kept_and_the_others_counted() {
        let mut reader = reader(Document::Logs);
        reader.take(&lines(0..5_000));
        reader.scroll(100);
        reader.take(&lines(5_000..5_050));
        assert_eq!((reader.lines.len(), reader.dropped, reader.top), (5_000, 50, 50));
        assert_eq!(reader.lines[0], "line 50");
        reader.take(&Page::Lines(vec!["x".repeat(BYTES); 2]));
        assert_eq!((reader.lines.len(), reader.dropped), (1, 5_051));
    }

    #[test]
    fn matches_are_walked_round_the_end() {
        let mut reader = reader(Document::Describe);
        reader.take(&lines(0..30));
        reader.look_for("LINE 1[05]");
        let walk: Vec<_> = [Way::Next, Way::Next, Way::Next, Way::Previous]
            .into_iter()
            .map(|way| {
                assert!(reader.step(way, 12, 5));
                reader.find.as_ref().and_then(|find| find.at).unwrap()
            })
            .collect();
        assert_eq!(walk, [15, 10, 15, 10]);
        reader.look_for("line (");
        assert!(!reader.step(Way::Next, 0, 5));
    }
}
