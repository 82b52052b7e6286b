//! The chain of one tag, hop by hop, with what was found below it.

use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::style::Style;
use ratatui::text::{Line, Span};
use ratatui::widgets::Paragraph;

use crate::model::text::clean;
use crate::registry::report::{Hop, HopState, Role, TagReport};
use crate::sources::bucket::node::NodeKind;
use crate::sources::bucket::picture::Verdict;
use crate::state::{ChainLine, Pane, State, chain_lines};
use crate::ui::text::{age, counted, fit, pad, pad_left, size};
use crate::ui::view::View;

use super::findings::{Commands, findings};
use super::{Focus, boxed, edge, guide, select};

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
            let lines = guide::lines(state, view, usize::from(inside.width));
            frame.render_widget(Paragraph::new(lines), inside);
        }
    }
}

fn titles(state: &State, view: &View) -> (String, Vec<String>) {
    let selected = &state.browser.selected;
    if selected.kind() != NodeKind::Tag {
        return (guide::title(state), Vec::new());
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

const fn inset(area: Rect) -> Rect {
    Rect { x: area.x + 1, width: area.width.saturating_sub(2), ..area }
}

fn draw_report(state: &State, view: &mut View, frame: &mut Frame<'_>, area: Rect, report: &TagReport) {
    let cells = usize::from(area.width).saturating_sub(3);
    let mut below = findings(state, view, report, cells, Commands::First);
    let lines = chain_lines(&report.hops, state.browser.wide);
    let height = usize::from(area.height);
    // What to do matters more than every hop; the one that is at fault stays in sight.
    let hops_room = lines.len().min(height.saturating_sub(below.len()).max(height / 4));
    let parts = [Constraint::Length(u16::try_from(hops_room).unwrap_or(u16::MAX)), Constraint::Fill(1)];
    let [hops_area, findings_area] = Layout::vertical(parts).areas(area);
    draw_hops(state, view, frame, hops_area, report, &lines);
    let room = usize::from(findings_area.height);
    if below.len() > room {
        below.truncate(room.saturating_sub(1));
        below.push(Line::from(vec![
            Span::styled("d", view.theme.accent.0),
            Span::styled(" tells the rest", view.theme.dim.0),
        ]));
    }
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
