//! The closed vocabulary of the bus: facts, intents, outcomes and ticks.

mod intent;

pub use intent::{
    Erasure, Errand, Intent, LogsPart, LogsWish, MenuKind, Motion, PanelId, PromptKind, RunbookWish, Sorting,
    Sought, TerminalWish, Way,
};

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::model::{Done, Page, Past, Progress, Proposal};
use crate::runbook::Walk;
use crate::sources::{bucket, front_door, google, haproxy, kubernetes, logs};

/// The only thing that travels on the bus.
#[derive(Clone, Debug)]
pub enum Event {
    /// A source saw something.
    Fact(Fact),
    /// The operator wants something.
    Intent(Intent),
    /// What came of something that was done.
    Outcome(Outcome),
    /// Time went on: something on the screen that depends on it changes now.
    Tick,
}

/// What the sources saw.
#[derive(Clone, Debug)]
pub enum Fact {
    Bucket(bucket::facts::Fact),
    Kubernetes(kubernetes::facts::Fact),
    Haproxy(haproxy::facts::Fact),
    Google(google::facts::Fact),
    FrontDoor(front_door::facts::Fact),
    Logs(logs::facts::Fact),
}

/// What came of an effect that saw nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Text was sent to the terminal's clipboard; whether it took it, no terminal says.
    Sent { what: &'static str, how: String },
    /// Text was not sent.
    NotSent { what: &'static str, why: String },
    /// Running work was cut short.
    Stopped { effects: usize },
    /// What a verb would do was worked out, for the request of this number.
    Proposed { ticket: u64, proposal: Arc<Proposal> },
    /// What a verb would do could not be worked out, or it does not apply; why, and what to do next.
    NotProposed { ticket: u64, why: String },
    /// A proposal is being carried out.
    Progressed(Progress),
    /// A proposal was carried out, or stopped on the way, or never begun: every order to carry out ends in this.
    Ended(Arc<Done>),
    /// More of a document, for the request of this number. The last page says so.
    Read { ticket: u64, page: Page },
    /// The journal was read, newest entry first.
    Recalled(Vec<Past>),
    /// The journal could not be read.
    NotRecalled { why: String },
    /// How far somebody came with runbooks, by the runbook's id, and what of it could not be read.
    Remembered { walks: BTreeMap<String, Walk>, troubles: Vec<String> },
    /// How far somebody came with a runbook is kept, or why it is not.
    Kept { why: Option<String> },
    /// Something of ours failed and was survived; where the report is.
    Survived { report: Option<String> },
}
