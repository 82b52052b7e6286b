//! The panels, one file and one row each. The digits between them are kept for panels of other sources.

mod balancers;
mod bucket;
mod chain;
mod cluster;
pub(super) mod describe;
mod endpoints;
mod findings;
mod guide;
mod inside;
pub(super) mod logs;
pub(super) mod overview;
mod pods;
mod rest;
pub(super) mod runbook;
mod server;
mod tree;

pub(super) use chain::generation;
use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::Line;
use ratatui::widgets::Block;

use super::text::fit;
use super::view::View;
use crate::event::PanelId;
use crate::state::State;

/// One panel.
pub struct Panel {
    pub id: PanelId,
    /// The key that opens it.
    pub digit: char,
    pub title: &'static str,
    /// Its name where there is little room.
    pub short: &'static str,
    pub(super) draw: fn(&State, &mut View, &mut Frame<'_>, Rect),
}

/// All panels, by rising digit.
pub const PANELS: &[Panel] = &[
    Panel { id: PanelId::Overview, digit: '1', title: "Overview", short: "Overview", draw: overview::draw },
    Panel { id: PanelId::Pods, digit: '2', title: "Pods", short: "Pods", draw: pods::draw },
    Panel { id: PanelId::Endpoints, digit: '3', title: "Endpoints", short: "Eps", draw: endpoints::draw },
    Panel { id: PanelId::Balancers, digit: '4', title: "Load balancers", short: "LB", draw: balancers::draw },
    Panel { id: PanelId::Logs, digit: '5', title: "Error logs", short: "Logs", draw: logs::draw },
    Panel { id: PanelId::Bucket, digit: '6', title: "Bucket", short: "Bucket", draw: bucket::draw },
    Panel { id: PanelId::Runbook, digit: '7', title: "Runbook", short: "Book", draw: runbook::draw },
];

/// The panel of this id.
pub fn of(id: PanelId) -> &'static Panel {
    PANELS.iter().find(|panel| panel.id == id).unwrap_or(&PANELS[0])
}

/// A frame with a title on the left and remarks on the right, as far as they fit.
pub(super) fn boxed(view: &View, area: Rect, title: &str, remarks: &[String], edge: Style) -> Block<'static> {
    let room = usize::from(area.width).saturating_sub(4);
    let title = fit(title, room, view.glyphs.cut);
    let mut used = super::text::width(&title) + 3;
    let mut right = String::new();
    for remark in remarks {
        let cells = super::text::width(remark) + 3;
        if used + cells > room {
            break;
        }
        used += cells;
        right = format!("{right} {remark} {}", view.glyphs.dash);
    }
    let right = right.trim_end_matches(view.glyphs.dash).to_owned();
    let block = Block::bordered().border_set(view.glyphs.border).border_style(edge);
    let block = block.title_top(Line::styled(format!(" {title} "), view.theme.title.0));
    if right.is_empty() {
        return block;
    }
    block.title_top(Line::styled(right, view.theme.dim.0).right_aligned())
}

/// The edge of a frame: where the keys go it has the accent.
pub(super) const fn edge(view: &View, focused: Focus) -> Style {
    match focused {
        Focus::Here => view.theme.accent.0,
        Focus::Elsewhere => view.theme.border.0,
    }
}

/// A selected line: one colour over its whole width, whatever the colours of its parts.
pub(super) fn select(view: &View, line: &Line<'_>, cells: usize) -> Line<'static> {
    Line::styled(super::text::pad(line.to_string().trim_end(), cells, view.glyphs.cut), view.theme.selected.0)
}

/// Whether the keys go to a frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Focus {
    Here,
    Elsewhere,
}
