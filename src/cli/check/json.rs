//! What was found, for programs: one object.

use jiff::Timestamp;
use serde::Serialize;

use super::{explained_by, summary};
use crate::cli::json::escaped;
use crate::diagnosis::finding::{Evidence, Finding};
use crate::diagnosis::look::{Lack, Need};
use crate::diagnosis::rules::{RULES, Rule};
use crate::diagnosis::verdict::{Diagnosis, Outcome};
use crate::runtime::Observed;

#[derive(Debug, Serialize)]
struct Checked<'o> {
    profile: &'o str,
    at: String,
    summary: String,
    settled: bool,
    unread: Vec<NeedJson<'o>>,
    checks: Vec<CheckJson<'o>>,
}

#[derive(Debug, Serialize)]
struct CheckJson<'o> {
    rule: &'static str,
    state: &'static str,
    sentence: &'static str,
    step: &'static str,
    seen: Option<&'o str>,
    needs: Vec<NeedJson<'o>>,
    findings: Vec<FindingJson<'o>>,
}

#[derive(Debug, Serialize)]
struct NeedJson<'o> {
    lack: &'static str,
    what: &'o str,
}

#[derive(Debug, Serialize)]
struct FindingJson<'o> {
    cause: bool,
    explained_by: Vec<&'o str>,
    impact: &'static str,
    confidence: &'static str,
    words: &'o str,
    since: Option<String>,
    about: Vec<String>,
    evidence: Vec<EvidenceJson<'o>>,
    next: &'o str,
    step: &'static str,
    verbs: &'o [&'static str],
}

#[derive(Debug, Serialize)]
struct EvidenceJson<'o> {
    words: &'o str,
    from: &'static str,
    weight: &'static str,
    age_seconds: Option<i64>,
    r#for: bool,
}

/// The object, on one line. What could play tricks on a terminal is escaped the JSON way.
pub fn text(observed: &Observed) -> String {
    let (diagnosis, now) = (observed.state.diagnosis(), observed.state.now);
    let checked = Checked {
        profile: &observed.state.session.profile,
        at: now.to_string(),
        summary: summary(observed),
        settled: observed.is_settled,
        unread: diagnosis.unread.iter().map(need).collect(),
        checks: RULES.iter().map(|rule| check(rule, diagnosis, now)).collect(),
    };
    // Strings, numbers and lists of them cannot fail to be written.
    escaped(&serde_json::to_string(&checked).unwrap_or_default())
}

fn check<'o>(rule: &'static Rule, diagnosis: &'o Diagnosis, now: Timestamp) -> CheckJson<'o> {
    let outcome = diagnosis.of(rule.id);
    let (state, seen, needs, found) = match outcome {
        Outcome::Fires(found) => ("fires", None, [].as_slice(), found),
        Outcome::Clear(seen) => ("clear", Some(seen), [].as_slice(), Vec::new()),
        Outcome::Unknown(needs) => ("unknown", None, needs, Vec::new()),
    };
    CheckJson {
        rule: rule.id,
        state,
        sentence: rule.sentence,
        step: rule.step,
        seen,
        needs: needs.iter().map(need).collect(),
        findings: found.into_iter().map(|one| finding(one, rule, diagnosis, now)).collect(),
    }
}

fn need(need: &Need) -> NeedJson<'_> {
    let lack = match need.lack {
        Lack::Blind => "blind",
        Lack::Waiting => "waiting",
        Lack::Off => "off",
    };
    NeedJson { lack, what: &need.what }
}

fn finding<'o>(
    finding: &'o Finding,
    rule: &'static Rule,
    diagnosis: &'o Diagnosis,
    now: Timestamp,
) -> FindingJson<'o> {
    let told = finding.evidence.iter().map(|one| evidence(one, true, now));
    let against = finding.against.iter().map(|one| evidence(one, false, now));
    let is_cause = diagnosis.causes.iter().any(|cause| cause.finding == *finding);
    FindingJson {
        cause: is_cause,
        explained_by: if is_cause { Vec::new() } else { explained_by(diagnosis, finding) },
        impact: finding.impact.name(),
        confidence: finding.confidence(now).name(),
        words: &finding.words,
        since: finding.since.map(|since| since.to_string()),
        about: finding.about.iter().map(ToString::to_string).collect(),
        evidence: told.chain(against).collect(),
        next: &finding.next,
        step: rule.step,
        verbs: &finding.verbs,
    }
}

fn evidence(one: &Evidence, speaks_for: bool, now: Timestamp) -> EvidenceJson<'_> {
    EvidenceJson {
        words: &one.words,
        from: one.from.name(),
        weight: match one.weight {
            crate::diagnosis::finding::Weight::Proof => "proof",
            crate::diagnosis::finding::Weight::Hint => "hint",
        },
        age_seconds: one.seen.map(|seen| now.duration_since(seen).as_secs().max(0)),
        r#for: speaks_for,
    }
}
