//! What intents and outcomes that have to do with writing do to the state.

use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};

use super::deed::Deed;
use super::screen::{Layer, Notice, Prompt};
use super::{Journal, State};
use crate::event::{Errand, Intent, PromptKind};
use crate::model::{Done, Ending, Past, Proposal, Refusal, Standing, Subject, lies_in};

/// What the layer says to everything but a stop while something is carried out.
const BUSY: &str = "It is being carried out; Esc stops it after the object that it is at.";
const STOPPING: &str = "It ends after the object that it is at; then what came of it is shown.";

impl State {
    /// The verb that writes and is on its way.
    pub fn deed(&self) -> Option<&Deed> {
        match &self.screen.layer {
            Some(Layer::Deed(deed)) => Some(deed),
            Some(_) | None => None,
        }
    }

    pub(super) fn deed_mut(&mut self) -> Option<&mut Deed> {
        match &mut self.screen.layer {
            Some(Layer::Deed(deed)) => Some(deed),
            Some(_) | None => None,
        }
    }

    /// Whether something is being carried out; until it ends the cockpit is not left.
    pub fn is_writing(&self) -> bool {
        self.deed().is_some_and(Deed::is_running)
    }

    /// What the environment is called, with the word for its protection.
    pub fn environment(&self) -> String {
        format!("{} {}", self.session.profile, self.session.protection).trim_end().to_owned()
    }
}

/// While something is carried out nothing covers it and nobody leaves; says whether that settled the intent.
pub fn hold(state: &mut State, intent: &Intent) -> bool {
    if !state.is_writing() {
        return false;
    }
    let passes = matches!(
        intent,
        Intent::Start
            | Intent::Look(_)
            | Intent::Resize { .. }
            | Intent::Scroll(_)
            | Intent::Terminal(_)
            | Intent::Say(_)
    );
    if passes {
        return false;
    }
    let ends = matches!(intent, Intent::Dismiss | Intent::Back | Intent::Cancel | Intent::Quit);
    if ends {
        state.browser.stop(&mut state.bucket);
        if let Some(deed) = state.deed_mut() {
            deed.stop();
        }
    }
    state.screen.notice = Some(Notice::plain(if ends { STOPPING } else { BUSY }.to_owned()));
    true
}

/// Opens the layer on something that would write, before it is known what.
pub fn propose(state: &mut State, errand: &Errand) {
    state.tickets += 1;
    let subjects: Vec<Subject> = match errand {
        Errand::Verb(order) => order.targets.iter().map(|target| target.subject.clone()).collect(),
        Errand::Journal(_) => Vec::new(),
    };
    let reports = subjects.iter().filter_map(|subject| state.bucket.report(subject).cloned()).collect();
    let deed = Deed::begin(state.tickets, errand.clone(), reports);
    state.screen.layer = Some(Layer::Deed(Box::new(deed)));
}

/// Carries out what is shown, if exactly what has to be typed was, while writing is allowed.
pub fn agree(state: &mut State, at: Timestamp) {
    let Some(Layer::Deed(deed)) = &mut state.screen.layer else { return };
    let Some((proposal, answer)) = deed.agreement(&state.gate, at) else {
        let text = match state.gate.permit(at) {
            None => "This session is read-only: nothing was done.",
            Some(_) => "What is to be typed was not typed: nothing was done.",
        };
        state.screen.notice = Some(Notice::warn(text.to_owned()));
        return;
    };
    deed.run(Arc::clone(&proposal));
    state.agreed = Some((proposal, answer));
}

/// Lets this session write for a while, or asks for the name that this takes.
pub fn arm(state: &mut State, span: SignedDuration, name: Option<&str>, at: Timestamp) {
    let Ok(until) = at.checked_add(span) else { return };
    let place = state.environment();
    state.screen.notice = match state.gate.open(name, Some(until)) {
        Ok(()) => {
            let minutes = super::text_of(span);
            Some(Notice::warn(format!("{place} can be written to for {minutes}. :write off ends it.")))
        }
        Err(Refusal::NeedsName { .. }) => {
            state.screen.prompt = Some(Prompt { kind: PromptKind::Name(span), text: String::new() });
            None
        }
        Err(refusal @ Refusal::OtherName { .. }) => {
            Some(Notice::warn(format!("Still read-only: {refusal}.")))
        }
    };
}

/// Makes this session read-only again.
pub fn disarm(state: &mut State) {
    let open = state.gate.permit(state.now).is_some();
    state.gate.close();
    let text = if open { "This session is read-only again." } else { "This session is read-only." };
    state.screen.notice = Some(Notice::plain(text.to_owned()));
}

/// What to say when the time for writing is over.
pub fn over() -> Notice {
    Notice::warn("The time for writing is over: this session is read-only again.".to_owned())
}

/// What a verb would do was worked out, or not, for the request of this number.
pub fn prepared(state: &mut State, ticket: u64, answer: Result<Arc<Proposal>, String>) {
    if let Some(deed) = state.deed_mut().filter(|deed| deed.ticket == ticket) {
        deed.prepared(answer);
    }
}

/// What was carried out ended: what it touched is seen anew.
pub fn ended(state: &mut State, done: &Arc<Done>) {
    let Some(proposal) = state.deed_mut().and_then(|deed| deed.ended(done)) else { return };
    let subjects: Vec<_> = proposal.items.iter().map(|item| item.subject.clone()).collect();
    if done.ending == Ending::Done {
        state.browser.unmark(&subjects);
    }
    let keys: Vec<_> = proposal.steps().map(|step| step.key.as_str()).collect();
    state.browser.revisit(&mut state.bucket, &subjects, &keys);
}

/// The journal was read.
pub fn recalled(state: &mut State, entries: &[Past]) {
    let first = matches!(state.journal, Journal::Unread);
    state.journal = Journal::Read(entries.to_vec());
    if !first || !matches!(state.screen.layer, None | Some(Layer::Help { .. })) {
        return;
    }
    let here = |past: &&Past| is_here(state, past) && past.standing == Standing::Interrupted;
    if let Some(past) = entries.iter().find(here) {
        let what = past.subjects.first().map(ToString::to_string).unwrap_or_default();
        let verb = past.verb.replace('-', " ");
        state.screen.notice = Some(Notice::warn(format!(
            "An earlier session was interrupted at {verb} of {what}, {} of {} done: :undo shows it.",
            past.done, past.of
        )));
    }
}

/// Whether an entry of the journal is about the store that is open, or about load balancers of the profile.
pub fn is_here(state: &State, past: &Past) -> bool {
    let balancers = state.session.watched.balancers.as_deref();
    past.store.trim_end_matches('/') == state.session.bucket.trim_end_matches('/')
        || balancers.is_some_and(|whole| lies_in(&past.store, whole))
}

/// The tags that are looked at again once something was carried out.
pub fn touched(proposal: &Proposal) -> impl Iterator<Item = &Subject> {
    let tags = proposal.items.iter().map(|item| &item.subject);
    tags.filter(|subject| matches!(subject, Subject::Tag { .. } | Subject::Manifest { .. }))
}
