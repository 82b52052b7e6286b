//! Carries a proposal out: backups of everything, then step by step, each announced in the journal before it is done.

use std::collections::BTreeMap;
use std::sync::Arc;

use tokio::sync::watch;

use super::hands::Hands;
use super::{Deeds, late, proof};
use crate::actions::confirm::Confirmed;
use crate::execution::journal::{Entry, Record};
use crate::model::{Act, Done, Ending, Permit, Phase, Progress, Proof, Proposal, Step, StepOutcome};
use crate::storage::{Nowhere, ObjectStore};

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
    pub outcomes: BTreeMap<usize, StepOutcome>,
    /// Of these outcomes, those that are not written down yet.
    unwritten: Vec<Record>,
    /// How many steps there are.
    pub of: usize,
    pub notes: Vec<String>,
}

/// The store that a proposal is for, opened for writing; where it is for load balancers or log files, one in which
/// nothing can be done.
async fn store(deeds: &Deeds, confirmed: &Confirmed) -> Result<Arc<dyn ObjectStore>, String> {
    let place = &confirmed.proposal().store;
    if confirmed.proposal().is_about_servers() || confirmed.proposal().is_about_logs() {
        return Ok(Arc::new(Nowhere::called(place)));
    }
    let opened = (deeds.open_to_write)(confirmed.permit()).await;
    opened.map_err(|error| format!("{place} could not be opened for writing, so nothing was done: {error}"))
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
        let store = store(deeds, confirmed).await?;
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
            outcomes: BTreeMap::new(),
            unwritten: Vec::new(),
            of: proposal.steps().count(),
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
        if matches!(ending, Ending::Failed { .. }) {
            self.take_back_folders().await;
        }
        if !self.outcomes.is_empty() || self.proposal.about.is_some() {
            self.told(Phase::Check, self.outcomes.len(), "");
            ending = late::look_again(&mut self, ending).await;
            proofs = proof::after(self.deeds, &*self.store, self.proposal, &proofs).await;
            if ending == Ending::Done {
                self.notes.extend(proof::pushed_meanwhile(self.proposal, &proofs));
            }
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

    /// Step by step; what came of the last ones is on disk when this returns.
    async fn steps(&mut self) -> Result<(), Ending> {
        let ended = self.each_step().await;
        let written = self.write_down(Vec::new()).await;
        ended.and(written)
    }

    async fn each_step(&mut self) -> Result<(), Ending> {
        let (store, folder) = (Arc::clone(&self.store), self.deeds.journal.backups());
        let others = (self.deeds.looking.client(), self.deeds.fleet.as_ref());
        let mut hands = Hands::new(&*store, others, self.permit, &folder);
        for (number, step) in self.proposal.steps().enumerate() {
            if *self.stop.borrow() {
                return Err(Ending::Stopped);
            }
            self.told(Phase::Write, number, &step.key);
            self.write_down(vec![Record::Doing { step: number }]).await?;
            let outcome = hands.act(step).await;
            self.note(number, outcome.clone());
            match outcome {
                StepOutcome::Done { .. } | StepOutcome::Already { .. } => {}
                StepOutcome::Changed { why } | StepOutcome::PutBack { why } => {
                    return Err(Ending::Changed { why });
                }
                StepOutcome::Failed { why } => return Err(Ending::Failed { why }),
            }
        }
        self.told(Phase::Write, self.of, "");
        Ok(())
    }

    /// Notes what came of a step; a later word about the same step counts instead.
    fn note(&mut self, step: usize, outcome: StepOutcome) {
        self.outcomes.insert(step, outcome.clone());
        self.unwritten.push(Record::Done { step, outcome });
    }

    /// The same, down to the disk.
    pub async fn record(&mut self, step: usize, outcome: StepOutcome) -> Result<(), Ending> {
        self.note(step, outcome);
        self.write_down(Vec::new()).await
    }

    /// Writes what came of steps, and then `more`, with one sync for both.
    async fn write_down(&mut self, more: Vec<Record>) -> Result<(), Ending> {
        let before = std::mem::take(&mut self.unwritten);
        if before.is_empty() && more.is_empty() {
            return Ok(());
        }
        let all = before.iter().cloned().chain(more).collect();
        let Err(trouble) = self.entry.write(all).await else { return Ok(()) };
        if !before.is_empty() {
            // The shorter lines may still find room.
            let _ = self.entry.write(before).await;
        }
        Err(Ending::Failed {
            why: format!("the rest was left, because it could not be written down: {trouble}"),
        })
    }

    /// Removes the folders that were made for what then failed to come: empty, they would be a fault of their own.
    async fn take_back_folders(&mut self) {
        let made = |(number, step): (usize, &Step)| {
            let done = matches!(self.outcomes.get(&number), Some(StepOutcome::Done { .. }));
            (done && matches!(step.act, Act::MakeFolder { .. })).then(|| (number, step.key.clone()))
        };
        let made: Vec<_> = self.proposal.steps().enumerate().filter_map(made).collect();
        for (number, key) in made.into_iter().rev() {
            if self.store.remove_folder(&key).await.is_ok() {
                let why = "removed again, because what was to lie in it did not come".to_owned();
                self.note(number, StepOutcome::PutBack { why });
            }
        }
        let _ = self.write_down(Vec::new()).await;
    }

    fn told(&self, phase: Phase, finished: usize, key: &str) {
        (self.tell)(Progress { phase, finished, of: self.of, key: key.to_owned() });
    }

    /// The last lines of the entry.
    async fn close(mut self, ending: Ending, proofs: Vec<Proof>) -> Done {
        let checked = Record::Checked { proofs: proofs.clone(), notes: self.notes.clone() };
        let written = self.entry.write(vec![checked]).await;
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
        let keys: Vec<&str> = self.proposal.steps().map(|step| step.key.as_str()).collect();
        let named = |(number, outcome): (&usize, &StepOutcome)| {
            keys.get(*number).map(|key| ((*key).to_owned(), outcome.clone()))
        };
        Done {
            entry: None,
            ending: ending.clone(),
            steps: self.outcomes.iter().filter_map(named).collect(),
            of: self.of,
            proofs,
            notes: std::mem::take(&mut self.notes),
        }
    }

    fn done(mut self, ending: Ending, proofs: Vec<Proof>) -> Done {
        self.finish(&ending, proofs)
    }
}
