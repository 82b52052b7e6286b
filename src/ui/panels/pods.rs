//! The pods: how many of how many are ready, what that means, and every pod with what explains it.

use ratatui::Frame;
use ratatui::layout::Rect;

use super::cluster;
use crate::event::PanelId;
use crate::sources::kubernetes::objects::Kind;
use crate::state::{State, Tone};
use crate::ui::table::{self, Around};
use crate::ui::view::View;

/// Draws the panel.
pub fn draw(state: &State, view: &mut View, frame: &mut Frame<'_>, area: Rect) {
    let kinds = [Kind::Pod, Kind::Autoscaler, Kind::Event];
    let (mut lines, empty) = (cluster::troubles(state, &kinds), cluster::empty(state, Kind::Pod));
    let pods = &state.kubernetes.pods;
    let ready = pods.values().filter(|pod| pod.is_ready).count();
    let _ = &mut lines;
    let around = Around {
        title: if pods.is_empty() { String::new() } else { format!("{ready}/{}", pods.len()) },
        remarks: cluster::remarks(state),
        lines: lines.into_iter().collect::<Vec<(Tone, String)>>(),
        empty,
    };
    table::draw(state, view, frame, area, PanelId::Pods, around);
}
