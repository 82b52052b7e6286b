//! Draws the state and turns keys into intents.
//!
//! It never does IO, never changes the state, and never starts anything.

mod chrome;
mod deed;
mod document;
pub mod glyphs;
mod journal;
pub mod keymap;
pub mod keys;
mod layers;
mod panels;
mod standing;
mod table;
mod text;
pub mod theme;
mod view;

use ratatui::Frame;
use ratatui::crossterm::event::{MouseButton, MouseEvent, MouseEventKind};
use ratatui::layout::{Constraint, Layout};

pub use keymap::{interpret, interpret_paste};
pub use panels::{PANELS, Panel};
pub use view::View;

use crate::event::{Intent, Motion};
use crate::state::State;

/// Draws everything.
pub fn draw(state: &State, view: &mut View, frame: &mut Frame<'_>) {
    view.wear(&state.screen.theme);
    view.unseen.clear();
    view.rows.clear();
    view.table_rows.clear();
    let lines = [Constraint::Length(1), Constraint::Fill(1), Constraint::Length(1), Constraint::Length(1)];
    let [header, body, line, bar] = Layout::vertical(lines).areas(frame.area());
    let area = frame.area();
    frame.buffer_mut().set_style(area, view.theme.text.0);
    chrome::header(state, view, frame, header);
    (panels::of(state.screen.panel).draw)(state, view, frame, body);
    layers::draw(state, view, frame, body);
    chrome::line(state, view, frame, line);
    chrome::bar(state, view, frame, bar);
}

/// What the mouse wants, while it is ours.
pub fn interpret_mouse(event: &MouseEvent, view: &View) -> Vec<Intent> {
    match event.kind {
        MouseEventKind::ScrollDown => vec![Intent::Move(Motion::Rows(3))],
        MouseEventKind::ScrollUp => vec![Intent::Move(Motion::Rows(-3))],
        MouseEventKind::Down(MouseButton::Left) => view.select_at(event.row).into_iter().collect(),
        _ => Vec::new(),
    }
}
