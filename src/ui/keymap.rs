//! Which key means what, as one table; help and key bar are made from it.

mod logs;
mod runbook;

use ratatui::crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

use super::view::View;
use super::{deed, document, journal, keys};
use crate::actions::verbs::{self, VERBS, Verb};
use crate::actions::{balancing, commands, writing};
use crate::diagnosis::rules;
use crate::event::{
    Erasure, Intent, LogsWish, MenuKind, Motion, PanelId, PromptKind, RunbookWish, Sorting, Sought,
    TerminalWish, Way,
};
use crate::model::{Document, Subject};
use crate::sources::bucket::node::NodeKind;
use crate::state::tables::{self, Marking};
use crate::state::{Layer, Pane, Prompt, State, is_stray};

/// What a key belongs to in the help.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Group {
    Move,
    Look,
    Change,
    Go,
    Session,
}

impl Group {
    pub const ALL: [Self; 5] = [Self::Move, Self::Look, Self::Change, Self::Go, Self::Session];

    /// Where the help tells of a verb's key.
    pub fn of(verb: &Verb) -> Self {
        if verb.id == "arm" { Self::Change } else { Self::Look }
    }

    pub const fn title(self) -> &'static str {
        match self {
            Self::Move => "Move",
            Self::Look => "Look",
            Self::Change => "Mark, delete, take back",
            Self::Go => "Go elsewhere",
            Self::Session => "Session",
        }
    }
}

/// One row of the keymap.
pub struct Binding {
    /// Names of the keys, the usual one first.
    pub keys: &'static [&'static str],
    pub title: &'static str,
    pub group: Group,
    /// Its word on the key bar, if it is important enough.
    pub bar: &'static str,
    /// Whether it does anything now.
    pub valid: fn(Now<'_>) -> bool,
    /// What it wants.
    intent: fn(&State, &View) -> Intent,
}

/// Where the keys go: the state, and what lies over the panel.
#[derive(Clone, Copy)]
pub struct Now<'a> {
    state: &'a State,
    layer: Option<&'a Layer>,
}

impl<'a> Now<'a> {
    /// As things are.
    pub const fn of(state: &'a State) -> Self {
        Self { state, layer: state.screen.layer.as_ref() }
    }

    /// As things will be once the layer is gone; the help tells about these.
    pub const fn below(state: &'a State) -> Self {
        Self { state, layer: None }
    }

    const fn panel(self) -> PanelId {
        self.state.screen.panel
    }

    fn pane(self) -> Pane {
        self.state.browser.pane
    }
}

fn anywhere(_: Now<'_>) -> bool {
    true
}

fn in_panel(now: Now<'_>) -> bool {
    now.layer.is_none()
}

fn in_text(now: Now<'_>) -> bool {
    let text = matches!(now.layer, Some(Layer::Help { .. } | Layer::Describe { .. } | Layer::Raw { .. }));
    text || in_staging(now) || in_document(now) || matches!(now.layer, Some(Layer::Line { .. }))
}

fn in_staging(now: Now<'_>) -> bool {
    matches!(now.layer, Some(Layer::Staging { .. }))
}

fn in_document(now: Now<'_>) -> bool {
    matches!(now.layer, Some(Layer::Document(_)))
}

fn in_logs(now: Now<'_>) -> bool {
    matches!(now.layer, Some(Layer::Document(reader)) if reader.document == Document::Logs)
}

fn finds(now: Now<'_>) -> bool {
    matches!(now.layer, Some(Layer::Document(reader)) if reader.find.is_some())
}

fn in_menu(now: Now<'_>) -> bool {
    matches!(now.layer, Some(Layer::Menu { .. }))
}

fn in_journal(now: Now<'_>) -> bool {
    matches!(now.layer, Some(Layer::Journal { .. }))
}

fn in_bucket(now: Now<'_>) -> bool {
    in_panel(now) && now.panel() == PanelId::Bucket
}

fn in_table(now: Now<'_>) -> bool {
    in_panel(now) && now.state.table().is_some()
}

fn on_table_row(now: Now<'_>) -> bool {
    in_table(now) && now.state.subject().is_some()
}

fn takes_marks(now: Now<'_>) -> bool {
    on_table_row(now) && tables::sheet(now.panel()).is_some_and(|sheet| sheet.marks == Marking::Rows)
}

fn in_overview(now: Now<'_>) -> bool {
    in_panel(now) && now.panel() == PanelId::Overview
}

/// On what is most likely wrong, or where it is read about.
fn on_cause(now: Now<'_>) -> bool {
    let is_cause = |row| matches!(row, Some(Subject::Cause { .. }));
    in_overview(now) && is_cause(now.state.finding()) || in_cause(now)
}

fn in_cause(now: Now<'_>) -> bool {
    matches!(now.layer, Some(Layer::Describe { subject: Subject::Cause { .. }, .. }))
}

/// To the step of the runbook that goes with what is most likely wrong.
fn runbook(state: &State) -> Intent {
    let found = state.finding().and_then(|row| state.cause(&row)).map(|cause| cause.finding.rule);
    match found.and_then(rules::rule) {
        Some(rule) => Intent::OpenRunbook { step: rule.step.to_owned() },
        None => Intent::Say("No runbook tells of it; 7 opens those that there are.".to_owned()),
    }
}

/// On the row of everything that was looked for.
fn on_checks(now: Now<'_>) -> bool {
    in_overview(now) && now.state.finding() == Some(Subject::Checks)
}

fn in_tree(now: Now<'_>) -> bool {
    in_bucket(now) && now.pane() == Pane::Tree
}

fn in_chain(now: Now<'_>) -> bool {
    in_bucket(now) && now.pane() == Pane::Chain
}

fn on_row(now: Now<'_>) -> bool {
    in_tree(now) && !now.state.browser.rows.is_empty()
}

fn on_something(now: Now<'_>) -> bool {
    in_panel(now) && now.state.subject().is_some()
}

/// On something that is wrong and can be deleted: the key for that is worth a place on the bar.
fn on_fault(now: Now<'_>) -> bool {
    let is_fault = |subject| now.state.bucket.verdicts.is_faulty(&subject);
    let wrong = now.state.subject().is_some_and(is_fault) || is_stray(&now.state.browser.selected);
    in_panel(now) && wrong && writing::deletion_verb(now.state).is_some()
}

fn on(now: Now<'_>, kinds: &[NodeKind]) -> bool {
    on_row(now) && kinds.contains(&now.state.browser.selected.kind())
}

fn on_folder(now: Now<'_>) -> bool {
    on(now, &[NodeKind::Folder, NodeKind::Prefix])
}

fn over_rows(now: Now<'_>) -> bool {
    !in_text(now)
}

const fn by(rows: isize) -> Intent {
    Intent::Move(Motion::Rows(rows))
}

/// On a server of a load balancer, where the keys of the usual monitor for HAProxy mean what they mean there.
fn on_server(now: Now<'_>) -> bool {
    let is_server = |subject| balancing::is_server(&subject);
    in_panel(now) && now.panel() == PanelId::Balancers && now.state.subject().is_some_and(is_server)
}

/// What a verb wants of what is selected, or why it does not apply.
fn wanted(state: &State, verb: &str) -> Intent {
    let intents = verbs::find(verb).map(|verb| run(verb, state)).unwrap_or_default();
    intents.into_iter().next().unwrap_or_else(|| Intent::Say(String::new()))
}

/// Keys of documents, which come before those of all texts.
const READING: &[Binding] = &[
    Binding {
        keys: &["G", "end"],
        title: "To the end; of logs: and follow it",
        group: Group::Move,
        bar: "",
        valid: in_document,
        intent: |_, _| Intent::Scroll(usize::MAX),
    },
    Binding {
        keys: &["/"],
        title: "Find: a regular expression",
        group: Group::Look,
        bar: "find",
        valid: in_document,
        intent: |_, _| Intent::Ask(PromptKind::Find),
    },
    Binding {
        keys: &["n"],
        title: "Next match",
        group: Group::Look,
        bar: "next",
        valid: finds,
        intent: |_, view| document::find(view, Way::Next),
    },
    Binding {
        keys: &["N"],
        title: "Previous match",
        group: Group::Look,
        bar: "",
        valid: finds,
        intent: |_, view| document::find(view, Way::Previous),
    },
    Binding {
        keys: &["s"],
        title: "Follow the log as it grows, or not",
        group: Group::Look,
        bar: "follow",
        valid: in_logs,
        intent: document::follow,
    },
    Binding {
        keys: &["ctrl-w"],
        title: "Break long lines, or cut them",
        group: Group::Look,
        bar: "wrap",
        valid: in_document,
        intent: |_, _| Intent::Wrap,
    },
    Binding {
        keys: &["c"],
        title: "Copy the lines on the screen",
        group: Group::Look,
        bar: "copy",
        valid: in_document,
        intent: document::copy_shown,
    },
    Binding {
        keys: &["C"],
        title: "Copy the whole document",
        group: Group::Look,
        bar: "",
        valid: in_document,
        intent: document::copy_all,
    },
];

/// All bindings: the first one with the key that is valid counts.
pub fn bindings() -> impl Iterator<Item = &'static Binding> {
    READING.iter().chain(own()).chain(KEYMAP)
}

/// Keys of single panels, which come before those of all panels and those of verbs.
fn own() -> impl Iterator<Item = &'static Binding> {
    logs::LOGS.iter().chain(runbook::RUNBOOK)
}

/// The keymap of all that is no document.
pub const KEYMAP: &[Binding] = &[
    Binding {
        keys: &["j", "down"],
        title: "Down",
        group: Group::Move,
        bar: "",
        valid: over_rows,
        intent: |_, _| by(1),
    },
    Binding {
        keys: &["k", "up"],
        title: "Up",
        group: Group::Move,
        bar: "",
        valid: over_rows,
        intent: |_, _| by(-1),
    },
    Binding {
        keys: &["pgdn", "ctrl-f"],
        title: "A page down",
        group: Group::Move,
        bar: "",
        valid: over_rows,
        intent: |_, view| by(view.page()),
    },
    Binding {
        keys: &["pgup", "ctrl-b"],
        title: "A page up",
        group: Group::Move,
        bar: "",
        valid: over_rows,
        intent: |_, view| by(-view.page()),
    },
    Binding {
        keys: &["ctrl-u"],
        title: "Half a page up",
        group: Group::Move,
        bar: "",
        valid: over_rows,
        intent: |_, view| by(-(view.page() / 2)),
    },
    Binding {
        keys: &["g", "home"],
        title: "To the first",
        group: Group::Move,
        bar: "",
        valid: over_rows,
        intent: |_, _| Intent::Move(Motion::First),
    },
    Binding {
        keys: &["G", "end"],
        title: "To the last",
        group: Group::Move,
        bar: "",
        valid: over_rows,
        intent: |_, _| Intent::Move(Motion::Last),
    },
    Binding {
        keys: &["j", "down"],
        title: "A line down",
        group: Group::Move,
        bar: "scroll",
        valid: in_text,
        intent: |_, view| view.scroll(1),
    },
    Binding {
        keys: &["k", "up"],
        title: "A line up",
        group: Group::Move,
        bar: "",
        valid: in_text,
        intent: |_, view| view.scroll(-1),
    },
    Binding {
        keys: &["space", "pgdn", "ctrl-f"],
        title: "A page down",
        group: Group::Move,
        bar: "page",
        valid: in_text,
        intent: |_, view| view.scroll(view.page()),
    },
    Binding {
        keys: &["pgup", "ctrl-b"],
        title: "A page up",
        group: Group::Move,
        bar: "",
        valid: in_text,
        intent: |_, view| view.scroll(-view.page()),
    },
    Binding {
        keys: &["ctrl-d"],
        title: "Half a page down",
        group: Group::Move,
        bar: "",
        valid: in_text,
        intent: |_, view| view.scroll(view.page() / 2),
    },
    Binding {
        keys: &["ctrl-u"],
        title: "Half a page up",
        group: Group::Move,
        bar: "",
        valid: in_text,
        intent: |_, view| view.scroll(-(view.page() / 2)),
    },
    Binding {
        keys: &["g", "home"],
        title: "To the top",
        group: Group::Move,
        bar: "",
        valid: in_text,
        intent: |_, _| Intent::Scroll(0),
    },
    Binding {
        keys: &["G", "end"],
        title: "To the end",
        group: Group::Move,
        bar: "",
        valid: in_text,
        intent: |_, view| view.scroll(isize::MAX),
    },
    Binding {
        keys: &["enter"],
        title: "Do it",
        group: Group::Look,
        bar: "do it",
        valid: in_menu,
        intent: |_, _| Intent::Pick,
    },
    Binding {
        keys: &["enter"],
        title: "Take it back: shows what that would do, and asks",
        group: Group::Change,
        bar: "take it back",
        valid: in_journal,
        intent: |state, _| journal::take_back(state),
    },
    Binding {
        keys: &["r"],
        title: "Do the rest of what broke off: shows it, and asks",
        group: Group::Change,
        bar: "do the rest",
        valid: in_journal,
        intent: |state, _| journal::finish(state),
    },
    Binding {
        keys: &["enter"],
        title: "Open or close the folder",
        group: Group::Look,
        bar: "open",
        valid: on_folder,
        intent: |_, _| Intent::Enter,
    },
    Binding {
        keys: &["enter"],
        title: "Into the chain of the tag",
        group: Group::Look,
        bar: "chain",
        valid: |now| on(now, &[NodeKind::Tag]),
        intent: |_, _| Intent::Enter,
    },
    Binding {
        keys: &["enter"],
        title: "The bytes of the object",
        group: Group::Look,
        bar: "bytes",
        valid: |now| on(now, &[NodeKind::Object]) || in_chain(now),
        intent: |_, _| Intent::Enter,
    },
    Binding {
        keys: &["enter"],
        title: "List on",
        group: Group::Look,
        bar: "list on",
        valid: |now| on(now, &[NodeKind::Rest]),
        intent: |_, _| Intent::Enter,
    },
    Binding {
        keys: &["enter"],
        title: "Why: what speaks for and against it, what follows, what to do",
        group: Group::Look,
        bar: "why",
        valid: |now| on_cause(now) && !in_cause(now),
        intent: |_, _| Intent::Enter,
    },
    Binding {
        keys: &["enter"],
        title: "Everything that was looked for",
        group: Group::Look,
        bar: "what was looked at",
        valid: on_checks,
        intent: |_, _| Intent::Enter,
    },
    Binding {
        keys: &["o"],
        title: "Show what it is about: the pod, the server, the tag",
        group: Group::Look,
        bar: "show",
        valid: |now| on_cause(now) && !in_cause(now),
        intent: |_, _| Intent::Follow,
    },
    Binding {
        keys: &["r"],
        title: "The step of the runbook to go on with",
        group: Group::Look,
        bar: "runbook",
        valid: on_cause,
        intent: |state, _| runbook(state),
    },
    Binding {
        keys: &["enter", "o"],
        title: "Show what it is about: the pod, the server, the tag",
        group: Group::Look,
        bar: "show",
        valid: in_cause,
        intent: |_, _| Intent::Follow,
    },
    Binding {
        keys: &["enter"],
        title: "Show what it is about: the pod, the server, the tag",
        group: Group::Look,
        bar: "show",
        valid: |now| in_overview(now) && now.state.finding().is_some(),
        intent: |_, _| Intent::Enter,
    },
    Binding {
        keys: &["enter"],
        title: "Into it: its details, or what is behind it",
        group: Group::Look,
        bar: "open",
        valid: on_table_row,
        intent: |_, _| Intent::Enter,
    },
    Binding {
        keys: &["right"],
        title: "Sort by the column to the right",
        group: Group::Look,
        bar: "",
        valid: in_table,
        intent: |_, _| Intent::Sort(Sorting::Beside(Way::Next)),
    },
    Binding {
        keys: &["left"],
        title: "Sort by the column to the left",
        group: Group::Look,
        bar: "",
        valid: in_table,
        intent: |_, _| Intent::Sort(Sorting::Beside(Way::Previous)),
    },
    Binding {
        keys: &["w"],
        title: "More columns, or fewer",
        group: Group::Look,
        bar: "wide",
        valid: in_table,
        intent: |_, _| Intent::Wide,
    },
    Binding {
        keys: &["space"],
        title: "Mark the row, or take its mark away",
        group: Group::Change,
        bar: "",
        valid: takes_marks,
        intent: |_, _| Intent::Mark,
    },
    Binding {
        keys: &["right"],
        title: "Open, or into the chain",
        group: Group::Move,
        bar: "",
        valid: on_row,
        intent: |_, _| Intent::Unfold,
    },
    Binding {
        keys: &["left"],
        title: "Close, or to what holds it",
        group: Group::Move,
        bar: "",
        valid: in_bucket,
        intent: |_, _| Intent::Fold,
    },
    Binding {
        keys: &["e"],
        title: "Next fault",
        group: Group::Look,
        bar: "next fault",
        valid: |now| in_tree(now) || in_overview(now) || in_table(now),
        intent: |_, _| Intent::Fault(Way::Next),
    },
    Binding {
        keys: &["E"],
        title: "Previous fault",
        group: Group::Look,
        bar: "",
        valid: |now| in_tree(now) || in_overview(now) || in_table(now),
        intent: |_, _| Intent::Fault(Way::Previous),
    },
    Binding {
        keys: &["a"],
        title: "What can be done to it, and why not",
        group: Group::Look,
        bar: "actions",
        valid: |now| on_something(now) || in_cause(now),
        intent: |state, _| menu(state, MenuKind::Actions),
    },
    Binding {
        keys: &["ctrl-d"],
        title: "Delete it: shows what would go, and asks",
        group: Group::Change,
        bar: "delete",
        valid: on_fault,
        intent: |state, _| writing::deletion(state),
    },
    Binding {
        keys: &["/"],
        title: "Filter by name: a regular expression, !without, -f letters in order",
        group: Group::Look,
        bar: "filter",
        valid: in_tree,
        intent: |_, _| Intent::Ask(PromptKind::Filter),
    },
    Binding {
        keys: &["/"],
        title: "Filter: a regular expression, !without, column:regex, -f letters in order",
        group: Group::Look,
        bar: "filter",
        valid: in_table,
        intent: |_, _| Intent::Ask(PromptKind::Filter),
    },
    Binding {
        keys: &["ctrl-z"],
        title: "Only faults, or everything",
        group: Group::Look,
        bar: "faults only",
        valid: |now| in_tree(now) || in_table(now),
        intent: |_, _| Intent::FaultsOnly,
    },
    Binding {
        keys: &["backspace"],
        title: "Up a level",
        group: Group::Move,
        bar: "up",
        valid: in_bucket,
        intent: |_, _| Intent::Parent,
    },
    Binding {
        keys: &["x"],
        title: "Show or hide the registry's own folders",
        group: Group::Look,
        bar: "",
        valid: in_tree,
        intent: |_, _| Intent::Internals,
    },
    Binding {
        keys: &["w"],
        title: "Every layer, or the good ones summed up",
        group: Group::Look,
        bar: "",
        valid: in_bucket,
        intent: |_, _| Intent::Wide,
    },
    Binding {
        keys: &["c"],
        title: "Copy the addresses and commands",
        group: Group::Look,
        bar: "copy all",
        valid: in_staging,
        intent: |state, _| Intent::Copy { what: "the commands", text: state.session.staging.join("\n") },
    },
    Binding {
        keys: &["C"],
        title: "What can be copied of it",
        group: Group::Look,
        bar: "",
        valid: on_something,
        intent: |state, _| menu(state, MenuKind::Copy),
    },
    Binding {
        keys: &["space"],
        title: "Mark the tag, or take its mark away",
        group: Group::Change,
        bar: "",
        valid: on_row,
        intent: |_, _| Intent::Mark,
    },
    Binding {
        keys: &["v", "V"],
        title: "Mark all tags from the last mark to here",
        group: Group::Change,
        bar: "",
        valid: |now| on(now, &[NodeKind::Tag]),
        intent: |_, _| Intent::MarkThrough,
    },
    Binding {
        keys: &["ctrl-d"],
        title: "Delete it: shows what would go, and asks",
        group: Group::Change,
        bar: "",
        valid: |now| on_something(now) || in_menu(now),
        intent: |state, _| writing::deletion(state),
    },
    Binding {
        keys: &["f9"],
        title: "Ready: it is sent its share again; shows it, and asks",
        group: Group::Change,
        bar: "ready",
        valid: on_server,
        intent: |state, _| wanted(state, "server-ready"),
    },
    Binding {
        keys: &["f10"],
        title: "Maintenance: nothing goes there; shows it, and asks",
        group: Group::Change,
        bar: "maint",
        valid: on_server,
        intent: |state, _| wanted(state, "server-maint"),
    },
    Binding {
        keys: &["f4"],
        title: "The weight of the configuration file again: shows it, and asks",
        group: Group::Change,
        bar: "",
        valid: on_server,
        intent: |state, _| balancing::weigh(state, "configured"),
    },
    Binding {
        keys: &["f5"],
        title: "Weight 10 less: shows it, and asks",
        group: Group::Change,
        bar: "",
        valid: on_server,
        intent: |state, _| balancing::weigh(state, "-10"),
    },
    Binding {
        keys: &["f6"],
        title: "Weight 1 less: shows it, and asks",
        group: Group::Change,
        bar: "",
        valid: on_server,
        intent: |state, _| balancing::weigh(state, "-1"),
    },
    Binding {
        keys: &["f7"],
        title: "Weight 1 more: shows it, and asks",
        group: Group::Change,
        bar: "",
        valid: on_server,
        intent: |state, _| balancing::weigh(state, "+1"),
    },
    Binding {
        keys: &["f8"],
        title: "Weight 10 more: shows it, and asks",
        group: Group::Change,
        bar: "",
        valid: on_server,
        intent: |state, _| balancing::weigh(state, "+10"),
    },
    Binding {
        keys: &["1"],
        title: "Overview",
        group: Group::Go,
        bar: "",
        valid: anywhere,
        intent: |_, _| Intent::Panel(PanelId::Overview),
    },
    Binding {
        keys: &["2"],
        title: "Pods",
        group: Group::Go,
        bar: "",
        valid: anywhere,
        intent: |_, _| Intent::Panel(PanelId::Pods),
    },
    Binding {
        keys: &["3"],
        title: "Endpoints",
        group: Group::Go,
        bar: "",
        valid: anywhere,
        intent: |_, _| Intent::Panel(PanelId::Endpoints),
    },
    Binding {
        keys: &["4"],
        title: "Load balancers",
        group: Group::Go,
        bar: "",
        valid: anywhere,
        intent: |_, _| Intent::Panel(PanelId::Balancers),
    },
    Binding {
        keys: &["5"],
        title: "Error logs",
        group: Group::Go,
        bar: "",
        valid: anywhere,
        intent: |_, _| Intent::Panel(PanelId::Logs),
    },
    Binding {
        keys: &["6"],
        title: "Bucket",
        group: Group::Go,
        bar: "",
        valid: anywhere,
        intent: |_, _| Intent::Panel(PanelId::Bucket),
    },
    Binding {
        keys: &["7"],
        title: "Runbooks",
        group: Group::Go,
        bar: "",
        valid: anywhere,
        intent: |_, _| Intent::Panel(PanelId::Runbook),
    },
    Binding {
        keys: &["tab"],
        title: "Next panel",
        group: Group::Go,
        bar: "",
        valid: in_panel,
        intent: |_, _| Intent::Turn(Way::Next),
    },
    Binding {
        keys: &["backtab"],
        title: "Previous panel",
        group: Group::Go,
        bar: "",
        valid: in_panel,
        intent: |_, _| Intent::Turn(Way::Previous),
    },
    Binding {
        keys: &["["],
        title: "Back to where you were",
        group: Group::Go,
        bar: "",
        valid: |now| now.state.screen.has_past(),
        intent: |_, _| Intent::Walk(Way::Previous),
    },
    Binding {
        keys: &["]"],
        title: "Forward again",
        group: Group::Go,
        bar: "",
        valid: |now| now.state.screen.has_future(),
        intent: |_, _| Intent::Walk(Way::Next),
    },
    Binding {
        keys: &["-"],
        title: "The last place",
        group: Group::Go,
        bar: "",
        valid: |now| now.state.screen.has_past() || now.state.screen.has_future(),
        intent: |_, _| Intent::Last,
    },
    Binding {
        keys: &["esc"],
        title: "One level back",
        group: Group::Go,
        bar: "back",
        valid: |now| !in_panel(now) || in_chain(now),
        intent: |_, _| Intent::Dismiss,
    },
    Binding {
        keys: &["esc"],
        title: "One level back",
        group: Group::Go,
        bar: "",
        valid: anywhere,
        intent: |_, _| Intent::Dismiss,
    },
    Binding {
        keys: &["q"],
        title: "Back; leaves at the root",
        group: Group::Session,
        bar: "",
        valid: anywhere,
        intent: |_, _| Intent::Back,
    },
    Binding {
        keys: &["?", "f1"],
        title: "This help",
        group: Group::Session,
        bar: "",
        valid: anywhere,
        intent: |_, _| Intent::Help,
    },
    Binding {
        keys: &[":"],
        title: "A command",
        group: Group::Session,
        bar: "",
        valid: anywhere,
        intent: |_, _| Intent::Ask(PromptKind::Command),
    },
    Binding {
        keys: &["ctrl-c"],
        title: "Stop what is running; twice leaves",
        group: Group::Session,
        bar: "",
        valid: anywhere,
        intent: |_, _| Intent::Cancel,
    },
    Binding {
        keys: &["L"],
        title: "Plain lines, for copying with the terminal",
        group: Group::Session,
        bar: "",
        valid: anywhere,
        intent: |_, _| Intent::Terminal(TerminalWish::PlainLines),
    },
    Binding {
        keys: &["ctrl-l"],
        title: "Draw the screen anew",
        group: Group::Session,
        bar: "",
        valid: anywhere,
        intent: |_, _| Intent::Terminal(TerminalWish::Redraw),
    },
    Binding {
        keys: &["f2"],
        title: "Take the mouse, or give it back",
        group: Group::Session,
        bar: "",
        valid: anywhere,
        intent: |_, _| Intent::Terminal(TerminalWish::Mouse),
    },
];

/// Keys that destroy something elsewhere and do nothing here, with what they say.
const INERT: &[(&str, &str)] = &[
    ("ctrl-k", "No unconfirmed kill here; a lists what can be done."),
    ("delete", "No key kills or deletes anything here; a lists what can be done."),
    ("ctrl-d", "No key kills or deletes anything here; a lists what can be done."),
];

/// What a pressed key wants.
pub fn interpret(key: &KeyEvent, state: &State, view: &View) -> Vec<Intent> {
    if let Some(prompt) = &state.screen.prompt {
        return type_into(key, prompt, state, view);
    }
    let subject = state.subject();
    let named = |verb: &&Verb| {
        !verb.key.is_empty() && keys::is(key, verb.key) && subject.as_ref().is_none_or(verb.of)
    };
    if let Some(deed) = state.deed() {
        return deed::keys(key, state, deed, view);
    }
    let now = Now::of(state);
    let own = own().any(|binding| (binding.valid)(now) && has(binding, key));
    if let (Some(verb), true) = (VERBS.iter().find(named), !own && (in_panel(now) || in_menu(now))) {
        return run(verb, state);
    }
    if let Some(column) = sort_key(key, now) {
        return vec![Intent::Sort(Sorting::By(column))];
    }
    let fits = |binding: &&Binding| has(binding, key) && (binding.valid)(Now::of(state));
    match bindings().find(fits) {
        Some(binding) => match (binding.intent)(state, view) {
            Intent::Pick => pick(state),
            // Downwards from the end of what is followed is where one is.
            Intent::Scroll(line) if binding.keys != ["s"] && document::stays(state, view, line) => Vec::new(),
            intent => vec![intent],
        },
        None => unbound(key),
    }
}

fn has(binding: &Binding, key: &KeyEvent) -> bool {
    binding.keys.iter().any(|name| keys::is(key, name))
}

/// Whether the panel that is shown has another meaning for a verb's key.
pub fn is_taken(key: &str, now: Now<'_>) -> bool {
    own().any(|binding| binding.keys.contains(&key) && (binding.valid)(now))
}

/// The column of the table that is shown which this key sorts by.
fn sort_key(key: &KeyEvent, now: Now<'_>) -> Option<usize> {
    let sheet = tables::sheet(now.panel()).filter(|_| in_table(now))?;
    let letters = sheet.columns.iter().map(|column| column.letter);
    letters
        .enumerate()
        .find(|(_, letter)| letter.is_some_and(|letter| keys::is(key, letter.encode_utf8(&mut [0; 4]))))
        .map(|(number, _)| number)
}

/// The keys that sort the table that is shown, with the columns that they are for; for the help.
pub fn sort_keys(now: Now<'_>) -> Option<(String, String)> {
    let sheet = tables::sheet(now.panel())?;
    let lettered = sheet.columns.iter().filter_map(|column| Some((column.letter?, column.title)));
    let (letters, titles): (Vec<_>, Vec<_>) =
        lettered.map(|(letter, title)| (letter.to_string(), title)).unzip();
    Some((letters.join(" "), format!("Sort by {}; again: the other way round", titles.join(", "))))
}

fn unbound(key: &KeyEvent) -> Vec<Intent> {
    if let Some((_, words)) = INERT.iter().find(|(name, _)| keys::is(key, name)) {
        return vec![Intent::Say((*words).to_owned())];
    }
    match key.code {
        KeyCode::Char(digit) if digit.is_ascii_digit() && key.modifiers.is_empty() => {
            vec![Intent::Say(format!("There is no panel {digit}."))]
        }
        _ => Vec::new(),
    }
}

/// What pasted text wants: it is typed into the open prompt, or into a command, never taken for keys.
pub fn interpret_paste(text: &str, state: &State) -> Vec<Intent> {
    let line = text.lines().find(|line| !line.trim().is_empty()).unwrap_or_default().trim();
    match &state.screen.prompt {
        Some(Prompt { kind: PromptKind::Name(_), .. }) => {
            vec![Intent::Say("What is pasted does not count here: type the name.".to_owned())]
        }
        Some(prompt) => vec![Intent::Type(format!("{}{line}", prompt.text))],
        None if state.deed().is_some() => {
            vec![Intent::Say("What is pasted does not count here: type it.".to_owned())]
        }
        None => vec![Intent::Ask(PromptKind::Command), Intent::Type(line.to_owned())],
    }
}

fn menu(state: &State, kind: MenuKind) -> Intent {
    Intent::Menu { kind, offers: writing::offers(state, kind) }
}

fn pick(state: &State) -> Vec<Intent> {
    let Some(Layer::Menu { offers, chosen, .. }) = &state.screen.layer else { return Vec::new() };
    match offers.get(*chosen).and_then(|id| verbs::find(id)) {
        Some(verb) => {
            let again = (verb.id == "arm" && state.gate.asks_for().is_none()).then(|| after_arming(offers));
            std::iter::once(Intent::Pick).chain(again).chain(run(verb, state)).collect()
        }
        None => Vec::new(),
    }
}

/// Whoever arms from the menu wants something of it: it stays, for what could not be done before.
fn after_arming(offers: &[&'static str]) -> Intent {
    let offers = offers.iter().copied().filter(|id| *id != "arm").collect();
    Intent::Menu { kind: MenuKind::Actions, offers }
}

fn run(verb: &Verb, state: &State) -> Vec<Intent> {
    // A runbook says what its verbs are for; the selection follows, for what comes after to mean the same.
    if let Some(subject) =
        state.target_of(verb.id).filter(|subject| Some(subject) != state.subject().as_ref())
    {
        return match (verb.intent)(state, &subject) {
            Ok(intent) => {
                let aim = |subject| Intent::Runbook(RunbookWish::Aim(subject));
                vec![aim(Some(subject)), intent, aim(None)]
            }
            Err(why) => vec![Intent::Say(format!("{}: {why}.", verb.words()))],
        };
    }
    let Some(subject) = state.subject() else {
        // Where nothing is known there is most reason to ask again.
        let say = Intent::Say("Nothing is selected.".to_owned());
        return vec![if verb.id == "refresh" { Intent::Refresh } else { say }];
    };
    match (verb.intent)(state, &subject) {
        Ok(intent) => vec![intent],
        Err(why) => vec![Intent::Say(format!("{}: {why}.", verb.words()))],
    }
}

/// What a key means while a line is typed.
fn type_into(key: &KeyEvent, prompt: &Prompt, state: &State, view: &View) -> Vec<Intent> {
    let control = key.modifiers.contains(KeyModifiers::CONTROL);
    match (key.code, control) {
        (KeyCode::Enter, _) => submit(prompt, state, view),
        (KeyCode::Esc, _) => vec![Intent::Dismiss],
        (KeyCode::Char('c'), true) => vec![Intent::Cancel],
        (KeyCode::Char('w'), true) => vec![Intent::Erase(Erasure::Word)],
        (KeyCode::Char('u'), true) => vec![Intent::Erase(Erasure::Line)],
        (KeyCode::Backspace, _) | (KeyCode::Char('h'), true) => vec![Intent::Erase(Erasure::Letter)],
        (KeyCode::Tab, _) if flips(prompt, state) => vec![Intent::Logs(LogsWish::Flip)],
        (KeyCode::Tab, _) => complete(prompt),
        // Movement keeps the filter and goes to what it left.
        (KeyCode::Down, _) if prompt.kind == PromptKind::Filter => vec![Intent::Settle, by(1)],
        (KeyCode::Up, _) if prompt.kind == PromptKind::Filter => vec![Intent::Settle, by(-1)],
        (KeyCode::Char(letter), false) => vec![Intent::Type(format!("{}{letter}", prompt.text))],
        _ => Vec::new(),
    }
}

fn submit(prompt: &Prompt, state: &State, view: &View) -> Vec<Intent> {
    match prompt.kind {
        PromptKind::Filter => vec![Intent::Settle],
        PromptKind::Note => {
            vec![Intent::Settle, Intent::Runbook(RunbookWish::Note(prompt.text.clone()))]
        }
        PromptKind::Find if state.reader().is_some() => vec![Intent::Settle, document::find(view, Way::Next)],
        PromptKind::Find if prompt.text.is_empty() => vec![Intent::Settle],
        PromptKind::Find => vec![Intent::Settle, Intent::Logs(LogsWish::Seek(Sought::Match, Way::Next))],
        PromptKind::Name(span) => {
            let name = prompt.text.trim();
            let next = match name {
                "" => Intent::Say("This session stays read-only.".to_owned()),
                name => Intent::Arm { span, name: Some(name.to_owned()) },
            };
            vec![Intent::Settle, next]
        }
        PromptKind::Command if prompt.text.trim().is_empty() => vec![Intent::Settle],
        PromptKind::Command => {
            let intent = match commands::parse(&prompt.text).unwrap_or_else(Intent::Say) {
                Intent::Weigh(text) => balancing::weigh(state, &text),
                intent => intent,
            };
            vec![Intent::Settle, intent]
        }
    }
}

/// Whether Tab turns a search of the logs into a filter, and back.
fn flips(prompt: &Prompt, state: &State) -> bool {
    let of_logs = state.screen.panel == PanelId::Logs && state.screen.layer.is_none();
    of_logs && matches!(prompt.kind, PromptKind::Find | PromptKind::Filter)
}

fn complete(prompt: &Prompt) -> Vec<Intent> {
    if prompt.kind != PromptKind::Command {
        return Vec::new();
    }
    let candidates = commands::complete(&prompt.text);
    match candidates.as_slice() {
        [only] if *only != prompt.text => {
            let more = commands::find(only).is_some_and(|command| !command.argument.is_empty());
            vec![Intent::Type(format!("{only}{}", if more { " " } else { "" }))]
        }
        several => vec![Intent::Type(common_start(several).unwrap_or_else(|| prompt.text.clone()))],
    }
}

fn common_start(texts: &[String]) -> Option<String> {
    let (first, rest) = texts.split_first()?;
    let shared = |end: &usize| {
        first.is_char_boundary(*end) && rest.iter().all(|text| text.starts_with(&first[..*end]))
    };
    let end = (0..=first.len()).rev().find(shared)?;
    (end > 0).then(|| first[..end].to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_key_of_the_table_has_a_name_that_reads() {
        for name in bindings().flat_map(|binding| binding.keys).chain(INERT.iter().map(|(name, _)| name)) {
            assert!(keys::parse(name).is_ok(), "{name}");
        }
    }

    #[test]
    fn letters_that_sort_have_no_other_meaning_in_tables() {
        for sheet in tables::TABLES {
            let letters: Vec<_> = sheet.columns.iter().filter_map(|column| column.letter).collect();
            let unique: std::collections::BTreeSet<_> = letters.iter().collect();
            assert_eq!(unique.len(), letters.len(), "{}", sheet.noun);
            let taken = ["E", "G", "C", "L", "V"];
            assert!(
                letters.iter().all(|letter| !taken.contains(&letter.to_string().as_str())),
                "{}",
                sheet.noun
            );
            assert!(VERBS.iter().all(|verb| !letters.iter().any(|letter| verb.key == letter.to_string())));
        }
    }

    #[test]
    fn no_verb_takes_a_key_that_the_keymap_has_in_a_panel() {
        for panel in PanelId::ALL {
            let mut state = State::default();
            state.screen.panel = panel;
            let valid = KEYMAP.iter().filter(|binding| (binding.valid)(Now::of(&state)));
            let keys: Vec<_> = valid.flat_map(|binding| binding.keys).collect();
            for verb in VERBS {
                assert!(!keys.contains(&&verb.key) || is_taken(verb.key, Now::of(&state)), "{}", verb.id);
            }
        }
    }

    #[test]
    fn keys_that_kill_elsewhere_only_say_so() {
        let (state, view) = (State::default(), View::default());
        for name in ["ctrl-k", "delete", "ctrl-d"] {
            let intents = interpret(&keys::parse(name).unwrap(), &state, &view);
            assert!(matches!(intents.as_slice(), [Intent::Say(_)]), "{name}: {intents:?}");
        }
    }
}
