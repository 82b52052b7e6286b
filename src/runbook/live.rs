//! How a step stands as things are, and where one goes on from it.

use super::block::{Branch, On, Place};
use super::page::{Runbook, Step};
use super::walk::{Answer, Walk};
use crate::diagnosis::finding::Finding;
use crate::diagnosis::look::Need;
use crate::diagnosis::verdict::{Diagnosis, Outcome};

/// What the checks of a step see.
#[derive(Clone, Debug, PartialEq)]
pub enum Live<'a> {
    /// One of them finds something.
    Fires(Vec<&'a Finding>),
    /// None does, and all could judge; what they saw instead.
    Clear(Vec<&'a str>),
    /// None does, and not all could judge; what they need.
    Unknown(Vec<&'a Need>),
}

/// How a step stands.
#[derive(Clone, Debug, PartialEq)]
pub enum StepState<'a> {
    /// Its checks find something.
    Fires(Vec<&'a Finding>),
    /// Its checks find nothing; what they saw instead.
    Clear(Vec<&'a str>),
    /// Its checks cannot judge; what they need.
    Unknown(Vec<&'a Need>),
    /// Nothing but a person can answer it, and nobody did.
    Waiting,
    /// Somebody answered it, and no check says otherwise.
    Answered(&'a Answer),
    /// Somebody answered it, and its checks say otherwise now.
    Contradicted { answer: &'a Answer, live: Live<'a> },
}

/// Where one goes on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Turn {
    pub to: Place,
    /// Why there, in words; empty where it is simply the step after.
    pub because: String,
}

/// What the checks of a step see; nothing where it has none.
fn seen<'a>(step: &Step, diagnosis: &'a Diagnosis) -> Option<Live<'a>> {
    step.checks().next()?;
    let (mut found, mut clear, mut needs) = (Vec::new(), Vec::new(), Vec::new());
    for check in step.checks() {
        match diagnosis.of(&check.rule) {
            Outcome::Fires(findings) => found.extend(findings),
            Outcome::Clear(words) => clear.push(words),
            Outcome::Unknown(more) => {
                needs.extend(more.iter().filter(|need| !needs.contains(need)).collect::<Vec<_>>())
            }
        }
    }
    Some(match (found.is_empty(), needs.is_empty()) {
        (false, _) => Live::Fires(found),
        // None of them is known any more.
        (true, true) if clear.is_empty() => return None,
        (true, true) => Live::Clear(clear),
        (true, false) => Live::Unknown(needs),
    })
}

/// How a step stands, by what its checks see and what was answered.
pub fn live<'a>(step: &Step, diagnosis: &'a Diagnosis, answer: Option<&'a Answer>) -> StepState<'a> {
    match (seen(step, diagnosis), answer) {
        (Some(live @ Live::Fires(_)), Some(answer)) if answer.fine => {
            StepState::Contradicted { answer, live }
        }
        (Some(live @ Live::Clear(_)), Some(answer)) if !answer.fine => {
            StepState::Contradicted { answer, live }
        }
        (Some(Live::Unknown(_)) | None, Some(answer)) => StepState::Answered(answer),
        (Some(Live::Fires(findings)), _) => StepState::Fires(findings),
        (Some(Live::Clear(seen)), _) => StepState::Clear(seen),
        (Some(Live::Unknown(needs)), None) => StepState::Unknown(needs),
        (None, None) => StepState::Waiting,
    }
}

impl<'a> StepState<'a> {
    /// What its checks find.
    pub fn findings(&self) -> &[&'a Finding] {
        match self {
            Self::Fires(findings) | Self::Contradicted { live: Live::Fires(findings), .. } => findings,
            Self::Contradicted { .. }
            | Self::Clear(_)
            | Self::Unknown(_)
            | Self::Waiting
            | Self::Answered(_) => &[],
        }
    }

    /// Whether somebody has to answer it.
    pub const fn waits(&self) -> bool {
        matches!(self, Self::Waiting | Self::Unknown(_))
    }

    /// What it came to, where it came to anything: what is seen goes before what was answered.
    pub const fn on(&self) -> Option<On> {
        match self {
            Self::Fires(_) | Self::Contradicted { live: Live::Fires(_), .. } => Some(On::Fires),
            Self::Clear(_) | Self::Contradicted { live: Live::Clear(_), .. } => Some(On::Clear),
            Self::Unknown(_) | Self::Contradicted { live: Live::Unknown(_), .. } => Some(On::Unknown),
            Self::Answered(Answer { fine: true, .. }) => Some(On::Clear),
            Self::Answered(Answer { fine: false, .. }) => Some(On::Fires),
            Self::Waiting => None,
        }
    }
}

/// Where the branch leads that is chosen by how a step stands.
pub fn turn(book: &Runbook, step: &Step, state: &StepState<'_>) -> Option<Turn> {
    let on = state.on()?;
    // Of checks that find something the first one decides.
    let fires = |rule: &str| state.findings().iter().any(|finding| finding.rule == rule);
    let decides = |rule: &str| state.findings().is_empty() || fires(rule);
    let checks = step.checks().filter(|check| decides(&check.rule));
    let branch = checks.flat_map(|check| &check.branches).find(|branch| branch.on == on)?;
    Some(Turn { to: branch.to.from(&book.id), because: because(branch, state) })
}

fn because(branch: &Branch, state: &StepState<'_>) -> String {
    if !branch.because.is_empty() {
        return branch.because.clone();
    }
    match state {
        StepState::Answered(Answer { fine: true, .. }) => "you answered: fine".to_owned(),
        StepState::Answered(Answer { fine: false, .. }) => "you answered: not fine".to_owned(),
        StepState::Clear(seen) | StepState::Contradicted { live: Live::Clear(seen), .. } => seen.join(", "),
        StepState::Unknown(_) => "it cannot be told from here".to_owned(),
        state => state.findings().first().map(|finding| finding.words.clone()).unwrap_or_default(),
    }
}

/// Where one goes on from a step: by its branch, else to the step after it.
pub fn next(book: &Runbook, step: &Step, state: &StepState<'_>) -> Option<Turn> {
    let after = || {
        let after = book.steps.get(book.position(&step.anchor)? + 1)?;
        let to = Place { runbook: book.id.clone(), anchor: after.anchor.clone() };
        Some(Turn { to, because: String::new() })
    };
    turn(book, step, state).or_else(after)
}

/// The step that one begins at: the first whose checks find something, else the first that waits, else the first.
pub fn first<'a>(book: &'a Runbook, diagnosis: &Diagnosis, walk: &Walk) -> Option<&'a Step> {
    let state = |step: &Step| live(step, diagnosis, walk.answer(&step.anchor)).on();
    let waits = |step: &Step| live(step, diagnosis, walk.answer(&step.anchor)).waits();
    let fires = book.steps.iter().find(|step| state(step) == Some(On::Fires));
    fires.or_else(|| book.steps.iter().find(|step| waits(step))).or_else(|| book.steps.first())
}
