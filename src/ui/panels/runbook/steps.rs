//! The steps of a runbook, each with how it stands, and a mark at the one that comes next.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};
use ratatui::widgets::Paragraph;

use super::standing::mark;
use super::{Focus, boxed, edge, select, window};
use crate::runbook::{Runbook, Step};
use crate::state::State;
use crate::ui::text::{counted, pad, width};
use crate::ui::view::View;

/// Cells of the longest word of a state.
const WORD: usize = 12;

/// Draws them.
pub fn draw(
    state: &State,
    view: &mut View,
    frame: &mut Frame<'_>,
    area: Rect,
    (book, chosen): (&Runbook, &Step),
) {
    let waiting = book.steps.iter().filter(|step| state.step_state(book, step).waits()).count();
    let remark = match waiting {
        0 => "every step is answered".to_owned(),
        waiting => format!("{} waiting", counted(waiting as u64, "step")),
    };
    let block = boxed(view, area, &book.title, &[remark], edge(view, Focus::Here));
    let inside = block.inner(area);
    frame.render_widget(block, area);
    let at = book.position(&chosen.anchor).unwrap_or(0);
    let room = usize::from(inside.height);
    let top = window(view, at, room);
    let cells = usize::from(inside.width);
    let next = state.next_turn().map(|turn| turn.to).filter(|to| to.runbook == book.id);
    let rows = book.steps.iter().enumerate().skip(top).take(room).map(|(number, step)| {
        let is_next = next.as_ref().is_some_and(|next| next.anchor == step.anchor);
        let line = row(state, view, book, step, (is_next, cells));
        if number == at { select(view, &line, cells) } else { line }
    });
    let rows: Vec<_> = rows.collect();
    frame.render_widget(Paragraph::new(rows), inside);
}

fn row(
    state: &State,
    view: &View,
    book: &Runbook,
    step: &Step,
    (is_next, cells): (bool, usize),
) -> Line<'static> {
    let (sign, word, style) = mark(view, &state.step_state(book, step));
    let head = if is_next { view.glyphs.goes } else { " " };
    let indent = "  ".repeat(usize::from(step.depth.saturating_sub(1)));
    let noted = !state.walks.walk(&book.id).note(&step.anchor).is_empty();
    let note = if noted { format!(" {}", view.glyphs.mark) } else { String::new() };
    let room = cells.saturating_sub(4 + WORD + 2 + width(&note));
    Line::from(vec![
        Span::styled(head, view.theme.accent.0),
        Span::styled(format!("{sign} "), style),
        Span::raw(pad(&format!("{indent}{}", step.heading), room, view.glyphs.cut)),
        Span::styled(note, view.theme.accent.0),
        Span::styled(format!(" {word:>WORD$} "), style),
    ])
}
