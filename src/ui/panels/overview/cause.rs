//! Everything that is known of a cause, as text: what speaks for and against it, what follows from it, what to do; and
//! everything that was looked for.

use jiff::Timestamp;
use ratatui::text::{Line, Span};

use super::verdict::{name, weight};
use super::{ago, sign, signed, style, titled};
use crate::actions::verbs;
use crate::diagnosis::finding::{Confidence, Evidence, Finding, Impact, Weight};
use crate::diagnosis::rules::{RULES, rule};
use crate::diagnosis::verdict::{Cause, Outcome};
use crate::model::Subject;
use crate::model::text::clean;
use crate::runbook::Place;
use crate::state::State;
use crate::ui::text::{clock, wrap};
use crate::ui::view::View;

/// Cells of the names of fields, and of those who saw something.
const NAME: usize = 14;
/// Subjects that are named.
const NAMED: usize = 6;

/// The lines that tell about a cause.
pub fn lines(state: &State, view: &View, row: &Subject, cells: usize) -> Vec<Line<'static>> {
    let Some(cause) = state.cause(row) else {
        return vec![Line::from("It is not so any more. Esc goes back to what is.")];
    };
    let finding = &cause.finding;
    let verdict = weight(cause.impact());
    let mut lines = signed(sign(view, verdict), style(view, verdict), &finding.words, cells);
    lines.push(Line::default());
    lines.extend(fields(state, view, cause, cells));
    lines.extend(part(state, view, "Speaks for it", &finding.evidence, cells));
    lines.extend(part(state, view, "Speaks against it", &finding.against, cells));
    if !cause.symptoms.is_empty() {
        lines.extend(titled(view, "Follows from it"));
        for symptom in &cause.symptoms {
            lines.extend(signed(view.glyphs.leads, view.theme.dim.0, &symptom.words, cells));
        }
    }
    lines.extend(next(state, view, finding, cells));
    lines
}

fn fields(state: &State, view: &View, cause: &Cause, cells: usize) -> Vec<Line<'static>> {
    let finding = &cause.finding;
    let since = |since: Timestamp| format!("{} UTC, {}", clock(since, state.now), ago(since, state.now));
    let mut rows = vec![
        ("How sure", sure(cause).to_owned()),
        ("How bad", bad(cause.impact()).to_owned()),
        ("Since", finding.since.map_or_else(|| "not known".to_owned(), since)),
    ];
    let named: Vec<_> =
        finding.about.iter().take(NAMED).map(|subject| clean(&subject.to_string()).into_owned()).collect();
    let more = match finding.about.len().saturating_sub(NAMED) {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    if !named.is_empty() {
        rows.push(("About", format!("{}{more}", named.join(", "))));
    }
    rows.iter().flat_map(|(name, text)| named_lines(view, name, text, cells)).collect()
}

/// A name, and text beside it in as many lines as it takes.
fn named_lines(view: &View, name: &str, text: &str, cells: usize) -> Vec<Line<'static>> {
    let parts = wrap(text, cells.saturating_sub(NAME)).into_iter().enumerate();
    let lead = |number| format!("{:<NAME$}", if number == 0 { name } else { "" });
    parts
        .map(|(number, part)| Line::from(vec![Span::styled(lead(number), view.theme.dim.0), Span::raw(part)]))
        .collect()
}

/// How sure it is and why, in words.
fn sure(cause: &Cause) -> &'static str {
    match (cause.confidence, cause.finding.against.is_empty()) {
        (Confidence::Certain, _) => "certain: it was seen itself, lately, and nothing speaks against it",
        (Confidence::Likely, true) => "likely: several that watch agree",
        (Confidence::Likely, false) => "likely: it was seen itself, and something speaks against it",
        (Confidence::Possible, true) => "possible: one sign, or what was seen is some minutes old",
        (Confidence::Possible, false) => "possible: a few signs, and something speaks against it",
    }
}

const fn bad(impact: Impact) -> &'static str {
    match impact {
        Impact::Outage => "outage: nobody, or hardly anybody, is served",
        Impact::Degraded => "degraded: some requests fail, or all are slow",
        Impact::Risk => "risk: all are served, and may not be for long",
    }
}

fn part(
    state: &State,
    view: &View,
    title: &'static str,
    all: &[Evidence],
    cells: usize,
) -> Vec<Line<'static>> {
    if all.is_empty() {
        return Vec::new();
    }
    let mut lines = titled(view, title);
    for one in all {
        let seen = one.seen.map(|seen| ago(seen, state.now));
        let sign = (one.weight == Weight::Hint).then(|| "a sign only".to_owned());
        let remark: Vec<_> = sign.into_iter().chain(seen).collect();
        let remark = if remark.is_empty() { String::new() } else { format!(" ({})", remark.join(", ")) };
        lines.extend(named_lines(view, one.from.name(), &format!("{}{remark}", clean(&one.words)), cells));
    }
    lines
}

/// What to do: the next step, the step of the runbook, and the keys that lead there.
fn next(state: &State, view: &View, finding: &Finding, cells: usize) -> Vec<Line<'static>> {
    let mut lines = titled(view, "Next");
    lines.extend(wrap(&clean(&finding.next), cells).into_iter().map(Line::from));
    let subject = finding.about.first();
    let offered = finding.verbs.iter().filter_map(|id| verbs::find(id));
    let offered: Vec<_> = offered
        .filter_map(|verb| {
            let subject = subject?;
            let off = (verb.intent)(state, subject).err();
            Some(match off {
                None => verb.words(),
                Some(why) => format!("{} (off: {why})", verb.words()),
            })
        })
        .collect();
    let key = |key: &'static str| Span::styled(key, view.theme.accent.0);
    let mut keyed = |name: &'static str, words: String| {
        let parts = wrap(&words, cells.saturating_sub(6)).into_iter().enumerate();
        lines.extend(parts.map(|(number, part)| {
            let lead = if number == 0 { key(name) } else { Span::raw(" ".repeat(name.len())) };
            Line::from(vec![lead, Span::raw(" ".repeat(6usize.saturating_sub(name.len()))), Span::raw(part)])
        }));
    };
    if !offered.is_empty() {
        keyed("a", format!("what can be done: {}", offered.join(", ")));
    }
    if let Some(rule) = rule(finding.rule) {
        keyed("r", format!("the runbook goes on at: {}", step(state, rule.step)));
    }
    match subject {
        Some(subject) => keyed("Enter", format!("shows {}", clean(&subject.to_string()))),
        None => keyed("Enter", "shows where it was seen".to_owned()),
    }
    lines
}

/// A step of a runbook by its heading.
fn step(state: &State, place: &str) -> String {
    let found = state.session.runbooks.find(&Place::parse(place)).ok();
    let heading = found.and_then(|(_, step)| step).map(|step| step.heading.clone());
    heading.unwrap_or_else(|| place.replace('#', ": ").replace('-', " "))
}

/// The lines that tell about everything that is looked for.
pub fn checks(state: &State, view: &View, cells: usize) -> Vec<Line<'static>> {
    let diagnosis = state.diagnosis();
    let mut parts: [(&'static str, Vec<Line<'static>>); 3] = [
        ("Found", Vec::new()),
        ("Could not be looked at", Vec::new()),
        ("Looked at, and not so", Vec::new()),
    ];
    for rule in RULES {
        let (at, sign, tint, words) = match diagnosis.of(rule.id) {
            Outcome::Fires(found) => {
                let words: Vec<_> = found.iter().map(|finding| finding.words.as_str()).collect();
                (0, view.glyphs.bad, view.theme.bad.0, words.join("; "))
            }
            Outcome::Unknown(needs) => {
                let needs: Vec<_> = needs.iter().map(ToString::to_string).collect();
                (1, view.glyphs.unknown, view.theme.unknown.0, needs.join(", "))
            }
            Outcome::Clear(seen) => (2, view.glyphs.good, view.theme.good.0, seen.to_owned()),
        };
        parts[at].1.extend(signed(sign, tint, &format!("{}: {words}", name(rule.id)), cells));
    }
    let told = parts.into_iter().filter(|(_, lines)| !lines.is_empty());
    let all = told.flat_map(|(title, lines)| titled(view, title).into_iter().chain(lines));
    all.skip(1).collect()
}
