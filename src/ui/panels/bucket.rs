//! The bucket: the tree beside the chain of the selected tag, or one over the other where it is narrow.

use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::text::{Line, Span};
use ratatui::widgets::{Block, Borders, Paragraph};

use super::rest;
use super::{Focus, boxed, chain, edge, findings, guide, tree};
use crate::model::text::clean;
use crate::registry::report::TagReport;
use crate::sources::bucket::facts::Survey;
use crate::sources::bucket::node::NodeKind;
use crate::state::{Faults, Pane, State};
use crate::ui::text::{counted, fit, staleness, wrap};
use crate::ui::view::View;

/// From this width on tree and chain stand side by side.
const BESIDE: u16 = 100;
/// From this height on a narrow screen has room for a summary under the tree.
const STACKED: u16 = 14;
/// Lines of that summary, with its edge.
const SUMMARY: u16 = 7;

/// Draws the panel.
pub fn draw(state: &State, view: &mut View, frame: &mut Frame<'_>, area: Rect) {
    if let Some((word, lines)) = rest::no_tree(state) {
        return explain(view, frame, area, &word, &lines);
    }
    let lines = rest::lost(state, usize::from(area.width).saturating_sub(2));
    let height = u16::try_from(lines.len()).unwrap_or(u16::MAX).min(area.height / 2);
    let [above, below] = Layout::vertical([Constraint::Length(height), Constraint::Fill(1)]).areas(area);
    let lines: Vec<_> =
        lines.into_iter().map(|line| Line::styled(format!(" {line}"), view.theme.unknown.0)).collect();
    frame.render_widget(Paragraph::new(lines), above);
    draw_parts(state, view, frame, below);
    if state.bucket.lost.is_some() {
        frame.buffer_mut().set_style(below, view.theme.dim.0);
    }
}

/// The tree and the chain.
fn draw_parts(state: &State, view: &mut View, frame: &mut Frame<'_>, area: Rect) {
    if area.width >= BESIDE {
        let [left, right] = Layout::horizontal([Constraint::Percentage(44), Constraint::Fill(1)]).areas(area);
        draw_tree(state, view, frame, left);
        return chain::draw(state, view, frame, right);
    }
    match state.browser.pane {
        Pane::Chain => chain::draw(state, view, frame, area),
        Pane::Tree if area.height >= STACKED && (is_tag(state) || guide::has_warning(state)) => {
            let parts = [Constraint::Fill(1), Constraint::Length(SUMMARY)];
            let [above, below] = Layout::vertical(parts).areas(area);
            draw_tree(state, view, frame, above);
            summary(state, view, frame, below);
        }
        Pane::Tree => draw_tree(state, view, frame, area),
    }
}

fn is_tag(state: &State) -> bool {
    state.browser.selected.kind() == NodeKind::Tag
}

fn draw_tree(state: &State, view: &mut View, frame: &mut Frame<'_>, area: Rect) {
    let focus = if state.browser.pane == Pane::Tree { Focus::Here } else { Focus::Elsewhere };
    let block = boxed(view, area, &title(state), &remarks(state), edge(view, focus));
    let inside = block.inner(area);
    frame.render_widget(block, area);
    if state.browser.rows.is_empty() {
        let words = match state.browser.faults {
            Faults::Only if state.browser.filter.is_empty() => {
                " No fault in anything that was looked at; Ctrl-z shows all."
            }
            Faults::Only | Faults::AndHealthy => " Nothing here passes the filter; Esc drops it.",
        };
        let words = Line::styled(words, view.theme.dim.0);
        return frame.render_widget(Paragraph::new(words), inside);
    }
    tree::draw(state, view, frame, inside);
}

fn title(state: &State) -> String {
    let mut title = "6 Bucket".to_owned();
    if !state.browser.filter.is_empty() {
        title = format!("{title} /{}", clean(state.browser.filter.text()));
    }
    let marks = state.browser.marks().len();
    if marks > 0 {
        title = format!("{title} {marks} marked");
    }
    if state.browser.faults == Faults::Only {
        title.push_str(" faults only");
    }
    title
}

fn remarks(state: &State) -> Vec<String> {
    let mut remarks = Vec::new();
    match &state.bucket.survey {
        Some(Survey::Database) => remarks.push("tags live in a database".to_owned()),
        Some(Survey::Undecided { .. }) => remarks.push("where its tags live is not known".to_owned()),
        Some(Survey::Registry | Survey::NoRepositories { .. } | Survey::Elsewhere { .. } | Survey::Empty)
        | None => {}
    }
    remarks.push(counted(state.bucket.requests, "request"));
    let place = state.browser.selected.place();
    let listed = state.bucket.listings.get(place).and_then(|listing| listing.at);
    remarks.extend(listed.and_then(|at| staleness(at, state.now)).map(str::to_owned));
    remarks
}

/// The panel without a tree: what is the matter, and what to do.
fn explain(view: &mut View, frame: &mut Frame<'_>, area: Rect, word: &str, lines: &[String]) {
    let block = boxed(view, area, "6 Bucket", &[word.to_owned()], edge(view, Focus::Here));
    let inside = block.inner(area);
    frame.render_widget(block, area);
    let cells = usize::from(inside.width).saturating_sub(4);
    let text: Vec<_> = lines.iter().flat_map(|line| wrap(&clean(line), cells)).map(Line::from).collect();
    let room = Rect {
        x: inside.x + 2.min(inside.width),
        y: inside.y + 1.min(inside.height),
        width: inside.width.saturating_sub(4),
        height: inside.height.saturating_sub(1),
    };
    frame.render_widget(Paragraph::new(text), room);
}

/// The selected tag in a few lines.
fn summary(state: &State, view: &mut View, frame: &mut Frame<'_>, area: Rect) {
    let block =
        Block::new().borders(Borders::TOP).border_set(view.glyphs.border).border_style(view.theme.border.0);
    let name = clean(&state.browser.selected.subject().to_string()).into_owned();
    let name = fit(&name, usize::from(area.width).saturating_sub(4), view.glyphs.cut);
    let block = block.title_top(Line::styled(format!(" {name} "), view.theme.title.0));
    let inside = block.inner(area);
    frame.render_widget(block, area);
    let cells = usize::from(inside.width).saturating_sub(2);
    let lines = match state.browser.report(&state.bucket) {
        None if !is_tag(state) => guide::warning(state, view, cells).into_iter().map(indent).collect(),
        Some(report) => in_short(state, view, report, cells),
        None => vec![Line::styled(" Not looked at yet: s scans it now.", view.theme.dim.0)],
    };
    frame.render_widget(Paragraph::new(lines), inside);
}

fn in_short(state: &State, view: &View, report: &TagReport, cells: usize) -> Vec<Line<'static>> {
    let theme = &view.theme;
    let sign = view.glyphs.tag(report.state);
    if !report.findings.is_empty() {
        return findings::in_short(state, view, report, cells).into_iter().map(indent).collect();
    }
    let hops = counted(report.hops.len() as u64, "object");
    let hops = format!(" {sign} {}, {hops} looked at", report.state.name());
    let unread = report
        .unread
        .iter()
        .flat_map(|unread| wrap(&unread.why, cells))
        .map(|line| Line::styled(format!(" {line}"), theme.unknown.0));
    std::iter::once(Line::from(hops)).chain(unread).collect()
}

fn indent(mut line: Line<'static>) -> Line<'static> {
    line.spans.insert(0, Span::raw(" "));
    line
}
