//! The lines of a journal.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::model::{Backup, Ending, Proof, Proposal, StepOutcome};

/// What stands in the place of a hash in the first line of a file.
pub const NO_LINE: &str = "0000000000000000000000000000000000000000000000000000000000000000";

/// One line.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Line {
    /// Place in the file, from 0.
    pub seq: u64,
    pub at: Timestamp,
    /// SHA-256 of the line before it, without its line end.
    pub prev: String,
    /// The entry that it belongs to; none for the first line of a file.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub entry: Option<String>,
    #[serde(flatten)]
    pub record: Record,
}

/// What a line says. Steps are counted from 0, over all items of the proposal.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum Record {
    /// The file begins: which program, as `user@machine`, and its process.
    Session { program: String, by: String, pid: u32 },
    /// What was agreed to, by typing what, and what was seen before.
    Proposed { environment: String, typed: String, proposal: Box<Proposal>, proofs: Vec<Proof> },
    /// What a step takes away is safe.
    Kept { step: usize, backup: Backup },
    /// These folders are not there before the step, which makes them on its way; outermost first.
    Makes { step: usize, folders: Vec<String> },
    /// So is everything that any step takes away.
    BackedUp,
    /// The step is begun now.
    Doing { step: usize },
    /// What came of the step. A second line about the same step counts instead of the first.
    Done { step: usize, outcome: StepOutcome },
    /// What was seen after.
    Checked { proofs: Vec<Proof>, notes: Vec<String> },
    /// Nothing more is done.
    Ended { ending: Ending },
    /// Of a later version of this program.
    #[serde(other)]
    Other,
}

impl Line {
    /// As it stands in the file, with its line end.
    pub fn bytes(&self) -> Result<Vec<u8>, serde_json::Error> {
        let mut bytes = serde_json::to_vec(self)?;
        bytes.push(b'\n');
        Ok(bytes)
    }
}

/// The hash by which the next line names this one, given without its line end.
pub fn hash(line: &[u8]) -> String {
    hex::encode(Sha256::digest(line))
}
