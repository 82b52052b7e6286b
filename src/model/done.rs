//! What came of a proposal that was carried out.

use serde::{Deserialize, Serialize};

/// What came of one step.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum StepOutcome {
    /// Done; the version that the object has now, if it has one.
    Done { version: Option<String> },
    /// What the step wanted was so already: nothing was written.
    Already { why: String },
    /// Nothing was written, because something is not as it was when the step was proposed.
    Changed { why: String },
    /// The store refused or did not answer.
    Failed { why: String },
    /// Somebody wrote to the object in the same moment, so it was put back.
    PutBack { why: String },
}

impl StepOutcome {
    /// Whether the plan may go on after it.
    pub const fn is_well(&self) -> bool {
        matches!(self, Self::Done { .. } | Self::Already { .. })
    }

    /// What to say about it, if anything.
    pub fn why(&self) -> &str {
        match self {
            Self::Done { .. } => "",
            Self::Already { why } | Self::Changed { why } | Self::Failed { why } | Self::PutBack { why } => {
                why
            }
        }
    }
}

/// How a proposal ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Ending {
    /// Every step was done.
    Done,
    /// Something had changed, so the rest was left.
    Changed { why: String },
    /// Something failed, so the rest was left.
    Failed { why: String },
    /// The operator stopped it.
    Stopped,
}

/// A look taken before or after the deed: the proof.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Proof {
    /// What was looked at: `storage` or `front door`, and the subject.
    pub of: String,
    /// The answer before.
    pub before: String,
    /// The answer after; none while it was not asked.
    pub after: Option<String>,
}

/// What came of a proposal.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Done {
    /// Id of its entry in the journal; none if it never came to one.
    pub entry: Option<String>,
    pub ending: Ending,
    /// Key and outcome of each step that was begun, in order.
    pub steps: Vec<(String, StepOutcome)>,
    /// How many steps there were in all.
    pub of: usize,
    pub proofs: Vec<Proof>,
    /// Late writes that were found and put back, and other things to know. One sentence each.
    pub notes: Vec<String>,
}
