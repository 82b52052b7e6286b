//! The keys of the error logs, which come before those of all panels; they are those of the usual reader of logs.

use super::{Binding, Group, Now, in_panel};
use crate::event::{Intent, LogsPart, LogsWish, Motion, PanelId, PromptKind, Sought, Way};
use crate::state::{Layer, State};
use crate::ui::panels::logs;
use crate::ui::view::View;

fn in_lines(now: Now<'_>) -> bool {
    in_panel(now) && now.panel() == PanelId::Logs
}

fn lines_shown(now: Now<'_>) -> bool {
    in_lines(now) && now.state.tail.part == LogsPart::Lines
}

fn in_line(now: Now<'_>) -> bool {
    matches!(now.layer, Some(Layer::Line { .. }))
}

fn seeks(now: Now<'_>) -> bool {
    lines_shown(now) && now.state.tail.find.is_some()
}

const fn seek(sought: Sought, way: Way) -> Intent {
    Intent::Logs(LogsWish::Seek(sought, way))
}

/// A row of the table.
const fn key(
    keys: &'static [&'static str],
    title: &'static str,
    bar: &'static str,
    valid: fn(Now<'_>) -> bool,
    intent: fn(&State, &View) -> Intent,
) -> Binding {
    Binding { keys, title, group: Group::Look, bar, valid, intent }
}

/// The same, told among what moves.
const fn moves(
    keys: &'static [&'static str],
    title: &'static str,
    valid: fn(Now<'_>) -> bool,
    intent: fn(&State, &View) -> Intent,
) -> Binding {
    Binding { keys, title, group: Group::Move, bar: "", valid, intent }
}

/// All of them.
pub const LOGS: &[Binding] = &[
    key(
        &["enter"],
        "All that it says; of a kind: its lines; of a pin: its place",
        "details",
        in_lines,
        |_, _| Intent::Enter,
    ),
    key(&["e"], "Next error", "error", lines_shown, |_, _| seek(Sought::Error, Way::Next)),
    key(&["E"], "Previous error", "", lines_shown, |_, _| seek(Sought::Error, Way::Previous)),
    key(&["/"], "Find: a regular expression; Tab there filters by it instead", "find", in_lines, |_, _| {
        Intent::Ask(PromptKind::Find)
    }),
    key(&["="], "Filter: show only lines like what is typed", "filter", in_lines, |_, _| {
        Intent::Ask(PromptKind::Filter)
    }),
    key(&["n"], "Next match", "", seeks, |_, _| seek(Sought::Match, Way::Next)),
    key(&["N"], "Previous match", "", seeks, |_, _| seek(Sought::Match, Way::Previous)),
    key(&["p"], "Lines that are alike, counted together", "alike", in_lines, |_, _| {
        Intent::Logs(LogsWish::Part(LogsPart::Kinds))
    }),
    key(&["v"], "Look through the next lens", "lens", in_lines, |_, _| {
        Intent::Logs(LogsWish::TurnLens(Way::Next))
    }),
    key(&["V"], "Look through the previous lens", "", in_lines, |_, _| {
        Intent::Logs(LogsWish::TurnLens(Way::Previous))
    }),
    key(&["i"], "How many errors there were when", "histogram", lines_shown, |_, _| {
        Intent::Logs(LogsWish::Histogram)
    }),
    key(&["s"], "Follow the newest line, or stay", "follow", lines_shown, |_, _| {
        Intent::Logs(LogsWish::Follow)
    }),
    key(&["m"], "Pin the line, or let it go", "pin", in_lines, |_, _| Intent::Logs(LogsWish::Pin)),
    key(&["u"], "Next pin", "", lines_shown, |_, _| seek(Sought::Pin, Way::Next)),
    key(&["U"], "Previous pin", "", lines_shown, |_, _| seek(Sought::Pin, Way::Previous)),
    key(&["w"], "Next warning", "", lines_shown, |_, _| seek(Sought::Warning, Way::Next)),
    key(&["W"], "Previous warning", "", lines_shown, |_, _| seek(Sought::Warning, Way::Previous)),
    key(&["o"], "Next line of the same request", "", lines_shown, |_, _| seek(Sought::Request, Way::Next)),
    key(&["O"], "Previous line of the same request", "", lines_shown, |_, _| {
        seek(Sought::Request, Way::Previous)
    }),
    key(&["T"], "Times in UTC, in local time, or from the selected line", "", in_lines, |_, _| {
        Intent::Logs(LogsWish::Clock)
    }),
    key(&["t"], "Show or hide the times", "", in_lines, |_, _| Intent::Logs(LogsWish::Times)),
    key(&["x"], "Lines as they were written, or what they say", "", in_lines, |_, _| {
        Intent::Logs(LogsWish::Written)
    }),
    key(&["ctrl-w"], "Break long lines, or cut them", "", in_lines, |_, _| Intent::Wrap),
    key(&["c"], "Copy the line", "copy", in_lines, |state, view| logs::copied(state, view, false)),
    key(&["c"], "Copy the line as it was written", "copy", in_line, copy_open),
    key(&["C"], "Copy the lines on the screen, or all pins", "", in_lines, |state, view| {
        logs::copied(state, view, true)
    }),
    moves(&["G", "end", ">"], "To the newest line, and follow it", lines_shown, |_, _| {
        Intent::Logs(LogsWish::Live)
    }),
    moves(&["space"], "A page down", in_lines, |_, view| Intent::Move(Motion::Rows(view.page()))),
    moves(&["ctrl-d"], "Half a page down", in_lines, |_, view| Intent::Move(Motion::Rows(view.page() / 2))),
    moves(&["right"], "To the right; with the histogram: to the next error there", lines_shown, |_, _| {
        Intent::Logs(LogsWish::Sideways(1))
    }),
    moves(&["left"], "To the left; with the histogram: to the error before", lines_shown, |_, _| {
        Intent::Logs(LogsWish::Sideways(-1))
    }),
];

fn copy_open(state: &State, _: &View) -> Intent {
    match &state.screen.layer {
        Some(Layer::Line { stored, .. }) => {
            Intent::Copy { what: "The line", text: stored.line.text.to_string() }
        }
        Some(_) | None => Intent::Say("There is no line.".to_owned()),
    }
}
