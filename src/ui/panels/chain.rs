//! The chain of one tag, hop by hop, with what was found, what clients see and what cures it.

use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::style::Style;
use ratatui::text::{Line, Span};
use ratatui::widgets::Paragraph;

use crate::model::text::clean;
use crate::model::{Finding, TagState};
use crate::registry::checks;
use crate::registry::repair::{Scene, cures};
use crate::registry::report::{Hop, HopState, Role, TagReport};
use crate::sources::bucket::node::NodeKind;
use crate::sources::bucket::picture::Verdict;
use crate::state::{ChainLine, Pane, State, chain_lines};
use crate::ui::text::{age, counted, fit, fit_middle, pad, pad_left, size, wrap};
use crate::ui::view::View;

use super::{Focus, boxed, edge, select};

/// Draws the chain of the selected tag, or says what there is instead.
pub fn draw(state: &State, view: &mut View, frame: &mut Frame<'_>, area: Rect) {
    let focus = if state.browser.pane == Pane::Chain { Focus::Here } else { Focus::Elsewhere };
    let (title, remarks) = titles(state, view);
    let block = boxed(view, area, &title, &remarks, edge(view, focus));
    let inside = block.inner(area);
    frame.render_widget(block, area);
    match state.browser.report(&state.bucket) {
        Some(report) => draw_report(state, view, frame, inside, report),
        None => {
            let inside = inset(inside);
            let cells = usize::from(inside.width);
            let lines: Vec<_> =
                waiting(state).iter().flat_map(|line| wrap(line, cells)).map(Line::from).collect();
            frame.render_widget(Paragraph::new(lines).style(view.theme.dim.0), inside);
        }
    }
}

fn titles(state: &State, view: &View) -> (String, Vec<String>) {
    let selected = &state.browser.selected;
    if selected.kind() != NodeKind::Tag {
        return ("Chain".to_owned(), Vec::new());
    }
    let Some(report) = state.browser.report(&state.bucket) else {
        return (clean(&selected.subject().to_string()).into_owned(), Vec::new());
    };
    let mut remarks = vec![format!("{} {}", view.glyphs.tag(report.state), report.state.name())];
    remarks.push(counted(u64::from(report.requests), "request"));
    if let Some(Verdict::Seen { at, .. }) = state.bucket.verdicts.get(&selected.subject()) {
        remarks.extend(crate::ui::text::staleness(*at, state.now).map(str::to_owned));
    }
    (clean(&selected.subject().to_string()).into_owned(), remarks)
}

/// What stands in place of a chain.
fn waiting(state: &State) -> Vec<String> {
    let words =
        match (state.browser.selected.kind(), state.bucket.verdicts.get(&state.browser.selected.subject())) {
            (NodeKind::Tag, Some(Verdict::Scanning)) => vec!["Walking the way of a pull …"],
            (NodeKind::Tag, _) => vec!["Not looked at yet. Press s to scan it now."],
            (NodeKind::Folder | NodeKind::Prefix, _) => {
                vec![
                    "Select a tag to see the way of its pull, hop by hop.",
                    "",
                    "Enter opens the folder; :tag group/project:v1 goes straight to a tag.",
                ]
            }
            (NodeKind::Object, _) => vec!["An object. Enter shows its bytes, a lists what can be done."],
            (NodeKind::Rest, _) => vec!["Select a tag to see the way of its pull, hop by hop."],
        };
    words.into_iter().map(str::to_owned).collect()
}

const fn inset(area: Rect) -> Rect {
    Rect { x: area.x + 1, width: area.width.saturating_sub(2), ..area }
}

fn draw_report(state: &State, view: &mut View, frame: &mut Frame<'_>, area: Rect, report: &TagReport) {
    let below = findings(state, view, report, usize::from(area.width).saturating_sub(3), Commands::Untold);
    let lines = chain_lines(&report.hops, state.browser.wide);
    let height = usize::from(area.height);
    // The findings get what the hops leave, and never less than half unless they need less.
    let hops_room = lines.len().min(height.saturating_sub(below.len()).max(height / 2));
    let parts = [Constraint::Length(u16::try_from(hops_room).unwrap_or(u16::MAX)), Constraint::Fill(1)];
    let [hops_area, findings_area] = Layout::vertical(parts).areas(area);
    draw_hops(state, view, frame, hops_area, report, &lines);
    frame.render_widget(Paragraph::new(below), inset(findings_area));
}

fn draw_hops(
    state: &State,
    view: &mut View,
    frame: &mut Frame<'_>,
    area: Rect,
    report: &TagReport,
    lines: &[ChainLine],
) {
    let selected = state.browser.selected_hop(&state.bucket).map(|hop| hop.object.clone());
    let at = lines
        .iter()
        .position(|line| Some(&report.hops[line.first()].object) == selected.as_ref())
        .unwrap_or(0);
    let height = usize::from(area.height).max(1);
    view.chain_top =
        view.chain_top.min(at).max((at + 1).saturating_sub(height)).min(lines.len().saturating_sub(height));
    let focused = state.browser.pane == Pane::Chain;
    if focused {
        view.page_rows = height;
    }
    let shown = lines.iter().enumerate().skip(view.chain_top).take(height);
    let shown: Vec<_> = shown
        .map(|(number, line)| {
            let text = hop_line(state, view, report, line, usize::from(area.width));
            if focused && number == at { select(view, &text, usize::from(area.width)) } else { text }
        })
        .collect();
    frame.render_widget(Paragraph::new(shown), area);
}

/// One hop, or some good layers in a row: state, role, size, age, generation, note.
fn hop_line(state: &State, view: &View, report: &TagReport, line: &ChainLine, cells: usize) -> Line<'static> {
    let hop = &report.hops[line.first()];
    let (role, bytes, note) = match line {
        ChainLine::Hop(_) => {
            (hop.role.name().to_owned(), sizes(hop), hop.note.replace("application/vnd.", ""))
        }
        ChainLine::Layers(range) => {
            let hops = &report.hops[range.clone()];
            let layers = hops.iter().filter(|hop| hop.role == Role::Layer).count() as u64;
            let total = hops.iter().filter(|hop| hop.role == Role::Layer).filter_map(|hop| hop.size).sum();
            (counted(layers, "layer"), size(total), "all there; w shows each".to_owned())
        }
    };
    let indent = "  ".repeat(usize::from(hop.depth));
    let age = hop.modified.map(|modified| age(modified, state.now)).unwrap_or_default();
    let version = hop.version.as_deref().and_then(generation).unwrap_or_default();
    let head = pad(&format!("{indent}{role}"), 16, view.glyphs.cut);
    let numbers = format!("{} {}", pad_left(&bytes, 10), pad_left(&age, 7));
    let room = cells.saturating_sub(3 + 16 + 1 + 18 + 2);
    let tail = match (note.is_empty(), room) {
        (_, ..6) => String::new(),
        (true, _) => fit(&version, room, view.glyphs.cut),
        (false, _) => fit(&note, room, view.glyphs.cut),
    };
    let style = hop_style(view, hop.state);
    let quiet = if hop.state == HopState::Good { view.theme.dim.0 } else { style };
    Line::from(vec![
        Span::styled(format!(" {} ", view.glyphs.hop(hop.state)), style),
        Span::raw(head),
        Span::raw(format!(" {numbers}  ")),
        Span::styled(tail, quiet),
    ])
}

fn sizes(hop: &Hop) -> String {
    match (hop.state, hop.size) {
        (_, Some(bytes)) => size(bytes),
        (HopState::Bad, None) => "missing".to_owned(),
        (HopState::Unknown, None) => "not read".to_owned(),
        (HopState::Elsewhere, None) => "elsewhere".to_owned(),
        (HopState::Good, None) => String::new(),
    }
}

/// A version as people name it: the generation of a bucket. What stands for one on a file system says nothing to them.
pub fn generation(version: &str) -> Option<String> {
    let is_number = !version.is_empty() && version.bytes().all(|byte| byte.is_ascii_digit());
    is_number.then(|| format!("gen {version}"))
}

const fn hop_style(view: &View, state: HopState) -> Style {
    match state {
        HopState::Good => view.theme.good.0,
        HopState::Bad => view.theme.bad.0,
        HopState::Unknown => view.theme.unknown.0,
        HopState::Elsewhere => view.theme.dim.0,
    }
}

/// What was found, what clients see, what cures it; then what was not read, and what was left out.
pub fn findings(
    state: &State,
    view: &View,
    report: &TagReport,
    cells: usize,
    commands: Commands,
) -> Vec<Line<'static>> {
    let theme = &view.theme;
    let mut lines = Vec::new();
    if report.findings.is_empty() && report.state == TagState::Whole {
        lines.extend([Line::default(), Line::styled("Nothing is wrong with this tag.", theme.good.0)]);
    }
    for (number, finding) in report.findings.iter().enumerate() {
        // What follows from a fault is the same for all of its kind, and is said once.
        let last_of_kind = report.findings.get(number + 1).is_none_or(|next| next.id != finding.id);
        lines.push(Line::default());
        lines.extend(finding_lines(view, finding, cells));
        if last_of_kind {
            lines.extend(clients(view, finding, cells));
            lines.extend(cure_lines(state, view, report, finding, cells, commands));
        }
    }
    for unread in &report.unread {
        lines.push(Line::default());
        lines.push(Line::styled(
            format!("{} could not be read: {}", view.glyphs.unknown, unread.why),
            theme.unknown.0,
        ));
        lines.push(Line::styled(fit_middle(&clean(&unread.object), cells, view.glyphs.cut), theme.dim.0));
        lines.push(Line::from("Nothing is claimed about it; s looks again."));
    }
    for note in &report.notes {
        lines.push(Line::default());
        lines.extend(wrap(note, cells).into_iter().map(|line| Line::styled(line, theme.dim.0)));
    }
    lines
}

fn finding_lines(view: &View, finding: &Finding, cells: usize) -> Vec<Line<'static>> {
    let theme = &view.theme;
    let style = if finding.severity.breaks_tag() { theme.bad.0 } else { theme.warn.0 };
    let mut lines = vec![Line::from(vec![
        Span::styled(format!("{} {}", view.glyphs.bad, finding.id), style),
        Span::styled(format!("  {}", finding.severity.name()), theme.dim.0),
    ])];
    lines.extend(wrap(&finding.detail, cells).into_iter().map(Line::from));
    lines.push(Line::styled(fit_middle(&clean(&finding.object), cells, view.glyphs.cut), theme.dim.0));
    lines
}

/// What clients see.
fn clients(view: &View, finding: &Finding, cells: usize) -> Vec<Line<'static>> {
    let Some(check) = checks::find(finding.id) else { return Vec::new() };
    let lines = check.clients().into_iter();
    let lines = lines.flat_map(|(registry, words)| labelled(registry, &words, cells, view.theme.dim.0));
    std::iter::once(Line::styled("Clients see", view.theme.title.0)).chain(lines).collect()
}

/// What cures it, best first, with the commands that do it by hand if they are wanted.
fn cure_lines(
    state: &State,
    view: &View,
    report: &TagReport,
    finding: &Finding,
    cells: usize,
    commands: Commands,
) -> Vec<Line<'static>> {
    let mut lines = Vec::new();
    for (number, cure) in cures(finding, &scene(state, report)).into_iter().enumerate() {
        if number == 0 {
            lines.push(Line::styled("Cures, best first", view.theme.title.0));
        }
        let head = format!("  {} {}", number + 1, cure.repair.name());
        lines.push(Line::from(head));
        let why = wrap(&clean(&cure.why), cells.saturating_sub(4)).into_iter();
        lines.extend(why.map(|line| Line::styled(format!("    {line}"), view.theme.dim.0)));
        if commands == Commands::Told {
            lines.extend(cure.commands.iter().flat_map(|command| command_lines(&clean(command), cells)));
        }
    }
    lines
}

/// A command within the frame; the copy menu has it in one piece.
fn command_lines(command: &str, cells: usize) -> Vec<Line<'static>> {
    let parts = wrap(command, cells.saturating_sub(7)).into_iter().enumerate();
    parts
        .map(|(number, part)| Line::from(format!("    {}{part}", if number == 0 { "" } else { "  " })))
        .collect()
}

/// Whether the commands that cure a finding by hand are told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Commands {
    Told,
    Untold,
}

fn scene<'a>(state: &'a State, report: &'a TagReport) -> Scene<'a> {
    let repository = Some(report.repository.as_str());
    Scene { store: &state.session.bucket, registry: None, repository, report: Some(report) }
}

fn labelled(label: &str, words: &str, cells: usize, style: Style) -> Vec<Line<'static>> {
    const LABEL: usize = 12;
    let wrapped = wrap(words, cells.saturating_sub(LABEL + 2)).into_iter().enumerate();
    wrapped
        .map(|(number, line)| {
            let label = if number == 0 { label } else { "" };
            Line::from(vec![Span::styled(format!("  {label:<LABEL$}"), style), Span::raw(line)])
        })
        .collect()
}
