//! What each intent does to the screen and the tree.

use jiff::{SignedDuration, Timestamp};

use super::browser::{Found, Pane, Wide};
use super::reader::{Reader, ReaderStage};
use super::rows::{Faults, Internals};
use super::screen::{Layer, Leaving, Mouse, Notice, Prompt, View};
use super::tables::{self, Drill, Terms};
use super::{Deed, Filter, Journal, State, deeds, logs, walks, way};
use crate::event::{Erasure, Intent, Motion, PanelId, PromptKind, RunbookWish, Sorting, TerminalWish, Way};
use crate::model::{Document, Subject, TagState};
use crate::registry::reference::{Reference, Target};
use crate::sources::bucket::browse::Place;
use crate::sources::bucket::node::{Node, NodeKind};

/// Two Ctrl-c within this time mean leave.
const TWICE: SignedDuration = SignedDuration::from_secs(2);

/// Takes an intent into the state.
pub fn fold(state: &mut State, intent: &Intent, at: Timestamp) {
    let was_busy = walks::is_busy(state);
    take(state, intent, at);
    if was_busy {
        walks::release(state);
    }
}

fn take(state: &mut State, intent: &Intent, at: Timestamp) {
    let is_own = matches!(
        intent,
        Intent::Look(_) | Intent::Resize { .. } | Intent::Start | Intent::Runbook(RunbookWish::Aim(None))
    );
    if !is_own {
        state.screen.notice = None;
        state.browser.give_up_seeking();
    }
    if deeds::hold(state, intent) {
        return;
    }
    match intent {
        Intent::Start | Intent::Look(_) => {}
        Intent::Resize { columns, rows } => (state.screen.columns, state.screen.rows) = (*columns, *rows),
        Intent::Move(motion) => step(state, *motion),
        Intent::Select(_) if state.screen.layer.is_some() => {}
        Intent::Choose(_) if state.screen.layer.is_some() => {}
        Intent::Choose(subject) => {
            if let Some(table) = state.table_mut() {
                table.chosen = Some(subject.clone());
            }
        }
        Intent::Sort(sorting) => sort(state, *sorting),
        Intent::Select(node) => state.browser.select(&mut state.bucket, node.clone()),
        Intent::Scroll(line) => scroll(state, *line),
        Intent::Enter => enter(state),
        Intent::Follow => way::follow(state),
        Intent::Unfold => unfold(state),
        Intent::Fold => fold_up(state),
        Intent::Parent => to_parent(state),
        Intent::Panel(PanelId::Runbook) if state.screen.panel == PanelId::Runbook => walks::to_list(state),
        Intent::Panel(panel) => show(state, *panel),
        Intent::Turn(way) => show(state, state.screen.panel.turn(*way)),
        Intent::Ask(kind) => ask(state, *kind),
        Intent::Draft(text) => {
            state.screen.layer = None;
            state.screen.prompt = Some(Prompt { kind: PromptKind::Command, text: text.clone() });
        }
        // What it would be depends on the selection: the keymap makes a proposal of it.
        Intent::Weigh(_) => {}
        Intent::Type(text) => type_text(state, text.clone()),
        Intent::Erase(erasure) => erase(state, *erasure),
        Intent::Settle => state.screen.prompt = None,
        Intent::Dismiss => {
            dismiss(state);
        }
        Intent::Back => {
            if dismiss(state) {
                return;
            }
            // From the panel that it opened on one leaves; any other was come to from there.
            match state.home() {
                home if home == state.screen.panel => state.screen.leaving = Leaving::Yes,
                home => show(state, home),
            }
        }
        Intent::Walk(way) => walk(state, *way),
        Intent::Last => swap_back(state),
        Intent::Staging => staging(state),
        Intent::Help => state.screen.layer = Some(Layer::Help { top: 0 }),
        Intent::Menu { kind, offers } => {
            // What is selected by itself may be something else when a verb is picked.
            if state.screen.panel == PanelId::Overview {
                state.screen.finding = state.finding();
            }
            state.screen.layer = Some(Layer::Menu { kind: *kind, offers: offers.clone(), chosen: 0 });
        }
        Intent::Pick => state.screen.layer = None,
        Intent::FaultsOnly => faults_only(state),
        Intent::Fault(way) => to_fault(state, *way),
        Intent::Internals => internals(state),
        Intent::Wide => wide(state),
        Intent::Describe => {
            state.screen.layer = state.subject().map(|subject| Layer::Describe { subject, top: 0 });
        }
        Intent::Consult(document) => consult(state, *document),
        Intent::Find { way, from, height } => find(state, *way, *from, *height),
        Intent::Wrap => match state.reader_mut() {
            Some(reader) => reader.wraps = !reader.wraps,
            None => state.tail.wraps = !state.tail.wraps,
        },
        Intent::Logs(wish) => {
            if state.screen.panel != PanelId::Logs {
                show(state, PanelId::Logs);
            }
            logs::fold(state, wish);
        }
        Intent::Raw => raw(state),
        Intent::Rescan => rescan(state),
        Intent::Refresh => refresh(state),
        Intent::Copy { .. } if state.deed().is_some() || state.reader().is_some() => {}
        Intent::Copy { .. } if state.screen.panel == PanelId::Runbook && state.screen.layer.is_none() => {
            state.walks.command += 1;
        }
        Intent::Copy { .. } => state.screen.layer = None,
        Intent::Mark => match state.table_mut() {
            Some(table) => table.mark(),
            None => state.browser.mark(&mut state.bucket),
        },
        Intent::MarkThrough => state.browser.mark_through(&state.bucket),
        Intent::Propose(errand) => deeds::propose(state, errand),
        Intent::Agree => deeds::agree(state, at),
        Intent::Arm { span, name } => deeds::arm(state, *span, name.as_deref(), at),
        Intent::Disarm => deeds::disarm(state),
        Intent::Recall => state.screen.layer = Some(Layer::Journal { chosen: None }),
        Intent::Goto(reference) => go_to(state, reference),
        Intent::Theme(name) => state.screen.theme.clone_from(name),
        Intent::Cancel => cancel(state, at),
        Intent::Quit => state.screen.leaving = Leaving::Yes,
        Intent::Terminal(wish) => terminal(state, *wish),
        Intent::OpenRunbook { step } => walks::open(state, step),
        Intent::Runbook(wish) => walks::fold(state, wish, at),
        Intent::Say(text) => state.screen.notice = Some(Notice::plain(text.clone())),
    }
}

impl PanelId {
    /// All panels, by rising digit.
    pub const ALL: [Self; 7] = [
        Self::Overview,
        Self::Pods,
        Self::Endpoints,
        Self::Balancers,
        Self::Logs,
        Self::Bucket,
        Self::Runbook,
    ];

    /// The neighbour in the order of the digits.
    pub fn turn(self, way: Way) -> Self {
        let here = Self::ALL.iter().position(|panel| *panel == self).unwrap_or(0);
        let count = Self::ALL.len();
        let there = match way {
            Way::Next => here + 1,
            Way::Previous => here + count - 1,
        };
        Self::ALL[there % count]
    }
}

fn here(state: &State) -> View {
    let panel = state.screen.panel;
    let node = (panel == PanelId::Bucket).then(|| state.browser.selected.clone());
    View { panel, node, row: state.table().and_then(|table| table.chosen.clone()) }
}

/// To a panel.
pub fn show(state: &mut State, panel: PanelId) {
    if panel != state.screen.panel {
        let view = here(state);
        state.screen.leave(view);
        state.screen.panel = panel;
        state.screen.drilled = None;
    }
    state.screen.layer = None;
    tables::settle(state, panel);
}

fn step(state: &mut State, motion: Motion) {
    match &mut state.screen.layer {
        None => {}
        Some(Layer::Menu { chosen, offers, .. }) => {
            *chosen = target(offers.len(), *chosen, motion);
            return;
        }
        Some(Layer::Journal { .. }) => return step_journal(state, motion),
        Some(
            Layer::Help { .. }
            | Layer::Describe { .. }
            | Layer::Raw { .. }
            | Layer::Staging { .. }
            | Layer::Line { .. }
            | Layer::Document(_)
            | Layer::Deed(_),
        ) => return,
    }
    match (state.screen.panel, state.browser.pane) {
        (PanelId::Overview, _) => way::step(state, motion),
        (PanelId::Logs, _) => logs::step(state, motion),
        (PanelId::Runbook, _) => walks::step(state, motion),
        (PanelId::Bucket, Pane::Tree) => state.browser.step(&mut state.bucket, motion),
        (PanelId::Bucket, Pane::Chain) => step_hop(state, motion),
        (_, _) => {
            if let Some(table) = state.table_mut() {
                table.step(motion);
            }
        }
    }
}

fn target(count: usize, at: usize, motion: Motion) -> usize {
    let last = count.saturating_sub(1);
    match motion {
        Motion::First => 0,
        Motion::Last => last,
        Motion::Rows(rows) => at.saturating_add_signed(rows).min(last),
    }
}

fn step_journal(state: &mut State, motion: Motion) {
    let (Journal::Read(entries), Some(Layer::Journal { chosen })) = (&state.journal, &mut state.screen.layer)
    else {
        return;
    };
    let at = entries.iter().position(|past| Some(&past.entry) == chosen.as_ref()).unwrap_or(0);
    *chosen = entries.get(target(entries.len(), at, motion)).map(|past| past.entry.clone());
}

fn step_hop(state: &mut State, motion: Motion) {
    let shown = state.browser.shown_hops(&state.bucket);
    let current = state.browser.selected_hop(&state.bucket).map(|hop| hop.object.clone());
    let at = shown.iter().position(|object| Some(object) == current.as_ref()).unwrap_or(0);
    state.browser.hop = shown.get(target(shown.len(), at, motion)).cloned();
}

fn scroll(state: &mut State, line: usize) {
    match &mut state.screen.layer {
        Some(
            Layer::Help { top }
            | Layer::Describe { top, .. }
            | Layer::Raw { top, .. }
            | Layer::Staging { top }
            | Layer::Line { top, .. },
        ) => *top = line,
        Some(Layer::Document(reader)) => reader.scroll(line),
        Some(Layer::Deed(deed)) => deed.top = line,
        None if state.screen.panel == PanelId::Runbook => state.walks.top = line,
        Some(Layer::Menu { .. } | Layer::Journal { .. }) | None => {}
    }
}

fn enter(state: &mut State) {
    match state.screen.panel {
        PanelId::Overview => way::enter(state),
        PanelId::Bucket => enter_row(state),
        PanelId::Logs => logs::enter(state),
        PanelId::Runbook => walks::enter(state),
        panel => drill(state, panel),
    }
}

/// Into what a row of a table stands for.
fn drill(state: &mut State, panel: PanelId) {
    let (Some(sheet), Some(subject)) = (tables::sheet(panel), state.subject()) else { return };
    match (sheet.drill.1)(state, &subject) {
        Drill::Describe => state.screen.layer = Some(Layer::Describe { subject, top: 0 }),
        Drill::Show(panel, subject) => show_row(state, panel, subject),
    }
}

/// To a panel; one level back leads here again.
pub fn visit(state: &mut State, panel: PanelId) {
    set_out(state, panel);
    tables::settle(state, panel);
}

fn set_out(state: &mut State, panel: PanelId) {
    let view = here(state);
    state.screen.leave(view.clone());
    state.screen.drilled = Some(view);
    state.screen.panel = panel;
    state.screen.layer = None;
}

/// To a row of a table, which is shown whatever the table is filtered by; one level back leads here again.
pub fn show_row(state: &mut State, panel: PanelId, subject: Subject) {
    set_out(state, panel);
    if let Some(table) = state.table_mut() {
        table.chosen = Some(subject.clone());
    }
    tables::settle(state, panel);
    let hidden = state
        .table_mut()
        .filter(|table| table.chosen.as_ref() != Some(&subject) || table.position().is_none());
    if let Some(table) = hidden {
        table.filter = Terms::default();
        table.faults = Faults::AndHealthy;
        table.chosen = Some(subject);
        tables::settle(state, panel);
    }
}

fn sort(state: &mut State, sorting: Sorting) {
    let panel = state.screen.panel;
    let (Some(sheet), Some(table)) = (tables::sheet(panel), state.table_mut()) else { return };
    let columns: Vec<_> =
        (0..sheet.columns.len()).filter(|column| table.has(&sheet.columns[*column])).collect();
    let column = match sorting {
        Sorting::By(column) => column,
        Sorting::Beside(way) => {
            let at = columns.iter().position(|column| *column == table.sort.column).unwrap_or(0);
            let beside = if way == Way::Next { at + 1 } else { at + columns.len() - 1 };
            columns.get(beside % columns.len().max(1)).copied().unwrap_or(0)
        }
    };
    table.sort_by(column);
    tables::settle(state, panel);
}

fn enter_row(state: &mut State) {
    let node = state.browser.selected.clone();
    match (state.browser.pane, node.kind()) {
        (Pane::Chain, _) => raw(state),
        (Pane::Tree, NodeKind::Tag) => state.browser.pane = Pane::Chain,
        (Pane::Tree, NodeKind::Object) => raw(state),
        (Pane::Tree, NodeKind::Rest) => {
            let place = node.place().clone();
            state.browser.go_on(&mut state.bucket, &place);
        }
        (Pane::Tree, NodeKind::Folder | NodeKind::Prefix) if state.browser.open.contains(&node) => {
            state.browser.fold_up(&mut state.bucket, &node);
        }
        (Pane::Tree, NodeKind::Folder | NodeKind::Prefix) => state.browser.unfold(&mut state.bucket, &node),
    }
}

fn unfold(state: &mut State) {
    let node = state.browser.selected.clone();
    match node.kind() {
        NodeKind::Tag => state.browser.pane = Pane::Chain,
        NodeKind::Folder | NodeKind::Prefix => state.browser.unfold(&mut state.bucket, &node),
        NodeKind::Object | NodeKind::Rest => {}
    }
}

fn fold_up(state: &mut State) {
    let node = state.browser.selected.clone();
    if state.browser.pane == Pane::Chain {
        state.browser.pane = Pane::Tree;
    } else if state.browser.open.contains(&node) {
        state.browser.fold_up(&mut state.bucket, &node);
    } else {
        to_parent(state);
    }
}

fn to_parent(state: &mut State) {
    if state.browser.pane == Pane::Chain {
        state.browser.pane = Pane::Tree;
    } else if let Some(parent) = state.browser.selected.parent() {
        state.browser.select(&mut state.bucket, parent);
    } else {
        state.screen.notice = Some(Notice::plain("This is the top.".to_owned()));
    }
}

fn ask(state: &mut State, kind: PromptKind) {
    let text = match kind {
        PromptKind::Command => String::new(),
        PromptKind::Filter => match state.table() {
            Some(table) => table.filter.text().to_owned(),
            None if state.screen.panel == PanelId::Logs => state.tail.sieve.filter.text.clone(),
            None => state.browser.filter.text().to_owned(),
        },
        PromptKind::Find => match state.reader() {
            Some(reader) => reader.find.as_ref().map(|find| find.text.clone()).unwrap_or_default(),
            None => state.tail.find.as_ref().map(|find| find.text.clone()).unwrap_or_default(),
        },
        PromptKind::Name(_) => String::new(),
        PromptKind::Note => walks::note(state).to_owned(),
    };
    state.screen.prompt = Some(Prompt { kind, text });
}

fn type_text(state: &mut State, text: String) {
    let Some(prompt) = &mut state.screen.prompt else {
        if let Some(deed) = state.deed_mut() {
            deed.type_text(text);
        }
        return;
    };
    prompt.text = text;
    if prompt.kind == PromptKind::Filter {
        let text = prompt.text.clone();
        set_filter(state, &text);
    } else if prompt.kind == PromptKind::Find {
        let text = prompt.text.clone();
        look_for(state, &text);
    }
}

/// Looks for a text in the document that is open, else in the logs.
fn look_for(state: &mut State, text: &str) {
    match state.reader_mut() {
        Some(reader) => reader.look_for(text),
        None => logs::find(state, text),
    }
}

/// Opens a document about what is selected: about the pod behind it, where it has one.
fn consult(state: &mut State, document: Document) {
    let Some(selected) = state.subject() else { return };
    let subject =
        state.pod_of(&selected).map_or_else(|| selected.clone(), |pod| Subject::Pod(pod.to_owned()));
    state.tickets += 1;
    let reader = Reader::open(state.tickets, subject, document);
    state.screen.layer = Some(Layer::Document(Box::new(reader)));
}

fn find(state: &mut State, way: Way, from: usize, height: usize) {
    let Some(reader) = state.reader_mut() else { return };
    let before = reader.find.as_ref().and_then(|find| find.at);
    let found = reader.step(way, from, height);
    let Some(find) = &reader.find else { return };
    let past = match (before, find.at, way) {
        (Some(before), Some(at), Way::Next) => at <= before,
        (Some(before), Some(at), Way::Previous) => at >= before,
        (_, _, _) => false,
    };
    let text = match (found, past) {
        (false, _) => format!("{} is nowhere in what was read.", find.text),
        (true, true) => "Round the end.".to_owned(),
        (true, false) => return,
    };
    state.screen.notice = Some(Notice::plain(text));
}

fn set_filter(state: &mut State, text: &str) {
    let panel = state.screen.panel;
    if let (Some(sheet), Some(table)) = (tables::sheet(panel), state.table_mut()) {
        table.filter = Terms::parse(text, sheet.columns);
        return tables::settle(state, panel);
    }
    if panel == PanelId::Logs {
        return logs::filter(state, text);
    }
    state.browser.filter = Filter::parse(text);
    state.browser.settle(&mut state.bucket);
}

fn erase(state: &mut State, erasure: Erasure) {
    let of_deed = || state.deed().and_then(Deed::typed).cloned();
    let Some(mut text) = state.screen.prompt.as_ref().map(|prompt| prompt.text.clone()).or_else(of_deed)
    else {
        return;
    };
    match erasure {
        Erasure::Letter if text.is_empty() => {
            state.screen.prompt = None;
            return;
        }
        Erasure::Letter => {
            text.pop();
        }
        Erasure::Word => {
            let kept = text.trim_end().rfind([' ', '/', ':']).map_or(0, |end| end + 1);
            text.truncate(if kept == text.len() { kept.saturating_sub(1) } else { kept });
        }
        Erasure::Line => text.clear(),
    }
    type_text(state, text);
}

/// One level back; says whether there was one.
fn dismiss(state: &mut State) -> bool {
    if let Some(prompt) = state.screen.prompt.take() {
        if prompt.kind == PromptKind::Filter {
            set_filter(state, "");
        } else if prompt.kind == PromptKind::Find {
            look_for(state, "");
        }
        return true;
    }
    if let Some(layer) = state.screen.layer.take() {
        // Whoever has just typed a tag and pressed Enter may believe that it is gone.
        if matches!(&layer, Layer::Deed(deed) if deed.typed().is_some()) {
            state.screen.notice = Some(Notice::plain("Cancelled: nothing was written.".to_owned()));
        }
        return true;
    }
    if dismiss_in_table(state) {
        return true;
    }
    if state.screen.panel == PanelId::Logs && logs::dismiss(state) {
        return true;
    }
    if state.screen.panel == PanelId::Bucket {
        if state.browser.pane == Pane::Chain {
            state.browser.pane = Pane::Tree;
            return true;
        }
        if !state.browser.filter.is_empty() {
            set_filter(state, "");
            return true;
        }
        if !state.browser.marks().is_empty() {
            state.browser.clear_marks();
            return true;
        }
        if state.browser.faults == Faults::Only {
            faults_only(state);
            return true;
        }
    }
    // A runbook that was come to from elsewhere leads back there, not to the list.
    if state.screen.panel == PanelId::Runbook && state.screen.drilled.is_none() && walks::close(state) {
        return true;
    }
    match state.screen.drilled.take() {
        Some(view) => {
            arrive(state, view);
            true
        }
        None => false,
    }
}

/// Drops a table's filter, then its marks, then shows all rows again; says whether there was any of it.
fn dismiss_in_table(state: &mut State) -> bool {
    let panel = state.screen.panel;
    let Some(table) = state.table_mut() else { return false };
    if !table.filter.is_empty() {
        table.filter = Terms::default();
    } else if !table.marks().is_empty() {
        table.clear_marks();
    } else if table.faults == Faults::Only {
        table.faults = Faults::AndHealthy;
    } else {
        return false;
    }
    tables::settle(state, panel);
    true
}

fn walk(state: &mut State, way: Way) {
    let view = here(state);
    let target = match way {
        Way::Previous => state.screen.back(view),
        Way::Next => state.screen.forward(),
    };
    if let Some(view) = target {
        arrive(state, view);
    }
}

fn swap_back(state: &mut State) {
    let way = if state.screen.has_past() { Way::Previous } else { Way::Next };
    walk(state, way);
}

fn arrive(state: &mut State, view: View) {
    state.screen.layer = None;
    state.screen.panel = view.panel;
    if let Some(node) = view.node {
        state.browser.pane = Pane::Tree;
        state.browser.select(&mut state.bucket, node);
    }
    if let (Some(row), Some(table)) = (view.row, state.table_mut()) {
        table.chosen = Some(row);
    }
    tables::settle(state, view.panel);
}

fn faults_only(state: &mut State) {
    let panel = state.screen.panel;
    if let Some(table) = state.table_mut() {
        table.faults = table.faults.other();
        return tables::settle(state, panel);
    }
    state.browser.faults = state.browser.faults.other();
    state.browser.settle(&mut state.bucket);
}

fn internals(state: &mut State) {
    state.browser.internals = match state.browser.internals {
        Internals::Hidden => Internals::Shown,
        Internals::Shown => Internals::Hidden,
    };
    state.browser.settle(&mut state.bucket);
}

fn wide(state: &mut State) {
    if let Some(table) = state.table_mut() {
        table.wide = !table.wide;
        return;
    }
    state.browser.wide = match state.browser.wide {
        Wide::Summed => Wide::Every,
        Wide::Every => Wide::Summed,
    };
}

fn to_fault(state: &mut State, way: Way) {
    let text = match state.screen.panel {
        PanelId::Overview => way::step_to_fault(state, way),
        panel if tables::sheet(panel).is_some() => fault_in_table(state, way),
        PanelId::Runbook => walks::to_fault(state, way),
        PanelId::Pods | PanelId::Endpoints | PanelId::Balancers | PanelId::Logs => None,
        PanelId::Bucket => match state.browser.step_to_fault(&mut state.bucket, way) {
            Found::Ahead => None,
            Found::Around => Some("Past the end: this is the first fault again.".to_owned()),
            Found::Sought(1) => Some("Looking at the one tag listed that was not looked at …".to_owned()),
            Found::Sought(tags) => Some(format!("Looking at {tags} more tags for a fault …")),
            Found::Nothing => Some(nothing_found(state)),
        },
    };
    state.screen.notice = text.map(Notice::plain);
}

/// To a fault of the table that is shown; what there is to say of it.
fn fault_in_table(state: &mut State, way: Way) -> Option<String> {
    let table = state.table_mut()?;
    match (table.step_to_fault(way), table.faulty) {
        (Some(false), _) => None,
        (Some(true), 1) => Some("This is the only fault.".to_owned()),
        (Some(true), _) => Some("Past the end: round to the faults at the other end.".to_owned()),
        (None, 0) => Some("No fault among these.".to_owned()),
        (None, hidden) => Some(format!("No fault passes the filter; {hidden} are hidden by it.")),
    }
}

/// What there is to say once the tags that were not looked at have been.
pub fn after_seeking(state: &State) -> Option<Notice> {
    let found = state.bucket.verdicts.is_faulty(&state.browser.selected.subject());
    (!found).then(|| match state.bucket.verdicts.faults() {
        0 => Notice::plain(nothing_found(state)),
        _ => Notice::plain("No other fault; e goes round through those that are known.".to_owned()),
    })
}

fn nothing_found(state: &State) -> String {
    let seen = state.bucket.verdicts.seen();
    format!("No fault among the {seen} tags looked at. Open more folders, or :tag group/project:v1.")
}

fn staging(state: &mut State) {
    if state.session.staging.is_empty() {
        let why =
            "There is nothing staged here; quarterdeck demo is, and so is what quarterdeck staging serves.";
        state.screen.notice = Some(Notice::plain(why.to_owned()));
        return;
    }
    state.screen.layer = Some(Layer::Staging { top: 0 });
}

fn raw(state: &mut State) {
    if let Some(key) = state.object() {
        state.bucket.raw = None;
        state.screen.layer = Some(Layer::Raw { key, top: 0 });
    }
}

fn rescan(state: &mut State) {
    state.screen.layer = None;
    if let Some(subject) = state.subject() {
        state.bucket.forget(&subject);
    }
}

fn refresh(state: &mut State) {
    state.screen.layer = None;
    state.browser.refresh_once_seen();
}

fn go_to(state: &mut State, reference: &Reference) {
    let reference = reading(state, reference);
    let repository = reference.repository.as_str().to_owned();
    match &reference.target {
        Target::Tag(tag) => jump(state, &repository, tag.as_str()),
        Target::Digest(digest) => {
            let subject = Subject::Manifest { repository, digest: digest.to_string() };
            let known = state.bucket.verdicts.get(&subject).and_then(|verdict| verdict.state());
            if known != Some(TagState::Whole) {
                state.bucket.forget(&subject);
            }
            state.screen.layer = Some(Layer::Describe { subject, top: 0 });
        }
    }
}

/// A first part with a dot is most often a host, unless the bucket has a group of that name.
fn reading<'a>(state: &State, reference: &'a Reference) -> &'a Reference {
    let Some(other) = reference.other_reading.as_deref() else { return reference };
    let group = other.repository.as_str().split('/').next().unwrap_or_default();
    let root = state.bucket.listings.get(&Place::Root);
    let is_group = root.is_some_and(|listing| listing.position(&format!("{group}/")).is_ok());
    if is_group { other } else { reference }
}

/// To a tag in the bucket; one level back leads here again.
pub fn jump(state: &mut State, repository: &str, tag: &str) {
    let view = here(state);
    state.screen.leave(view.clone());
    state.screen.drilled = Some(view);
    state.screen.panel = PanelId::Bucket;
    state.screen.layer = None;
    state.browser.pane = Pane::Tree;
    state.browser.jump(&mut state.bucket, repository, tag);
    debug_assert_eq!(state.browser.selected, Node::tag(repository, tag));
}

fn cancel(state: &mut State, at: Timestamp) {
    if let Leaving::Asked(before) = state.screen.leaving
        && at.duration_since(before) <= TWICE
    {
        state.screen.leaving = Leaving::Yes;
        return;
    }
    state.screen.leaving = Leaving::Asked(at);
    state.screen.prompt = None;
    if state.deed().is_some() {
        state.screen.layer = None;
    }
    if let Some(reader) = state.reader_mut().filter(|reader| reader.is_live()) {
        reader.stage = ReaderStage::Stopped;
    }
    state.browser.stop(&mut state.bucket);
}

fn terminal(state: &mut State, wish: TerminalWish) {
    if wish == TerminalWish::Mouse {
        let (mouse, text) = match state.screen.mouse {
            Mouse::Terminal => {
                (Mouse::Cockpit, "The mouse selects rows here now; F2 gives it back to the terminal.")
            }
            Mouse::Cockpit => (Mouse::Terminal, "The terminal has the mouse again, for selecting text."),
        };
        state.screen.mouse = mouse;
        state.screen.notice = Some(Notice::plain(text.to_owned()));
    }
}
