//! Everything the screen shows, and the fold that makes it out of events.
//!
//! The fold never fails, never reads a clock and never does IO: time arrives with the events, and what is wanted of
//! the world is only noted down here, for the plan to turn into effects.

mod browser;
mod filter;
mod hops;
mod intents;
mod rows;
mod screen;

use jiff::Timestamp;

pub use browser::{Browser, Pane, Wide};
pub use filter::Filter;
pub use hops::{ChainLine, chain_lines};
pub use rows::{Faults, Internals, Row, is_stray, unseen_in};
pub use screen::{Layer, Leaving, Mouse, Notice, Prompt, Screen, Tone, View};

use crate::bus::Stamped;
use crate::event::{Event, Fact, Outcome, PanelId};
use crate::model::{Gate, Severity, Subject, TagState};
use crate::sources::bucket::picture::{Picture, Verdict};

/// What never changes while the cockpit runs.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Session {
    /// Name of the profile, or what stands for it.
    pub profile: String,
    /// What kind of environment it is, in a word, such as PRODUCTION; empty if nobody said.
    pub protection: String,
    /// URL of the bucket as it was configured, without secrets.
    pub bucket: String,
}

/// Everything the screen shows.
#[derive(Debug, Default)]
pub struct State {
    /// Time of the last event.
    pub now: Timestamp,
    pub session: Session,
    /// Whether this session may write.
    pub gate: Gate,
    pub bucket: Picture,
    pub browser: Browser,
    pub screen: Screen,
}

/// A tag that needs somebody.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fault<'a> {
    pub subject: &'a Subject,
    pub state: TagState,
    pub worst: Option<(&'static str, Severity)>,
}

impl State {
    /// The state before anything happened.
    pub fn new(session: Session, theme: &str) -> Self {
        let mut state = Self { session, ..Self::default() };
        theme.clone_into(&mut state.screen.theme);
        state
    }

    /// The tags that need somebody, worst first, then by name.
    pub fn faults(&self) -> impl Iterator<Item = Fault<'_>> {
        self.bucket.verdicts.ranked().filter_map(|subject| match self.bucket.verdicts.get(subject)? {
            Verdict::Seen { state, worst, .. } => Some(Fault { subject, state: *state, worst: *worst }),
            Verdict::Scanning => None,
        })
    }

    /// The finding that is selected on the overview: the chosen one while it lasts, else the first.
    pub fn finding(&self) -> Option<&Subject> {
        let chosen = self.screen.finding.as_ref().filter(|subject| self.bucket.verdicts.is_faulty(subject));
        chosen.or_else(|| self.bucket.verdicts.ranked().next())
    }

    /// What a verb would act on: the row, hop or finding that is selected where the keys go.
    pub fn subject(&self) -> Option<Subject> {
        match self.screen.panel {
            PanelId::Overview => self.finding().cloned(),
            PanelId::Bucket => self.browser.subject(),
        }
    }

    /// The object that a raw view or a copied path is about.
    pub fn object(&self) -> Option<String> {
        match self.screen.panel {
            PanelId::Overview => None,
            PanelId::Bucket => self.browser.object(&self.bucket),
        }
    }
}

/// Takes one event into the state.
pub fn fold(state: &mut State, event: &Stamped<Event>) {
    state.now = event.at;
    state.browser.asked.clear();
    match &event.what {
        Event::Fact(Fact::Bucket(fact)) => {
            state.bucket.fold(fact, event.at);
            let sought = state.browser.is_seeking();
            state.browser.after_fact(&mut state.bucket, fact);
            if sought && !state.browser.is_seeking() {
                state.screen.notice = intents::after_seeking(state);
            }
        }
        Event::Intent(intent) => intents::fold(state, intent, event.at),
        Event::Outcome(outcome) => {
            if let Some(notice) = notice_of(outcome) {
                state.screen.notice = Some(notice);
            }
        }
        Event::Tick => {}
    }
}

fn notice_of(outcome: &Outcome) -> Option<Notice> {
    Some(match outcome {
        Outcome::Sent { what, how } => Notice::good(format!("{what} {how}")),
        Outcome::NotSent { what, why } => {
            Notice::warn(format!("{what} {why}; L prints plain lines to copy from"))
        }
        Outcome::Survived { report } => {
            let place = report.as_deref().unwrap_or("nowhere: it could not be written");
            Notice::warn(format!("A background task failed; the cockpit goes on. Report: {place}"))
        }
        Outcome::Stopped { effects: 0 } => {
            Notice::plain("Nothing was running. Ctrl-c again leaves.".to_owned())
        }
        Outcome::Stopped { effects } => Notice::warn(format!(
            "Stopped: {effects} cut short. Move or press Ctrl-r to go on; Ctrl-c again leaves."
        )),
        Outcome::NotProposed { why, .. } | Outcome::NotRecalled { why } => Notice::warn(why.clone()),
        Outcome::Proposed { .. } | Outcome::Progressed(_) | Outcome::Ended(_) | Outcome::Recalled(_) => {
            return None;
        }
    })
}
