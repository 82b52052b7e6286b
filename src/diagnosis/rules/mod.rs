//! The rules: each joins what several sources saw into what is wrong, one row and one file each.
//!
//! A rule claims nothing of what could not be looked at: it fires, it does not, or it says what it needs.

use super::finding::{Finding, Impact};
use super::look::{Look, Need};

/// What a rule makes of one look.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Judgement {
    /// It is so: one finding for each separate fault.
    Fires(Vec<Finding>),
    /// It was looked at and is not so; what was seen instead, in a few words: `20 of 20 pods ready`.
    Clear(String),
    /// Not enough is known; what is needed.
    Unknown(Vec<Need>),
}

impl From<Need> for Judgement {
    fn from(need: Need) -> Self {
        Self::Unknown(vec![need])
    }
}

/// A rule.
pub struct Rule {
    /// Stable kebab-case id, used in runbooks and by `check`.
    pub id: &'static str,
    /// What is so when it fires.
    pub sentence: &'static str,
    /// How bad that usually is; a finding may be worse or better.
    pub impact: Impact,
    /// The step of a runbook to go on with: `runbook#step`.
    pub step: &'static str,
    /// Ids of rules whose findings follow from those of this one: of a finding about certain things as far as this
    /// one is about the same or about all.
    pub explains: &'static [&'static str],
    look: fn(&Look<'_>) -> Result<Judgement, Need>,
}

impl Rule {
    /// What it makes of a look.
    pub fn judge(&self, look: &Look<'_>) -> Judgement {
        (self.look)(look).unwrap_or_else(Judgement::from)
    }
}

/// All rules; those before stand for causes of those after them where nothing else decides.
pub const RULES: &[Rule] = &[];

/// The rule of this id.
pub fn rule(id: &str) -> Option<&'static Rule> {
    RULES.iter().find(|rule| rule.id == id)
}
