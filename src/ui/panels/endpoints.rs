//! The endpoints: what the service is, where HAProxy sends, and every address against every pod.

use ratatui::Frame;
use ratatui::layout::Rect;

use super::cluster;
use crate::event::PanelId;
use crate::sources::kubernetes::objects::Kind;
use crate::state::State;
use crate::ui::table::{self, Around};
use crate::ui::view::View;

/// Draws the panel.
pub fn draw(state: &State, view: &mut View, frame: &mut Frame<'_>, area: Rect) {
    let lines = cluster::troubles(state, &[Kind::EndpointSlice, Kind::Service, Kind::Pod]);
    let empty = cluster::empty(state, Kind::EndpointSlice);
    let around = Around { title: String::new(), remarks: cluster::remarks(state), lines, empty };
    table::draw(state, view, frame, area, PanelId::Endpoints, around);
}
