//! A runbook and its steps.

use super::block::{Aim, Block, Check};

/// A runbook.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Runbook {
    /// Name of its file without `.md`.
    pub id: String,
    pub title: String,
    pub intro: Vec<Block>,
    pub steps: Vec<Step>,
}

/// A heading of a runbook and what stands below it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// What other steps call it; no two of a runbook have the same.
    pub anchor: String,
    pub heading: String,
    /// 1 for a step, 2 for a step below one.
    pub depth: u8,
    /// Where its heading stands, from 1 on.
    pub line: usize,
    pub body: Vec<Block>,
}

impl Runbook {
    /// The step of this anchor.
    pub fn step(&self, anchor: &str) -> Option<&Step> {
        self.steps.iter().find(|step| step.anchor == anchor)
    }

    /// Where in the order of the steps one stands.
    pub fn position(&self, anchor: &str) -> Option<usize> {
        self.steps.iter().position(|step| step.anchor == anchor)
    }

    /// The rules that its steps rest on.
    pub fn rules(&self) -> impl Iterator<Item = &str> {
        self.steps.iter().flat_map(Step::checks).map(|check| check.rule.as_str())
    }
}

impl Step {
    /// What answers it by itself, in order: the first that finds something decides.
    pub fn checks(&self) -> impl Iterator<Item = &Check> {
        self.body.iter().filter_map(|block| match block {
            Block::Check(check) => Some(check),
            Block::Text(_) | Block::Verb { .. } | Block::Command { .. } => None,
        })
    }

    /// The verbs that it offers, and what each is for.
    pub fn verbs(&self) -> impl Iterator<Item = (&str, &Aim)> {
        self.body.iter().filter_map(|block| match block {
            Block::Verb { verb, aim, .. } => Some((verb.as_str(), aim)),
            Block::Text(_) | Block::Check(_) | Block::Command { .. } => None,
        })
    }

    /// The commands to copy, each with what its fence says of it.
    pub fn commands(&self) -> impl Iterator<Item = (&str, &str)> {
        self.body.iter().filter_map(|block| match block {
            Block::Command { language, text } => Some((language.as_str(), text.as_str())),
            Block::Text(_) | Block::Check(_) | Block::Verb { .. } => None,
        })
    }
}

/// The anchor of a heading: `Is HAProxy healthy?` is `is-haproxy-healthy`.
pub fn anchor(heading: &str) -> String {
    let words = heading.split(|letter: char| !letter.is_alphanumeric());
    let words: Vec<_> = words.filter(|word| !word.is_empty()).map(str::to_lowercase).collect();
    words.join("-")
}
