//! All runbooks, those first that something speaks for, and what the selected one is for.

use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::text::{Line, Span};
use ratatui::widgets::Paragraph;

use super::{Focus, boxed, edge, prose, select, window};
use crate::runbook::{Block, On, Origin, Runbook};
use crate::state::State;
use crate::ui::text::{counted, fit, pad, width, wrap};
use crate::ui::view::View;

/// Draws them.
pub fn draw(state: &State, view: &mut View, frame: &mut Frame<'_>, area: Rect) {
    let books = state.runbooks();
    let cells = usize::from(area.width).saturating_sub(2);
    let wrong = wrong(state, view, cells);
    let all = books.len() + wrong.len() + 2;
    let height = u16::try_from(all).unwrap_or(u16::MAX).min(area.height.saturating_sub(6).max(4));
    let [above, below] = Layout::vertical([Constraint::Length(height), Constraint::Fill(1)]).areas(area);
    let speaks = books.iter().filter(|book| state.spoken_for(book).is_some()).count();
    let remark = match speaks {
        0 => "nothing speaks for one of them".to_owned(),
        1 => "1 fits what is wrong now".to_owned(),
        speaks => format!("{speaks} fit what is wrong now"),
    };
    let block = boxed(view, above, "Runbooks", &[remark], edge(view, Focus::Here));
    let inside = block.inner(above);
    frame.render_widget(block, above);
    let chosen = state.chosen_runbook().map(|book| book.id.clone());
    let at = books.iter().position(|book| Some(&book.id) == chosen.as_ref()).unwrap_or(0);
    let room = usize::from(inside.height).saturating_sub(wrong.len()).max(1);
    let top = window(view, at, room);
    view.page_rows = room;
    let rows = books.iter().enumerate().skip(top).take(room).map(|(number, book)| {
        let line = row(state, view, book, cells);
        if number == at { select(view, &line, cells) } else { line }
    });
    let rows: Vec<_> = rows.chain(wrong).collect();
    frame.render_widget(Paragraph::new(rows), inside);
    if let Some(book) = books.get(at) {
        about(view, frame, below, book);
    }
}

fn row(state: &State, view: &View, book: &Runbook, cells: usize) -> Line<'static> {
    let (sign, style) = match state.spoken_for(book) {
        Some(_) => (view.glyphs.bad, view.theme.bad.0),
        None => (" ", view.theme.text.0),
    };
    let remark = fit(&remark(state, book), cells / 2, view.glyphs.cut);
    let room = cells.saturating_sub(4 + width(&remark));
    Line::from(vec![
        Span::styled(format!(" {sign} "), style),
        Span::raw(pad(&book.title, room, view.glyphs.cut)),
        Span::styled(format!("{remark} "), view.theme.dim.0),
    ])
}

/// How many steps find something, how far one came, and where it is from if not from here.
fn remark(state: &State, book: &Runbook) -> String {
    let finds = book.steps.iter().filter(|step| state.step_state(book, step).on() == Some(On::Fires));
    let finds = match finds.count() {
        0 => None,
        1 => Some("1 step finds a fault".to_owned()),
        steps => Some(format!("{steps} steps find faults")),
    };
    let walk = state.walks.walk(&book.id);
    let begun = match walk.said() {
        0 => None,
        said => Some(format!("{} answered or noted", counted(said as u64, "step"))),
    };
    let origin = state.session.runbooks.books.iter().find(|(other, _)| other.id == book.id);
    let own = origin.and_then(|(_, origin)| match origin {
        Origin::BuiltIn => None,
        Origin::Own(_) => Some("yours".to_owned()),
        Origin::Instead(_) => Some("yours, instead of ours".to_owned()),
    });
    [finds, begun, own].into_iter().flatten().collect::<Vec<_>>().join(", ")
}

/// What is wrong with files, in lines.
fn wrong(state: &State, view: &View, cells: usize) -> Vec<Line<'static>> {
    let mistakes = state.session.runbooks.mistakes.iter();
    let words = mistakes.flat_map(|mistake| wrap(&mistake.to_string(), cells.saturating_sub(4)));
    let style = view.theme.warn.0;
    words.map(|line| Line::styled(format!(" {} {line}", view.glyphs.warn), style)).take(8).collect()
}

/// What the selected runbook is for.
fn about(view: &View, frame: &mut Frame<'_>, area: Rect, book: &Runbook) {
    let cells = usize::from(area.width).saturating_sub(2);
    let mut lines = Vec::new();
    for block in &book.intro {
        if let Block::Text(text) = block {
            lines.extend(prose::lines(view, text, cells));
        }
    }
    lines.extend([Line::default(), Line::styled(" Steps", view.theme.title.0)]);
    lines.extend(book.steps.iter().map(|step| {
        let indent = "  ".repeat(usize::from(step.depth));
        Line::from(fit(&format!("{indent}{}", step.heading), cells, view.glyphs.cut))
    }));
    let block = boxed(view, area, &book.id, &["Enter opens it".to_owned()], edge(view, Focus::Elsewhere));
    frame.render_widget(Paragraph::new(lines).block(block), area);
}
