//! An entry of the journal while it is being written.

use super::record::Record;
use super::session::{Session, stamped};
use super::{Journal, Trouble};
use crate::model::Ending;

/// An entry that is open. Dropped before it is ended, it counts as interrupted.
#[derive(Debug)]
pub struct Entry {
    id: String,
    journal: Journal,
    begun: bool,
    ended: bool,
}

impl Entry {
    /// A new entry; nothing is written yet.
    pub fn new(journal: &Journal) -> Self {
        let id = stamped((journal.clock)(), 4);
        Self { id, journal: journal.clone(), begun: false, ended: false }
    }

    pub fn id(&self) -> &str {
        &self.id
    }

    /// Whether a line of it is on disk.
    pub const fn is_begun(&self) -> bool {
        self.begun
    }

    /// Appends lines with one write, which is on disk when this returns.
    ///
    /// # Errors
    ///
    /// They could not be written; the journal is as it was before.
    pub async fn write(&mut self, records: Vec<Record>) -> Result<(), Trouble> {
        let (journal, id) = (self.journal.clone(), self.id.clone());
        let path = journal.folder();
        let written = tokio::task::spawn_blocking(move || journal.append(&id, records)).await;
        written.map_err(std::io::Error::other).map_err(Trouble::of(&path, "written"))??;
        self.begun = true;
        Ok(())
    }

    /// Writes that nothing more is done.
    ///
    /// # Errors
    ///
    /// It could not be written: from then on the entry counts as interrupted.
    pub async fn end(mut self, ending: Ending) -> Result<(), Trouble> {
        self.write(vec![Record::Ended { ending }]).await?;
        self.ended = true;
        Ok(())
    }
}

impl Drop for Entry {
    fn drop(&mut self) {
        if self.begun && !self.ended {
            // A file that is held would say that somebody is still at it.
            self.journal.session().take();
        }
    }
}

impl Journal {
    fn append(&self, entry: &str, records: Vec<Record>) -> Result<(), Trouble> {
        let at = (self.clock)();
        let mut held = self.session();
        let session = match held.take() {
            Some(session) => session,
            None => Session::begin(&self.folder(), at)?,
        };
        held.insert(session).append(at, Some(entry), records)
    }
}
