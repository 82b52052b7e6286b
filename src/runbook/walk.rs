//! How far somebody came with a runbook: answers, notes, and where they were.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// How far somebody came with a runbook.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Walk {
    /// When it was begun anew; what was said before does not count.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub begun: Option<Timestamp>,
    /// Anchor of the step that they were at.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at: Option<String>,
    /// What they said of each step, by its anchor.
    #[serde(default)]
    pub steps: BTreeMap<String, Noted>,
}

/// What somebody said of a step, and when: that it was taken back too, for the later of two walks to count.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Noted {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub answer: Option<Answer>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub answered: Option<Timestamp>,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub note: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub noted: Option<Timestamp>,
}

/// An answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Answer {
    /// Whether it is done, or as it should be.
    pub fine: bool,
    pub at: Timestamp,
}

impl Walk {
    /// One that begins at this time.
    pub fn begun(at: Timestamp) -> Self {
        Self { begun: Some(at), ..Self::default() }
    }

    /// How many steps somebody answered or noted something of.
    pub fn said(&self) -> usize {
        self.steps.values().filter(|noted| noted.answer.is_some() || !noted.note.is_empty()).count()
    }

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
        let noted = self.of(anchor);
        (noted.answer, noted.answered) = ((!same).then_some(Answer { fine, at }), Some(at));
    }

    /// Notes something at a step; nothing takes the note away.
    pub fn noted(&mut self, anchor: &str, note: &str, at: Timestamp) {
        let noted = self.of(anchor);
        (noted.note, noted.noted) = (note.trim().to_owned(), Some(at));
    }

    /// Takes in how far somebody came elsewhere: of each answer and each note the later one counts, and nothing that
    /// was said before the last beginning. One stays where one is.
    pub fn merge(&mut self, other: &Self) {
        self.begun = self.begun.max(other.begun);
        self.at = self.at.take().or_else(|| other.at.clone());
        for (anchor, noted) in &other.steps {
            self.of(anchor).merge(noted);
        }
        let begun = self.begun;
        self.steps.values_mut().for_each(|noted| noted.forget_before(begun));
        self.steps.retain(|_, noted| *noted != Noted::default());
    }

    fn of(&mut self, anchor: &str) -> &mut Noted {
        self.steps.entry(anchor.to_owned()).or_default()
    }
}

impl Noted {
    fn merge(&mut self, other: &Self) {
        if other.answered > self.answered {
            (self.answer, self.answered) = (other.answer, other.answered);
        }
        if other.noted > self.noted {
            (self.note, self.noted) = (other.note.clone(), other.noted);
        }
    }

    fn forget_before(&mut self, begun: Option<Timestamp>) {
        if self.answered < begun {
            (self.answer, self.answered) = (None, None);
        }
        if self.noted < begun {
            (self.note, self.noted) = (String::new(), None);
        }
    }
}
