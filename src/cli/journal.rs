//! `quarterdeck journal …`: what was done, and whether the journal can be believed.

use std::fmt::Write;

use jiff::Timestamp;
use serde::Serialize;

use super::json::escaped;
use super::out::{Out, complain, printed};
use super::paper::{Paper, Tone};
use super::{Exit, Output, Place, done, place, proposal, writing};
use crate::cli::arguments::Journal as Command;
use crate::execution::backup;
use crate::execution::journal::{Condition, History, Journal};
use crate::model::text::sanitise;
use crate::model::{Past, Standing};

/// Shows or verifies the journal of the state folder in use.
pub fn run(command: Command, place: Place) -> Exit {
    let settings = match place::settings(place, None, None) {
        Ok(settings) => settings,
        Err(exit) => return exit,
    };
    let Some(folder) = settings.state_folder else { return writing::no_state_folder() };
    let journal = Journal::new(folder, Timestamp::now);
    match command {
        Command::Show { entry: None, output } => list(&journal, None, output),
        Command::Show { entry: Some(entry), output } => show(&journal, &entry, output),
        Command::Verify { output } => verify(&journal, output),
    }
}

/// A place by the name that is told, and whether an entry's place is that one.
pub type Of<'a> = (&'a str, &'a dyn Fn(&str) -> bool);

/// Prints every entry in short, newest first; of one place only, if it is named.
pub fn list(journal: &Journal, of: Option<Of<'_>>, output: Output) -> Exit {
    let histories = match journal.histories() {
        Ok(histories) => histories,
        Err(trouble) => return unread(&trouble.to_string()),
    };
    histories.unread().iter().for_each(|why| complain(why));
    let exit = if histories.unread().is_empty() { Exit::Clean } else { Exit::Unread };
    let pasts = histories.pasts();
    let mut shown: Vec<&Past> = pasts.iter().collect();
    shown.retain(|past| of.is_none_or(|(_, is_here)| is_here(&past.store)));
    if shown.is_empty() {
        let of = of.map_or(String::new(), |(store, _)| format!(" about {store}"));
        complain(&format!("the journal in {} has no entry{of}", journal.folder().display()));
        return exit;
    }
    let paper = Paper::of_stdout();
    let line = |past: &&Past| match output {
        Output::Text => short(past, paper),
        Output::Json => json(past) + "\n",
    };
    printed(Out::lock().print(&shown.iter().map(line).collect::<String>()), exit)
}

/// Prints one entry: its proposal and what came of each step, or its lines as they stand in the file.
fn show(journal: &Journal, entry: &str, output: Output) -> Exit {
    let histories = match journal.histories() {
        Ok(histories) => histories,
        Err(trouble) => return unread(&trouble.to_string()),
    };
    let history = match histories.find(entry) {
        Ok(history) => history,
        Err(why) => return unread(&why),
    };
    let text = match output {
        Output::Json => history.lines.iter().map(|line| json(line) + "\n").collect(),
        Output::Text => {
            let past = histories.pasts().into_iter().find(|past| past.entry == history.id);
            let paper = Paper::of_stdout();
            past.map(|past| short(&past, paper)).unwrap_or_default() + &at_length(history, paper)
        }
    };
    printed(Out::lock().print(&text), Exit::Clean)
}

fn unread(why: &str) -> Exit {
    complain(why);
    Exit::Unread
}

fn short(past: &Past, paper: Paper) -> String {
    let (word, tone, why) = standing(&past.standing);
    let subjects = match past.subjects.as_slice() {
        [one] => one.to_string(),
        [one, more @ ..] => format!("{one} and {} more", more.len()),
        [] => String::new(),
    };
    let mut text = format!(
        "{}  {}  {} of {}  {} {}\n",
        paper.paint(Tone::Strong, &past.entry),
        paper.paint(tone, &word),
        past.done,
        past.of,
        sanitise(&past.verb),
        sanitise(&subjects),
    );
    let by = format!("{}  by {}  {}", past.at.strftime("%F %H:%M:%SZ"), past.by, past.store);
    let _ = writeln!(text, "    {}", paper.paint(Tone::Dim, &sanitise(&by)));
    if !why.is_empty() {
        text.push_str(&paper.sentence("    ", &sanitise(&why)));
    }
    text
}

fn standing(standing: &Standing) -> (String, Tone, String) {
    let word = |word: &str, tone| (word.to_owned(), tone, String::new());
    match standing {
        Standing::Running => word("running", Tone::Doubt),
        Standing::Done => word("done", Tone::Good),
        Standing::Stopped { why } => ("stopped".to_owned(), Tone::Bad, why.clone()),
        Standing::Interrupted => (
            "interrupted".to_owned(),
            Tone::Bad,
            "its process died; `quarterdeck resume` does the rest, `quarterdeck undo` takes it back"
                .to_owned(),
        ),
        Standing::Undone { by } => word(&format!("undone by {by}"), Tone::Dim),
        Standing::Resumed { by } => word(&format!("finished by {by}"), Tone::Dim),
    }
}

/// The proposal, and what came of each step.
fn at_length(history: &History, paper: Paper) -> String {
    let steps = history.proposal.steps().count();
    let outcomes: Vec<_> = (0..steps).map(|number| history.outcomes.get(&number)).collect();
    let mut text = proposal::items(&history.proposal, paper);
    let until = history.lines.last().map_or(history.at, |line| line.at);
    let _ = writeln!(text, "\nwhat came of it, until {}", until.strftime("%F %H:%M:%SZ"));
    text.push_str(&done::steps(&history.proposal, &outcomes, paper));
    for (number, step) in history.proposal.steps().enumerate() {
        if history.outcomes.contains_key(&number) {
            continue;
        }
        let word = if history.begun.contains(&number) { "begun, end unknown" } else { "not begun" };
        let _ = writeln!(text, "  {} {word}  {}", paper.glyphs.unseen, sanitise(&step.key));
    }
    text
}

/// What is wrong with a journal, or that nothing is.
#[derive(Serialize)]
struct Verdict {
    folder: String,
    files: usize,
    entries: usize,
    backups: usize,
    damage: Vec<String>,
    notes: Vec<String>,
}

fn verify(journal: &Journal, output: Output) -> Exit {
    let (chronicles, histories) = match (journal.chronicles(), journal.histories()) {
        (Ok(chronicles), Ok(histories)) => (chronicles, histories),
        (Err(trouble), _) | (_, Err(trouble)) => return unread(&trouble.to_string()),
    };
    let mut verdict = Verdict {
        folder: journal.folder().display().to_string(),
        files: chronicles.len(),
        entries: histories.iter().count(),
        backups: 0,
        damage: chronicles.iter().filter_map(|chronicle| chronicle.damage()).collect(),
        notes: Vec::new(),
    };
    let torn = chronicles.iter().filter(|chronicle| chronicle.condition == Condition::TornTail);
    verdict.notes.extend(torn.map(|chronicle| {
        format!(
            "{}: the last line was cut short; what it was to announce was not done",
            chronicle.path.display()
        )
    }));
    for history in histories.iter() {
        let kept = history.kept.values().filter(|backup| backup.file.is_some());
        for backup in kept {
            verdict.backups += 1;
            let damage = backup::bytes(&journal.backups(), backup).err();
            verdict.damage.extend(damage.map(|why| format!("entry {}: {why}", history.id)));
        }
    }
    let exit = if verdict.damage.is_empty() { Exit::Clean } else { Exit::Found };
    let text = match output {
        Output::Json => json(&verdict),
        Output::Text => verdict.text(Paper::of_stdout()),
    };
    printed(Out::lock().print(&text), exit)
}

impl Verdict {
    fn text(&self, paper: Paper) -> String {
        let Self { folder, files, entries, backups, damage, notes } = self;
        let counted = [(files, "file"), (entries, "entry"), (backups, "backup")].map(|(count, what)| {
            let plural = if what == "entry" { "entries".to_owned() } else { format!("{what}s") };
            format!("{count} {}", if *count == 1 { what } else { &plural })
        });
        let counted = format!("{} in {}", counted.join(", "), sanitise(folder));
        let mut text = match damage.as_slice() {
            [] => {
                format!("{}  {counted}\n", paper.paint(Tone::Good, &format!("{} whole", paper.glyphs.good)))
            }
            _ => format!("{}  {counted}\n", paper.paint(Tone::Bad, &format!("{} damaged", paper.glyphs.bad))),
        };
        damage.iter().for_each(|why| text.push_str(&paper.sentence("  ", &sanitise(why))));
        notes.iter().for_each(|note| text.push_str(&paper.sentence("  note: ", &sanitise(note))));
        text
    }
}

/// Strings, numbers and lists of them cannot fail to be written.
fn json(what: &impl Serialize) -> String {
    escaped(&serde_json::to_string(what).unwrap_or_default())
}
