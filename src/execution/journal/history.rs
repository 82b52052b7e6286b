//! What the journal tells of each entry.

use std::collections::{BTreeMap, BTreeSet};

use indexmap::IndexMap;
use jiff::Timestamp;

use super::chronicle::Chronicle;
use super::record::{Line, Record};
use crate::model::{About, Backup, Ending, Past, Proof, Proposal, Standing, StepOutcome};

/// One entry, put together from its lines.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct History {
    pub id: String,
    pub at: Timestamp,
    /// `user@machine`.
    pub by: String,
    pub proposal: Proposal,
    /// What was seen before.
    pub before: Vec<Proof>,
    /// What each step takes away.
    pub kept: BTreeMap<usize, Backup>,
    /// Folders that a step made on its way, outermost first.
    pub makes: BTreeMap<usize, Vec<String>>,
    /// Steps that were begun.
    pub begun: BTreeSet<usize>,
    /// What came of them.
    pub outcomes: BTreeMap<usize, StepOutcome>,
    pub ending: Option<Ending>,
    /// Whether the process that writes it lives.
    pub live: bool,
    /// What is wrong with a file that it is in.
    pub damage: Option<String>,
    /// After the line of the session.
    pub lines: Vec<Line>,
}

/// How a step stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Happened {
    /// Something was written.
    Yes,
    /// Nothing was written.
    No,
    /// Only the store can tell.
    Perhaps,
}

/// All entries, newest first, and why files of the journal could not be read.
#[derive(Clone, Debug, Default)]
pub struct Histories {
    entries: Vec<History>,
    unread: Vec<String>,
}

impl History {
    fn of(id: &str, session: Option<&Line>, line: &Line) -> Option<Self> {
        let Record::Proposed { proposal, proofs, .. } = &line.record else { return None };
        let by = match session.map(|line| &line.record) {
            Some(Record::Session { by, .. }) => by.clone(),
            Some(_) | None => "unknown".to_owned(),
        };
        Some(Self {
            id: id.to_owned(),
            at: line.at,
            by,
            proposal: (**proposal).clone(),
            before: proofs.clone(),
            kept: BTreeMap::new(),
            makes: BTreeMap::new(),
            begun: BTreeSet::new(),
            outcomes: BTreeMap::new(),
            ending: None,
            live: false,
            damage: None,
            lines: session.cloned().into_iter().collect(),
        })
    }

    fn hear(&mut self, line: &Line) {
        self.lines.push(line.clone());
        match &line.record {
            Record::Kept { step, backup } => {
                self.kept.insert(*step, backup.clone());
            }
            Record::Makes { step, folders } => {
                self.makes.insert(*step, folders.clone());
            }
            Record::Doing { step } => {
                self.begun.insert(*step);
            }
            Record::Done { step, outcome } => {
                self.outcomes.insert(*step, outcome.clone());
            }
            Record::Ended { ending } => self.ending = Some(ending.clone()),
            Record::Session { .. }
            | Record::Proposed { .. }
            | Record::BackedUp
            | Record::Checked { .. }
            | Record::Other => {}
        }
    }

    /// Whether a step happened, as far as the journal knows.
    pub fn happened(&self, step: usize) -> Happened {
        match self.outcomes.get(&step) {
            Some(StepOutcome::Done { .. }) => Happened::Yes,
            Some(StepOutcome::Already { .. } | StepOutcome::Changed { .. } | StepOutcome::PutBack { .. }) => {
                Happened::No
            }
            // A store that did not answer may have done it.
            Some(StepOutcome::Failed { .. }) => Happened::Perhaps,
            None if self.begun.contains(&step) => Happened::Perhaps,
            None => Happened::No,
        }
    }

    /// Whether any step may have written something.
    pub fn wrote(&self) -> bool {
        self.begun.iter().any(|step| self.happened(*step) != Happened::No)
    }

    /// What was deleted or replaced, and in which version.
    pub fn moved(&self) -> impl Iterator<Item = (&str, &str)> {
        let steps = self.proposal.steps().enumerate();
        let happened = steps.filter(|(number, _)| self.happened(*number) != Happened::No);
        happened.filter_map(|(_, step)| Some((step.key.as_str(), step.act.takes_version()?)))
    }

    /// Steps that are as they were to be.
    pub fn finished(&self) -> usize {
        self.outcomes.values().filter(|outcome| outcome.is_well()).count()
    }

    /// How it ended by itself, whatever came later.
    fn standing(&self) -> Standing {
        match (&self.ending, &self.damage) {
            (_, Some(damage)) => Standing::Stopped { why: format!("its journal is damaged: {damage}") },
            (Some(Ending::Done), None) => Standing::Done,
            (Some(Ending::Changed { why } | Ending::Failed { why }), None) => {
                Standing::Stopped { why: why.clone() }
            }
            (Some(Ending::Stopped), None) => Standing::Stopped { why: "the operator stopped it".to_owned() },
            (None, None) if self.live => Standing::Running,
            (None, None) => Standing::Interrupted,
        }
    }

    fn past(&self, standing: Standing) -> Past {
        Past {
            entry: self.id.clone(),
            at: self.at,
            by: self.by.clone(),
            verb: self.proposal.verb.clone(),
            store: self.proposal.store.clone(),
            subjects: self.proposal.items.iter().map(|item| item.subject.clone()).collect(),
            standing,
            done: self.finished(),
            of: self.proposal.steps().count(),
            about: self.proposal.about.clone(),
        }
    }
}

impl Histories {
    pub fn of(chronicles: Vec<Chronicle>) -> Self {
        let mut found: IndexMap<String, History> = IndexMap::new();
        for chronicle in &chronicles {
            let session =
                chronicle.lines.first().filter(|line| matches!(line.record, Record::Session { .. }));
            for line in &chronicle.lines {
                let Some(id) = &line.entry else { continue };
                if !found.contains_key(id) {
                    found.extend(History::of(id, session, line).map(|history| (id.clone(), history)));
                }
                let Some(history) = found.get_mut(id) else { continue };
                history.hear(line);
                history.live = chronicle.live;
                history.damage = history.damage.take().or_else(|| chronicle.damage());
            }
        }
        let mut all: Vec<History> = found.into_values().collect();
        all.sort_by(|one, other| (other.at, &other.id).cmp(&(one.at, &one.id)));
        let unread = chronicles.iter().filter(|chronicle| chronicle.lines.is_empty());
        Self { entries: all, unread: unread.filter_map(Chronicle::damage).collect() }
    }

    /// Why files of the journal could not be read.
    pub fn unread(&self) -> &[String] {
        &self.unread
    }

    /// All of them, newest first.
    pub fn iter(&self) -> impl Iterator<Item = &History> {
        self.entries.iter()
    }

    /// The entry of this id, or the only one whose id begins so.
    ///
    /// # Errors
    ///
    /// There is none, or there are several.
    pub fn find(&self, id: &str) -> Result<&History, String> {
        if let Some(history) = self.entries.iter().find(|history| history.id == id) {
            return Ok(history);
        }
        let mut fits = self.entries.iter().filter(|history| !id.is_empty() && history.id.starts_with(id));
        match (fits.next(), fits.next()) {
            (Some(history), None) => Ok(history),
            (Some(one), Some(other)) => Err(format!(
                "several entries of the journal begin with {id}: {} and {}, for example; give more of it",
                one.id, other.id
            )),
            (None, _) => {
                let unread: String = self.unread.iter().map(|why| format!("; {why}")).collect();
                Err(format!("the journal has no entry {id}; `quarterdeck journal show` lists them{unread}"))
            }
        }
    }

    /// Each entry in short.
    pub fn pasts(&self) -> Vec<Past> {
        let mut pasts: Vec<Past> = Vec::with_capacity(self.entries.len());
        for history in &self.entries {
            let later = pasts.iter().find_map(|past| overtaken(past, &history.id));
            pasts.push(history.past(later.unwrap_or_else(|| history.standing())));
        }
        pasts
    }

    /// An entry, and those before it that it finished, newest first: one deed in several parts.
    pub fn chain(&self, id: &str) -> Vec<&History> {
        let mut chain: Vec<&History> = Vec::new();
        let mut next = Some(id);
        while let Some(history) = next.and_then(|id| self.entries.iter().find(|history| history.id == id)) {
            if chain.iter().any(|seen| seen.id == history.id) {
                break;
            }
            chain.push(history);
            next = match &history.proposal.about {
                Some(About::Resume(id)) => Some(id),
                Some(About::Undo(_)) | None => None,
            };
        }
        chain
    }

    /// The newest entry that did the rest of this one, or of one that did; the entry itself if there is none.
    pub fn newest_part(&self, id: &str) -> String {
        let resumed = |id: &str| {
            let mut later = self.entries.iter().filter(|history| history.wrote());
            later.find(|history| history.proposal.about == Some(About::Resume(id.to_owned())))
        };
        let (mut newest, mut left) = (id.to_owned(), self.entries.len());
        while let Some(later) = resumed(&newest).filter(|_| left > 0) {
            newest.clone_from(&later.id);
            left -= 1;
        }
        newest
    }
}

/// What a later entry made of the entry `id`, if it concerns that one and stands itself.
fn overtaken(later: &Past, id: &str) -> Option<Standing> {
    let by = later.entry.clone();
    match (&later.about, &later.standing) {
        (Some(About::Undo(about)), Standing::Done) if about == id => Some(Standing::Undone { by }),
        (Some(About::Resume(about)), standing) if about == id => {
            let came_to_something = *standing == Standing::Done || later.done > 0;
            came_to_something.then_some(Standing::Resumed { by })
        }
        _ => None,
    }
}

/// The newest entry that can be taken back, of those that were done here.
pub fn newest_undoable(pasts: &[Past], is_here: impl Fn(&str) -> bool) -> Option<&Past> {
    pasts.iter().find(|past| {
        let stands = match past.standing {
            Standing::Done | Standing::Interrupted => true,
            // A deed that did nothing must not hide the one before it.
            Standing::Stopped { .. } => past.done > 0,
            Standing::Running | Standing::Undone { .. } | Standing::Resumed { .. } => false,
        };
        let is_undo = matches!(past.about, Some(About::Undo(_)));
        stands && !is_undo && is_here(&past.store)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_deed_that_did_nothing_does_not_hide_the_one_before_it() {
        let past = |entry: &str, done, standing| Past {
            entry: entry.to_owned(),
            at: Timestamp::UNIX_EPOCH,
            by: "oncall@here".to_owned(),
            verb: "delete-tag".to_owned(),
            store: "file:///r".to_owned(),
            subjects: Vec::new(),
            standing,
            done,
            of: 7,
            about: None,
        };
        let stopped = || Standing::Stopped { why: "no rights".to_owned() };
        let mut pasts = vec![past("nothing", 0, stopped()), past("all", 7, Standing::Done)];
        let newest = |pasts: &[Past]| {
            newest_undoable(pasts, |place| place == "file:///r").map(|past| past.entry.clone())
        };
        assert_eq!(newest(&pasts).as_deref(), Some("all"));
        pasts.insert(0, past("some", 3, stopped()));
        assert_eq!(newest(&pasts).as_deref(), Some("some"));
        assert_eq!(newest_undoable(&pasts, |place| place == "file:///other"), None);
    }
}
