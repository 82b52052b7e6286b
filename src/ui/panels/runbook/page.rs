//! The selected step: how it stands and why, where one goes on, what it says, its verbs and its commands.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};
use ratatui::widgets::Paragraph;

use super::{Focus, boxed, command, edge, prose, standing};
use crate::actions::verbs::{self, Risk};
use crate::model::text::clean;
use crate::runbook::{Block, Names, Runbook, Step, fill};
use crate::state::State;
use crate::ui::text::wrap;
use crate::ui::view::View;

/// Draws it.
pub fn draw(
    state: &State,
    view: &mut View,
    frame: &mut Frame<'_>,
    area: Rect,
    (book, step): (&Runbook, &Step),
) {
    let cells = usize::from(area.width).saturating_sub(2);
    let lines = lines(state, view, book, step, cells);
    let height = usize::from(area.height).saturating_sub(2).max(1);
    let top = state.walks.top.min(lines.len().saturating_sub(height));
    (view.text, view.page_rows) = ((top, lines.len()), height);
    let last = (top + height).min(lines.len());
    let remark = format!("{}-{last} of {}, PgDn", top + 1, lines.len());
    let remarks = if lines.len() > height { vec![remark] } else { Vec::new() };
    let block = boxed(view, area, &step.heading, &remarks, edge(view, Focus::Elsewhere));
    let shown: Vec<_> = lines.into_iter().skip(top).take(height).collect();
    frame.render_widget(Paragraph::new(shown).block(block), area);
}

fn lines(state: &State, view: &View, book: &Runbook, step: &Step, cells: usize) -> Vec<Line<'static>> {
    let walk = state.walks.walk(&book.id);
    let stands = state.step_state(book, step);
    let mut lines = standing::lines(view, &stands, walk.answer(&step.anchor), state.now, cells);
    lines.extend(note(view, walk.note(&step.anchor), cells));
    lines.push(Line::default());
    lines.extend(onward(state, view, book, cells));
    lines.push(Line::default());
    // What the runbook says of itself goes before its first step.
    let is_first = book.steps.first().is_some_and(|first| first.anchor == step.anchor);
    let intro = if is_first { book.intro.as_slice() } else { &[] };
    let names = state.names();
    let count = step.commands().count();
    let mut number = 0;
    for (at, block) in step.body.iter().chain(intro).enumerate() {
        if at == step.body.len() {
            lines.extend([Line::default(), Line::styled(format!(" {}", book.title), view.theme.title.0)]);
        }
        let part = of_block(state, view, block, &names, (number == command::marked(state, count), cells));
        number += usize::from(matches!(block, Block::Command { .. }));
        if !part.is_empty() && lines.last().is_some_and(|line| line.width() > 0) {
            lines.push(Line::default());
        }
        lines.extend(part);
    }
    lines
}

fn of_block(
    state: &State,
    view: &View,
    block: &Block,
    names: &Names,
    (is_marked, cells): (bool, usize),
) -> Vec<Line<'static>> {
    match block {
        Block::Text(text) => prose::lines(view, text, cells),
        // What it sees stands above.
        Block::Check(_) => Vec::new(),
        Block::Verb { verb, when, .. } => of_verb(state, view, verb, when, cells),
        Block::Command { language, text } => {
            command::lines(view, &fill(language, text, names), is_marked, cells)
        }
    }
}

fn note(view: &View, note: &str, cells: usize) -> Vec<Line<'static>> {
    if note.is_empty() {
        return Vec::new();
    }
    let parts = wrap(&format!("{} {}", view.glyphs.mark, clean(note)), cells.saturating_sub(2));
    parts.into_iter().map(|part| Line::styled(format!(" {part}"), view.theme.accent.0)).collect()
}

/// Where Enter leads, and why there.
fn onward(state: &State, view: &View, book: &Runbook, cells: usize) -> Vec<Line<'static>> {
    let Some(turn) = state.next_turn() else {
        return vec![Line::styled(" This is the last step.", view.theme.dim.0)];
    };
    let heading = match state.session.runbooks.find(&turn.to) {
        Ok((other, step)) => {
            let heading = step.map_or(other.title.as_str(), |step| step.heading.as_str());
            let place = if other.id == book.id { String::new() } else { format!(" (in {})", other.id) };
            format!("{heading}{place}")
        }
        Err(why) => why,
    };
    let because = match turn.because.as_str() {
        "" => String::new(),
        because => format!(", because {because}"),
    };
    let words = format!("Enter {} {heading}{because}", view.glyphs.goes);
    let parts = wrap(&words, cells.saturating_sub(2)).into_iter();
    parts.map(|part| Line::styled(format!(" {part}"), view.theme.accent.0)).collect()
}

/// A verb: its key, what it does and to what; or why not now.
fn of_verb(state: &State, view: &View, id: &str, when: &str, cells: usize) -> Vec<Line<'static>> {
    let Some(verb) = verbs::find(id) else { return Vec::new() };
    let target = state.target_of(id);
    let (words, style) = match &target {
        None => (format!("{}: nothing that it is for was found here", verb.title), view.theme.dim.0),
        Some(subject) if !(verb.of)(subject) => {
            (format!("{}: not for {}", verb.title, clean(&subject.to_string())), view.theme.dim.0)
        }
        Some(subject) => match (verb.intent)(state, subject) {
            Err(why) => (format!("{}: off, {why}", verb.title), view.theme.dim.0),
            Ok(_) => {
                let asks = if verb.risk == Risk::Writes { ", which asks first" } else { "" };
                (format!("{}: {}{asks}", verb.title, clean(&subject.to_string())), view.theme.text.0)
            }
        },
    };
    let mut lines = Vec::new();
    for (number, part) in wrap(&words, cells.saturating_sub(5)).into_iter().enumerate() {
        let key = if number == 0 { "  a " } else { "    " };
        lines.push(Line::from(vec![Span::styled(key, view.theme.accent.0), Span::styled(part, style)]));
    }
    let when = wrap(when, cells.saturating_sub(5)).into_iter().filter(|part| !part.is_empty());
    lines.extend(when.map(|part| Line::styled(format!("    {part}"), view.theme.dim.0)));
    lines
}
