//! The overview: the way of a pull hop by hop, where it breaks, and the tags that need somebody.

mod failing;
mod findings;
mod hop;
mod repeated;
mod way;

use std::time::Duration;

use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::style::Style;

pub use hop::lines as describe;
pub use repeated::{file, request};

use super::{Focus, boxed, edge, select};
use crate::diagnosis::path::Verdict;
use crate::model::Subject;
use crate::state::State;
use crate::ui::view::View;

/// Rows of findings that are kept in sight, with their frame.
const FINDINGS: u16 = 5;
/// The same for what fails.
const FAILING: u16 = 6;

/// Draws the panel.
pub fn draw(state: &State, view: &mut View, frame: &mut Frame<'_>, area: Rect) {
    let chosen = state.finding();
    let others = FINDINGS + if state.session.watched.logs { FAILING } else { 0 };
    let spread = way::Spread::fitting(state, area.height.saturating_sub(others));
    let height = way::height(state, spread);
    let [above, below] = Layout::vertical([Constraint::Length(height), Constraint::Fill(1)]).areas(area);
    let radar = Constraint::Length(failing::height(state, below.height));
    let [radar, below] = Layout::vertical([radar, Constraint::Fill(1)]).areas(below);
    let focus = |here: bool| if here { Focus::Here } else { Focus::Elsewhere };
    let on_way = matches!(&chosen, Some(Subject::Hop(_)));
    let on_radar = chosen.as_ref().is_some_and(|chosen| state.radar.has(chosen));
    way::draw(state, view, frame, above, (spread, focus(on_way)));
    if radar.height > 0 {
        failing::draw(state, view, frame, radar, focus(on_radar));
    }
    findings::draw(state, view, frame, below, focus(!on_way && !on_radar));
}

/// How long something takes yet: hours, or minutes when there are few.
fn until(left: Duration) -> String {
    let minutes = left.as_secs() / 60;
    if minutes >= 120 { format!("{} h", minutes / 60) } else { format!("{minutes} min") }
}

/// How a verdict is coloured.
pub const fn style(view: &View, verdict: Verdict) -> Style {
    match verdict {
        Verdict::Broken => view.theme.bad.0,
        Verdict::Minor => view.theme.warn.0,
        Verdict::Unknown => view.theme.unknown.0,
        Verdict::Good => view.theme.good.0,
        Verdict::Waiting | Verdict::Off => view.theme.dim.0,
    }
}

/// The sign of a verdict.
pub const fn sign(view: &View, verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Broken => view.glyphs.bad,
        Verdict::Minor => view.glyphs.warn,
        Verdict::Unknown => view.glyphs.unknown,
        Verdict::Good => view.glyphs.good,
        Verdict::Waiting => view.glyphs.busy,
        Verdict::Off => view.glyphs.absent,
    }
}
