//! Lines that are alike, the commonest first: how many, since when, and what they have in common.

use jiff::Timestamp;
use ratatui::style::Style;
use ratatui::text::{Line, Span};

use super::{row, select, time, window};
use crate::model::text::clean;
use crate::sources::logs::picture::Kind;
use crate::state::State;
use crate::ui::text::{count, fit, pad, pad_left};
use crate::ui::view::View;

/// Draws them.
pub fn draw(state: &State, view: &mut View, cells: usize, room: usize) -> Vec<Line<'static>> {
    let kinds = state.tail.kinds(&state.logs).ranked();
    let at = kinds.iter().position(|(kind, _)| Some(*kind) == state.tail.kind).unwrap_or(0);
    let room = room.saturating_sub(1);
    let top = window(view, at, room);
    let mut lines = vec![header(state, view, cells)];
    for (number, (fingerprint, kind)) in kinds.iter().enumerate().skip(top).take(room) {
        let line = of(state, view, *fingerprint, kind, cells);
        lines.push(if number == at { select(view, &line, cells) } else { line });
    }
    lines
}

/// Since when what is seen first is new, and in which words.
pub fn mark(state: &State) -> Option<(Timestamp, &'static str)> {
    match state.tail.sieve.since {
        Some(since) => Some((since, ":since")),
        None => state.tail.begun.map(|begun| (begun, "the start of the cockpit")),
    }
}

fn header(state: &State, view: &View, cells: usize) -> Line<'static> {
    let new = mark(state).map_or_else(String::new, |(at, words)| {
        let at = at.to_zoned(time::zone(state)).strftime("%H:%M").to_string();
        format!("  (new: first seen after {words}, {at})")
    });
    let zone = time::zone(state).to_offset_info(state.now).abbreviation().to_owned();
    // Lines that are only counted are of no known kind.
    let is_all = state.logs.streams.all.values().all(|stream| stream.sampled == 0);
    let spans = if cells >= 64 {
        format!(
            "   {} level first {} last     new  what is alike{new}",
            pad_left(if is_all { "lines" } else { "at least" }, 9),
            pad(&zone, 4, "")
        )
    } else {
        format!("   {} level new  what is alike", pad_left(if is_all { "lines" } else { ">=lines" }, 7))
    };
    Line::styled(fit(&spans, cells, view.glyphs.cut), view.theme.dim.0)
}

fn of(state: &State, view: &View, fingerprint: u64, kind: &Kind, cells: usize) -> Line<'static> {
    let (sign, tone) = row::sign(view, kind.level);
    let cut = view.glyphs.cut;
    // When a kind was first seen is known of all that came, not only of what passes.
    let first = state.logs.kinds.get(fingerprint).map_or(kind.first, |known| known.first.min(kind.first));
    let is_new = mark(state).is_some_and(|(mark, _)| first >= mark);
    let clock = |at: Timestamp| at.to_zoned(time::zone(state)).strftime("%H:%M:%S").to_string();
    let new = if is_new { "new" } else { "" };
    let (number, when) = match cells {
        64.. => (9, format!("{}   {} ", clock(first), clock(kind.last))),
        _ => (7, String::new()),
    };
    let mut spans = vec![
        Span::styled(format!(" {sign} "), tone),
        Span::raw(format!("{} ", pad_left(&count(kind.count), number))),
        Span::styled(pad(row::word(kind.level), 6, cut), tone),
        Span::styled(when, view.theme.dim.0),
        Span::styled(pad(new, 5, cut), view.theme.accent.0),
    ];
    let used: usize = spans.iter().map(Span::width).sum();
    let text = fit(&clean(&kind.alike), cells.saturating_sub(used), cut);
    spans.push(Span::styled(text, Style::default()));
    Line::from(spans)
}
