//! The steps of a runbook, each with how it stands, and a mark at the one that comes next.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};
use ratatui::widgets::Paragraph;

use super::standing::{mark, word};
use super::{Focus, boxed, edge, select, window};
use crate::runbook::{Runbook, Step};
use crate::state::State;
use crate::ui::text::{counted, pad, width};
use crate::ui::view::View;

/// Cells of the longest word that says how a step of this runbook stands.
fn word_of(state: &State, book: &Runbook) -> usize {
    let words = book.steps.iter().map(|step| width(word(&state.step_state(book, step))));
    words.max().unwrap_or(0)
}

/// Cells that all headings need beside their words, with the frame.
pub fn width_of(state: &State, book: &Runbook) -> usize {
    let headings = book.steps.iter().map(|step| width(&indented(step)));
    // Signs, blanks, the mark of a note, and the frame.
    headings.max().unwrap_or(0) + word_of(state, book) + 10
}

fn indented(step: &Step) -> String {
    format!("{}{}", "  ".repeat(usize::from(step.depth.saturating_sub(1))), step.heading)
}

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
    let (cells, word) = (usize::from(inside.width), word_of(state, book));
    let next = state.next_turn().map(|turn| turn.to).filter(|to| to.runbook == book.id);
    let rows = book.steps.iter().enumerate().skip(top).take(room).map(|(number, step)| {
        let is_next = next.as_ref().is_some_and(|next| next.anchor == step.anchor);
        let line = row(state, view, (book, step), is_next, (cells, word));
        if number == at { select(view, &line, cells) } else { line }
    });
    let rows: Vec<_> = rows.collect();
    frame.render_widget(Paragraph::new(rows), inside);
}

fn row(
    state: &State,
    view: &View,
    (book, step): (&Runbook, &Step),
    is_next: bool,
    (cells, column): (usize, usize),
) -> Line<'static> {
    let stands = state.step_state(book, step);
    let (sign, style) = mark(view, &stands);
    let head = if is_next { view.glyphs.goes } else { " " };
    let noted = !state.walks.walk(&book.id).note(&step.anchor).is_empty();
    let note = if noted { format!(" {}", view.glyphs.mark) } else { String::new() };
    let room = cells.saturating_sub(3 + column + 2 + width(&note));
    Line::from(vec![
        Span::styled(head, view.theme.accent.0),
        Span::styled(format!("{sign} "), style),
        Span::raw(pad(&indented(step), room, view.glyphs.cut)),
        Span::styled(note, view.theme.accent.0),
        Span::styled(format!(" {:>column$} ", word(&stands)), style),
    ])
}
