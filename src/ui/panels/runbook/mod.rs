//! Runbooks: all of them, or the steps of one beside what the selected step says.

mod command;
mod list;
mod page;
mod prose;
mod standing;
mod steps;

use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Rect};

pub use command::copy;

use super::{Focus, boxed, edge, select};
use crate::state::State;
use crate::ui::view::View;

/// From this width on steps and text stand side by side.
const BESIDE: u16 = 116;

/// Draws the panel.
pub fn draw(state: &State, view: &mut View, frame: &mut Frame<'_>, area: Rect) {
    let Some((book, step)) = state.open_step() else {
        return list::draw(state, view, frame, area);
    };
    let (steps, text) = parts(area, book.steps.len(), steps::width_of(state, book));
    steps::draw(state, view, frame, steps, (book, step));
    page::draw(state, view, frame, text, (book, step));
}

/// Where the steps stand and where the text does: side by side, as wide as the steps need, or one over the other.
fn parts(area: Rect, steps: usize, wanted: usize) -> (Rect, Rect) {
    if area.width >= BESIDE {
        let wanted = u16::try_from(wanted).unwrap_or(u16::MAX).clamp(area.width / 3, area.width * 11 / 20);
        let [left, right] = Layout::horizontal([Constraint::Length(wanted), Constraint::Fill(1)]).areas(area);
        return (left, right);
    }
    let all = u16::try_from(steps).unwrap_or(u16::MAX).saturating_add(2);
    let [above, below] =
        Layout::vertical([Constraint::Length(all.min(area.height / 3)), Constraint::Fill(1)]).areas(area);
    (above, below)
}

/// The first row to show so that the selected one is among them.
fn window(view: &mut View, at: usize, room: usize) -> usize {
    let top = view.table_top.min(at).max((at + 1).saturating_sub(room.max(1)));
    view.table_top = top;
    top
}
