//! The commands of a step, filled with the profile's names, to be read and copied.

use ratatui::text::{Line, Span};

use crate::event::Intent;
use crate::runbook::fill;
use crate::state::State;
use crate::ui::text::{head, width};
use crate::ui::view::View;

/// Cells that a command is set in.
const INDENT: usize = 4;

/// The commands of the selected step, as they would be copied.
fn commands(state: &State) -> Vec<String> {
    let names = state.names();
    let step = state.open_step();
    let commands = step.iter().flat_map(|(_, step)| step.commands());
    commands.map(|(language, text)| fill(language, text, &names)).collect()
}

/// The wish to copy the marked command of the selected step.
pub fn copy(state: &State, _: &View) -> Intent {
    let commands = commands(state);
    match commands.get(marked(state, commands.len())) {
        Some(text) => Intent::Copy { what: "Command", text: text.clone() },
        None => Intent::Say("This step has no command to copy.".to_owned()),
    }
}

/// Number of the command that is copied next.
pub fn marked(state: &State, count: usize) -> usize {
    state.walks.command.checked_rem(count).unwrap_or(0)
}

/// A command in lines of at most `cells`, with the key that copies it before the marked one.
pub fn lines(view: &View, text: &str, is_marked: bool, cells: usize) -> Vec<Line<'static>> {
    let room = cells.saturating_sub(INDENT).max(8);
    let mut lines = Vec::new();
    for line in text.lines() {
        let (mut rest, mut first) = (line, true);
        while first || !rest.is_empty() {
            let part = if width(rest) > room { cut(rest, room - 1) } else { rest };
            rest = &rest[part.len()..];
            let key = if is_marked && lines.is_empty() { "  c " } else { "    " };
            let more = if rest.is_empty() { "" } else { "\\" };
            lines.push(Line::from(vec![
                Span::styled(key, view.theme.accent.0),
                Span::styled(format!("{part}{more}"), view.theme.title.0),
            ]));
            first = false;
        }
    }
    lines
}

/// As much of a line as fits, up to a blank if there is one not too far before the end.
fn cut(text: &str, cells: usize) -> &str {
    let fits = head(text, cells);
    let at_blank = fits.rfind(' ').map(|at| at + 1).filter(|at| *at > fits.len() / 2);
    &fits[..at_blank.unwrap_or(fits.len())]
}
