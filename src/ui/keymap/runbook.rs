//! The keys of runbooks, which come before those of all panels.

use super::{Binding, Group, Now, in_panel};
use crate::event::{Intent, MenuKind, PanelId, PromptKind, RunbookWish, Way};
use crate::state::State;
use crate::ui::panels::runbook;
use crate::ui::view::View;

fn in_list(now: Now<'_>) -> bool {
    in_panel(now) && now.panel() == PanelId::Runbook && now.state.open_step().is_none()
}

fn in_step(now: Now<'_>) -> bool {
    in_panel(now) && now.panel() == PanelId::Runbook && now.state.open_step().is_some()
}

fn has_command(now: Now<'_>) -> bool {
    in_step(now) && now.state.open_step().is_some_and(|(_, step)| step.commands().next().is_some())
}

fn has_found(now: Now<'_>) -> bool {
    let found = |state: &State| {
        let (book, step) = state.open_step()?;
        state.step_state(book, step).findings().iter().find_map(|finding| finding.about.first().cloned())
    };
    in_step(now) && found(now.state).is_some()
}

fn came_from(now: Now<'_>) -> bool {
    in_step(now) && now.state.walks.has_trail()
}

const fn wish(wish: RunbookWish) -> Intent {
    Intent::Runbook(wish)
}

/// A row of the table.
const fn key(
    group: Group,
    keys: &'static [&'static str],
    title: &'static str,
    bar: &'static str,
    valid: fn(Now<'_>) -> bool,
    intent: fn(&State, &View) -> Intent,
) -> Binding {
    Binding { keys, title, group, bar, valid, intent }
}

/// All of them.
pub const RUNBOOK: &[Binding] = &[
    key(Group::Look, &["enter"], "Open the runbook", "open", in_list, |_, _| Intent::Enter),
    key(
        Group::Look,
        &["enter"],
        "Go on: to the step that follows from this one",
        "go on",
        in_step,
        |_, _| Intent::Enter,
    ),
    key(
        Group::Change,
        &["space", "t"],
        "It is done, or as it should be; again: take that back",
        "done",
        in_step,
        |_, _| wish(RunbookWish::Answer { fine: true }),
    ),
    key(Group::Change, &["x"], "It is not so; again: take that back", "not so", in_step, |_, _| {
        wish(RunbookWish::Answer { fine: false })
    }),
    key(
        Group::Look,
        &["a"],
        "What can be done here: the step's own verbs first",
        "actions",
        in_step,
        |state, _| match state.subject() {
            Some(_) => super::menu(state, MenuKind::Actions),
            None => Intent::Say("Nothing was found here that something could be done to.".to_owned()),
        },
    ),
    key(
        Group::Look,
        &["c"],
        "Copy the marked command; again: the next one",
        "copy",
        has_command,
        runbook::copy,
    ),
    key(Group::Look, &["o"], "To what was found", "show", has_found, |_, _| wish(RunbookWish::Show)),
    key(Group::Move, &["n"], "Next step that waits for an answer", "next waiting", in_step, |_, _| {
        wish(RunbookWish::Waiting(Way::Next))
    }),
    key(Group::Move, &["p"], "Previous step that waits for an answer", "", in_step, |_, _| {
        wish(RunbookWish::Waiting(Way::Previous))
    }),
    key(Group::Move, &["e"], "Next step that finds a fault", "", in_step, |_, _| Intent::Fault(Way::Next)),
    key(Group::Move, &["E"], "Previous step that finds a fault", "", in_step, |_, _| {
        Intent::Fault(Way::Previous)
    }),
    key(Group::Change, &["N"], "Note something of this step", "note", in_step, |_, _| {
        Intent::Ask(PromptKind::Note)
    }),
    key(Group::Move, &["backspace"], "Back to the step that led here", "back", came_from, |_, _| {
        wish(RunbookWish::Return)
    }),
    key(Group::Move, &["pgdn", "ctrl-f"], "The step's text: a page down", "", in_step, |_, view| {
        view.scroll(view.page())
    }),
    key(Group::Move, &["pgup", "ctrl-b"], "The step's text: a page up", "", in_step, |_, view| {
        view.scroll(-view.page())
    }),
    key(
        Group::Change,
        &["R"],
        "Begin anew; what was answered and noted is put aside",
        "",
        in_step,
        |_, _| wish(RunbookWish::Anew),
    ),
];
