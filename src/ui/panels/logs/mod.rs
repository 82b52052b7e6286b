//! The error logs: what all streams say, merged by time; what of it is alike, what was pinned, and how the streams stand.

mod details;
mod head;
mod histogram;
mod kinds;
mod lines;
mod pins;
mod row;
mod streams;
mod time;

use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::widgets::Paragraph;

pub use details::lines as details;
pub use lines::copied;

use super::{Focus, boxed, edge, select};
use crate::event::LogsPart;
use crate::state::State;
use crate::ui::view::View;

/// Draws the panel.
pub fn draw(state: &State, view: &mut View, frame: &mut Frame<'_>, area: Rect) {
    let block = boxed(view, area, &head::title(state), &head::remarks(state), edge(view, Focus::Here));
    let inside = block.inner(area);
    frame.render_widget(block, area);
    let cells = usize::from(inside.width);
    let said = head::lines(state, view, cells, usize::from(inside.height) / 3);
    let bars = match (state.tail.histogram, state.tail.part) {
        (true, LogsPart::Lines) => histogram::lines(state, view, cells),
        (_, _) => Vec::new(),
    };
    let top: Vec<_> = said.into_iter().chain(bars).collect();
    let height = u16::try_from(top.len()).unwrap_or(u16::MAX);
    let [above, below] = Layout::vertical([Constraint::Length(height), Constraint::Fill(1)]).areas(inside);
    frame.render_widget(Paragraph::new(top), above);
    let room = usize::from(below.height);
    let lines = match (state.tail.part, head::empty(state, cells)) {
        (LogsPart::Lines | LogsPart::Kinds, Some(words)) => words
            .into_iter()
            .map(|line| ratatui::text::Line::styled(format!(" {line}"), view.theme.dim.0))
            .collect(),
        (LogsPart::Lines, None) => lines::draw(state, view, cells, room),
        (LogsPart::Kinds, None) => kinds::draw(state, view, cells, room),
        (LogsPart::Pins, _) => pins::draw(state, view, cells, room),
        (LogsPart::Streams, _) => streams::draw(state, view, cells, room),
    };
    frame.render_widget(Paragraph::new(lines), below);
}

/// The first row to show so that the selected one is among them.
fn window(view: &mut View, at: usize, room: usize) -> usize {
    let top = view.table_top.min(at).max((at + 1).saturating_sub(room.max(1)));
    view.table_top = top;
    view.page_rows = room.max(1);
    top
}
