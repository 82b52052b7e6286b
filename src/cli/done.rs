//! What came of a proposal, as text and as JSON.

use std::fmt::Write;

use serde::Serialize;

use super::json::escaped;
use super::paper::{Paper, Tone};
use super::proposal;
use crate::model::text::sanitise;
use crate::model::{About, Done, Ending, Item, Proof, Proposal, StepOutcome, Subject};
use crate::registry::repair::quote;

/// What is told of a proposal's end.
pub struct Told<'a> {
    pub proposal: &'a Proposal,
    pub done: &'a Done,
    /// The flags that name the same registry again.
    pub registry: &'a str,
}

#[derive(Serialize)]
struct Line<'a> {
    verb: &'a str,
    store: &'a str,
    entry: Option<&'a str>,
    ending: &'a Ending,
    steps: Vec<StepJson<'a>>,
    of: usize,
    proofs: &'a [Proof],
    notes: &'a [String],
}

#[derive(Serialize)]
struct StepJson<'a> {
    key: &'a str,
    outcome: &'a StepOutcome,
}

impl Told<'_> {
    /// One object on one line, without its end.
    pub fn json(&self) -> String {
        let Self { proposal, done, registry: _ } = self;
        let line = Line {
            verb: &proposal.verb,
            store: &proposal.store,
            entry: done.entry.as_deref(),
            ending: &done.ending,
            steps: done.steps.iter().map(|(key, outcome)| StepJson { key, outcome }).collect(),
            of: done.of,
            proofs: &done.proofs,
            notes: &done.notes,
        };
        // Strings, numbers and lists of them cannot fail to be written.
        escaped(&serde_json::to_string(&line).unwrap_or_default())
    }

    /// For people.
    pub fn text(&self, paper: Paper) -> String {
        let done = self.done;
        let well = done.steps.iter().filter(|(_, outcome)| outcome.is_well()).count();
        let (word, tone, why) = ending(&done.ending, paper);
        let of = if done.of == 1 { "step" } else { "steps" };
        let mut text = format!("{}  {well} of {} {of}", paper.paint(tone, &word), done.of);
        if let Some(entry) = &done.entry {
            let _ = write!(text, ", entry {entry}");
        }
        text.push('\n');
        if !why.is_empty() {
            text.push_str(&paper.sentence("  ", &sanitise(why)));
        }
        let outcomes: Vec<Option<&StepOutcome>> =
            done.steps.iter().map(|(_, outcome)| Some(outcome)).collect();
        text.push_str(&steps(self.proposal, &outcomes, paper));
        done.proofs.iter().filter_map(|proof| seen(proof, paper)).for_each(|line| text.push_str(&line));
        done.notes.iter().for_each(|note| text.push_str(&paper.sentence("  note: ", &sanitise(note))));
        text + &self.next(well)
    }

    /// What can be done about it now.
    fn next(&self, well: usize) -> String {
        let Some(entry) = &self.done.entry else { return String::new() };
        let command = |name: &str, what: &str| {
            let words = ["quarterdeck", name, what, self.registry];
            format!("  $ {}\n", sanitise(words.join(" ").trim_end()))
        };
        let mut text = String::new();
        match &self.done.ending {
            Ending::Done => {}
            Ending::Changed { .. } => {
                text.push_str("somebody wrote to it since, so look at it again before anything else:\n");
                if let Some(subject) = self.changed() {
                    text.push_str(&command("scan", &quote(&subject.to_string())));
                }
            }
            Ending::Failed { .. } | Ending::Stopped => {
                text.push_str("to do what is left:\n");
                text.push_str(&command("resume", entry));
            }
        }
        if well > 0 && !matches!(self.proposal.about, Some(About::Undo(_))) {
            text.push_str("to take it back:\n");
            text.push_str(&command("undo", entry));
        }
        text
    }

    /// The tag or manifest at which something had changed.
    fn changed(&self) -> Option<&Subject> {
        let ill = self.done.steps.iter().find(|(_, outcome)| !outcome.is_well()).map(|(key, _)| key);
        let has = |item: &&Item| ill.is_none_or(|ill| item.steps.iter().any(|step| step.key == *ill));
        let subject = &self.proposal.items.iter().find(has)?.subject;
        matches!(subject, Subject::Tag { .. } | Subject::Manifest { .. }).then_some(subject)
    }
}

fn ending(ending: &Ending, paper: Paper) -> (String, Tone, &str) {
    let glyphs = paper.glyphs;
    match ending {
        Ending::Done => (format!("{} done", glyphs.good), Tone::Good, ""),
        Ending::Changed { why } => (format!("{} stopped, something changed", glyphs.bad), Tone::Bad, why),
        Ending::Failed { why } => (format!("{} failed", glyphs.bad), Tone::Bad, why),
        Ending::Stopped => (format!("{} stopped by you", glyphs.unknown), Tone::Doubt, ""),
    }
}

/// What came of each step, as far as there is an outcome; the others are left out. Of several targets, one that went
/// well takes one line.
pub fn steps(proposal: &Proposal, outcomes: &[Option<&StepOutcome>], paper: Paper) -> String {
    let (mut text, mut left) = (String::new(), outcomes);
    for item in &proposal.items {
        let (mine, others) = left.split_at(left.len().min(item.steps.len()));
        left = others;
        match mine.first() {
            Some(Some(first)) if proposal.items.len() > 1 && quietly(mine) => {
                let steps =
                    if mine.len() == 1 { "1 step".to_owned() } else { format!("{} steps", mine.len()) };
                text.push_str(&step(&format!("{}  {steps}", item.subject), first, paper));
            }
            Some(_) if mine.iter().any(Option::is_some) => text.push_str(&each(item, mine, paper)),
            Some(_) | None => {}
        }
    }
    text
}

/// Whether all was done, and nothing is to be said about it.
fn quietly(outcomes: &[Option<&StepOutcome>]) -> bool {
    outcomes.iter().all(|outcome| matches!(outcome, Some(StepOutcome::Done { .. })))
}

fn each(item: &Item, outcomes: &[Option<&StepOutcome>], paper: Paper) -> String {
    let folder = proposal::folder(item);
    let mut text = String::new();
    if !folder.is_empty() {
        let _ = writeln!(text, "  in {}", sanitise(folder));
    }
    let mut left = outcomes;
    for run in proposal::runs(&item.steps) {
        let (came, others) = left.split_at(left.len().min(run.len()));
        left = others;
        match (run, came) {
            ([_, _, ..], [Some(first), ..]) if came.len() == run.len() && quietly(came) => {
                text.push_str(&step(&proposal::folders(run), first, paper));
            }
            _ => {
                for (one, outcome) in run.iter().zip(came) {
                    let line =
                        outcome.map(|outcome| step(proposal::inside(&one.key, folder), outcome, paper));
                    text.push_str(&line.unwrap_or_default());
                }
            }
        }
    }
    text
}

/// One step and what came of it.
fn step(key: &str, outcome: &StepOutcome, paper: Paper) -> String {
    let (glyph, word, tone) = match outcome {
        StepOutcome::Done { .. } => (paper.glyphs.good, "done", Tone::Good),
        StepOutcome::Already { .. } => (paper.glyphs.good, "already", Tone::Dim),
        StepOutcome::Changed { .. } => (paper.glyphs.bad, "changed", Tone::Bad),
        StepOutcome::Failed { .. } => (paper.glyphs.bad, "failed", Tone::Bad),
        StepOutcome::PutBack { .. } => (paper.glyphs.unknown, "put back", Tone::Doubt),
    };
    let state = paper.paint(tone, &format!("{glyph} {word:<8}"));
    let mut text = format!("  {state}  {}\n", sanitise(key));
    if !outcome.why().is_empty() {
        text.push_str(&paper.sentence("              ", &sanitise(outcome.why())));
    }
    text
}

/// What was seen before and after; nothing where it was not looked at again.
fn seen(proof: &Proof, paper: Paper) -> Option<String> {
    let (of, before, after) =
        (sanitise(&proof.of), sanitise(&proof.before), sanitise(proof.after.as_deref()?));
    let changed =
        if before == after { format!("{after}, as before") } else { format!("{before}, now {after}") };
    Some(paper.sentence("  ", &format!("{of}: {changed}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(ending: Ending, outcome: StepOutcome) -> String {
        let text = r#"{"verb": "delete-tag", "store": "file:///srv/registry", "about": null, "items": [
            {"subject": {"tag": {"repository": "group/app", "tag": "v1"}}, "state": "broken", "why": [],
             "steps": [{"act": {"delete": {"version": "1"}}, "key": "key", "size": null, "modified": null, "guards": []}],
             "references": [], "before": "", "after": "", "mind": []}]}"#;
        let proposal: Proposal = serde_json::from_str(text).unwrap();
        let entry = Some("20260115T120000Z-abcd".to_owned());
        let steps =
            vec![("first".to_owned(), StepOutcome::Done { version: None }), ("key".to_owned(), outcome)];
        let done = Done { entry, ending, steps, of: 3, proofs: Vec::new(), notes: Vec::new() };
        Told { proposal: &proposal, done: &done, registry: "--bucket file:///srv/registry" }.next(1)
    }

    #[test]
    fn after_a_push_the_next_step_is_to_look_and_only_otherwise_to_go_on() {
        let why = || "it was written to since".to_owned();
        let changed = told(Ending::Changed { why: why() }, StepOutcome::Changed { why: why() });
        assert!(!changed.contains("resume"), "{changed}");
        assert!(changed.contains("$ quarterdeck undo 20260115T120000Z-abcd"), "{changed}");
        assert!(changed.contains("$ quarterdeck scan group/app:v1 --bucket file"), "{changed}");
        let failed = told(Ending::Failed { why: why() }, StepOutcome::Failed { why: why() });
        assert!(failed.contains("$ quarterdeck resume 20260115T120000Z-abcd --bucket file"), "{failed}");
    }
}
