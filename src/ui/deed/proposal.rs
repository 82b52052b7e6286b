//! What would be done, object by object, with everything that one should know before agreeing to it.

use ratatui::style::Style;
use ratatui::text::{Line, Span};

use super::page::Page;
use crate::model::text::clean;
use crate::model::{Act, Item, Proposal, SetServer, Step, Subject, TagState};
use crate::registry::repair::{commands, undone_by};
use crate::state::State;
use crate::ui::panels::generation;
use crate::ui::text::{age, counted, fit_middle, size};
use crate::ui::view::View;

/// A single item of more steps than this begins with how many there are.
const MANY: usize = 10;

/// The whole of it as text.
pub fn lines(state: &State, view: &View, proposal: &Proposal, cells: usize) -> Vec<Line<'static>> {
    let mut page = Page::new(view, cells);
    if proposal.items.len() > 1 {
        page.styled(&summary(proposal), view.theme.title.0);
        for item in &proposal.items {
            page.push(head(view, item, view.theme.text.0, cells));
        }
        page.blank();
    }
    let mut number = 0;
    for (place, item) in proposal.items.iter().enumerate() {
        if place > 0 {
            page.blank();
        }
        page.push(head(view, item, view.theme.title.0, cells));
        if proposal.items.len() == 1 && item.steps.len() > MANY {
            page.text(&amount(proposal).join(", "));
        }
        steps(&mut page, state, view, item, &mut number);
        page.section("To mind", &item.mind);
        page.section("Why", &item.why);
        page.section("What else refers to it", &item.references);
        page.heading("What clients see");
        page.clauses("now", &item.before);
        page.clauses("then", &item.after);
    }
    page.heading("How it is undone");
    match () {
        () if proposal.is_about_logs() => page.text("Not at all: nothing of it is kept."),
        () => {
            page.text(match proposal.is_about_servers() {
                true => "What was set before stands in the journal.",
                false => "Every object is kept on this machine before it is touched.",
            });
            page.text(&format!(":undo or {}.", undone_by(proposal)));
        }
    }
    page.heading("The same by hand");
    for command in commands(proposal) {
        page.hanging("   $ ", &command, view.theme.dim.0);
    }
    page.into_lines()
}

/// How much it is in all.
pub(super) fn summary(proposal: &Proposal) -> String {
    let are_tags = proposal.items.iter().all(|item| matches!(item.subject, Subject::Tag { .. }));
    let thing = match () {
        () if are_tags => "tag",
        () if proposal.is_about_servers() => "server",
        () if proposal.is_about_logs() => "log file",
        () => "item",
    };
    let items = counted(proposal.items.len() as u64, thing);
    std::iter::once(items).chain(amount(proposal)).collect::<Vec<_>>().join(", ")
}

/// How many objects and folders, and how many bytes.
fn amount(proposal: &Proposal) -> Vec<String> {
    if proposal.is_about_servers() {
        return vec![counted(proposal.steps().count() as u64, "setting")];
    }
    let bytes: u64 = proposal.steps().filter_map(|step| step.size).sum();
    let folders = proposal.steps().filter(|step| step.act.is_folder()).count() as u64;
    let mut parts = vec![counted(proposal.objects() as u64, "object"), size(bytes)];
    parts.extend((folders > 0).then(|| counted(folders, "empty folder")));
    parts
}

/// The subject and its state; a long name loses its middle, never the word for its state.
fn head(view: &View, item: &Item, style: Style, cells: usize) -> Line<'static> {
    let state = item.state.map(|state| {
        let (style, word) = state_style(view, state);
        Span::styled(format!("  {} {word}", view.glyphs.tag(state)), style)
    });
    let room = cells.saturating_sub(state.as_ref().map_or(0, Span::width) + 1);
    let name = fit_middle(&clean(&item.subject.to_string()), room, view.glyphs.cut);
    Line::from_iter(std::iter::once(Span::styled(format!(" {name}"), style)).chain(state))
}

const fn state_style(view: &View, state: TagState) -> (Style, &'static str) {
    match state {
        TagState::Whole => (view.theme.good.0, "whole: nothing was found wrong"),
        TagState::Broken => (view.theme.bad.0, "broken"),
        TagState::Absent => (view.theme.dim.0, "absent"),
        TagState::Unknown => (view.theme.unknown.0, "could not be read"),
    }
}

/// Every object with act, size, age and generation, below the folder that all of them share.
fn steps(page: &mut Page<'_>, state: &State, view: &View, item: &Item, number: &mut usize) {
    if item.steps.is_empty() {
        return;
    }
    page.heading(heading(item));
    let shared = shared_folder(&item.steps);
    if !shared.is_empty() {
        page.dim(&format!("in {shared}"));
    }
    let mut from = 0;
    while let Some(step) = item.steps.get(from) {
        let folders = folders(&item.steps[from..], &shared);
        let count = folders.as_ref().map_or(1, |(count, _)| *count);
        match folders {
            Some((_, words)) => {
                page.hanging(&format!(" {:>3} ", *number + 1), &words, view.theme.text.0);
            }
            None => {
                let lead = format!(" {:>3} {} ", *number + 1, step.act.word());
                page.named(&lead, &name(&step.key, &shared), &facts(state, step));
            }
        }
        *number += count;
        from += count;
    }
}

/// How many folders the first steps remove or make, and words for them: one line for what follows by itself.
pub(super) fn folders(steps: &[Step], shared: &str) -> Option<(usize, String)> {
    let first = steps.first().filter(|step| step.act.is_folder())?;
    let count = steps.iter().take_while(|step| step.act == first.act).count();
    let removed = first.act == Act::RemoveFolder;
    // The outermost says which they are: it is removed last and made first.
    let outermost = if removed { &steps[count - 1] } else { first };
    let outermost = name(&outermost.key, shared);
    let (kind, place) = if removed { ("remove", "last") } else { ("make", "first") };
    let empty = if removed { "empty " } else { "" };
    Some((
        count,
        match count {
            1 => format!("{kind} the {empty}folder {outermost}"),
            _ => format!("{kind} {count} {empty}folders, {outermost} {place}"),
        },
    ))
}

/// The key below the shared folder; of that folder itself its last part.
pub(super) fn name(key: &str, shared: &str) -> String {
    match key.strip_prefix(shared) {
        None => key.to_owned(),
        Some("") => format!("{}/", key.trim_end_matches('/').rsplit('/').next().unwrap_or_default()),
        Some(rest) => rest.to_owned(),
    }
}

fn heading(item: &Item) -> &'static str {
    let any = |which: fn(&Act) -> bool| item.steps.iter().any(|step| which(&step.act));
    let deletes = any(|act| matches!(act, Act::Delete { .. } | Act::RemoveFolder | Act::ApiDelete { .. }));
    let writes = any(|act| !matches!(act, Act::Delete { .. } | Act::RemoveFolder | Act::ApiDelete { .. }));
    match (deletes, writes) {
        (_, _) if any(|act| act.setting().is_some()) => "What would be set, in this order",
        (_, _) if any(|act| matches!(act, Act::EmptyLog(_))) => "What would be emptied, in this order",
        (true, false) => "What would be deleted, in this order",
        (false, true) => "What would be written, in this order",
        (_, _) => "What would be done, in this order",
    }
}

fn facts(state: &State, step: &Step) -> String {
    let version = match &step.act {
        Act::Delete { version } | Act::Replace { version, .. } => generation(version),
        Act::Create { .. }
        | Act::PutBack { .. }
        | Act::RemoveFolder
        | Act::MakeFolder { .. }
        | Act::ApiDelete { .. }
        | Act::ApiPut { .. }
        | Act::SetServer(_)
        | Act::EmptyLog(_) => None,
    };
    let setting = step.act.setting().map(SetServer::change);
    let changed = step.modified.map(|modified| match age(modified, state.now).as_str() {
        "now" => "just changed".to_owned(),
        age => format!("{age} old"),
    });
    [setting, step.size.map(size), changed, version].into_iter().flatten().collect::<Vec<_>>().join(", ")
}

/// The longest folder that all keys begin with; none for a single one, whose whole key is shown.
pub(super) fn shared_folder(steps: &[Step]) -> String {
    let Some(first) = steps.first() else { return String::new() };
    let has_no_folder = |step: &Step| {
        matches!(step.act, Act::ApiDelete { .. } | Act::ApiPut { .. } | Act::SetServer(_) | Act::EmptyLog(_))
    };
    if steps.iter().any(has_no_folder) {
        return String::new();
    }
    let holds = |end: &usize| steps.iter().all(|step| step.key.starts_with(&first.key[..=*end]));
    let ends = first.key.rmatch_indices('/').map(|(at, _)| at);
    ends.into_iter().find(holds).map_or_else(String::new, |end| first.key[..=end].to_owned())
}
