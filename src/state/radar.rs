//! The radar: what clients are refused most lately, and which of it is looked at in the background.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};

use super::State;
use crate::diagnosis::storm::{Repetition, Repetitions, repetitions};
use crate::model::Subject;
use crate::registry::report::TagReport;
use crate::sources::bucket::picture::{Health, Verdict};
use crate::sources::logs::picture::Filling;

/// Rows that are kept.
const ROWS: usize = 50;
/// Of the most failing so many are looked at.
const LOOKED_AT: usize = 10;
/// What was looked at this long ago is looked at again.
const STALE: SignedDuration = SignedDuration::from_mins(5);
/// Looks under way at once, and those that need not wait for each other's second.
const AT_ONCE: usize = 2;
const AT_FIRST: usize = 5;
/// A look that was asked for this long ago and never began will not.
const LOST: SignedDuration = SignedDuration::from_secs(30);
/// More subjects than this are not counted anew before the time is over: they come all the time.
const FEW: usize = 64;
const RECOUNT: SignedDuration = SignedDuration::from_millis(500);
/// Storms are told after half a minute, so this is soon enough.
const STORMS: SignedDuration = SignedDuration::from_secs(2);
/// Over so long the rate is taken.
const RATE: SignedDuration = SignedDuration::from_mins(1);

/// What fails most lately.
#[derive(Debug, Default)]
pub struct Radar {
    pub rows: Vec<Failing>,
    /// How many subjects fail, and how many failures that is, those of nothing that could be named included.
    pub subjects: usize,
    /// There are more than that.
    pub is_cut: bool,
    pub failures: u64,
    pub unnamed: u64,
    /// Repositories that they are of.
    pub repositories: usize,
    /// Failures within the last minute.
    pub lately: u64,
    /// What the last event made worth a look, for the plan to turn into effects.
    pub wanted: Vec<Subject>,
    /// When each was asked for.
    asked: BTreeMap<Subject, Timestamp>,
    last: Option<Timestamp>,
    counted: Option<Timestamp>,
    /// Requests that fail again and again, and when they were worked out.
    pub storms: Repetitions,
    storms_at: Option<Timestamp>,
}

/// A subject that fails.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failing {
    pub subject: Subject,
    /// Failures within five minutes.
    pub count: u64,
    pub since: Option<Timestamp>,
    pub status: u16,
    pub method: String,
}

impl Radar {
    /// Whether a subject is among the rows.
    pub fn has(&self, subject: &Subject) -> bool {
        self.rows.iter().any(|row| row.subject == *subject) || self.repeated().any(|row| row == *subject)
    }

    /// The rows above those that fail: what is repeated most, and the file that fills its disk by it.
    pub fn repeated(&self) -> impl Iterator<Item = Subject> + '_ {
        let worst = self.storms.all.first();
        let filling = self.filling().map(|filling| Subject::LogFile(filling.path.clone()));
        worst.map(Repetition::subject).into_iter().chain(filling)
    }

    /// The disk that fills while something is repeated.
    pub fn filling(&self) -> Option<&Filling> {
        self.storms.filling.as_ref().filter(|filling| !self.storms.all.is_empty() && filling.left.is_some())
    }

    /// Whether the failures are about so much that no few subjects stand out.
    pub fn is_spread(&self) -> bool {
        let top: u64 = self.rows.iter().take(5).map(|row| row.count).sum();
        self.subjects > 10 && top * 2 < self.failures
    }
}

impl State {
    /// What is known of a request that is repeated, while it is.
    pub fn repetition(&self, subject: &Subject) -> Option<&Repetition> {
        self.radar.storms.all.iter().find(|one| one.subject() == *subject)
    }

    /// The cheapest cure of what is wrong with a subject, in words; nothing while that is not known.
    pub fn cure(&self, subject: &Subject) -> Option<String> {
        let report: &TagReport = self.bucket.report(subject)?;
        let worst = report.findings.iter().min_by_key(|finding| finding.severity)?;
        Some(match worst.repairs.first()?.name() {
            "re-push" => "push it again".to_owned(),
            verb => verb.replace('-', " "),
        })
    }
}

/// Counts anew what fails, if enough time went by, and says what is worth a look.
pub fn settle(state: &mut State) {
    let now = state.now;
    let due = |counted: Timestamp| now < counted || now.duration_since(counted) >= RECOUNT;
    if state.radar.subjects <= FEW || state.radar.counted.is_none_or(due) {
        count(state, now);
    }
    let old = |at: Timestamp| now < at || now.duration_since(at) >= STORMS;
    if state.radar.storms_at.is_none_or(old) {
        let mut storms = repetitions(&state.scene());
        // A broken image that is pulled again and again is what the rows below are about.
        let is_row = |subject: &Subject| state.radar.rows.iter().any(|row| row.subject == *subject);
        storms.all.retain(|one| one.storm.status < 500 || !one.storm.subject.as_ref().is_some_and(is_row));
        state.radar.storms = storms;
        state.radar.storms_at = Some(now);
    }
    want(state, now);
}

fn count(state: &mut State, now: Timestamp) {
    state.logs.failing.sweep(now);
    let top = state.logs.failing.top(now);
    let unnamed = &state.logs.failing.unnamed;
    let ago = |span: SignedDuration| now.checked_sub(span).unwrap_or(now);
    let radar = &mut state.radar;
    radar.counted = Some(now);
    radar.subjects = top.len();
    radar.unnamed = unnamed.since(ago(STALE));
    radar.is_cut = state.logs.failing.is_cut(now);
    radar.failures = state.logs.failing.all.since(ago(STALE));
    radar.lately = state.logs.failing.all.since(ago(RATE));
    let repositories = top.iter().filter_map(|(subject, _, _)| repository(subject));
    radar.repositories = repositories.collect::<std::collections::BTreeSet<_>>().len();
    let rows = top.into_iter().take(ROWS).map(|(subject, window, count)| Failing {
        subject: subject.clone(),
        count,
        since: window.first,
        status: window.status,
        method: window.method.clone(),
    });
    radar.rows = rows.collect();
    radar.asked.retain(|_, at| now.duration_since(*at) < STALE);
}

/// The repository that a subject belongs to.
pub fn repository(subject: &Subject) -> Option<&str> {
    match subject {
        Subject::Repository(repository)
        | Subject::Tag { repository, .. }
        | Subject::Manifest { repository, .. }
        | Subject::Upload { repository, .. } => Some(repository),
        _ => None,
    }
}

/// The next of the most failing that nobody looked at lately, not too many at once.
fn want(state: &mut State, now: Timestamp) {
    let verdicts = &state.bucket.verdicts;
    if state.bucket.health != Health::Live || !state.bucket.holds_tree() || state.bucket.lost.is_some() {
        return;
    }
    let under_way = |(subject, at): &(&Subject, &Timestamp)| match verdicts.get(subject) {
        Some(Verdict::Scanning) => true,
        None => now.duration_since(**at) < LOST,
        Some(Verdict::Seen { at: seen, .. }) => seen < *at && now.duration_since(**at) < LOST,
    };
    let radar = &mut state.radar;
    let running = radar.asked.iter().filter(under_way).count();
    let is_stale = |subject: &Subject| match verdicts.get(subject) {
        None => true,
        Some(Verdict::Scanning) => false,
        Some(Verdict::Seen { at, .. }) => now.duration_since(*at) >= STALE,
    };
    let can = |subject: &Subject| matches!(subject, Subject::Tag { .. } | Subject::Manifest { .. });
    let most = radar.rows.iter().take(LOOKED_AT).map(|row| &row.subject);
    let candidates = most.filter(|subject| can(subject) && is_stale(subject));
    let asked = &radar.asked;
    let room = AT_ONCE.saturating_sub(running);
    let wanted: Vec<_> =
        candidates.filter(|subject| !asked.contains_key(subject)).take(room).cloned().collect();
    for subject in wanted {
        let waits = radar.asked.len() >= AT_FIRST;
        let soon = |last| now.duration_since(last) < SignedDuration::from_secs(1);
        if waits && radar.last.is_some_and(soon) {
            return;
        }
        radar.last = Some(now);
        radar.asked.insert(subject.clone(), now);
        radar.wanted.push(subject);
    }
}
