//! A verb that writes, on its way from the look at what it would touch to what came of it.

use std::sync::Arc;

use jiff::Timestamp;

use crate::event::Errand;
use crate::model::{Answer, Demand, Done, Gate, Progress, Proposal, demand};
use crate::registry::report::TagReport;

/// A verb that writes, on its way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Deed {
    /// Number of the request for what it would do.
    pub ticket: u64,
    pub errand: Errand,
    pub stage: Stage,
    /// First line on the screen.
    pub top: usize,
    /// What was known of the tags when it was asked for.
    pub reports: Vec<Arc<TagReport>>,
}

/// How far it is. What is shown never changes under whoever reads it: each stage keeps what it began with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Stage {
    /// What it would touch is being looked at.
    Looking,
    /// It would do nothing; why.
    Refused { why: String },
    /// It is shown, and the operator types.
    Asking { proposal: Arc<Proposal>, typed: String },
    /// It is being carried out.
    Running { proposal: Arc<Proposal>, progress: Option<Progress>, stopping: bool },
    /// It ended.
    Ended { proposal: Arc<Proposal>, done: Arc<Done> },
}

impl Deed {
    /// One that was just asked for.
    pub const fn begin(ticket: u64, errand: Errand, reports: Vec<Arc<TagReport>>) -> Self {
        Self { ticket, errand, stage: Stage::Looking, top: 0, reports }
    }

    pub const fn is_running(&self) -> bool {
        matches!(self.stage, Stage::Running { .. })
    }

    /// What is being typed, while something is.
    pub const fn typed(&self) -> Option<&String> {
        match &self.stage {
            Stage::Asking { typed, .. } => Some(typed),
            Stage::Looking | Stage::Refused { .. } | Stage::Running { .. } | Stage::Ended { .. } => None,
        }
    }

    /// What has to be typed, while it has to be.
    pub fn demand(&self) -> Option<Demand> {
        match &self.stage {
            Stage::Asking { proposal, .. } => Some(demand(proposal)),
            Stage::Looking | Stage::Refused { .. } | Stage::Running { .. } | Stage::Ended { .. } => None,
        }
    }

    /// The proposal and the answer to it, if what was typed is exactly what has to be, and writing is allowed now.
    pub fn agreement(&self, gate: &Gate, now: Timestamp) -> Option<(Arc<Proposal>, Answer)> {
        let Stage::Asking { proposal, typed } = &self.stage else { return None };
        gate.permit(now)?;
        Some((Arc::clone(proposal), demand(proposal).answer(typed)?))
    }

    /// Puts this in place of what was typed.
    pub fn type_text(&mut self, text: String) {
        if let Stage::Asking { typed, .. } = &mut self.stage {
            *typed = text;
        }
    }

    /// From now on it is carried out.
    pub fn run(&mut self, proposal: Arc<Proposal>) {
        self.stage = Stage::Running { proposal, progress: None, stopping: false };
        self.top = 0;
    }

    /// Asks it to end after the object it is at.
    pub const fn stop(&mut self) {
        if let Stage::Running { stopping, .. } = &mut self.stage {
            *stopping = true;
        }
    }

    /// What it would do was worked out, or not. Only the first answer counts.
    pub fn prepared(&mut self, answer: Result<Arc<Proposal>, String>) {
        if self.stage == Stage::Looking {
            self.stage = match answer {
                Ok(proposal) => Stage::Asking { proposal, typed: String::new() },
                Err(why) => Stage::Refused { why },
            };
        }
    }

    pub fn progressed(&mut self, now: &Progress) {
        if let Stage::Running { progress, .. } = &mut self.stage {
            *progress = Some(now.clone());
        }
    }

    /// It ended; the proposal that did, if one was being carried out.
    pub fn ended(&mut self, done: &Arc<Done>) -> Option<Arc<Proposal>> {
        let Stage::Running { proposal, .. } = &self.stage else { return None };
        let proposal = Arc::clone(proposal);
        self.stage = Stage::Ended { proposal: Arc::clone(&proposal), done: Arc::clone(done) };
        self.top = 0;
        Some(proposal)
    }
}
