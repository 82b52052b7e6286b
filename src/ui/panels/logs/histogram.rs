//! How many errors there were when, over all lines that are held.

use jiff::Timestamp;
use ratatui::text::{Line, Span};

use super::time;
use crate::state::State;
use crate::ui::glyphs::UNICODE;
use crate::ui::text::{count, width};
use crate::ui::view::View;

/// Rows of the bars.
const ROWS: u64 = 3;
/// Steps that people count in, in seconds.
const STEPS: [i64; 14] = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200];
const EIGHTHS: [&str; 9] = [" ", "▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"];

/// The bars, and the line below them that says what they are and where the selected line is.
pub fn lines(state: &State, view: &View, cells: usize) -> Vec<Line<'static>> {
    let seconds = state.logs.store.seconds();
    let (Some((first, _)), Some((last, _))) = (seconds.first_key_value(), seconds.last_key_value()) else {
        return Vec::new();
    };
    let room = cells.saturating_sub(2).max(1);
    let span = last - first + 1;
    let fits = |step: &&i64| span / **step < i64::try_from(room).unwrap_or(1);
    let step =
        STEPS.iter().find(fits).copied().unwrap_or_else(|| span / i64::try_from(room).unwrap_or(1) + 1);
    let bin = |second: i64| usize::try_from((second - first.div_euclid(step) * step) / step).unwrap_or(0);
    let mut bins = vec![0_u64; (bin(*last) + 1).min(room)];
    for (second, counts) in seconds {
        if let Some(errors) = bins.get_mut(bin(*second)) {
            *errors += counts.errors;
        }
    }
    let most = bins.iter().copied().max().unwrap_or(0);
    let rich = view.glyphs == UNICODE;
    let rows = (0..ROWS).rev().map(|row| {
        let bar = |errors: &u64| {
            // Whatever there is of errors is seen, however few.
            let eighths = (errors * ROWS * 8).div_ceil(most.max(1));
            let here = usize::try_from(eighths.saturating_sub(row * 8).min(8)).unwrap_or(8);
            if rich {
                EIGHTHS[here]
            } else if here >= 4 {
                "#"
            } else if here > 0 {
                "."
            } else {
                " "
            }
        };
        let text: String = bins.iter().map(bar).collect();
        Line::styled(format!(" {text}"), view.theme.bad.0)
    });
    let at = state.tail.at(&state.logs).map(|place| bin(place.at.as_second()));
    rows.chain([foot(state, view, (*first, step, most), at, cells)]).collect()
}

fn foot(
    state: &State,
    view: &View,
    (first, step, most): (i64, i64, u64),
    at: Option<usize>,
    cells: usize,
) -> Line<'static> {
    let clock = |second: i64| {
        let at = Timestamp::from_second(second).unwrap_or(state.now);
        at.to_zoned(time::zone(state)).strftime("%H:%M:%S").to_string()
    };
    let span = if step < 60 { format!("{step} s") } else { format!("{} min", step / 60) };
    let text = format!(
        "errors each {span} since {}, at most {}; Left and Right go to them",
        clock(first),
        count(most)
    );
    let column = at.unwrap_or(0) + 1;
    let marker = view.glyphs.rising;
    if column > width(&text) + 3 {
        let blanks = column - width(&text) - 1;
        return Line::from(vec![
            Span::styled(format!(" {text}"), view.theme.dim.0),
            Span::raw(" ".repeat(blanks)),
            Span::styled(marker, view.theme.accent.0),
        ]);
    }
    let rest = crate::ui::text::fit(&text, cells.saturating_sub(column + 3), view.glyphs.cut);
    Line::from(vec![
        Span::raw(" ".repeat(column)),
        Span::styled(marker, view.theme.accent.0),
        Span::styled(format!(" {rest}"), view.theme.dim.0),
    ])
}
