//! A proposal as text and as JSON: every object, what else refers to it, and what to type to have it done.

use std::fmt::Write;

use serde::Serialize;

use super::chain::bytes;
use super::json::escaped;
use super::paper::{Paper, Tone};
use crate::model::text::sanitise;
use crate::model::{About, Act, Demand, Item, Proposal, SetServer, Step};
use crate::registry::repair::{commands, undone_by};

/// What is shown of a proposal.
pub struct Shown<'a> {
    pub proposal: &'a Proposal,
    pub demand: &'a Demand,
    /// What the environment is called.
    pub environment: &'a str,
    /// Names of which one has to be given to be allowed to write; none where none is asked for.
    pub names: &'a [String],
    /// What to type to have it done.
    pub command: &'a str,
}

#[derive(Serialize)]
struct Line<'a> {
    #[serde(flatten)]
    proposal: &'a Proposal,
    demand: DemandJson<'a>,
    commands: Vec<String>,
    undo: String,
    command: &'a str,
}

#[derive(Serialize)]
struct DemandJson<'a> {
    word: &'a str,
    what: &'a str,
    also: &'a [&'static str],
    line: String,
    name: &'a [String],
}

impl Shown<'_> {
    /// One object on one line, without its end.
    pub fn json(&self) -> String {
        let demand = DemandJson {
            word: &self.demand.word,
            what: self.demand.what,
            also: &self.demand.also,
            line: self.demand.line(),
            name: self.names,
        };
        let line = Line {
            proposal: self.proposal,
            demand,
            commands: commands(self.proposal),
            undo: undone_by(self.proposal),
            command: self.command,
        };
        // Strings, numbers and lists of them cannot fail to be written.
        escaped(&serde_json::to_string(&line).unwrap_or_default())
    }

    /// For people.
    pub fn text(&self, paper: Paper) -> String {
        let mut text = heading(self.proposal, self.environment, paper);
        text.push_str(&items(self.proposal, paper));
        text.push_str("\nthe same by hand\n");
        for command in commands(self.proposal) {
            let _ = writeln!(text, "  $ {}", sanitise(&command));
        }
        text.push_str(&paper.sentence("undo      ", &sanitise(&undone_by(self.proposal))));
        let _ =
            write!(text, "\n{}", paper.sentence("", &format!("nothing was written. {}:", self.agreement())));
        let _ = writeln!(text, "  $ {}", paper.paint(Tone::Strong, &sanitise(self.command)));
        text
    }
}

impl Shown<'_> {
    /// What agreeing takes, in words.
    fn agreement(&self) -> String {
        let words: Vec<String> = self.demand.also.iter().map(|word| format!("the word {word}")).collect();
        let named = match &self.proposal.about {
            None => Some(self.demand.what.to_owned()),
            Some(About::Undo(_) | About::Resume(_)) => None,
        };
        let named: Vec<String> = named.into_iter().chain(words).collect();
        match named.as_slice() {
            [] => "To have it done, type".to_owned(),
            named => format!("To have it done, agree by naming {}", named.join(" and ")),
        }
    }
}

fn heading(proposal: &Proposal, environment: &str, paper: Paper) -> String {
    let what = match &proposal.about {
        Some(About::Undo(entry)) => format!("undo of {entry}"),
        Some(About::Resume(entry)) => format!("resume of {entry}"),
        None => proposal.verb.clone(),
    };
    let place = format!("  {} ({})", sanitise(&proposal.store), sanitise(environment));
    format!("{}{place}\n", paper.paint(Tone::Strong, &sanitise(&what)))
}

/// What would be done to each target.
pub fn items(proposal: &Proposal, paper: Paper) -> String {
    let (mut text, mut number) = (String::new(), 0);
    for item in &proposal.items {
        text.push_str(&one(item, &mut number, proposal.store.starts_with("file:"), paper));
    }
    text
}

fn one(item: &Item, number: &mut usize, on_files: bool, paper: Paper) -> String {
    let mut text = format!("\n{}\n", subject(item, paper));
    let mut say = |what: &str, sentence: &str| {
        if !sentence.is_empty() {
            text.push_str(&paper.sentence(&format!("  {what:<7} "), &sanitise(sentence)));
        }
    };
    item.why.iter().for_each(|why| say("why", why));
    say("now", &item.before);
    say("then", &item.after);
    item.references.iter().for_each(|reference| say("others", reference));
    item.mind.iter().for_each(|mind| say("mind", mind));
    let folder = folder(item);
    if !folder.is_empty() {
        let _ = writeln!(text, "  in {}", sanitise(folder));
    }
    for run in runs(&item.steps) {
        text.push_str(&line(run, *number, folder, on_files));
        *number += run.len();
    }
    text
}

/// The folder that all objects of an item lie in, from the store's root on; empty where that says nothing.
pub fn folder(item: &Item) -> &str {
    let mut keys = item.steps.iter().map(|step| step.key.as_str());
    let Some(first) = keys.next().filter(|key| key.starts_with("docker/")) else { return "" };
    let common = keys.fold(first.len(), |common, key| {
        let same = first.bytes().zip(key.bytes()).take_while(|(one, other)| one == other).count();
        common.min(same)
    });
    let end = first.get(..common).and_then(|same| same.rfind('/')).map_or(0, |slash| slash + 1);
    first.get(..end).unwrap_or_default()
}

/// What a key is called inside of that folder.
pub fn inside<'k>(key: &'k str, folder: &str) -> &'k str {
    match key.strip_prefix(folder) {
        Some("") => ".",
        Some(rest) => rest,
        None => key,
    }
}

/// Steps that are told of in one line: folders that come or go one after the other.
pub fn runs(steps: &[Step]) -> impl Iterator<Item = &[Step]> {
    let alike = |one: &Step, other: &Step| {
        one.act.is_folder() && other.act.is_folder() && one.act.word() == other.act.word()
    };
    steps.chunk_by(alike)
}

fn line(run: &[Step], before: usize, folder: &str, on_files: bool) -> String {
    match run {
        [step] => {
            format!("  {:>7} {:<9} {}\n", before + 1, step.act.word(), object(step, folder, on_files))
        }
        many => {
            let numbers = format!("{}-{}", before + 1, before + many.len());
            format!("  {numbers:>7} {}\n", folders(many))
        }
    }
}

/// Several folders in words.
pub fn folders(run: &[Step]) -> String {
    let goes = run.first().is_some_and(|step| step.act == Act::RemoveFolder);
    let count = run.len();
    if goes { format!("remove {count} folders that are then empty") } else { format!("make {count} folders") }
}

fn subject(item: &Item, paper: Paper) -> String {
    let name = paper.paint(Tone::Strong, &sanitise(&item.subject.to_string()));
    match item.state {
        None => name,
        Some(state) => {
            let (glyph, tone) = paper.verdict(state);
            format!("{} {name}", paper.paint(tone, &format!("{glyph} {:<7}", state.name())))
        }
    }
}

/// Key, size, last change and generation of what a step is about.
fn object(step: &Step, folder: &str, on_files: bool) -> String {
    let version = match &step.act {
        Act::Delete { version } | Act::Replace { version, .. } if !on_files => Some(version),
        Act::Delete { .. }
        | Act::Replace { .. }
        | Act::Create { .. }
        | Act::PutBack { .. }
        | Act::RemoveFolder
        | Act::MakeFolder { .. }
        | Act::ApiDelete { .. }
        | Act::ApiPut { .. }
        | Act::SetServer(_)
        | Act::EmptyLog(_) => None,
    };
    let parts = [
        Some(sanitise(inside(&step.key, folder)).into_owned()),
        step.size.map(bytes),
        step.modified.map(|time| time.strftime("%F %H:%MZ").to_string()),
        version.map(|version| format!("generation {}", sanitise(version))),
        step.act.setting().map(SetServer::change),
    ];
    parts.into_iter().flatten().collect::<Vec<_>>().join("  ")
}
