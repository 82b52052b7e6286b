//! The lines that were pinned, whether or not they are still held.

use ratatui::text::Line;

use super::row::{self, Columns};
use super::window;
use crate::state::State;
use crate::ui::view::View;

/// Draws them.
pub fn draw(state: &State, view: &mut View, cells: usize, room: usize) -> Vec<Line<'static>> {
    let columns = Columns::of(state, cells);
    if state.tail.pins.is_empty() {
        let words = " No line is pinned. Esc goes to the lines, m pins the selected one.";
        return vec![Line::styled(words, view.theme.dim.0)];
    }
    let here = state.tail.selected(&state.logs).map(|(place, _)| place);
    let at = state.tail.pins.keys().position(|pin| Some(*pin) == here).unwrap_or(0);
    let room = room.saturating_sub(1);
    let top = window(view, at, room);
    let mut lines = vec![row::header(state, view, columns)];
    let pins = state.tail.pins.iter().skip(top);
    let rows = pins.flat_map(|(place, stored)| row::rows(state, view, (*place, stored), here, columns));
    lines.extend(rows.take(room));
    lines
}
