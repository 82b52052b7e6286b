//! The lines around the selected one, with gaps in their place; only what is on the screen is made.

use std::collections::VecDeque;
use std::ops::Bound;

use ratatui::text::Line;

use super::row::{self, Columns};
use crate::event::Intent;
use crate::model::text::clean;
use crate::sources::logs::picture::{Place, Stored};
use crate::state::State;
use crate::ui::text::fit;
use crate::ui::view::View;

/// What one line, with a gap before it, takes on the screen.
struct Block {
    place: Place,
    rows: Vec<Line<'static>>,
}

/// The rows that fit into `room`, the selected line among them.
pub fn draw(state: &State, view: &mut View, cells: usize, room: usize) -> Vec<Line<'static>> {
    let columns = Columns::of(state, cells);
    let room = room.saturating_sub(1);
    let Some(at) = state.tail.at(&state.logs) else { return Vec::new() };
    let blocks = window(state, view, at, columns, room);
    view.log_top = blocks.front().map(|block| block.place);
    view.page_rows = blocks.len().max(1);
    view.log_rows = blocks.iter().map(|block| block.place).collect();
    let mut lines = vec![row::header(state, view, columns)];
    let rows: Vec<_> = blocks.into_iter().flat_map(|block| block.rows).collect();
    // Of what is followed the end counts, of what is read the beginning.
    let skipped = if state.tail.follows() { rows.len().saturating_sub(room) } else { 0 };
    lines.extend(rows.into_iter().skip(skipped).take(room));
    lines
}

/// The lines on the screen: from where the screen began on, unless the selected one is not among them then.
fn window(state: &State, view: &View, at: Place, columns: Columns, room: usize) -> VecDeque<Block> {
    let shown = state.tail.shown(&state.logs);
    let block = |place: Place| block(state, view, place, at, columns);
    let top = view.log_top.filter(|top| !state.tail.follows() && *top <= at);
    if let Some(top) = top {
        let (mut blocks, mut used) = (VecDeque::new(), 0);
        for place in shown.from(top) {
            let next = block(place);
            used += next.rows.len();
            if used > room && place > at {
                return blocks;
            }
            if used > room {
                break;
            }
            blocks.push_back(next);
        }
        if used <= room {
            return filled(state, blocks, used, room, block);
        }
    }
    let end = match top {
        // Above what is on the screen: the selected line becomes the first one.
        None if !state.tail.follows() && view.log_top.is_some_and(|top| top > at) => {
            let (mut blocks, mut used) = (VecDeque::new(), 0);
            for place in shown.from(at) {
                let next = block(place);
                used += next.rows.len();
                if used > room && !blocks.is_empty() {
                    return blocks;
                }
                blocks.push_back(next);
            }
            return filled(state, blocks, used, room, block);
        }
        Some(_) | None => at,
    };
    let blocks = VecDeque::from([block(end)]);
    let used = blocks[0].rows.len();
    filled(state, blocks, used, room, block)
}

/// With lines from before the first one, as far as there is room.
fn filled(
    state: &State,
    mut blocks: VecDeque<Block>,
    mut used: usize,
    room: usize,
    block: impl Fn(Place) -> Block,
) -> VecDeque<Block> {
    let Some(first) = blocks.front().map(|block| block.place) else { return blocks };
    for place in state.tail.shown(&state.logs).before(first) {
        let next = block(place);
        used += next.rows.len();
        if used > room && !state.tail.follows() {
            break;
        }
        blocks.push_front(next);
        if used >= room {
            break;
        }
    }
    blocks
}

fn block(state: &State, view: &View, place: Place, at: Place, columns: Columns) -> Block {
    let mut rows = gaps(state, view, place, columns);
    if let Some(stored) = state.logs.store.get(place) {
        rows.extend(row::rows(state, view, (place, stored), Some(at), columns));
    }
    Block { place, rows }
}

/// The gaps between the line before a place and the one there.
fn gaps(state: &State, view: &View, place: Place, columns: Columns) -> Vec<Line<'static>> {
    let gaps = state.logs.store.gaps();
    if gaps.is_empty() {
        return Vec::new();
    }
    let from = state.tail.shown(&state.logs).before(place).next();
    let from = from.map_or(Bound::Unbounded, Bound::Excluded);
    let wanted = |stream: &str| state.tail.sieve.stream.as_deref().is_none_or(|only| only == stream);
    let between = gaps.range((from, Bound::Excluded(place))).filter(|(_, (stream, _))| wanted(stream));
    let words = between.map(|(_, (stream, gap))| {
        let seconds = gap.to.duration_since(gap.from).as_secs().max(0);
        let why = if gap.why.is_empty() { String::new() } else { format!(", {}", clean(&gap.why)) };
        let dash = view.glyphs.dash.repeat(2);
        let text = format!(
            "{dash} {seconds} s of {} may be missing{why} {dash}",
            row::short(&clean(stream), 28, view.glyphs.cut)
        );
        let cells = columns.what + columns.stream + columns.time;
        Line::styled(
            format!(" {} {}", view.glyphs.unknown, fit(&text, cells, view.glyphs.cut)),
            view.theme.unknown.0,
        )
    });
    words.collect()
}

/// The wish to copy what is selected, or all that is on the screen.
pub fn copied(state: &State, view: &View, all: bool) -> Intent {
    let text = |stored: &Stored| stored.line.text.to_string();
    let pins = state.tail.part == crate::event::LogsPart::Pins;
    let lines: Vec<_> = match (all, pins) {
        (true, true) => state.tail.pins.values().map(text).collect(),
        (true, false) => {
            view.log_rows.iter().filter_map(|place| state.logs.store.get(*place)).map(text).collect()
        }
        (false, _) => state.tail.selected(&state.logs).map(|(_, stored)| text(stored)).into_iter().collect(),
    };
    if lines.is_empty() {
        return Intent::Say("There is no line to copy here.".to_owned());
    }
    let what = if lines.len() == 1 { "The line" } else { "The lines" };
    Intent::Copy { what, text: lines.join("\n") }
}
