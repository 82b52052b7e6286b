//! Questions to lines: words, fields and regular expressions, all of which must be met.
//!
//! `word "two words" /re/ !not level:error status:5xx|404 repo:group/x tag:=v1 method:GET client:10.0.0.1 pod:registry
//! took:>1s code:digest`, and `OR` between alternatives. Letters match either case unless one of them is a capital.

mod fields;
mod lenses;
mod parse;
#[cfg(test)]
mod tests;

use std::ops::{Range, RangeInclusive};
use std::time::Duration;

use regex::Regex;

use super::line::{Layer, Level, Line};
use fields::Read;

pub use lenses::{LENSES, Lens};

/// Why a text is no question.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum QuestionError {
    #[error("a quote is not closed: {0}")]
    Quote(String),
    #[error("{term:?} is no regular expression: {why}")]
    Expression { term: String, why: String },
    #[error("nothing follows {0:?}")]
    Nothing(String),
    #[error("{0:?} is no level; one of debug, info, warning, error, fatal")]
    Level(String),
    #[error("{0:?} is no status; like 500, 5xx, or 404|5xx")]
    Status(String),
    #[error("{0:?} is no duration; like >1s, >250ms, or <5ms")]
    Took(String),
    #[error("{0:?} is no layer; one of haproxy, access, registry, other")]
    Layer(String),
}

/// What is asked of lines.
#[derive(Clone, Debug, Default)]
pub struct Question {
    text: Box<str>,
    /// Alternatives; all terms of one of them must be met.
    any: Vec<Vec<Term>>,
}

#[derive(Clone, Debug)]
struct Term {
    is_negated: bool,
    asks: Asks,
}

#[derive(Clone, Debug)]
enum Asks {
    Text(Regex),
    Field(Read, Regex),
    Level(Level),
    Status(Vec<RangeInclusive<u16>>),
    Took { at_least: bool, limit: Duration },
    Layer(Layer),
}

impl Question {
    /// Reads a question; nothing asks for all lines.
    pub fn parse(text: &str) -> Result<Self, QuestionError> {
        Ok(Self { text: text.trim().into(), any: parse::alternatives(text)? })
    }

    /// As it was written.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Whether it asks for all lines.
    pub const fn is_empty(&self) -> bool {
        self.any.is_empty()
    }

    /// Whether a line of this stream is asked for.
    pub fn matches(&self, line: &Line, stream: &str) -> bool {
        let meets = |term: &Term| term.asks.is_met(line, stream) != term.is_negated;
        self.any.is_empty() || self.any.iter().any(|terms| terms.iter().all(meets))
    }

    /// Where in a text the words that are asked for stand, to light them up; may overlap.
    pub fn found_in<'a>(&'a self, text: &'a str) -> impl Iterator<Item = Range<usize>> + 'a {
        let words =
            self.any.iter().flatten().filter(|term| !term.is_negated).filter_map(|term| match &term.asks {
                Asks::Text(words) => Some(words),
                _ => None,
            });
        words.flat_map(move |words| words.find_iter(text).map(|found| found.range()))
    }
}

impl Asks {
    fn is_met(&self, line: &Line, stream: &str) -> bool {
        let request = line.request.as_deref();
        match self {
            Self::Text(words) => words.is_match(&line.text),
            Self::Field(read, words) => {
                read(line, stream).iter().flatten().any(|field| words.is_match(field))
            }
            Self::Level(level) => line.severity() >= *level,
            Self::Status(ranges) => request
                .and_then(|request| request.status)
                .is_some_and(|status| ranges.iter().any(|range| range.contains(&status))),
            Self::Took { at_least, limit } => request
                .and_then(|request| request.took)
                .is_some_and(|took| if *at_least { took >= *limit } else { took < *limit }),
            Self::Layer(layer) => line.layer == *layer,
        }
    }
}
