//! What each event makes us do, decided from the state that it left behind.

use std::sync::Arc;

use super::confirm::confirm;
use super::{Effect, Wish, Work};
use crate::bus::Stamped;
use crate::event::{Errand, Event, Fact, Intent, Outcome};
use crate::model::{Question, Subject};
use crate::registry::reference::Target;
use crate::sources::bucket::browse::Place;
use crate::sources::bucket::facts::Fact as Seen;
use crate::sources::bucket::picture::{Reach, Verdict};
use crate::state::{Changed, Faults, Layer, Reader, Stage, State, touched, unseen_in};

/// The effects that follow from an event, given the state after it was folded.
pub fn plan(state: &State, event: &Stamped<Event>) -> Vec<Effect> {
    let mut effects = pages(state);
    if state.document_closed {
        effects.push(Work::CloseDocument.into());
    }
    effects.extend(later(state.radar.wanted.clone()));
    effects.extend(state.links.wanted.clone().map(|repository| Work::ListLinks(repository).into()));
    effects.extend(keep(state));
    match &event.what {
        Event::Fact(Fact::Bucket(fact)) => effects.extend(after_fact(state, fact)),
        Event::Fact(
            Fact::Kubernetes(_) | Fact::Haproxy(_) | Fact::Google(_) | Fact::FrontDoor(_) | Fact::Logs(_),
        ) => {}
        Event::Intent(intent) => effects.extend(after_intent(state, intent)),
        Event::Outcome(outcome) => effects.extend(after_outcome(state, outcome)),
        Event::Tick => {}
    }
    effects
}

/// What the event changed of how far somebody came with a runbook.
fn keep(state: &State) -> Option<Effect> {
    let Changed { runbook, anew } = state.walks.changed.clone()?;
    let walk = state.walks.walk(&runbook).clone();
    Some(Work::Keep { runbook, walk, anew }.into())
}

/// The pages that the event made wanted.
fn pages(state: &State) -> Vec<Effect> {
    let page = |place: &Place| match &state.bucket.listings.get(place)?.reach {
        Reach::Asked(page) => Some(Work::List { place: place.clone(), page: page.clone() }.into()),
        Reach::Unasked | Reach::More(_) | Reach::Whole | Reach::Failed(..) => None,
    };
    state.browser.asked.iter().filter_map(page).collect()
}

fn after_fact(state: &State, fact: &Seen) -> Vec<Effect> {
    match fact {
        Seen::Opened { .. } => vec![Work::Survey.into(), Work::Recall.into()],
        // While only faults are shown no healthy tag comes on the screen, so all that is listed is looked at.
        Seen::Listed { listed, .. } if state.browser.faults == Faults::Only => {
            later(unseen_in(&state.bucket, &listed.place))
        }
        Seen::Listed { .. }
        | Seen::NotOpened { .. }
        | Seen::Surveyed { .. }
        | Seen::NotListed { .. }
        | Seen::ScanBegan { .. }
        | Seen::Scanned { .. }
        | Seen::Read { .. }
        | Seen::NotRead { .. }
        | Seen::Linked { .. }
        | Seen::NotLinked { .. } => Vec::new(),
    }
}

fn after_intent(state: &State, intent: &Intent) -> Vec<Effect> {
    match intent {
        // What was opened before may have been moved or replaced, so a refresh begins at the beginning too.
        Intent::Start => vec![Work::Remember.into(), Work::Open.into()],
        Intent::Refresh => vec![Work::Open.into(), Work::Nudge.into()],
        Intent::Look(subjects) => look(state, subjects),
        Intent::Rescan => {
            state.subject().filter(can_scan).map(|subject| Work::Scan(subject).into()).into_iter().collect()
        }
        Intent::Goto(reference) => match (&reference.target, &state.screen.layer) {
            (Target::Digest(_), Some(Layer::Describe { subject, .. })) => {
                vec![Work::Scan(subject.clone()).into()]
            }
            (Target::Tag(_) | Target::Digest(_), _) => Vec::new(),
        },
        Intent::Raw | Intent::Enter => match (&state.screen.layer, &state.bucket.raw) {
            (Some(Layer::Raw { key, .. }), None) => vec![Work::Read(key.clone()).into()],
            (Some(_) | None, _) => Vec::new(),
        },
        Intent::FaultsOnly if state.browser.faults == Faults::Only => {
            later(state.browser.unseen(&state.bucket))
        }
        Intent::Fault(_) if state.browser.is_seeking() => later(state.browser.unseen(&state.bucket)),
        Intent::Consult(_) => consult(state),
        Intent::Cancel if state.reader().is_some() => vec![Work::Stop.into(), Work::CloseDocument.into()],
        Intent::Cancel => vec![Work::Stop.into()],
        Intent::Dismiss | Intent::Back | Intent::Quit if state.is_writing() => vec![Work::Stop.into()],
        Intent::Propose(errand) => prepare(state, errand),
        Intent::Agree => carry_out(state),
        Intent::Recall => vec![Work::Recall.into()],
        Intent::Copy { what, text } => vec![Wish::Copy { what, text: text.clone() }.into()],
        Intent::Terminal(wish) => vec![Wish::Terminal(*wish).into()],
        Intent::FaultsOnly
        | Intent::Fault(_)
        | Intent::Resize { .. }
        | Intent::Move(_)
        | Intent::Select(_)
        | Intent::Choose(_)
        | Intent::Sort(_)
        | Intent::Scroll(_)
        | Intent::Follow
        | Intent::Unfold
        | Intent::Fold
        | Intent::Parent
        | Intent::Panel(_)
        | Intent::Turn(_)
        | Intent::Ask(_)
        | Intent::Draft(_)
        | Intent::Weigh(_)
        | Intent::Type(_)
        | Intent::Erase(_)
        | Intent::Settle
        | Intent::Dismiss
        | Intent::Back
        | Intent::Walk(_)
        | Intent::Last
        | Intent::Help
        | Intent::Staging
        | Intent::Menu { .. }
        | Intent::Mark
        | Intent::MarkThrough
        | Intent::Arm { .. }
        | Intent::Disarm
        | Intent::Pick
        | Intent::Internals
        | Intent::Wide
        | Intent::Describe
        | Intent::Find { .. }
        | Intent::Wrap
        | Intent::Theme(_)
        | Intent::Quit
        | Intent::Logs(_)
        | Intent::OpenRunbook { .. }
        | Intent::Runbook(_)
        | Intent::Say(_) => Vec::new(),
    }
}

fn after_outcome(state: &State, outcome: &Outcome) -> Vec<Effect> {
    match outcome {
        Outcome::Ended(_) => match state.deed().map(|deed| &deed.stage) {
            Some(Stage::Ended { proposal, .. }) => {
                let again = touched(proposal).map(|subject| Work::Scan(subject.clone()).into());
                let sources = proposal.is_about_servers().then_some(Work::Nudge.into());
                again.chain([Work::Recall.into()]).chain(sources).collect()
            }
            Some(Stage::Looking | Stage::Refused { .. } | Stage::Asking { .. } | Stage::Running { .. })
            | None => Vec::new(),
        },
        Outcome::Sent { .. }
        | Outcome::NotSent { .. }
        | Outcome::Stopped { .. }
        | Outcome::Proposed { .. }
        | Outcome::NotProposed { .. }
        | Outcome::Progressed(_)
        | Outcome::Read { .. }
        | Outcome::Recalled(_)
        | Outcome::NotRecalled { .. }
        | Outcome::Remembered { .. }
        | Outcome::Kept { .. }
        | Outcome::Survived { .. } => Vec::new(),
    }
}

/// The reading of the document that was just opened.
fn consult(state: &State) -> Vec<Effect> {
    let question = |reader: &Reader| Question { subject: reader.subject.clone(), document: reader.document };
    let work = |reader: &Reader| Work::Consult { ticket: reader.ticket, question: question(reader) };
    state.reader().map(work).into_iter().map(Effect::from).collect()
}

/// The look at what something would touch.
fn prepare(state: &State, errand: &Errand) -> Vec<Effect> {
    let Some(ticket) = state.deed().map(|deed| deed.ticket) else { return Vec::new() };
    let work = match errand {
        Errand::Verb(order) => {
            Work::Prepare { ticket, order: order.clone(), permit: state.gate.permit(state.now) }
        }
        Errand::Journal(about) => Work::PrepareFrom { ticket, about: about.clone() },
    };
    vec![work.into()]
}

/// The one way to a write: what was agreed to by this very event, while the gate is open.
fn carry_out(state: &State) -> Vec<Effect> {
    let (Some((proposal, answer)), Some(permit)) = (&state.agreed, state.gate.permit(state.now)) else {
        return Vec::new();
    };
    match confirm(Arc::clone(proposal), answer, permit) {
        Ok(confirmed) => vec![Work::CarryOut(confirmed).into()],
        Err(_) => Vec::new(),
    }
}

fn look(state: &State, subjects: &[Subject]) -> Vec<Effect> {
    let wanted = subjects.iter().filter(|subject| match state.bucket.verdicts.get(subject) {
        None => true,
        Some(Verdict::Scanning) => false,
        // Its report was dropped to save memory, and it is wanted again.
        Some(Verdict::Seen { .. }) => {
            state.browser.selected.subject() == **subject && state.bucket.report(subject).is_none()
        }
    });
    vec![Work::ScanSoon(wanted.cloned().collect()).into()]
}

fn later(subjects: Vec<Subject>) -> Vec<Effect> {
    if subjects.is_empty() { Vec::new() } else { vec![Work::ScanLater(subjects).into()] }
}

/// Whether a subject has a chain that can be walked.
pub fn can_scan(subject: &Subject) -> bool {
    matches!(subject, Subject::Tag { .. } | Subject::Manifest { .. })
}
