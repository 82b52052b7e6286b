//! What was done, written down before it is done.
//!
//! # Format
//!
//! The journal is the folder `journal/` of the state folder (mode 0700). Each session that writes has one file there,
//! `<UTC time>-<letters>.jsonl` (mode 0600), which it holds locked (`flock`) as long as it lives: a file that nobody
//! holds and that has an entry without an end tells of a process that died.
//!
//! A file is lines of JSON, appended with one write and one fsync *before* what they announce is begun; several at once
//! where nothing happens between them: all `kept` and `makes` with `backed-up`, a `done` with the next `doing`. Each has `seq` (0, 1, 2 …), `at` (UTC), `prev` (SHA-256 in hex of the line before it, without its line end;
//! 64 zeros in the first), `kind`, and but for the first line `entry`, the id `<UTC time>-<4 letters>` of the deed that
//! it belongs to:
//!
//! | `kind` | further fields | what it means |
//! |---|---|---|
//! | `session` | `program`, `by` (`user@machine`), `pid` | the file begins |
//! | `proposed` | `environment`, `typed`, `proposal`, `proofs` | what was agreed to, and what was seen before |
//! | `kept` | `step`, `backup` | what the step takes away lies in `backups/` (or in the store), with its SHA-256 |
//! | `makes` | `step`, `folders` | folders that are missing before the step, which makes them on its way (file systems) |
//! | `backed-up` | – | all that any step takes away is kept; nothing has been written yet |
//! | `doing` | `step` | the step is begun now |
//! | `done` | `step`, `outcome` | what came of it; a later line about the same step counts instead |
//! | `checked` | `proofs`, `notes` | what was seen after |
//! | `ended` | `ending` | nothing more is done for this entry |
//!
//! `step` counts from 0 over the steps of all items of the proposal. A step that is `doing` and not `done` may have
//! happened or not: the store tells. A last line without its line end was cut short: what it was to announce did not
//! happen. A line that cannot be appended is cut off again, and what it was to announce is not begun.

mod chronicle;
mod entry;
mod history;
mod record;
mod session;

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use jiff::Timestamp;

pub use chronicle::{Chronicle, Condition};
pub use entry::Entry;
pub use history::{Happened, Histories, History, newest_undoable};
pub use record::{Line, Record};

use super::disk::Trouble;
use crate::model::Past;
use session::Session;

/// The journal and the backups of one state folder.
#[derive(Clone, Debug)]
pub struct Journal {
    state: PathBuf,
    clock: fn() -> Timestamp,
    session: Arc<Mutex<Option<Session>>>,
}

impl Journal {
    /// Below this state folder, which need not be there before something is written.
    pub fn new(state_folder: impl Into<PathBuf>, clock: fn() -> Timestamp) -> Self {
        Self { state: state_folder.into(), clock, session: Arc::default() }
    }

    /// The folder with the files of the journal.
    pub fn folder(&self) -> PathBuf {
        self.state.join("journal")
    }

    /// The folder with a folder of backups for each entry.
    pub fn backups(&self) -> PathBuf {
        self.state.join("backups")
    }

    /// The state folder.
    pub fn state_folder(&self) -> &Path {
        &self.state
    }

    /// Every file of the journal, oldest first, those that cannot be read as well.
    ///
    /// # Errors
    ///
    /// The folder could not be read.
    pub fn chronicles(&self) -> Result<Vec<Chronicle>, Trouble> {
        let folder = self.folder();
        let listed = match fs::read_dir(&folder) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
            listed => listed.map_err(Trouble::of(&folder, "read"))?,
        };
        let mut paths = Vec::new();
        for found in listed {
            paths.push(found.map_err(Trouble::of(&folder, "read"))?.path());
        }
        paths.retain(|path| path.extension().is_some_and(|extension| extension == "jsonl"));
        paths.sort();
        Ok(paths.iter().map(|path| Chronicle::of(path)).collect())
    }

    /// What each entry did, newest first.
    ///
    /// # Errors
    ///
    /// The journal could not be read.
    pub fn histories(&self) -> Result<Histories, Trouble> {
        Ok(Histories::of(self.chronicles()?))
    }

    /// Each entry in short, newest first.
    ///
    /// # Errors
    ///
    /// The journal could not be read.
    pub fn entries(&self) -> Result<Vec<Past>, Trouble> {
        Ok(self.histories()?.pasts())
    }

    /// Every line about an entry, after the line that says whose session it was. The beginning of an id is enough
    /// where only one entry begins so.
    ///
    /// # Errors
    ///
    /// There is no such entry, or several; or the journal could not be read.
    pub fn show(&self, entry: &str) -> Result<Vec<Line>, String> {
        let histories = self.histories().map_err(|trouble| trouble.to_string())?;
        Ok(histories.find(entry)?.lines.clone())
    }

    fn session(&self) -> std::sync::MutexGuard<'_, Option<Session>> {
        self.session.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
