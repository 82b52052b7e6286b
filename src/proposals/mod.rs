//! Works out what a writing verb would do: every object with its version, what else refers to it, what clients will
//! see. It only reads; one file for each verb.

use crate::model::{Order, Permit, Proposal};
use crate::sources::look::Looking;
use crate::storage::ObjectStore;

/// Where a proposal is worked out.
pub struct Scene<'a> {
    pub store: &'a dyn ObjectStore,
    pub looking: &'a Looking,
    /// With it the registry may be asked what it allows by trying something that cannot happen.
    pub permit: Option<Permit>,
}

/// Why there is no proposal.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoProposal {
    /// The verb is not for this, or is not safe here; why, and what is.
    #[error("{0}")]
    NotHere(String),
    /// What it is about is not there.
    #[error("{0}")]
    Absent(String),
    /// What has to be known first could not be read.
    #[error("{0}")]
    Unread(String),
}

/// What the ordered verb would do to its targets.
///
/// # Errors
///
/// Why it would do nothing, in words for the operator.
pub async fn propose(order: &Order, _scene: &Scene<'_>) -> Result<Proposal, NoProposal> {
    Err(NoProposal::NotHere(format!("{} is not known", order.verb)))
}
