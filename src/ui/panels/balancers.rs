//! The load balancers.

use ratatui::Frame;
use ratatui::layout::Rect;

use crate::event::PanelId;
use crate::state::State;
use crate::ui::table::{self, Around};
use crate::ui::view::View;

/// Draws the panel.
pub fn draw(state: &State, view: &mut View, frame: &mut Frame<'_>, area: Rect) {
    let empty = vec!["No load balancer is watched: name one in the profile.".to_owned()];
    let around = Around { title: String::new(), remarks: Vec::new(), lines: Vec::new(), empty };
    table::draw(state, view, frame, area, PanelId::Balancers, around);
}
