//! Proposals worked out, carried out and taken back, for the cockpit and the command line alike.

mod carry;
mod earlier;
mod files;
mod guards;
mod hands;
mod inverse;
mod late;
mod proof;
mod ready;
mod registry_api;
mod resume;
mod servers;
mod undo;

use std::sync::Arc;
use std::time::Duration;

use futures::future::BoxFuture;
use tokio::sync::watch;

use super::journal::Journal;
use crate::actions::confirm::Confirmed;
use crate::model::{About, Done, EmptyLog, Ending, Order, Past, Permit, Progress, Proposal, lies_in};
use crate::proposals::{self, NoProposal, Scene};
use crate::sources::haproxy::Fleet;
use crate::sources::logs::emptying;
use crate::sources::look::Looking;
use crate::storage::{ObjectStore, StoreError};

/// Opens the session's store for writing.
pub type WriteOpener =
    Arc<dyn Fn(Permit) -> BoxFuture<'static, Result<Arc<dyn ObjectStore>, StoreError>> + Send + Sync>;

/// How long after its last step a plan looks again at what it deleted on a file system.
pub const LATE: Duration = Duration::from_secs(1);

/// What proposals are worked out and carried out with.
pub struct Deeds {
    pub looking: Arc<Looking>,
    /// The load balancers, where something can be set on them.
    pub fleet: Option<Fleet>,
    /// Opens the store for reading.
    pub open: super::Opener,
    /// Opens the store for writing.
    pub open_to_write: WriteOpener,
    /// Journal and backups.
    pub journal: Journal,
    /// What the environment is called, for the journal.
    pub environment: String,
    /// How long to wait for late writers; [`LATE`].
    pub late: Duration,
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
        proposals::propose(order, &self.scene(store, permit)).await
    }

    fn scene<'a>(&'a self, store: &'a dyn ObjectStore, permit: Option<Permit>) -> Scene<'a> {
        Scene { store, looking: &self.looking, fleet: self.fleet.as_ref(), permit }
    }

    /// Whether what was done at a place, as [`Proposal::store`] names it, was done where this would do it.
    pub fn is_here(&self, store: &dyn ObjectStore, place: &str) -> bool {
        place == store.url()
            || place == EmptyLog::place(&emptying::host())
            || self.fleet.as_ref().is_some_and(|fleet| lies_in(place, &fleet.place()))
    }

    /// What taking back or finishing an entry of the journal would do.
    ///
    /// # Errors
    ///
    /// Why it would do nothing.
    pub async fn propose_from(&self, store: &dyn ObjectStore, about: &About) -> Result<Proposal, NoProposal> {
        match about {
            About::Undo(entry) => undo::propose(self, store, entry).await,
            About::Resume(entry) => resume::propose(self, store, entry).await,
        }
    }

    /// Does what was agreed to, one object after the other. `stop` ends it after the object it is at.
    pub async fn carry_out(
        &self,
        confirmed: &Confirmed,
        stop: watch::Receiver<bool>,
        tell: &(dyn Fn(Progress) + Send + Sync),
    ) -> Done {
        match carry::Run::open(self, confirmed, stop, tell).await {
            Ok(run) => run.carry_out().await,
            Err(why) => Done {
                entry: None,
                ending: Ending::Failed { why },
                steps: Vec::new(),
                of: confirmed.proposal().steps().count(),
                proofs: Vec::new(),
                notes: Vec::new(),
            },
        }
    }

    /// The journal's entries, newest first.
    ///
    /// # Errors
    ///
    /// Why it could not be read.
    pub fn recall(&self) -> Result<Vec<Past>, String> {
        self.journal.entries().map_err(|trouble| trouble.to_string())
    }
}

/// Whether it is a file system: folders are there for themselves, and a file that was deleted may still be written to
/// by whoever has it open.
fn has_folders(store: &dyn ObjectStore) -> bool {
    store.url().starts_with("file:")
}
