//! The overview's rows: the hops of the way of a pull, then the tags that need somebody; and where each leads.

use super::intents::{jump, show_row, visit};
use super::{Layer, State, logs};
use crate::diagnosis::path::{Hop, Verdict, first_broken};
use crate::event::{Motion, PanelId, Way};
use crate::model::{HopId, Subject};

impl State {
    /// The way of a pull as things are.
    pub fn path(&self) -> &[Hop] {
        &self.concluded().path
    }

    /// A hop of it.
    pub fn hop(&self, id: HopId) -> Option<&Hop> {
        self.path().iter().find(|hop| hop.id == id)
    }

    /// The rows of the overview, by what they stand for.
    pub fn overview(&self) -> impl Iterator<Item = Subject> + '_ {
        let watched = self.path().iter().filter(|hop| hop.verdict != Verdict::Off);
        let hops = watched.map(|hop| Subject::Hop(hop.id));
        let failing = self.radar.rows.iter().map(|row| row.subject.clone());
        hops.chain(self.radar.repeated())
            .chain(failing)
            .chain(self.faults().map(|fault| fault.subject.clone()))
    }

    /// The row of the overview that is selected: the chosen one while it lasts, else what somebody should look at first.
    pub fn finding(&self) -> Option<Subject> {
        let lasts = |subject: &&Subject| match subject {
            Subject::Hop(id) => self.hop(*id).is_some_and(|hop| hop.verdict != Verdict::Off),
            subject => self.radar.has(subject) || self.bucket.verdicts.is_faulty(subject),
        };
        self.screen.finding.as_ref().filter(lasts).cloned().or_else(|| self.worth_a_look())
    }

    /// Where the way breaks, else the last hop that is not well, which is why those before it are not; else the worst tag: it tells more than the bucket's hop.
    fn worth_a_look(&self) -> Option<Subject> {
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
            _ => true,
        }
    }
}

/// Moves the selection.
pub fn step(state: &mut State, motion: Motion) {
    let rows: Vec<_> = state.overview().collect();
    let chosen = state.finding();
    let at = rows.iter().position(|row| Some(row) == chosen.as_ref()).unwrap_or(0);
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
    let rows: Vec<_> = state.overview().collect();
    let chosen = state.finding();
    let at = rows.iter().position(|row| Some(row) == chosen.as_ref()).unwrap_or(0);
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

/// To what the selected row is about: of a hop to what is to blame, else to its panel.
pub fn enter(state: &mut State) {
    match state.finding() {
        Some(Subject::Hop(id)) => match state.hop(id).and_then(Hop::guilty).cloned() {
            Some(Subject::FrontDoor) | None => to_hop(state, id),
            Some(guilty) => to_subject(state, guilty),
        },
        Some(subject) => to_subject(state, subject),
        None => visit(state, PanelId::Bucket),
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
        Subject::Manifest { .. } => state.screen.layer = Some(Layer::Describe { subject, top: 0 }),
        Subject::Repository(_) | Subject::Blob(_) | Subject::Upload { .. } if state.radar.has(&subject) => {
            visit(state, PanelId::Logs);
            logs::about(state, &subject);
        }
        Subject::Repository(_) | Subject::Blob(_) | Subject::Upload { .. } | Subject::Object(_) => {
            visit(state, PanelId::Bucket)
        }
    }
}
