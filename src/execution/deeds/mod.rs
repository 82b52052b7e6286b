//! Proposals worked out, carried out and taken back, for the cockpit and the command line alike.

use std::path::PathBuf;
use std::sync::Arc;

use futures::future::BoxFuture;
use tokio::sync::watch;

use crate::actions::confirm::Confirmed;
use crate::model::{About, Done, Order, Past, Permit, Progress, Proposal};
use crate::proposals::{self, NoProposal, Scene};
use crate::sources::look::Looking;
use crate::storage::{ObjectStore, StoreError};

/// Opens the session's store for writing.
pub type WriteOpener =
    Arc<dyn Fn(Permit) -> BoxFuture<'static, Result<Arc<dyn ObjectStore>, StoreError>> + Send + Sync>;

/// What proposals are worked out and carried out with.
pub struct Deeds {
    pub looking: Arc<Looking>,
    /// Opens the store for reading.
    pub open: super::Opener,
    /// Opens the store for writing.
    pub open_to_write: WriteOpener,
    /// The folder of journal and backups.
    pub state_folder: PathBuf,
    /// What the environment is called, for the journal.
    pub environment: String,
}

impl Deeds {
    /// What a verb would do.
    ///
    /// # Errors
    ///
    /// Why it would do nothing.
    pub async fn propose(
        &self,
        store: &dyn ObjectStore,
        order: &Order,
        permit: Option<Permit>,
    ) -> Result<Proposal, NoProposal> {
        proposals::propose(order, &Scene { store, looking: &self.looking, permit }).await
    }

    /// What taking back or finishing an entry of the journal would do.
    ///
    /// # Errors
    ///
    /// Why it would do nothing.
    pub async fn propose_from(
        &self,
        _store: &dyn ObjectStore,
        about: &About,
    ) -> Result<Proposal, NoProposal> {
        Err(NoProposal::NotHere(format!("{about:?} is not known")))
    }

    /// Does what was agreed to, one object after the other. `stop` ends it after the object it is at.
    pub async fn carry_out(
        &self,
        _confirmed: &Confirmed,
        _stop: watch::Receiver<bool>,
        _tell: &(dyn Fn(Progress) + Send + Sync),
    ) -> Done {
        unreachable!()
    }

    /// The journal's entries, newest first.
    ///
    /// # Errors
    ///
    /// Why it could not be read.
    pub fn recall(&self) -> Result<Vec<Past>, String> {
        Ok(Vec::new())
    }
}
