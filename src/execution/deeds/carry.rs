//! Carries a proposal out: backups of everything, then step by step, each announced in the journal before it is done.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::sync::watch;

use super::hands::Hands;
use super::{Deeds, has_folders, late, proof};
use crate::actions::confirm::Confirmed;
use crate::execution::backup::{self, Keeper, NotKept};
use crate::execution::disk::Trouble;
use crate::execution::journal::{Entry, Record};
use crate::model::{Act, Done, Ending, Permit, Phase, Progress, Proof, Proposal, StepOutcome};
use crate::registry::mode::Mode;
use crate::storage::ObjectStore;

/// What hears how far it is.
pub type Tell<'a> = dyn Fn(Progress) + Send + Sync + 'a;

/// A proposal that is being carried out.
pub struct Run<'a> {
    pub deeds: &'a Deeds,
    pub store: Arc<dyn ObjectStore>,
    pub proposal: &'a Proposal,
    pub permit: Permit,
    pub typed: &'a str,
    pub stop: watch::Receiver<bool>,
    pub tell: &'a Tell<'a>,
    pub entry: Entry,
    /// Steps that were begun, and what came of them.
    pub outcomes: Vec<(usize, StepOutcome)>,
    pub notes: Vec<String>,
}

impl<'a> Run<'a> {
    /// Opens the store for writing; nothing is written yet.
    pub async fn open(
        deeds: &'a Deeds,
        confirmed: &'a Confirmed,
        stop: watch::Receiver<bool>,
        tell: &'a Tell<'a>,
    ) -> Result<Self, String> {
        let proposal = confirmed.proposal();
        let store = (deeds.open_to_write)(confirmed.permit()).await.map_err(|error| {
            format!("{} could not be opened for writing, so nothing was done: {error}", proposal.store)
        })?;
        if store.url() != proposal.store {
            return Err(format!("the proposal is for {}, and this is {}", proposal.store, store.url()));
        }
        let entry = Entry::new(&deeds.journal);
        Ok(Self {
            deeds,
            store,
            proposal,
            permit: confirmed.permit(),
            typed: confirmed.typed(),
            stop,
            tell,
            entry,
            outcomes: Vec::new(),
            notes: Vec::new(),
        })
    }

    /// Does it all.
    pub async fn carry_out(mut self) -> Done {
        let before = proof::before(self.deeds, &*self.store, self.proposal).await;
        let ending = self.deed(&before).await;
        if !self.entry.is_begun() {
            return self.done(ending, before);
        }
        let mut ending = ending;
        let mut proofs = before;
        if !self.outcomes.is_empty() || self.proposal.about.is_some() {
            ending = late::look_again(&mut self, ending).await;
            self.told(Phase::Check, self.outcomes.len(), "");
            proofs = proof::after(self.deeds, &*self.store, self.proposal, &proofs).await;
        }
        self.close(ending, proofs).await
    }

    /// Up to the last step.
    async fn deed(&mut self, before: &[Proof]) -> Ending {
        let begun = self.begin(before).await;
        if let Err(ending) = begun {
            return ending;
        }
        match self.steps().await {
            Ok(()) => Ending::Done,
            Err(ending) => ending,
        }
    }

    /// Journal and backups: after this everything that will be taken away is safe.
    async fn begin(&mut self, before: &[Proof]) -> Result<(), Ending> {
        let proposed = Record::Proposed {
            environment: self.deeds.environment.clone(),
            typed: self.typed.to_owned(),
            proposal: Box::new(self.proposal.clone()),
            proofs: before.to_vec(),
        };
        self.entry.write(proposed).await.map_err(nothing_done)?;
        for (step, backup) in self.backups().await? {
            self.entry.write(Record::Kept { step, backup }).await.map_err(nothing_done)?;
        }
        for (step, folders) in self.missing_folders().await? {
            self.entry.write(Record::Makes { step, folders }).await.map_err(nothing_done)?;
        }
        if *self.stop.borrow() {
            return Err(Ending::Stopped);
        }
        self.entry.write(Record::BackedUp).await.map_err(nothing_done)?;
        self.mode().await
    }

    async fn backups(&mut self) -> Result<Vec<(usize, crate::model::Backup)>, Ending> {
        let folder = self.deeds.journal.backups();
        let keeper = Keeper {
            store: &*self.store,
            client: self.deeds.looking.client(),
            folder: &folder,
            entry: self.entry.id(),
        };
        let (finished, of) = (AtomicUsize::new(0), self.proposal.steps().count());
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
        let by_api = |act: &Act| matches!(act, Act::ApiDelete { .. } | Act::ApiPut { .. });
        if self.proposal.steps().all(|step| by_api(&step.act)) {
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

    async fn steps(&mut self) -> Result<(), Ending> {
        let folder = self.deeds.journal.backups();
        for (number, step) in self.proposal.steps().enumerate() {
            if *self.stop.borrow() {
                return Err(Ending::Stopped);
            }
            self.told(Phase::Write, number, &step.key);
            let announced = self.entry.write(Record::Doing { step: number }).await;
            announced.map_err(|trouble| stopped_by_journal(&trouble))?;
            let hands = Hands {
                store: &*self.store,
                client: self.deeds.looking.client(),
                permit: self.permit,
                backups: &folder,
            };
            let outcome = hands.act(step).await;
            self.record(number, outcome.clone()).await?;
            match outcome {
                StepOutcome::Done { .. } | StepOutcome::Already { .. } => {}
                StepOutcome::Changed { why } | StepOutcome::PutBack { why } => {
                    return Err(Ending::Changed { why });
                }
                StepOutcome::Failed { why } => return Err(Ending::Failed { why }),
            }
        }
        self.told(Phase::Write, self.proposal.steps().count(), "");
        Ok(())
    }

    /// Notes what came of a step; a later word about the same step counts instead.
    pub async fn record(&mut self, number: usize, outcome: StepOutcome) -> Result<(), Ending> {
        match self.outcomes.iter_mut().find(|(known, _)| *known == number) {
            Some((_, known)) => *known = outcome.clone(),
            None => self.outcomes.push((number, outcome.clone())),
        }
        let written = self.entry.write(Record::Done { step: number, outcome }).await;
        written.map_err(|trouble| stopped_by_journal(&trouble))
    }

    fn told(&self, phase: Phase, finished: usize, key: &str) {
        let of = self.proposal.steps().count();
        (self.tell)(Progress { phase, finished, of, key: key.to_owned() });
    }

    /// The last lines of the entry.
    async fn close(mut self, ending: Ending, proofs: Vec<Proof>) -> Done {
        let checked = Record::Checked { proofs: proofs.clone(), notes: self.notes.clone() };
        let written = self.entry.write(checked).await;
        let id = self.entry.id().to_owned();
        let mut done = self.finish(&ending, proofs);
        done.entry = Some(id.clone());
        let ended = match written {
            Ok(()) => self.entry.end(ending).await,
            Err(trouble) => {
                // The shorter line may still find room.
                let _ = self.entry.end(ending).await;
                Err(trouble)
            }
        };
        if let Err(trouble) = ended {
            done.notes.push(format!(
                "the end of entry {id} could not be written down, so it may be shown as interrupted: {trouble}"
            ));
        }
        done
    }

    fn finish(&mut self, ending: &Ending, proofs: Vec<Proof>) -> Done {
        self.outcomes.sort_by_key(|(number, _)| *number);
        let keys: Vec<&str> = self.proposal.steps().map(|step| step.key.as_str()).collect();
        let named = |(number, outcome): &(usize, StepOutcome)| {
            keys.get(*number).map(|key| ((*key).to_owned(), outcome.clone()))
        };
        Done {
            entry: None,
            ending: ending.clone(),
            steps: self.outcomes.iter().filter_map(named).collect(),
            of: keys.len(),
            proofs,
            notes: std::mem::take(&mut self.notes),
        }
    }

    fn done(mut self, ending: Ending, proofs: Vec<Proof>) -> Done {
        self.finish(&ending, proofs)
    }
}

/// How it ends when the journal cannot be written before anything was.
fn nothing_done(trouble: Trouble) -> Ending {
    Ending::Failed { why: format!("nothing was done, because it could not be written down: {trouble}") }
}

fn stopped_by_journal(trouble: &Trouble) -> Ending {
    Ending::Failed { why: format!("the rest was left, because it could not be written down: {trouble}") }
}
