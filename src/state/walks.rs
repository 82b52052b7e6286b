//! Runbooks on the screen: which is open, at which step, how each step stands, and what was answered and noted.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::intents::visit;
use super::screen::Notice;
use super::way::to_subject;
use super::{Session, State};
use crate::diagnosis::rules::RULES;
use crate::event::{Motion, PanelId, RunbookWish, Way};
use crate::model::Subject;
use crate::runbook::{self, Aim, Names, On, Place, Runbook, Step, StepState, Turn, Walk};

/// Steps that lead back to where one came from.
const TRAIL: usize = 64;

/// How runbooks are walked.
#[derive(Clone, Debug, Default)]
pub struct Walks {
    /// Id of the runbook that is open.
    pub open: Option<String>,
    /// Id of the runbook that is selected in the list.
    pub chosen: Option<String>,
    /// Anchor of the step that is selected.
    pub at: String,
    /// First line of the step's text on the screen.
    pub top: usize,
    /// How many commands of the step were copied: the one after them is the next.
    pub command: usize,
    /// How far somebody came, by the runbook's id.
    pub all: BTreeMap<String, Walk>,
    /// What the last event changed, for the plan to keep.
    pub changed: Option<Changed>,
    /// Why the last change is not kept, where that is so.
    pub unkept: Option<String>,
    /// What a verb is about to be done to.
    aimed: Option<Subject>,
    /// The steps that branches were followed from.
    trail: Vec<Place>,
    /// Asked once to begin anew.
    asked: bool,
}

/// A change to how far somebody came with a runbook.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Changed {
    pub runbook: String,
    /// Whether it begins anew: what was kept before is put aside.
    pub anew: bool,
}

impl Walks {
    /// How far somebody came with a runbook.
    pub fn walk(&self, runbook: &str) -> &Walk {
        static NONE: Walk = Walk { begun: None, at: None, steps: BTreeMap::new() };
        self.all.get(runbook).unwrap_or(&NONE)
    }

    fn change(&mut self, runbook: &str, change: impl FnOnce(&mut Walk)) {
        change(self.all.entry(runbook.to_owned()).or_default());
        self.changed = Some(Changed { runbook: runbook.to_owned(), anew: false });
    }

    /// Whether there is a step to go back to.
    pub const fn has_trail(&self) -> bool {
        !self.trail.is_empty()
    }
}

impl State {
    /// The runbooks: those first that something speaks for, the likeliest cause before others.
    pub fn runbooks(&self) -> Vec<&Runbook> {
        let mut books: Vec<_> = self.session.runbooks.books.iter().map(|(book, _)| book).collect();
        books.sort_by_cached_key(|book| self.spoken_for(book).unwrap_or(usize::MAX));
        books
    }

    /// The place of the first cause that one of a runbook's steps is about.
    pub fn spoken_for(&self, book: &Runbook) -> Option<usize> {
        let causes = &self.diagnosis().causes;
        causes.iter().position(|cause| book.rules().any(|rule| rule == cause.finding.rule))
    }

    /// The runbook that is selected in the list.
    pub fn chosen_runbook(&self) -> Option<&Runbook> {
        let chosen = self.walks.chosen.as_deref().and_then(|id| self.session.runbooks.book(id));
        chosen.or_else(|| self.runbooks().first().copied())
    }

    /// The runbook that is open, and its selected step.
    pub fn open_step(&self) -> Option<(&Runbook, &Step)> {
        let book = self.session.runbooks.book(self.walks.open.as_deref()?)?;
        let step = book.step(&self.walks.at).or_else(|| book.steps.first())?;
        Some((book, step))
    }

    /// How a step stands.
    pub fn step_state(&self, book: &Runbook, step: &Step) -> StepState<'_> {
        let answer = self.walks.walk(&book.id).answer(&step.anchor);
        runbook::live(step, self.diagnosis(), answer)
    }

    /// Where one goes on from the selected step.
    pub fn next_turn(&self) -> Option<Turn> {
        let (book, step) = self.open_step()?;
        runbook::next(book, step, &self.step_state(book, step))
    }

    /// What the selected step is about: what its check found first, else what its first verb is for.
    pub fn step_subject(&self) -> Option<Subject> {
        if let Some(aimed) = &self.walks.aimed {
            return Some(aimed.clone());
        }
        let (_, step) = self.open_step()?;
        self.found().or_else(|| step.verbs().find_map(|(_, aim)| self.aimed_at(aim)))
    }

    /// What the selected step's check found first.
    fn found(&self) -> Option<Subject> {
        let (book, step) = self.open_step()?;
        let state = self.step_state(book, step);
        state.findings().iter().find_map(|finding| finding.about.first()).cloned()
    }

    fn aimed_at(&self, aim: &Aim) -> Option<Subject> {
        match aim {
            Aim::Finding => self.found(),
            Aim::Service => {
                let workload = self.session.watched.kubernetes.as_ref()?;
                Some(Subject::Service(workload.service.clone()))
            }
            Aim::Subject(subject) => Some(subject.clone()),
        }
    }

    /// What a verb of the selected step is for; nothing for other verbs.
    pub fn target_of(&self, verb: &str) -> Option<Subject> {
        let (_, step) = self.open_step().filter(|_| self.screen.panel == PanelId::Runbook)?;
        let (_, aim) = step.verbs().find(|(id, _)| *id == verb)?;
        self.aimed_at(aim)
    }

    /// What the commands of the selected step call things.
    pub fn names(&self) -> Names {
        let subject = self.found().or_else(|| self.step_subject());
        let Session { watched, bucket, registry, .. } = &self.session;
        let mut names = runbook::names(watched, bucket, registry.as_deref());
        let cluster = &self.kubernetes.cluster;
        let known = [("context", &cluster.context), ("namespace", &cluster.namespace)];
        for (name, value) in
            known.into_iter().filter(|(_, value)| !value.is_empty() && *value != "in-cluster")
        {
            names.insert(name, value.clone());
        }
        names.extend(subject.iter().flat_map(runbook::names_of));
        names
    }
}

/// Opens a runbook at a step; one level back leads here again.
pub fn open(state: &mut State, step: &str) {
    let place = Place::parse(step);
    match find(state, &place) {
        Err(why) => state.screen.notice = Some(Notice::warn(format!("Nothing was opened: {why}."))),
        Ok((id, anchor, missing)) => {
            if state.screen.panel == PanelId::Runbook {
                state.screen.layer = None;
            } else {
                visit(state, PanelId::Runbook);
            }
            turn_to(state, &id, anchor);
            if let Some(why) = missing {
                state.screen.notice = Some(Notice::warn(format!("This is its first step: {why}.")));
            }
        }
    }
}

/// The runbook and the step to open, and what is missing: one's own runbook may lack a step that a cause leads to, and
/// is worth reading from its beginning then.
fn find(state: &State, place: &Place) -> Result<(String, Option<String>, Option<String>), String> {
    let shelf = &state.session.runbooks;
    let is_led_to = RULES.iter().any(|rule| Place::parse(rule.step) == *place);
    match (shelf.find(place), shelf.book(&place.runbook).filter(|_| is_led_to)) {
        (Ok((book, step)), _) => Ok((book.id.clone(), step.map(|step| step.anchor.clone()), None)),
        (Err(why), Some(book)) => {
            Ok((book.id.clone(), book.steps.first().map(|step| step.anchor.clone()), Some(why)))
        }
        (Err(why), None) => Err(why),
    }
}

/// To a step of a runbook; without one to where one was, else to where one begins.
fn turn_to(state: &mut State, id: &str, anchor: Option<String>) {
    let Some(book) = state.session.runbooks.book(id) else { return };
    let walk = state.walks.walk(id);
    let before = walk.at.clone().filter(|at| book.step(at).is_some());
    let first = || runbook::first(book, state.diagnosis(), walk).map(|step| step.anchor.clone());
    let at = anchor.or(before).or_else(first).unwrap_or_default();
    if state.walks.open.as_deref() != Some(id) {
        state.walks.trail.clear();
    }
    (state.walks.open, state.walks.chosen) = (Some(id.to_owned()), Some(id.to_owned()));
    go(state, &at);
}

/// What a verb was aimed at is forgotten once nothing is open that it opened: the next verb is for what the step is about.
pub fn release(state: &mut State) {
    if !is_busy(state) {
        state.walks.aimed = None;
    }
}

/// Whether something lies above the panel.
pub const fn is_busy(state: &State) -> bool {
    state.screen.layer.is_some() || state.screen.prompt.is_some()
}

/// Selects a step of the runbook that is open.
fn go(state: &mut State, anchor: &str) {
    let Some(id) = state.walks.open.clone() else { return };
    if state.walks.at != anchor {
        (state.walks.top, state.walks.command) = (0, 0);
    }
    (state.walks.at, state.walks.aimed) = (anchor.to_owned(), None);
    if state.walks.walk(&id).at.as_deref() != Some(anchor) {
        state.walks.change(&id, |walk| walk.at = Some(anchor.to_owned()));
    }
}

/// Moves the selection among runbooks or steps.
pub fn step(state: &mut State, motion: Motion) {
    match state.open_step() {
        None => {
            let ids: Vec<_> = state.runbooks().iter().map(|book| book.id.clone()).collect();
            let chosen = state.chosen_runbook().map(|book| book.id.clone());
            let at = ids.iter().position(|id| Some(id) == chosen.as_ref()).unwrap_or(0);
            state.walks.chosen = ids.get(moved(ids.len(), at, motion)).cloned();
        }
        Some((book, step)) => {
            let at = book.position(&step.anchor).unwrap_or(0);
            let to = book.steps.get(moved(book.steps.len(), at, motion)).map(|step| step.anchor.clone());
            go(state, &to.unwrap_or_default());
        }
    }
}

fn moved(count: usize, at: usize, motion: Motion) -> usize {
    let last = count.saturating_sub(1);
    match motion {
        Motion::First => 0,
        Motion::Last => last,
        Motion::Rows(rows) => at.saturating_add_signed(rows).min(last),
    }
}

/// Opens the selected runbook, or goes on from the selected step.
pub fn enter(state: &mut State) {
    if state.open_step().is_none() {
        if let Some(id) = state.chosen_runbook().map(|book| book.id.clone()) {
            turn_to(state, &id, None);
        }
        return;
    }
    let (here, turn) = (here(state), state.next_turn());
    match turn {
        None => say(state, "This is the last step."),
        Some(turn) => {
            let elsewhere = here.as_ref().is_some_and(|here| here.runbook != turn.to.runbook);
            let found = state.session.runbooks.find(&turn.to);
            match found.map(|(_, step)| step.map(|step| step.anchor.clone())) {
                Err(why) => say(state, &format!("{why}.")),
                Ok(anchor) => {
                    let trail = std::mem::take(&mut state.walks.trail);
                    turn_to(state, &turn.to.runbook, anchor);
                    state.walks.trail = trail.into_iter().chain(here).collect();
                    let surplus = state.walks.trail.len().saturating_sub(TRAIL);
                    state.walks.trail.drain(..surplus);
                    if elsewhere {
                        say(
                            state,
                            &format!("On to another runbook, {}; Backspace goes back.", turn.to.runbook),
                        );
                    }
                }
            }
        }
    }
}

fn here(state: &State) -> Option<Place> {
    let (book, step) = state.open_step()?;
    Some(Place { runbook: book.id.clone(), anchor: step.anchor.clone() })
}

fn say(state: &mut State, text: &str) {
    state.screen.notice = Some(Notice::plain(text.to_owned()));
}

/// Closes the runbook that is open; says whether one was.
pub fn close(state: &mut State) -> bool {
    state.walks.trail.clear();
    state.walks.open.take().is_some()
}

/// Back to the list of runbooks, wherever one came from.
pub fn to_list(state: &mut State) {
    (state.screen.drilled, state.screen.layer) = (None, None);
    close(state);
}

/// What was noted of the selected step.
pub fn note(state: &State) -> &str {
    state.open_step().map_or("", |(book, step)| state.walks.walk(&book.id).note(&step.anchor))
}

/// Takes a wish into the state.
pub fn fold(state: &mut State, wish: &RunbookWish, at: Timestamp) {
    let asked = std::mem::take(&mut state.walks.asked);
    match wish {
        RunbookWish::Aim(Some(subject)) => state.walks.aimed = Some(subject.clone()),
        RunbookWish::Aim(None) => release(state),
        RunbookWish::Waiting(way) => to_waiting(state, *way),
        RunbookWish::Return => match state.walks.trail.pop() {
            Some(place) => {
                let trail = std::mem::take(&mut state.walks.trail);
                turn_to(state, &place.runbook, Some(place.anchor));
                state.walks.trail = trail;
            }
            None => say(state, "No step led here; Esc goes back to the list."),
        },
        RunbookWish::Show => match state.found() {
            Some(subject) => to_subject(state, subject),
            None => say(state, "Nothing was found here that could be shown."),
        },
        RunbookWish::Answer { fine } => {
            if let Some(here) = here(state) {
                state.walks.change(&here.runbook, |walk| walk.answered(&here.anchor, *fine, at));
            }
        }
        RunbookWish::Note(text) => {
            if let Some(here) = here(state) {
                state.walks.change(&here.runbook, |walk| walk.noted(&here.anchor, text, at));
            }
        }
        RunbookWish::Anew if asked => anew(state, at),
        RunbookWish::Anew => {
            state.walks.asked = true;
            say(state, "R once more begins anew: answers and notes of this runbook are put aside.");
        }
    }
}

fn anew(state: &mut State, at: Timestamp) {
    let Some(id) = state.walks.open.clone() else { return };
    state.walks.all.insert(id.clone(), Walk::begun(at));
    state.walks.trail.clear();
    turn_to(state, &id, None);
    state.walks.changed = Some(Changed { runbook: id, anew: true });
    say(state, "Begun anew; what was answered and noted before is kept beside it as .previous.");
}

fn to_waiting(state: &mut State, way: Way) {
    let Some((book, step)) = state.open_step() else { return };
    let at = book.position(&step.anchor).unwrap_or(0);
    let waits = |number: &usize| state.step_state(book, &book.steps[*number]).waits();
    let to = match way {
        Way::Next => (at + 1..book.steps.len()).find(waits),
        Way::Previous => (0..at).rev().find(waits),
    };
    let anchor = to.map(|number| book.steps[number].anchor.clone());
    match anchor {
        Some(anchor) => go(state, &anchor),
        None => say(state, "No step waits for an answer in this direction."),
    }
}

/// To the next or previous step whose check finds something; what there is to say of it.
pub fn to_fault(state: &mut State, way: Way) -> Option<String> {
    let (book, step) = state.open_step()?;
    let at = book.position(&step.anchor).unwrap_or(0);
    let fires = |number: &usize| state.step_state(book, &book.steps[*number]).on() == Some(On::Fires);
    let to = match way {
        Way::Next => (at + 1..book.steps.len()).find(fires),
        Way::Previous => (0..at).rev().find(fires),
    };
    let anchor = to.map(|number| book.steps[number].anchor.clone());
    match anchor {
        Some(anchor) => {
            go(state, &anchor);
            None
        }
        None => Some("No step finds a fault in this direction.".to_owned()),
    }
}

/// Takes what was kept in earlier sessions; what was answered in this one already is later, and stays.
pub fn remember(state: &mut State, walks: &BTreeMap<String, Walk>, troubles: &[String]) {
    for (id, walk) in walks {
        match state.walks.all.get_mut(id) {
            None => drop(state.walks.all.insert(id.clone(), walk.clone())),
            Some(begun) => {
                begun.merge(walk);
                state.walks.changed = Some(Changed { runbook: id.clone(), anew: false });
            }
        }
    }
    if let Some(trouble) = troubles.first() {
        state.screen.notice = Some(Notice::warn(trouble.clone()));
    }
}

/// A change was kept, or why it was not.
pub fn kept(state: &mut State, why: Option<&str>) {
    let said = state.walks.unkept.as_deref() == why;
    state.walks.unkept = why.map(str::to_owned);
    if let Some(why) = why.filter(|_| !said) {
        let text = format!("What you answer and note is lost when you leave: {why}");
        state.screen.notice = Some(Notice::warn(text));
    }
}
