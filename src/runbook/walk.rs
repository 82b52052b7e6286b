//! How far somebody came with a runbook: answers, notes, and where they were.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// How far somebody came with a runbook.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Walk {
    /// Anchor of the step that they were at.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at: Option<String>,
    /// What they said of each step, by its anchor.
    #[serde(default)]
    pub steps: BTreeMap<String, Noted>,
}

/// What somebody said of a step.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Noted {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub answer: Option<Answer>,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub note: String,
}

/// An answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Answer {
    /// Whether it is done, or as it should be.
    pub fine: bool,
    pub at: Timestamp,
}

impl Walk {
    /// What was answered at a step.
    pub fn answer(&self, anchor: &str) -> Option<&Answer> {
        self.steps.get(anchor)?.answer.as_ref()
    }

    /// What was noted at a step; empty if nothing was.
    pub fn note(&self, anchor: &str) -> &str {
        self.steps.get(anchor).map_or("", |noted| &noted.note)
    }

    /// Answers a step; the same answer once more takes it away.
    pub fn answered(&mut self, anchor: &str, fine: bool, at: Timestamp) {
        let same = self.answer(anchor).is_some_and(|answer| answer.fine == fine);
        self.of(anchor).answer = (!same).then_some(Answer { fine, at });
        self.tidy();
    }

    /// Notes something at a step; nothing takes the note away.
    pub fn noted(&mut self, anchor: &str, note: &str) {
        note.trim().clone_into(&mut self.of(anchor).note);
        self.tidy();
    }

    fn of(&mut self, anchor: &str) -> &mut Noted {
        self.steps.entry(anchor.to_owned()).or_default()
    }

    fn tidy(&mut self) {
        self.steps.retain(|_, noted| *noted != Noted::default());
    }
}
