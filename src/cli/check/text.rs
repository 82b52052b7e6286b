//! What was found, for people: the causes first, then what was looked at and is well, then what was not looked at.

use std::fmt::Write;

use jiff::Timestamp;

use super::{checks, open, sources};
use crate::cli::paper::{Paper, Tone};
use crate::diagnosis::finding::{Evidence, Finding, Impact, Weight};
use crate::diagnosis::look::Lack;
use crate::diagnosis::rules::rule;
use crate::diagnosis::verdict::{Cause, Diagnosis};
use crate::model::text::sanitise;
use crate::runtime::Observed;

/// Subjects that are named.
const NAMED: usize = 6;

/// The first line.
pub fn summary(observed: &Observed, paper: Paper) -> String {
    let diagnosis = observed.state.diagnosis();
    let worst = diagnosis.causes.iter().map(Cause::impact).min();
    let (glyph, tone) = match (worst, super::exit(observed)) {
        (Some(impact), _) => sign(paper, impact),
        (None, crate::cli::Exit::Clean) if !diagnosis.clear.is_empty() => (paper.glyphs.good, Tone::Good),
        (None, _) => (paper.glyphs.unknown, Tone::Doubt),
    };
    format!(
        "{} {}\n",
        paper.paint(tone, glyph),
        paper.paint(Tone::Strong, &sanitise(&super::summary(observed)))
    )
}

/// Everything.
pub fn full(observed: &Observed, paper: Paper) -> String {
    let (diagnosis, now) = (observed.state.diagnosis(), observed.state.now);
    let mut text = summary(observed, paper);
    for cause in &diagnosis.causes {
        text.push_str(&of_cause(cause, now, paper));
    }
    text.push_str(&clear(diagnosis, paper));
    text.push_str(&unread(diagnosis, paper));
    let ways = [
        (Lack::Blind, "could not be made"),
        (
            Lack::Waiting,
            if observed.is_settled { "would take longer watching" } else { "had no answer in time" },
        ),
        (Lack::Off, "would need what the profile does not name"),
    ];
    for (lack, words) in ways {
        text.push_str(&unmade(diagnosis, lack, words, paper));
    }
    text
}

const fn sign(paper: Paper, impact: Impact) -> (&'static str, Tone) {
    match impact {
        Impact::Outage | Impact::Degraded => (paper.glyphs.bad, Tone::Bad),
        Impact::Risk => (paper.glyphs.warn, Tone::Doubt),
    }
}

fn of_cause(cause: &Cause, now: Timestamp, paper: Paper) -> String {
    let finding = &cause.finding;
    let (glyph, tone) = sign(paper, cause.impact());
    let head = format!("{glyph} {}", finding.rule);
    let sure = format!("{}, {}{}", cause.impact().name(), cause.confidence.name(), since(finding.since, now));
    let mut text = format!("\n{}  {sure}\n", paper.paint(tone, &head));
    let mut line = |name: &str, words: &str| {
        text.push_str(&paper.sentence(&format!("  {name:<9} "), &sanitise(words)));
    };
    line("what", &finding.words);
    if !finding.about.is_empty() {
        line("about", &about(finding));
    }
    finding.evidence.iter().for_each(|one| line("for", &evidence(one, now)));
    finding.against.iter().for_each(|one| line("against", &evidence(one, now)));
    cause.symptoms.iter().for_each(|one| line("explains", &format!("{}: {}", one.rule, one.words)));
    line("next", &finding.next);
    if let Some(rule) = rule(finding.rule) {
        line("runbook", rule.step);
    }
    if !finding.verbs.is_empty() {
        line("verbs", &finding.verbs.join(", "));
    }
    text
}

fn about(finding: &Finding) -> String {
    let named: Vec<_> = finding.about.iter().take(NAMED).map(ToString::to_string).collect();
    match finding.about.len().saturating_sub(NAMED) {
        0 => named.join(", "),
        more => format!("{} and {more} more", named.join(", ")),
    }
}

fn since(since: Option<Timestamp>, now: Timestamp) -> String {
    let words =
        |since: Timestamp| format!(", since {} ({})", since.strftime("%F %H:%M UTC"), ago(since, now));
    since.map(words).unwrap_or_default()
}

fn evidence(one: &Evidence, now: Timestamp) -> String {
    let kind = if one.weight == Weight::Proof { "seen" } else { "a sign" };
    let seen = one.seen.map(|seen| format!(", {}", ago(seen, now))).unwrap_or_default();
    format!("{} ({kind} by {}{seen})", one.words, one.from.name())
}

fn ago(then: Timestamp, now: Timestamp) -> String {
    match now.duration_since(then).as_secs() {
        ..2 => "just now".to_owned(),
        seconds @ ..120 => format!("{seconds} s ago"),
        seconds @ ..7200 => format!("{} min ago", seconds / 60),
        seconds => format!("{} h ago", seconds / 3600),
    }
}

fn clear(diagnosis: &Diagnosis, paper: Paper) -> String {
    if diagnosis.clear.is_empty() {
        return String::new();
    }
    let mut text = format!("\n{} found nothing\n", checks(diagnosis.clear.len()));
    for (id, seen) in &diagnosis.clear {
        let first = format!("  {} {id}  ", paper.glyphs.good);
        text.push_str(&paper.sentence(&first, &sanitise(seen)));
    }
    text
}

fn unread(diagnosis: &Diagnosis, paper: Paper) -> String {
    if diagnosis.unread.is_empty() {
        return String::new();
    }
    let mut text = format!("\n{} could not be read\n", sources(diagnosis.unread.len()));
    for need in &diagnosis.unread {
        let first = format!("  {} ", paper.glyphs.unknown);
        text.push_str(&paper.sentence(&first, &sanitise(&need.what)));
    }
    text
}

fn unmade(diagnosis: &Diagnosis, lack: Lack, words: &str, paper: Paper) -> String {
    let mut text = String::new();
    let glyph = if lack == Lack::Off { paper.glyphs.absent } else { paper.glyphs.unknown };
    for (id, needs) in open(diagnosis, lack) {
        let needs = needs.iter().filter(|need| need.lack == lack).map(|need| need.what.clone());
        let first = format!("  {glyph} {id}  ");
        text.push_str(&paper.sentence(&first, &sanitise(&needs.collect::<Vec<_>>().join(", "))));
    }
    if text.is_empty() {
        return text;
    }
    let mut told = String::new();
    let _ = write!(told, "\n{} {words}\n{text}", checks(open(diagnosis, lack).count()));
    told
}
