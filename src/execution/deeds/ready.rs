//! Before the first step: journal and backups, and a look whether steps may be taken here at all.

use std::sync::atomic::{AtomicUsize, Ordering};

use super::carry::Run;
use super::has_folders;
use crate::execution::backup::{self, Keeper, NotKept};
use crate::execution::disk::Trouble;
use crate::execution::journal::Record;
use crate::model::{Act, Backup, Ending, Phase, Progress, Proof};
use crate::registry::mode::Mode;

impl Run<'_> {
    /// Journal and backups: after this everything that will be taken away is safe.
    pub async fn begin(&mut self, before: &[Proof]) -> Result<(), Ending> {
        let proposed = Record::Proposed {
            environment: self.deeds.environment.clone(),
            typed: self.typed.to_owned(),
            proposal: Box::new(self.proposal.clone()),
            proofs: before.to_vec(),
        };
        self.entry.write(vec![proposed]).await.map_err(nothing_done)?;
        let kept = self.backups().await?.into_iter().map(|(step, backup)| Record::Kept { step, backup });
        let mut lines: Vec<Record> = kept.collect();
        let makes = self.missing_folders().await?.into_iter();
        lines.extend(makes.map(|(step, folders)| Record::Makes { step, folders }));
        let stopped = *self.stop.borrow();
        lines.extend((!stopped).then_some(Record::BackedUp));
        self.entry.write(lines).await.map_err(nothing_done)?;
        if stopped { Err(Ending::Stopped) } else { self.mode().await }
    }

    async fn backups(&mut self) -> Result<Vec<(usize, Backup)>, Ending> {
        let folder = self.deeds.journal.backups();
        let keeper = Keeper {
            store: &*self.store,
            client: self.deeds.looking.client(),
            folder: &folder,
            entry: self.entry.id(),
        };
        let (finished, of) = (AtomicUsize::new(0), self.of);
        let told = |key: &str| {
            let finished = finished.fetch_add(1, Ordering::Relaxed) + 1;
            (self.tell)(Progress { phase: Phase::Backup, finished, of, key: key.to_owned() });
        };
        let kept = keeper.keep(self.proposal, &told, &|| !*self.stop.borrow()).await;
        kept.map_err(|why| match why {
            NotKept::Changed(why) => Ending::Changed { why: format!("{why}; nothing was done") },
            NotKept::Failed(why) => Ending::Failed {
                why: format!("not everything could be backed up, so nothing was done: {why}"),
            },
        })
    }

    /// Folders that steps will make on their way, so that an undo can remove them.
    async fn missing_folders(&self) -> Result<Vec<(usize, Vec<String>)>, Ending> {
        let mut missing = Vec::new();
        if !has_folders(&*self.store) {
            return Ok(missing);
        }
        for (number, step) in self.proposal.steps().enumerate() {
            if !matches!(step.act, Act::Create { .. } | Act::PutBack { .. }) {
                continue;
            }
            let folders = backup::missing_folders(&*self.store, &step.key).await;
            let folders = folders.map_err(|error| Ending::Failed {
                why: format!(
                    "the folders above {} could not be read, so nothing was done: {error}",
                    step.key
                ),
            })?;
            missing.extend((!folders.is_empty()).then_some((number, folders)));
        }
        Ok(missing)
    }

    /// A registry may have been given a metadata database since.
    async fn mode(&self) -> Result<(), Ending> {
        let elsewhere = |act: &Act| {
            matches!(act, Act::ApiDelete { .. } | Act::ApiPut { .. } | Act::SetServer(_) | Act::EmptyLog(_))
        };
        if self.proposal.steps().all(|step| elsewhere(&step.act)) {
            return Ok(());
        }
        match self.deeds.looking.mode_afresh(&*self.store).await {
            Mode::FileMetadata => Ok(()),
            Mode::MetadataDatabase => Err(Ending::Changed {
                why: "a metadata database holds this registry's tags now, so nothing was done in the bucket"
                    .into(),
            }),
            Mode::Unknown { why } => Err(Ending::Failed {
                why: format!(
                    "whether a metadata database holds the tags is not known, so nothing was done: {why}"
                ),
            }),
        }
    }
}

/// How it ends when the journal cannot be written before anything was.
fn nothing_done(trouble: Trouble) -> Ending {
    Ending::Failed { why: format!("nothing was done, because it could not be written down: {trouble}") }
}
