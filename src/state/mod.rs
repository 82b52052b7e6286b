//! Everything the screen shows, and the fold that makes it out of events.
//!
//! The fold never fails, never reads a clock and never does IO: time arrives with the events, and what is wanted of
//! the world is only noted down here, for the plan to turn into effects.

mod browser;
mod deed;
mod deeds;
mod filter;
mod hops;
mod intents;
mod links;
pub mod logs;
mod marks;
mod radar;
mod reader;
mod rows;
mod screen;
pub mod tables;
mod walks;
mod way;

use std::sync::{Arc, OnceLock};

use jiff::{SignedDuration, Timestamp};

pub use browser::{Browser, Pane, Wide};
pub use deed::{Deed, Stage};
pub use deeds::{is_here, touched};
pub use filter::Filter;
pub use hops::{ChainLine, chain_lines};
pub use links::Links;
pub use radar::{Failing, Radar};
pub use reader::{Find, Reader, ReaderStage, expression};
pub use rows::{Faults, Internals, Row, is_stray, unseen_in};
pub use screen::{Layer, Leaving, Mouse, Notice, Prompt, Screen, Tone, View};
pub use tables::{Table, Tables};
pub use walks::{Changed, Walks};

use crate::bus::Stamped;
use crate::diagnosis::Scene;
use crate::diagnosis::look::Look;
use crate::diagnosis::path::{Hop, path};
use crate::diagnosis::verdict::{Diagnosis, diagnose};
use crate::event::{Event, Fact, LogsPart, Outcome, PanelId};
use crate::model::{Answer, Gate, Past, Proposal, Severity, Subject, TagState, Watched};
use crate::runbook::Shelf;
use crate::sources;
use crate::sources::bucket::picture::{Picture, Verdict};
use crate::sources::kubernetes::objects::Pod;
use crate::sources::{front_door, google, haproxy, kubernetes};

/// What never changes while the cockpit runs.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Session {
    /// Name of the profile, or what stands for it.
    pub profile: String,
    /// What kind of environment it is, in a word, such as PRODUCTION; empty if nobody said.
    pub protection: String,
    /// URL of the bucket as it was configured, without secrets.
    pub bucket: String,
    /// URL of the registry's own API, if it is known.
    pub registry: Option<String>,
    /// What of the environment is watched besides the bucket.
    pub watched: Watched,
    /// How an embedded site can be asked from another terminal, line by line; empty where there is none.
    pub staging: Vec<String>,
    /// All runbooks.
    pub runbooks: Arc<Shelf>,
    /// The operator's own time zone, if it is known.
    pub zone: Option<jiff::tz::TimeZone>,
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
    pub kubernetes: kubernetes::picture::Picture,
    pub haproxy: haproxy::picture::Picture,
    pub google: google::picture::Picture,
    pub front_door: front_door::picture::Picture,
    pub logs: sources::logs::picture::Picture,
    /// How the logs are looked at.
    pub tail: logs::Tail,
    /// What fails most lately, by its lines.
    pub radar: Radar,
    /// Which repository is looked at next for layer links that should not be there.
    pub links: Links,
    pub browser: Browser,
    pub screen: Screen,
    pub tables: Tables,
    /// Runbooks, and how far somebody came with them.
    pub walks: Walks,
    /// What was done earlier.
    pub journal: Journal,
    /// What the last event agreed to, for the plan to carry out.
    pub agreed: Option<(Arc<Proposal>, Answer)>,
    /// Whether the last event closed a document, for the plan to end its reading.
    pub document_closed: bool,
    /// Number of the last request for what a verb would do.
    tickets: u64,
    /// What was concluded, once somebody wanted to know since the last fact.
    concluded: OnceLock<Concluded>,
    /// How long a conclusion stands at least while facts keep coming; what is due then is told by [`State::due`].
    pub pace: SignedDuration,
    /// Whether a fact came since the conclusion.
    is_behind: bool,
}

/// What follows from all that was seen.
#[derive(Debug)]
struct Concluded {
    at: Timestamp,
    path: Vec<Hop>,
    diagnosis: Diagnosis,
}

/// What is known of the journal.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Journal {
    #[default]
    Unread,
    /// Newest entry first.
    Read(Vec<Past>),
    /// It could not be read; why.
    Failed(String),
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
        let logs = sources::logs::picture::Picture::new(&session.watched.reading);
        let mut state = Self { session, logs, ..Self::default() };
        theme.clone_into(&mut state.screen.theme);
        state.screen.panel = state.home();
        state
    }

    /// The panel that the cockpit opens on, and that one leaves from.
    pub const fn home(&self) -> PanelId {
        match (self.session.bucket.is_empty(), self.session.watched.is_any()) {
            (true, true) if self.session.watched.logs => PanelId::Logs,
            (_, true) => PanelId::Overview,
            (_, false) => PanelId::Bucket,
        }
    }

    /// The tags that need somebody and are not among those that fail most now, worst first, then by name.
    pub fn faults(&self) -> impl Iterator<Item = Fault<'_>> {
        let others = self.bucket.verdicts.ranked().filter(|subject| !self.radar.has(subject));
        others.filter_map(|subject| match self.bucket.verdicts.get(subject)? {
            Verdict::Seen { state, worst, .. } => Some(Fault { subject, state: *state, worst: *worst }),
            Verdict::Scanning => None,
        })
    }

    /// What conclusions rest on.
    pub const fn scene(&self) -> Scene<'_> {
        Scene {
            watched: &self.session.watched,
            front_door: &self.front_door,
            logs: &self.logs,
            google: &self.google,
            haproxy: &self.haproxy,
            kubernetes: &self.kubernetes,
            bucket: &self.bucket,
            now: self.now,
        }
    }

    /// What is wrong.
    pub fn diagnosis(&self) -> &Diagnosis {
        &self.concluded().diagnosis
    }

    /// Worked out once after each fact, and while facts keep coming once in a while.
    fn concluded(&self) -> &Concluded {
        self.concluded.get_or_init(|| {
            let look = Look::at(self.scene()).with_storms(&self.radar.storms);
            Concluded { at: self.now, path: path(&look), diagnosis: diagnose(&look) }
        })
    }

    /// When a tick is wanted, because facts came that nothing was concluded from yet.
    pub fn due(&self) -> Option<Timestamp> {
        let concluded = self.concluded.get().filter(|_| self.is_behind)?;
        concluded.at.checked_add(self.pace).ok()
    }

    /// Notes that a conclusion is behind, or drops it if it stood long enough.
    fn outdate(&mut self, event: &Event, at: Timestamp) {
        let since = self.concluded.get().map(|concluded| at.duration_since(concluded.at));
        let is_young = since.is_some_and(|since| (SignedDuration::ZERO..self.pace).contains(&since));
        match event {
            Event::Fact(_) if is_young => self.is_behind = true,
            Event::Fact(_) | Event::Tick => {
                drop(self.concluded.take());
                self.is_behind = false;
            }
            Event::Intent(_) | Event::Outcome(_) => {}
        }
    }

    /// What a verb would act on: the row, hop or tag that is selected where the keys go; of a cause what it is about.
    pub fn subject(&self) -> Option<Subject> {
        match self.screen.panel {
            PanelId::Overview => self.finding().map(|row| self.meant(row)),
            PanelId::Bucket => self.browser.subject(),
            PanelId::Logs => self.logged(),
            PanelId::Runbook => self.step_subject(),
            panel => self.tables.get(panel)?.chosen.clone(),
        }
    }

    /// What the selected line of the logs is about.
    fn logged(&self) -> Option<Subject> {
        if self.tail.part == LogsPart::Streams {
            let (_, stream) = self.tail.chosen_stream(&self.logs)?;
            return stream.disk.as_ref().map(|disk| Subject::LogFile(disk.path.clone()));
        }
        let (_, stored) = self.tail.selected(&self.logs)?;
        stored.line.request.as_ref()?.subject.clone()
    }

    /// Whether the cluster can be asked to describe a subject, or the pod behind it.
    pub fn describes(&self, subject: &Subject) -> bool {
        matches!(subject, Subject::Service(_)) || self.pod_of(subject).is_some()
    }

    /// The document that is being read.
    pub fn reader(&self) -> Option<&Reader> {
        match &self.screen.layer {
            Some(Layer::Document(reader)) => Some(reader),
            Some(_) | None => None,
        }
    }

    fn reader_mut(&mut self) -> Option<&mut Reader> {
        match &mut self.screen.layer {
            Some(Layer::Document(reader)) => Some(reader),
            Some(_) | None => None,
        }
    }

    /// The pod that a subject is, or that is behind it.
    pub fn pod_of<'a>(&'a self, subject: &'a Subject) -> Option<&'a str> {
        match subject {
            Subject::Pod(name) => Some(name),
            Subject::Address(ip) => {
                let addresses = self.kubernetes.slices.values().flat_map(|slice| &slice.addresses);
                let named =
                    addresses.filter(|address| address.ip == *ip).find_map(|address| address.pod.as_deref());
                let has = |pod: &&Pod| pod.ip.as_deref() == Some(ip);
                named.or_else(|| self.kubernetes.pods.values().find(has).map(|pod| pod.name.as_str()))
            }
            _ => None,
        }
    }

    /// The object that a raw view or a copied path is about.
    pub fn object(&self) -> Option<String> {
        match self.screen.panel {
            PanelId::Bucket => self.browser.object(&self.bucket),
            _ => None,
        }
    }
}

/// Takes one event into the state.
pub fn fold(state: &mut State, event: &Stamped<Event>) {
    state.now = event.at;
    state.browser.asked.clear();
    state.agreed = None;
    state.walks.changed = None;
    state.radar.wanted.clear();
    state.links.wanted = None;
    let reading = state.reader().map(|reader| reader.ticket);
    let over = state.gate.run_out(event.at);
    let concerned = concerns_table(state, &event.what);
    state.outdate(&event.what, event.at);
    match &event.what {
        Event::Fact(Fact::Bucket(fact)) => {
            state.bucket.fold(fact, event.at);
            let sought = state.browser.is_seeking();
            state.browser.after_fact(&mut state.bucket, fact);
            if sought && !state.browser.is_seeking() {
                state.screen.notice = intents::after_seeking(state);
            }
        }
        Event::Fact(Fact::Kubernetes(fact)) => state.kubernetes.fold(fact, event.at),
        Event::Fact(Fact::Haproxy(fact)) => state.haproxy.fold(fact, event.at),
        Event::Fact(Fact::Google(fact)) => state.google.fold(fact, event.at),
        Event::Fact(Fact::FrontDoor(fact)) => state.front_door.fold(fact, event.at),
        Event::Fact(Fact::Logs(fact)) => {
            state.logs.fold(fact, event.at);
            state.tail.take(&state.logs, fact, event.at);
        }
        Event::Intent(intent) => intents::fold(state, intent, event.at),
        Event::Outcome(outcome) => {
            take(state, outcome);
            // What is carried out tells by itself how it stopped.
            let told = matches!(outcome, Outcome::Stopped { .. }) && state.deed().is_some();
            if let Some(notice) = notice_of(outcome).filter(|_| !told) {
                state.screen.notice = Some(notice);
            }
        }
        Event::Tick => {}
    }
    if matches!(event.what, Event::Fact(Fact::Logs(_) | Fact::Bucket(_)) | Event::Tick) {
        radar::settle(state);
        links::settle(state);
    }
    state.document_closed = reading.is_some() && state.reader().map(|reader| reader.ticket) != reading;
    if concerned {
        tables::settle(state, state.screen.panel);
    }
    if over {
        state.screen.notice = Some(deeds::over());
    }
}

/// Whether the rows of the shown table may be different after an event: by a fact, or because they are older.
fn concerns_table(state: &State, event: &Event) -> bool {
    tables::sheet(state.screen.panel).is_some_and(|sheet| match event {
        Event::Fact(fact) => (sheet.concerns)(fact),
        Event::Tick => true,
        Event::Intent(_) | Event::Outcome(_) => false,
    })
}

/// What an outcome changes besides the message line.
fn take(state: &mut State, outcome: &Outcome) {
    match outcome {
        Outcome::Proposed { ticket, proposal } => {
            deeds::prepared(state, *ticket, Ok(Arc::clone(proposal)));
        }
        Outcome::NotProposed { ticket, why } => deeds::prepared(state, *ticket, Err(why.clone())),
        Outcome::Progressed(progress) => {
            if let Some(deed) = state.deed_mut() {
                deed.progressed(progress);
            }
        }
        Outcome::Ended(done) => deeds::ended(state, done),
        Outcome::Recalled(entries) => deeds::recalled(state, entries),
        Outcome::NotRecalled { why } => state.journal = Journal::Failed(why.clone()),
        Outcome::Remembered { walks, troubles } => walks::remember(state, walks, troubles),
        Outcome::Kept { why } => walks::kept(state, why.as_deref()),
        Outcome::Sent { .. }
        | Outcome::NotSent { .. }
        | Outcome::Stopped { .. }
        | Outcome::Survived { .. } => {}
        Outcome::Read { ticket, page } => {
            if let Some(reader) = state.reader_mut().filter(|reader| reader.ticket == *ticket) {
                reader.take(page);
            }
        }
    }
}

/// A span as people say it: 10 min, 90 s, 2 h.
fn text_of(span: SignedDuration) -> String {
    let seconds = span.as_secs();
    match (seconds % 3600, seconds % 60) {
        (0, _) => format!("{} h", seconds / 3600),
        (_, 0) => format!("{} min", seconds / 60),
        (_, _) => format!("{seconds} s"),
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
        Outcome::Proposed { .. }
        | Outcome::NotProposed { .. }
        | Outcome::Progressed(_)
        | Outcome::Ended(_)
        | Outcome::Read { .. }
        | Outcome::Recalled(_)
        | Outcome::Remembered { .. }
        | Outcome::Kept { .. }
        | Outcome::NotRecalled { .. } => return None,
    })
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::model::HopId;
    use crate::sources::haproxy::facts::{Fact as Proxy, Look, Role, Stat};

    fn looked(status: &str) -> Event {
        let row = Stat {
            proxy: "gke".into(),
            name: "a".into(),
            role: Role::Server,
            status: status.into(),
            ..Stat::default()
        };
        let look = Arc::new(Look { rows: vec![row], ..Look::default() });
        Event::Fact(Fact::Haproxy(Proxy::Looked { instance: "fe".into(), look }))
    }

    #[test]
    fn what_is_concluded_stands_for_a_while_as_facts_keep_coming_and_the_last_of_them_is_not_forgotten() {
        let mut state = State::default();
        state.session.watched.backends = Some(Vec::new());
        state.pace = SignedDuration::from_millis(250);
        let at = |millis: i64| Timestamp::from_millisecond(1_700_000_000_000 + millis).unwrap();
        let stands = |state: &State| state.hop(HopId::Haproxy).map(|hop| hop.gauge == "1/1");
        let mut seq = 0;
        let mut take = |state: &mut State, millis, what| {
            seq += 1;
            fold(state, &Stamped { seq, at: at(millis), what });
        };
        take(&mut state, 0, looked("UP"));
        assert_eq!((stands(&state), state.due()), (Some(true), None));
        take(&mut state, 100, looked("DOWN"));
        take(&mut state, 249, looked("DOWN"));
        assert_eq!((stands(&state), state.due()), (Some(true), Some(at(250))));
        take(&mut state, 250, Event::Tick);
        assert_eq!((stands(&state), state.due()), (Some(false), None));
        take(&mut state, 500, looked("UP"));
        assert_eq!((stands(&state), state.due()), (Some(true), None));
        state.pace = SignedDuration::ZERO;
        take(&mut state, 500, looked("DOWN"));
        assert_eq!((stands(&state), state.due()), (Some(false), None));
    }
}
