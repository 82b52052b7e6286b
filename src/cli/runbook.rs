//! `quarterdeck runbook …`: names, prints or checks runbooks.

use std::path::PathBuf;

use serde::Serialize;

use super::arguments::Runbook as Command;
use super::out::{Out, complain, printed};
use super::{Exit, Output, Place, place, runbooks, sources};
use crate::config::{Environment, Location};
use crate::model::text::sanitise;
use crate::runbook::{self, Mistake, Names, Origin, Runbook, Shelf, Step};

/// Carries out `command`; the operator's own runbooks are beside the configuration that `place` names.
pub fn run(command: Command, outer: Place) -> Exit {
    let location = |place: &Place| Location::find(place.file.clone(), &Environment::of_process());
    match command {
        Command::List { output } => list(&runbooks::shelf(&location(&outer)), output),
        Command::Check { files, output } => check(&location(&outer), &files, output),
        Command::Show { name, place } => {
            let place = place.or(outer);
            show(&runbooks::shelf(&location(&place)), &name, place)
        }
    }
}

#[derive(Serialize)]
struct BookJson<'a> {
    id: &'a str,
    title: &'a str,
    file: Option<&'a str>,
    replaces: bool,
    steps: Vec<StepJson<'a>>,
}

#[derive(Serialize)]
struct StepJson<'a> {
    anchor: &'a str,
    heading: &'a str,
    depth: u8,
    checks: Vec<&'a str>,
    verbs: Vec<&'a str>,
}

#[derive(Serialize)]
struct MistakeJson<'a> {
    file: &'a str,
    line: usize,
    what: &'a str,
    hint: &'a str,
}

/// Names all runbooks, then what is wrong with others.
fn list(shelf: &Shelf, output: Output) -> Exit {
    let wide = shelf.books.iter().map(|(book, _)| book.id.len()).max().unwrap_or(0);
    let line = |(book, origin): &(Runbook, Origin)| match output {
        Output::Text => sanitise(&format!("{:wide$}  {}{}", book.id, book.title, from(origin))).into_owned(),
        Output::Json => json(&book_json(book, origin)),
    };
    let mut lines: Vec<_> = shelf.books.iter().map(line).collect();
    if output == Output::Json {
        lines.extend(shelf.mistakes.iter().map(mistake_json));
    }
    let said = printed(Out::lock().print(&lines.join("\n")), Exit::Clean);
    if output == Output::Text {
        // What is wrong goes where messages go.
        shelf.mistakes.iter().for_each(|mistake| complain(&mistake.to_string()));
    }
    said.and(judged(&shelf.mistakes))
}

fn from(origin: &Origin) -> String {
    match origin {
        Origin::BuiltIn => String::new(),
        Origin::Own(file) => format!("  ({file})"),
        Origin::Instead(file) => format!("  ({file}, in place of the one that comes with the program)"),
    }
}

fn book_json<'a>(book: &'a Runbook, origin: &'a Origin) -> BookJson<'a> {
    let (file, replaces) = match origin {
        Origin::BuiltIn => (None, false),
        Origin::Own(file) => (Some(file.as_str()), false),
        Origin::Instead(file) => (Some(file.as_str()), true),
    };
    let step = |step: &'a Step| StepJson {
        anchor: &step.anchor,
        heading: &step.heading,
        depth: step.depth,
        checks: step.checks().map(|check| check.rule.as_str()).collect(),
        verbs: step.verbs().map(|(verb, _)| verb).collect(),
    };
    BookJson {
        id: &book.id,
        title: &book.title,
        file,
        replaces,
        steps: book.steps.iter().map(step).collect(),
    }
}

fn mistake_json(mistake: &Mistake) -> String {
    let Mistake { file, line, what, hint } = mistake;
    json(&MistakeJson { file, line: *line, what, hint })
}

fn json(value: &impl Serialize) -> String {
    serde_json::to_string(value).map(|line| sanitise(&line).into_owned()).unwrap_or_default()
}

const fn judged(mistakes: &[Mistake]) -> Exit {
    if mistakes.is_empty() { Exit::Clean } else { Exit::Found }
}

/// Names every mistake, in all runbooks or in these files.
fn check(location: &Location, files: &[PathBuf], output: Output) -> Exit {
    let papers: Vec<_> = files.iter().map(|file| runbooks::paper(file)).collect();
    let shelf = if files.is_empty() { runbooks::shelf(location) } else { runbooks::shelf_with(&papers) };
    let asked =
        |mistake: &&Mistake| papers.is_empty() || papers.iter().any(|paper| paper.file == mistake.file);
    let mistakes: Vec<_> = shelf.mistakes.iter().filter(asked).cloned().collect();
    let lines: Vec<_> = match output {
        Output::Text => mistakes.iter().map(|mistake| sanitise(&mistake.to_string()).into_owned()).collect(),
        Output::Json => mistakes.iter().map(mistake_json).collect(),
    };
    let said = match (lines.as_slice(), output) {
        ([], Output::Json) => Exit::Clean,
        ([], Output::Text) => {
            let count = if files.is_empty() { shelf.books.len() } else { files.len() };
            let plural = if count == 1 { "" } else { "s" };
            printed(Out::lock().print(&format!("{count} runbook{plural}: no mistakes")), Exit::Clean)
        }
        (lines, _) => printed(Out::lock().print(&lines.join("\n")), Exit::Clean),
    };
    said.and(judged(&mistakes))
}

/// Prints a runbook or a step as Markdown.
fn show(shelf: &Shelf, name: &str, place: Place) -> Exit {
    let found = shelf.find(&runbook::Place::parse(name));
    let (book, step) = match found {
        Ok(found) => found,
        Err(why) => {
            complain(&format!("{why}; `quarterdeck runbook list` names them"));
            return Exit::Usage;
        }
    };
    match names(place) {
        Ok(names) => printed(Out::lock().print(&runbook::write(book, step, &names)), Exit::Clean),
        Err(exit) => exit,
    }
}

/// What the profile in use calls things; without one nothing has a name.
fn names(place: Place) -> Result<Names, Exit> {
    let settings = place::settings(place, None, None)?;
    let Some(profile) = &settings.profile else { return Ok(Names::default()) };
    let (bucket, _) = place::store(&profile.bucket);
    let registry = profile.registry.url.as_ref().map(ToString::to_string);
    Ok(runbook::names(&sources::watched(profile), &bucket, registry.as_deref()))
}
