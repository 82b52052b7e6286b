//! What would be done, object by object, with everything that one should know before agreeing to it.

use ratatui::style::Style;
use ratatui::text::{Line, Span};

use super::page::Page;
use crate::model::text::clean;
use crate::model::{Act, Item, Proposal, Step, Subject, TagState};
use crate::registry::repair::{commands, undone_by};
use crate::state::State;
use crate::ui::panels::generation;
use crate::ui::text::{age, counted, size};
use crate::ui::view::View;

/// The whole of it as text.
pub fn lines(state: &State, view: &View, proposal: &Proposal, cells: usize) -> Vec<Line<'static>> {
    let mut page = Page::new(view, cells);
    if proposal.items.len() > 1 {
        page.styled(&summary(proposal), view.theme.title.0);
        page.blank();
    }
    let mut number = 0;
    for (place, item) in proposal.items.iter().enumerate() {
        if place > 0 {
            page.blank();
        }
        head(&mut page, view, item);
        steps(&mut page, state, view, item, &mut number);
        page.section("Why", &item.why);
        page.section("What else refers to it", &item.references);
        page.heading("What clients see");
        page.labelled("now", &item.before);
        page.labelled("then", &item.after);
        page.section("To mind", &item.mind);
    }
    page.heading("How it is undone");
    page.text("Every object is kept on this machine before it is touched.");
    page.text(&format!(":undo or {}.", undone_by(proposal)));
    page.heading("The same by hand");
    for command in commands(proposal) {
        page.hanging("   $ ", &command, view.theme.dim.0);
    }
    page.into_lines()
}

fn summary(proposal: &Proposal) -> String {
    let bytes: u64 = proposal.steps().filter_map(|step| step.size).sum();
    let folders = proposal.steps().filter(|step| step.act.is_folder()).count() as u64;
    let are_tags = proposal.items.iter().all(|item| matches!(item.subject, Subject::Tag { .. }));
    let thing = if are_tags { "tag" } else { "item" };
    let mut parts = vec![
        counted(proposal.items.len() as u64, thing),
        counted(proposal.objects() as u64, "object"),
        size(bytes),
    ];
    if folders > 0 {
        parts.push(counted(folders, "empty folder"));
    }
    parts.join(", ")
}

fn head(page: &mut Page<'_>, view: &View, item: &Item) {
    let mut spans = vec![Span::styled(format!(" {}", clean(&item.subject.to_string())), view.theme.title.0)];
    if let Some(state) = item.state {
        let (style, word) = state_style(view, state);
        spans.push(Span::styled(format!("  {} {word}", view.glyphs.tag(state)), style));
    }
    page.push(Line::from(spans));
}

const fn state_style(view: &View, state: TagState) -> (Style, &'static str) {
    match state {
        TagState::Whole => (view.theme.good.0, "whole: nothing is wrong with it"),
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
    page.styled(heading(item), view.theme.title.0);
    let shared = shared_folder(&item.steps);
    if !shared.is_empty() {
        page.dim(&format!("in {shared}"));
    }
    let mut from = 0;
    while let Some(step) = item.steps.get(from) {
        let folders =
            item.steps[from..].iter().take_while(|next| next.act == step.act && next.act.is_folder());
        let count = folders.count().max(1);
        let names: Vec<_> =
            item.steps[from..from + count].iter().map(|step| name(&step.key, &shared)).collect();
        let facts = facts(state, step);
        let tail = if facts.is_empty() { String::new() } else { format!("  {facts}") };
        let plural = if count > 1 { "s" } else { "" };
        let lead = format!(" {:>3} {}{plural} ", *number + 1, step.act.word());
        page.hanging(&lead, &format!("{}{tail}", names.join(", ")), view.theme.text.0);
        *number += count;
        from += count;
    }
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
        | Act::ApiPut { .. } => None,
    };
    let changed = step.modified.map(|modified| match age(modified, state.now).as_str() {
        "now" => "just changed".to_owned(),
        age => format!("{age} old"),
    });
    [step.size.map(size), changed, version].into_iter().flatten().collect::<Vec<_>>().join(", ")
}

/// The longest folder that all keys begin with; none for a single one, whose whole key is shown.
pub(super) fn shared_folder(steps: &[Step]) -> String {
    let Some(first) = steps.first() else { return String::new() };
    let is_api = |step: &Step| matches!(step.act, Act::ApiDelete { .. } | Act::ApiPut { .. });
    if steps.iter().any(is_api) {
        return String::new();
    }
    let holds = |end: &usize| steps.iter().all(|step| step.key.starts_with(&first.key[..=*end]));
    let ends = first.key.rmatch_indices('/').map(|(at, _)| at);
    ends.into_iter().find(holds).map_or_else(String::new, |end| first.key[..=end].to_owned())
}
