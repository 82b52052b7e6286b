//! What stands below the text whatever is scrolled: the way out, and what has to be typed.

use ratatui::text::{Line, Span};

use super::effect;
use crate::model::text::clean;
use crate::model::{Demand, Proposal};
use crate::state::{Deed, Stage, State};
use crate::ui::text::{fit, width};
use crate::ui::view::View;

/// What follows once it is typed; no other key does.
const THEN: &str = "   then press Ctrl-y";

/// The lines of the foot.
pub fn lines(state: &State, view: &View, deed: &Deed, cells: usize) -> Vec<Line<'static>> {
    let rule = Line::styled(format!(" {}", view.glyphs.dash.repeat(cells)), view.theme.border.0);
    match &deed.stage {
        Stage::Asking { proposal, typed } => {
            let mut lines = vec![rule, way_out(view, "Cancel", "Enter or Esc: everything stays as it is")];
            lines.extend(read_only(state, view, cells));
            if let Some(demand) = deed.demand() {
                lines.push(asked(view, &demand, cells));
                lines.push(answer(state, view, deed, proposal, typed, cells));
            }
            lines
        }
        Stage::Looking => {
            vec![rule, way_out(view, "Cancel", "Enter or Esc: it is not looked at any further")]
        }
        Stage::Running { stopping: false, .. } => {
            vec![rule, way_out(view, "Stop", "Esc: it ends after the object that it is at")]
        }
        Stage::Running { stopping: true, .. } => {
            let words = format!(" Ending after the object that it is at {}", view.glyphs.busy);
            vec![rule, Line::styled(words, view.theme.warn.0)]
        }
        Stage::Refused { .. } | Stage::Ended { .. } => vec![rule, way_out(view, "Close", "Enter or Esc")],
    }
}

/// The one button there is: it has the focus, and nothing else ever has.
fn way_out(view: &View, word: &str, words: &str) -> Line<'static> {
    Line::from(vec![
        Span::raw(" "),
        Span::styled(format!("[ {word} ]"), view.theme.selected.0),
        Span::styled(format!("  {words}"), view.theme.dim.0),
    ])
}

fn read_only(state: &State, view: &View, cells: usize) -> Option<Line<'static>> {
    if state.gate.permit(state.now).is_some() {
        return None;
    }
    let name = if state.gate.asks_for().is_some() { " and asks for its name" } else { "" };
    let words = format!("Read-only. Ctrl-o arms this session for 10 minutes{name}.");
    Some(Line::styled(format!(" {}", fit(&words, cells, view.glyphs.cut)), view.theme.warn.0))
}

fn asked(view: &View, demand: &Demand, cells: usize) -> Line<'static> {
    let also = demand.also.iter().map(|word| format!(", {word}"));
    let what: String = std::iter::once(demand.what.to_owned()).chain(also).collect();
    let line = demand.line();
    let room = cells.saturating_sub(width(&line) + 2);
    let long = format!("To agree, type {what}:");
    let words = if width(&long) <= room { &long } else { "To agree, type:" };
    let used = width(words) + width(&line) + 3;
    let then = if used + width(THEN) <= cells { THEN } else { "" };
    Line::from(vec![
        Span::raw(format!(" {words} ")),
        Span::styled(line, view.theme.title.0),
        Span::styled(then, view.theme.dim.0),
    ])
}

fn answer(
    state: &State,
    view: &View,
    deed: &Deed,
    proposal: &Proposal,
    typed: &str,
    cells: usize,
) -> Line<'static> {
    let theme = &view.theme;
    let right = deed.demand().is_some_and(|demand| demand.answer(typed).is_some());
    let (note, style) = match (right, deed.agreement(&state.gate, state.now).is_some()) {
        (true, true) => (format!("{} Ctrl-y: {}", view.glyphs.good, effect(proposal)), theme.warn.0),
        (true, false) => (format!("{} right, and read-only: Ctrl-o", view.glyphs.good), theme.dim.0),
        (false, _) => (String::new(), theme.dim.0),
    };
    let typed = fit(&clean(typed), cells.saturating_sub(width(&note) + 6), view.glyphs.cut);
    Line::from(vec![
        Span::styled(" > ", theme.accent.0),
        Span::raw(typed),
        Span::styled(" ", theme.selected.0),
        Span::styled(format!("  {note}"), style),
    ])
}
