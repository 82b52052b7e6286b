//! The overview's rows: what is most likely wrong, the hops of the way of a pull, then the tags that need somebody; and
//! where each leads.

use super::intents::{jump, show_row, visit};
use super::{Layer, State, logs};
use crate::diagnosis::finding::{Finding, Witness};
use crate::diagnosis::path::{Hop, Verdict, first_broken};
use crate::diagnosis::verdict::Cause;
use crate::event::{Motion, PanelId, Way};
use crate::model::{HopId, Subject};
use crate::sources::Health;

impl State {
    /// The way of a pull as things are.
    pub fn path(&self) -> &[Hop] {
        &self.concluded().path
    }

    /// A hop of it.
    pub fn hop(&self, id: HopId) -> Option<&Hop> {
        self.path().iter().find(|hop| hop.id == id)
    }

    /// The cause that a row stands for: the same rule's, about the same as far as that still is so.
    pub fn cause(&self, row: &Subject) -> Option<&Cause> {
        let Subject::Cause { rule, about } = row else { return None };
        let own = || self.diagnosis().causes.iter().filter(|cause| cause.finding.rule == rule);
        let same = |cause: &&Cause| about.as_ref().is_none_or(|about| cause.finding.about.contains(about));
        own().find(same).or_else(|| own().next())
    }

    /// What is meant where a row stands for something that is about something else: of a cause what it was about when
    /// it was chosen, as long as it is.
    pub(super) fn meant(&self, row: Subject) -> Subject {
        let Some(about) = self.cause(&row).map(|cause| &cause.finding.about) else { return row };
        let first = match &row {
            Subject::Cause { about: Some(chosen), .. } => about.iter().find(|subject| *subject == &**chosen),
            _ => None,
        };
        first.or(about.first()).cloned().unwrap_or(row)
    }

    /// Whether two rows stand for the same.
    fn is_same(&self, one: &Subject, other: &Subject) -> bool {
        one == other
            || self.cause(one).zip(self.cause(other)).is_some_and(|(one, other)| std::ptr::eq(one, other))
    }

    /// The number of the selected row, and all rows.
    fn selected(&self) -> (usize, Vec<Subject>) {
        let (rows, chosen): (Vec<_>, _) = (self.overview().collect(), self.finding());
        let at = rows.iter().position(|row| chosen.as_ref().is_some_and(|chosen| self.is_same(row, chosen)));
        (at.unwrap_or(0), rows)
    }

    /// What is watched and gave no answer yet, in words.
    pub fn awaited(&self) -> Vec<&'static str> {
        let waiting = self.path().iter().filter(|hop| hop.verdict == Verdict::Waiting);
        let mut names: Vec<_> = waiting.map(|hop| source(hop.id)).collect();
        let streams = &self.logs.streams.all;
        let is_silent = || streams.values().all(|stream| !stream.is_over && stream.health == Health::Waiting);
        if self.session.watched.logs && is_silent() {
            names.push("logs");
        }
        names.dedup();
        names
    }

    /// The rows of what is most likely wrong; with nothing wrong, of everything that was looked for.
    pub fn causes(&self) -> impl Iterator<Item = Subject> + '_ {
        let causes = &self.diagnosis().causes;
        let nothing = causes.is_empty().then_some(Subject::Checks);
        causes.iter().map(|cause| row_of(&cause.finding)).chain(nothing)
    }

    /// The rows of the overview, by what they stand for.
    pub fn overview(&self) -> impl Iterator<Item = Subject> + '_ {
        let watched = self.path().iter().filter(|hop| hop.verdict != Verdict::Off);
        let hops = watched.map(|hop| Subject::Hop(hop.id));
        let failing = self.radar.rows.iter().map(|row| row.subject.clone());
        self.causes()
            .chain(hops)
            .chain(self.radar.repeated())
            .chain(failing)
            .chain(self.faults().map(|fault| fault.subject.clone()))
    }

    /// The row of the overview that is selected: the chosen one while it lasts, else what somebody should look at first.
    pub fn finding(&self) -> Option<Subject> {
        let lasts = |subject: &&Subject| match subject {
            Subject::Hop(id) => self.hop(*id).is_some_and(|hop| hop.verdict != Verdict::Off),
            Subject::Cause { .. } => self.cause(subject).is_some(),
            Subject::Checks => self.diagnosis().causes.is_empty(),
            subject => self.radar.has(subject) || self.bucket.verdicts.is_faulty(subject),
        };
        self.screen.finding.as_ref().filter(lasts).cloned().or_else(|| self.worth_a_look())
    }

    /// The most likely cause; else where the way breaks, else the last hop that is not well, which is why those before
    /// it are not; else the worst tag: it tells more than the bucket's hop.
    fn worth_a_look(&self) -> Option<Subject> {
        if let Some(cause) = self.diagnosis().causes.first() {
            return Some(row_of(&cause.finding));
        }
        let unwell = |hop: &&Hop| hop.verdict.is_unwell();
        let other = self.path().iter().rfind(|hop| unwell(hop) && hop.id != HopId::Bucket);
        let hop = first_broken(self.path()).or_else(|| other.map(|hop| hop.id)).map(Subject::Hop);
        let bucket = || self.path().iter().find(unwell).map(|hop| Subject::Hop(hop.id));
        let tag = || self.bucket.verdicts.ranked().next().cloned();
        let failing = || self.radar.rows.first().map(|row| row.subject.clone());
        let repeated = || self.radar.repeated().next();
        hop.or_else(failing).or_else(repeated).or_else(tag).or_else(bucket).or_else(|| self.overview().next())
    }

    fn is_unwell(&self, subject: &Subject) -> bool {
        match subject {
            Subject::Hop(id) => self.hop(*id).is_some_and(|hop| hop.verdict.is_unwell()),
            Subject::Checks => false,
            _ => true,
        }
    }
}

/// What tells of a hop.
const fn source(hop: HopId) -> &'static str {
    match hop {
        HopId::Client => "a first pull",
        HopId::FrontDoor => "front door",
        HopId::CloudBalancer => "Google Cloud",
        HopId::Haproxy => "HAProxy",
        HopId::Service | HopId::Endpoints | HopId::Pods => "Kubernetes",
        HopId::Bucket => "bucket",
    }
}

/// The row that stands for a finding.
fn row_of(finding: &Finding) -> Subject {
    let about = finding.about.first().cloned().map(Box::new);
    Subject::Cause { rule: finding.rule.to_owned(), about }
}

/// Moves the selection.
pub fn step(state: &mut State, motion: Motion) {
    let (at, rows) = state.selected();
    let last = rows.len().saturating_sub(1);
    let to = match motion {
        Motion::First => 0,
        Motion::Last => last,
        Motion::Rows(by) => at.saturating_add_signed(by).min(last),
    };
    state.screen.finding = rows.into_iter().nth(to);
}

/// To the next or previous row that is not well, past the end if need be; what there is to say of it.
pub fn step_to_fault(state: &mut State, way: Way) -> Option<String> {
    let (at, rows) = state.selected();
    let unwell: Vec<_> = (0..rows.len()).filter(|row| state.is_unwell(&rows[*row])).collect();
    let (ahead, around) = match way {
        Way::Next => (unwell.iter().find(|row| **row > at), unwell.first()),
        Way::Previous => (unwell.iter().rev().find(|row| **row < at), unwell.last()),
    };
    let Some(to) = ahead.or(around) else {
        return Some("Nothing is known to be wrong so far; 6 opens the bucket.".to_owned());
    };
    state.screen.finding = rows.get(*to).cloned();
    ahead.is_none().then(|| match unwell.len() {
        1 => "This is all that is known to be wrong.".to_owned(),
        _ => "Past the end: round to the other one.".to_owned(),
    })
}

/// To what the selected row is about: of a hop to what is to blame, else to its panel. What is wrong tells first why.
pub fn enter(state: &mut State) {
    match state.finding() {
        Some(subject @ (Subject::Cause { .. } | Subject::Checks)) => {
            state.screen.finding = Some(subject.clone());
            state.screen.layer = Some(Layer::Describe { subject, top: 0 });
        }
        _ => follow(state),
    }
}

/// To what the selected row, or the cause that is read about, stands for.
pub fn follow(state: &mut State) {
    let row = match &state.screen.layer {
        Some(Layer::Describe { subject: row @ Subject::Cause { .. }, .. }) => Some(row.clone()),
        _ => state.finding(),
    };
    match row {
        Some(row @ Subject::Cause { .. }) => {
            let evidence = state.cause(&row).and_then(|cause| cause.finding.evidence.first());
            match (state.meant(row.clone()), evidence.map(|evidence| evidence.from)) {
                (Subject::Cause { .. }, Some(witness)) => to_witness(state, witness),
                (Subject::Cause { .. }, None) => state.screen.layer = None,
                (about, _) => to_subject(state, about),
            }
        }
        Some(Subject::Hop(id)) => match state.hop(id).and_then(Hop::guilty).cloned() {
            Some(Subject::FrontDoor) | None => to_hop(state, id),
            Some(guilty) => to_subject(state, guilty),
        },
        Some(subject) => to_subject(state, subject),
        None => visit(state, PanelId::Bucket),
    }
}

fn to_witness(state: &mut State, witness: Witness) {
    match witness {
        Witness::FrontDoor | Witness::Certificate => to_hop(state, HopId::FrontDoor),
        Witness::Google | Witness::Haproxy => visit(state, PanelId::Balancers),
        Witness::Kubernetes => visit(state, PanelId::Pods),
        Witness::Logs => visit(state, PanelId::Logs),
        Witness::Bucket => visit(state, PanelId::Bucket),
    }
}

fn to_hop(state: &mut State, id: HopId) {
    match id {
        HopId::Client | HopId::FrontDoor => {
            state.screen.layer = Some(Layer::Describe { subject: Subject::Hop(id), top: 0 });
        }
        HopId::CloudBalancer | HopId::Haproxy => visit(state, PanelId::Balancers),
        HopId::Service | HopId::Endpoints => visit(state, PanelId::Endpoints),
        HopId::Pods => visit(state, PanelId::Pods),
        HopId::Bucket => visit(state, PanelId::Bucket),
    }
}

/// To where a subject is shown; one level back leads here again.
pub fn to_subject(state: &mut State, subject: Subject) {
    match subject {
        Subject::Tag { repository, tag } => jump(state, &repository, &tag),
        Subject::Pod(_) => show_row(state, PanelId::Pods, subject),
        Subject::Address(_) => show_row(state, PanelId::Endpoints, subject),
        Subject::Service(_) => visit(state, PanelId::Endpoints),
        Subject::Instance(_) => visit(state, PanelId::Balancers),
        Subject::Server { .. } | Subject::CloudServer { .. } => show_row(state, PanelId::Balancers, subject),
        Subject::FrontDoor => to_hop(state, HopId::FrontDoor),
        Subject::Hop(id) => to_hop(state, id),
        Subject::LogFile(path) => {
            visit(state, PanelId::Logs);
            logs::of_file(state, &path);
        }
        Subject::Request { method, uri, .. } => {
            visit(state, PanelId::Logs);
            logs::repeated(state, &method, &uri);
        }
        Subject::Manifest { .. } | Subject::Cause { .. } | Subject::Checks => {
            state.screen.layer = Some(Layer::Describe { subject, top: 0 })
        }
        Subject::Repository(_) | Subject::Blob(_) | Subject::Upload { .. } if state.radar.has(&subject) => {
            visit(state, PanelId::Logs);
            logs::about(state, &subject);
        }
        Subject::Repository(_) | Subject::Blob(_) | Subject::Upload { .. } | Subject::Object(_) => {
            visit(state, PanelId::Bucket)
        }
    }
}
