//! From a proposal to its end: shown, agreed to, carried out. What `delete`, `undo` and `resume` have in common.

use std::sync::Arc;

use jiff::Timestamp;
use tokio::sync::watch;

use super::look::Registry;
use super::out::{Out, complain, printed};
use super::paper::Paper;
use super::work::{self, Progress};
use super::{Arming, Exit, Look, Output, Place, Words, done, place, proposal, writing};
use crate::actions::confirm::{Confirmed, confirm};
use crate::execution::deeds::Deeds;
use crate::model::text::sanitise;
use crate::model::{About, Answer, Demand, Ending, Gate, Permit, Phase, Proposal, demand};
use crate::proposals::NoProposal;
use crate::registry::repair::quote;

/// What the operator says to a proposal.
pub struct Say {
    pub arming: Arming,
    /// The word of agreement; none to see what would be done.
    pub yes: Option<String>,
    pub words: Words,
    pub output: Output,
    /// A `delete` as it would be typed again, without leave and agreement.
    pub command: String,
    /// The flags that name the same registry again.
    pub registry: Vec<String>,
}

/// A registry, and what can write to it.
pub struct Desk {
    pub registry: Registry,
    pub deeds: Deeds,
    gate: Gate,
    say: Say,
    stop: watch::Receiver<bool>,
}

impl Desk {
    /// Opens the registry that `place` names, and the gate before it if that is asked for.
    ///
    /// # Errors
    ///
    /// What is missing, and what to type instead, has been said.
    pub async fn open(place: Place, say: Say, stop: watch::Receiver<bool>) -> Result<Self, Exit> {
        let settings = place::settings(place, None, None)?;
        let profile = place::profile(&settings)?;
        let mut gate = writing::gate(&settings, profile);
        writing::arm(&mut gate, &say.arming)?;
        if say.yes.is_some() && say.arming.write.is_none() {
            let write = leave(&gate);
            complain(&format!("--yes agrees to a write that was not allowed: add {write} to allow it"));
            return Err(Exit::Usage);
        }
        let registry = Registry::open(profile, &Look::default()).await?;
        let deeds = writing::deeds(&settings, profile, registry.looking.clone());
        let deeds = deeds.ok_or_else(writing::no_state_folder)?;
        Ok(Self { registry, deeds, gate, say, stop })
    }

    /// How to print.
    pub const fn output(&self) -> Output {
        self.say.output
    }

    /// Whether what was done at a place was done to this registry, or to load balancers of its profile.
    pub fn is_here(&self, place: &str) -> bool {
        self.deeds.is_here(&*self.registry.store, place)
    }

    /// Leave to write, if it was given.
    pub fn permit(&self) -> Option<Permit> {
        self.gate.permit(Timestamp::now())
    }

    /// Shows what was proposed, or does it if it was agreed to.
    pub async fn settle<F>(self, proposing: F) -> Exit
    where
        F: AsyncFnOnce(&Self) -> Result<Proposal, NoProposal>,
    {
        let progress = Progress::new();
        progress.say("working out what would be done");
        let proposed = tokio::select! {
            proposed = proposing(&self) => proposed,
            () = work::stopped(self.stop.clone()) => {
                drop(progress);
                complain("cut short while it was worked out: nothing was written");
                return Exit::Unread;
            }
        };
        drop(progress);
        let proposal = match proposed {
            Ok(proposal) => Arc::new(proposal),
            Err(why) => {
                complain(&format!("nothing to propose: {why}"));
                return Exit::Unread;
            }
        };
        match &self.say.yes {
            None => self.show(&proposal),
            Some(word) => match self.agree(&proposal, word) {
                Ok(confirmed) => self.carry_out(&confirmed).await,
                Err(exit) => exit,
            },
        }
    }

    fn show(&self, proposal: &Proposal) -> Exit {
        let demand = demand(proposal);
        let shown = proposal::Shown {
            proposal,
            demand: &demand,
            environment: &self.deeds.environment,
            names: self.gate.asks_for().unwrap_or_default(),
            command: &self.command(proposal, &demand),
        };
        let text = match self.say.output {
            Output::Text => shown.text(Paper::of_stdout()),
            Output::Json => shown.json(),
        };
        printed(Out::lock().print(&text), Exit::Clean)
    }

    fn agree(&self, proposal: &Arc<Proposal>, word: &str) -> Result<Confirmed, Exit> {
        let Words { healthy, unknown, last } = self.say.words;
        let also = [(healthy, "healthy"), (unknown, "unknown"), (last, "last")]
            .into_iter()
            .filter(|(given, _)| *given);
        let demand = demand(proposal);
        // The command's own name is word enough for taking back and finishing.
        let word = if word.is_empty() && proposal.about.is_some() { &demand.word } else { word };
        let answer = Answer { word: word.to_owned(), also: also.map(|(_, word)| word.to_owned()).collect() };
        let Some(permit) = self.permit() else {
            complain(&format!("writing is not allowed: add {}", leave(&self.gate)));
            return Err(Exit::Usage);
        };
        confirm(Arc::clone(proposal), &answer, permit).map_err(|missing| {
            let command = self.command(proposal, &demand);
            complain(&format!("not agreed to, so nothing was written: {missing}\ntype {command}"));
            Exit::Usage
        })
    }

    /// What to type to have it done.
    fn command(&self, proposal: &Proposal, demand: &Demand) -> String {
        let write = match (&self.say.arming.write, self.gate.asks_for()) {
            (Some(name), Some(_)) if !name.is_empty() => format!("--write={}", quote(name)),
            _ => leave(&self.gate),
        };
        let yes = match &proposal.about {
            Some(_) => "--yes".to_owned(),
            None => format!("--yes={}", quote(&demand.word)),
        };
        let again = |name: &str, entry: &str| {
            let words = ["quarterdeck", name, entry].into_iter().map(str::to_owned);
            words.chain(self.say.registry.clone()).collect::<Vec<_>>().join(" ")
        };
        // What is newest may be another entry by then.
        let command = match &proposal.about {
            Some(About::Undo(entry)) => again("undo", entry),
            Some(About::Resume(entry)) => again("resume", entry),
            None => self.say.command.clone(),
        };
        let also = demand.also.iter().map(|word| format!("--{word}"));
        let parts = [command, write, yes].into_iter().chain(also);
        parts.collect::<Vec<_>>().join(" ")
    }

    async fn carry_out(&self, confirmed: &Confirmed) -> Exit {
        let progress = Progress::new();
        let ended = self
            .deeds
            .carry_out(confirmed, self.stop.clone(), &|at| {
                progress.at(at.finished as u64, at.of as u64);
                let key = at.key.strip_prefix("docker/registry/v2/").unwrap_or(&at.key);
                progress.say(format!("{} {}", phase(at.phase), sanitise(key)));
            })
            .await;
        drop(progress);
        let exit = match ended.ending {
            Ending::Done => Exit::Clean,
            Ending::Changed { .. } | Ending::Failed { .. } | Ending::Stopped => Exit::Found,
        };
        let registry = self.say.registry.join(" ");
        let told = done::Told { proposal: confirmed.proposal(), done: &ended, registry: &registry };
        let text = match self.say.output {
            Output::Text => told.text(Paper::of_stdout()),
            Output::Json => told.json(),
        };
        printed(Out::lock().print(&text), exit)
    }
}

/// The flag that allows writing here.
fn leave(gate: &Gate) -> String {
    match gate.asks_for().and_then(<[String]>::first) {
        Some(name) => format!("--write={}", quote(name)),
        None => "--write".to_owned(),
    }
}

/// The flags that name the same registry again.
pub fn flags(place: &Place) -> Vec<String> {
    let file = place.file.as_ref().map(|path| path.display().to_string());
    let flags = [("--config", &file), ("--profile", &place.profile), ("--bucket", &place.bucket)];
    let given = flags.into_iter().filter_map(|(flag, value)| Some((flag, value.as_ref()?)));
    given.flat_map(|(flag, value)| [flag.to_owned(), quote(value)]).collect()
}

const fn phase(phase: Phase) -> &'static str {
    match phase {
        Phase::Backup => "keeping",
        Phase::Write => "writing",
        Phase::Check => "looking again",
    }
}
