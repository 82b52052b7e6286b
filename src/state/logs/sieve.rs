//! Which lines are shown: what was typed, a lens, a time, and one kind of line.

use jiff::Timestamp;

use crate::logs::{LENSES, Question};
use crate::sources::logs::StreamId;
use crate::sources::logs::picture::{Place, Store, Stored};

/// Which lines are shown. A line has to pass all of it.
#[derive(Clone, Debug, Default)]
pub struct Sieve {
    /// What was typed.
    pub filter: Asked,
    /// The lens that is looked through.
    pub lens: Option<Asked>,
    /// Nothing that is older.
    pub since: Option<Timestamp>,
    /// Only lines like one, by fingerprint.
    pub kind: Option<u64>,
    /// Only lines of one stream.
    pub stream: Option<StreamId>,
}

impl Sieve {
    /// Whether it lets everything through.
    pub const fn is_open(&self) -> bool {
        self.filter.question.is_empty()
            && self.lens.is_none()
            && self.since.is_none()
            && self.kind.is_none()
            && self.stream.is_none()
    }

    /// Whether a line is shown.
    pub fn passes(&self, place: Place, stored: &Stored) -> bool {
        self.since.is_none_or(|since| place.at >= since)
            && self.kind.is_none_or(|kind| stored.line.fingerprint == kind)
            && self.stream.as_ref().is_none_or(|stream| *stream == stored.stream)
            && self.filter.question.matches(&stored.line, &stored.stream)
            && self.lens.as_ref().is_none_or(|lens| lens.question.matches(&stored.line, &stored.stream))
    }

    /// The lines that may pass.
    pub fn reach<'a>(&self, store: &'a Store) -> impl Iterator<Item = (&'a Place, &'a Stored)> {
        let from = self.since.map_or(Place::before(Timestamp::MIN), Place::before);
        store.lines().range(from..)
    }
}

/// A question, and what it is called: what was typed, or the name of a lens.
#[derive(Clone, Debug, Default)]
pub struct Asked {
    pub text: String,
    pub question: Question,
    /// Why the text is none: the last one that was is asked on.
    pub wrong: Option<String>,
}

impl Asked {
    /// Whether a text asks for nothing that is not asked for already: both are a word, and it is the longer one.
    pub fn is_narrowed_by(&self, text: &str) -> bool {
        let is_of_word = |c: char| c.is_alphanumeric() || matches!(c, '-' | '_' | '.');
        let is_word = |text: &str| !text.is_empty() && text.chars().all(is_of_word);
        self.wrong.is_none() && is_word(&self.text) && is_word(text) && text.starts_with(&self.text)
    }

    /// Asks what is typed, as soon as it is a question.
    pub fn ask(&mut self, text: &str) {
        text.clone_into(&mut self.text);
        self.wrong = match Question::parse(text) {
            Ok(question) => {
                self.question = question;
                None
            }
            Err(error) => Some(error.to_string()),
        };
    }
}

/// The lenses that there are, by name: those of the program, then the operator's own.
pub fn lenses(own: &[(String, String)]) -> Vec<(&str, &str)> {
    let known = LENSES.iter().map(|lens| (lens.name, lens.question));
    known.chain(own.iter().map(|(name, question)| (name.as_str(), question.as_str()))).collect()
}
