//! The overview: what is most likely wrong, the way of a pull hop by hop, and the tags that need somebody.

mod cause;
mod failing;
mod findings;
mod hop;
mod repeated;
mod verdict;
mod way;

use std::time::Duration;

use jiff::Timestamp;
use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::{Line, Span};

pub use cause::{checks, lines as cause};
pub use hop::lines as describe;
pub use repeated::{file, request};
pub use verdict::{name, weight};

use super::{Focus, boxed, edge, select};
use crate::diagnosis::path::Verdict;
use crate::model::Subject;
use crate::model::text::clean;
use crate::state::State;
use crate::ui::text::{age, wrap};
use crate::ui::view::View;

/// Rows of faults that are kept in sight, with their frame.
const FAULTS: u16 = 5;
/// The same for what fails.
const FAILING: u16 = 6;
/// A panel of fewer lines saves them: frames share their edges, and what has nothing of its own to say is left out.
const TIGHT: u16 = 30;

/// Draws the panel.
pub fn draw(state: &State, view: &mut View, frame: &mut Frame<'_>, area: Rect) {
    let chosen = state.finding();
    let form = verdict::Form::fitting(area);
    let shared = u16::from(area.height < TIGHT);
    let has_faults = shared == 0 || !findings::is_bare(state) || !state.session.watched.logs;
    let told = verdict::height(state, form, area.width);
    let others = if state.session.watched.logs { FAILING } else { 0 } + if has_faults { FAULTS } else { 0 };
    let room = area.height.saturating_sub(told.saturating_sub(shared));
    let spread = way::Spread::fitting(state, room.saturating_sub(others));
    let way = way::height(state, spread).min(room);
    let below = room.saturating_sub(way.saturating_sub(shared));
    let radar = match has_faults {
        true => failing::height(state, below),
        false => below,
    };
    let mut top = area.y;
    let mut next = |height: u16| {
        let height = height.min(area.bottom().saturating_sub(top));
        let place = Rect { y: top, height, ..area };
        top = (top + height).saturating_sub(if height > 0 { shared } else { 0 });
        place
    };
    let (told, way, radar) = (next(told), next(way), next(radar));
    let faults = Rect { y: top, height: area.bottom().saturating_sub(top), ..area };
    let focus = |here: bool| if here { Focus::Here } else { Focus::Elsewhere };
    let on_told = matches!(&chosen, Some(Subject::Cause { .. } | Subject::Checks));
    let on_way = matches!(&chosen, Some(Subject::Hop(_)));
    let on_radar = chosen.as_ref().is_some_and(|chosen| state.radar.has(chosen));
    verdict::draw(state, view, frame, told, (form, focus(on_told)));
    way::draw(state, view, frame, way, (spread, focus(on_way)));
    if radar.height > 0 {
        failing::draw(state, view, frame, radar, focus(on_radar));
    }
    if has_faults {
        findings::draw(state, view, frame, faults, focus(!on_told && !on_way && !on_radar));
    }
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

/// How long ago something was, in words.
fn ago(then: Timestamp, now: Timestamp) -> String {
    match age(then, now).as_str() {
        "now" => "just now".to_owned(),
        age => format!("{age} ago"),
    }
}

fn titled(view: &View, title: &'static str) -> Vec<Line<'static>> {
    vec![Line::default(), Line::styled(title, view.theme.title.0)]
}

/// A sign, and text beside it in as many lines as it takes.
fn signed(sign: &str, tint: Style, words: &str, cells: usize) -> Vec<Line<'static>> {
    let parts = wrap(&clean(words), cells.saturating_sub(2)).into_iter().enumerate();
    let lead = |number| if number == 0 { sign.to_owned() } else { " ".to_owned() };
    parts
        .map(|(number, part)| {
            Line::from(vec![Span::styled(lead(number), tint), Span::raw(format!(" {part}"))])
        })
        .collect()
}
