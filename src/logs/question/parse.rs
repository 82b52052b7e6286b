//! Reads questions.

use std::ops::RangeInclusive;
use std::time::Duration;

use regex::{Regex, RegexBuilder};

use super::fields::FIELDS;
use super::{Asks, QuestionError, Term};
use crate::logs::fields;
use crate::logs::line::{Layer, Level};
use crate::logs::read::{duration, quoted_end, unescape};

/// The largest expression that is built, in bytes.
const LARGEST: usize = 1 << 20;

/// Terms of each alternative.
pub fn alternatives(text: &str) -> Result<Vec<Vec<Term>>, QuestionError> {
    let mut any = Vec::new();
    let mut terms = Vec::new();
    let mut rest = text.trim_start();
    while !rest.is_empty() {
        let (word, after) = rest.split_once(char::is_whitespace).unwrap_or((rest, ""));
        if word == "OR" {
            any.push(std::mem::take(&mut terms));
            rest = after.trim_start();
            if any.last().is_some_and(Vec::is_empty) || rest.is_empty() {
                return Err(QuestionError::Nothing("OR".to_owned()));
            }
            continue;
        }
        let (term, after) = term(rest)?;
        terms.push(term);
        rest = after.trim_start();
    }
    any.extend(Some(terms).filter(|terms| !terms.is_empty()));
    Ok(any)
}

/// The term that a text begins with, and what follows it.
fn term(text: &str) -> Result<(Term, &str), QuestionError> {
    let (is_negated, body) = text.strip_prefix('!').map_or((false, text), |body| (true, body));
    let key = body.split_once(':').filter(|(key, _)| is_key(key));
    let (key, value) = key.map_or((None, body), |(key, value)| (Some(key), value));
    let (value, rest) = Value::read(value)?;
    if value.is_empty() {
        let (term, _) = text.split_once(char::is_whitespace).unwrap_or((text, ""));
        return Err(QuestionError::Nothing(term.to_owned()));
    }
    let asks = match key {
        None => Asks::Text(value.expression(false)?),
        Some(key) => asks(key, &value)?,
    };
    Ok((Term { is_negated, asks }, rest))
}

fn is_key(word: &str) -> bool {
    matches!(word, "level" | "status" | "took" | "layer") || FIELDS.iter().any(|(name, _)| *name == word)
}

fn asks(key: &str, value: &Value<'_>) -> Result<Asks, QuestionError> {
    let text = value.text();
    match key {
        "level" => level(text),
        "status" => text
            .split('|')
            .map(|part| status(part).ok_or_else(|| QuestionError::Status(text.to_owned())))
            .collect::<Result<_, _>>()
            .map(Asks::Status),
        "took" => took(text)
            .map(|(at_least, limit)| Asks::Took { at_least, limit })
            .ok_or_else(|| QuestionError::Took(text.to_owned())),
        "layer" => layer(text).map(Asks::Layer).ok_or_else(|| QuestionError::Layer(text.to_owned())),
        _ => {
            let read = FIELDS.iter().find(|(name, _)| *name == key).map(|(_, read)| *read);
            let read = read.ok_or_else(|| QuestionError::Nothing(key.to_owned()))?;
            Ok(Asks::Field(read, value.expression(true)?))
        }
    }
}

fn level(text: &str) -> Result<Asks, QuestionError> {
    match fields::level(text) {
        Level::Unknown => Err(QuestionError::Level(text.to_owned())),
        level => Ok(Asks::Level(level)),
    }
}

fn status(text: &str) -> Option<RangeInclusive<u16>> {
    match text.as_bytes() {
        [class @ b'1'..=b'5', b'x' | b'X', b'x' | b'X'] => {
            let first = u16::from(class - b'0') * 100;
            Some(first..=first + 99)
        }
        [_, _, _] => text.parse().ok().map(|status| status..=status),
        _ => None,
    }
}

fn took(text: &str) -> Option<(bool, Duration)> {
    let (at_least, limit) = match text.strip_prefix('<') {
        Some(limit) => (false, limit),
        None => (true, text.strip_prefix('>').unwrap_or(text)),
    };
    duration::read(limit.trim_start_matches('=')).map(|limit| (at_least, limit))
}

fn layer(text: &str) -> Option<Layer> {
    const LAYERS: [(&str, Layer); 4] = [
        ("haproxy", Layer::Haproxy),
        ("access", Layer::Access),
        ("registry", Layer::Registry),
        ("other", Layer::Other),
    ];
    LAYERS.iter().find(|(name, _)| *name == text).map(|(_, layer)| *layer)
}

/// What is looked for.
enum Value<'a> {
    Word(&'a str),
    Quoted(std::borrow::Cow<'a, str>),
    Expression(&'a str),
}

impl<'a> Value<'a> {
    /// The value that a text begins with, and what follows it. A path is a word: only what a `/` closes before a
    /// space or the end is an expression.
    fn read(text: &'a str) -> Result<(Self, &'a str), QuestionError> {
        if let Some(quoted) = text.strip_prefix('"') {
            let (inner, rest) = quoted_end(quoted);
            let is_closed = inner.len() < quoted.len();
            return match is_closed {
                true => Ok((Self::Quoted(unescape(inner)), rest)),
                false => Err(QuestionError::Quote(text.to_owned())),
            };
        }
        if let Some(end) = text.strip_prefix('/').and_then(expression_end) {
            return Ok((Self::Expression(&text[1..=end]), &text[end + 2..]));
        }
        let end = text.find(char::is_whitespace).unwrap_or(text.len());
        Ok((Self::Word(&text[..end]), &text[end..]))
    }

    fn text(&self) -> &str {
        match self {
            Self::Word(text) | Self::Expression(text) => text,
            Self::Quoted(text) => text,
        }
    }

    fn is_empty(&self) -> bool {
        self.text().is_empty()
    }

    /// As an expression. In a field `|` stands between alternatives, and `=` before one that must be all of it.
    fn expression(&self, is_field: bool) -> Result<Regex, QuestionError> {
        let expression = match self {
            Self::Expression(expression) => (*expression).to_owned(),
            Self::Word(word) if is_field => {
                let one = |part: &str| match part.strip_prefix('=') {
                    Some(whole) => format!("^(?:{})$", regex::escape(whole)),
                    None => regex::escape(part),
                };
                word.split('|').map(one).collect::<Vec<_>>().join("|")
            }
            Self::Word(_) | Self::Quoted(_) => regex::escape(self.text()),
        };
        let has_capital = without_escapes(&expression).any(char::is_uppercase);
        let built = RegexBuilder::new(&expression).case_insensitive(!has_capital).size_limit(LARGEST).build();
        built.map_err(|error| QuestionError::Expression {
            term: self.text().to_owned(),
            why: error
                .to_string()
                .lines()
                .last()
                .unwrap_or_default()
                .trim_start_matches("error: ")
                .to_owned(),
        })
    }
}

/// Where the `/` stands that closes an expression.
fn expression_end(text: &str) -> Option<usize> {
    let bytes = text.as_bytes();
    memchr::memchr_iter(b'/', bytes).find(|at| {
        let is_escaped = bytes[..*at].iter().rev().take_while(|byte| **byte == b'\\').count() % 2 == 1;
        let ends = text[at + 1..].chars().next().is_none_or(char::is_whitespace);
        !is_escaped && ends && *at > 0
    })
}

/// The characters of an expression that stand for themselves: `\S` is no capital.
fn without_escapes(expression: &str) -> impl Iterator<Item = char> + '_ {
    let mut is_escaped = false;
    expression.chars().filter(move |c| {
        let skipped = is_escaped;
        is_escaped = !is_escaped && *c == '\\';
        !skipped && !is_escaped
    })
}
