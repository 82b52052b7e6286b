//! What is known of the front door: the fold of its own facts.

use std::collections::BTreeMap;

use indexmap::IndexMap;
use jiff::Timestamp;

use super::facts::{Answer, Certificate, Fact, Page, Pull};
use crate::sources::Health;

/// What is known of the front door.
#[derive(Debug, Default)]
pub struct Picture {
    /// What is asked; empty where nobody configured it.
    pub url: String,
    /// How each page answers.
    pub pages: BTreeMap<Page, Asked>,
    pub certificate: Option<Certificate>,
    /// By image, in the configured order; none before the first pull.
    pub canaries: IndexMap<String, Option<(Timestamp, Pull)>>,
}

/// What is known of one page.
#[derive(Debug, Default)]
pub struct Asked {
    pub health: Health,
    /// The newest answer, kept while there is none.
    pub answer: Option<Answer>,
    /// Since when answers have been no good; none while they are good.
    pub wrong_since: Option<Timestamp>,
}

impl Picture {
    /// Takes in one fact, seen at `at`.
    pub fn fold(&mut self, fact: &Fact, at: Timestamp) {
        let _ = (fact, at);
    }
}
