//! What was done earlier, as a list from which it is taken back or finished.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::{Line, Span};
use ratatui::widgets::{Clear, Paragraph};

use super::layers::framed;
use super::panels::select;
use super::text::{fit, fit_middle, pad, wrap};
use super::view::View;
use crate::event::{Errand, Intent};
use crate::model::text::clean;
use crate::model::{About, Past, Standing};
use crate::state::{Journal, Layer, State, is_here};

/// Draws the list over all of `area`.
pub fn draw(state: &State, view: &mut View, frame: &mut Frame<'_>, area: Rect) {
    let cells = usize::from(area.width).saturating_sub(3);
    let height = usize::from(area.height).saturating_sub(2).max(1);
    view.page_rows = height;
    let (lines, remark) = match &state.journal {
        Journal::Unread => (vec![words(view, "Reading the journal …")], String::new()),
        Journal::Failed(why) => {
            let text = format!("The journal could not be read: {}", clean(why));
            (wrap(&text, cells).iter().map(|line| words(view, line)).collect(), String::new())
        }
        Journal::Read(entries) if entries.is_empty() => {
            (vec![words(view, "Nothing was written from this machine yet.")], String::new())
        }
        Journal::Read(entries) => {
            let at = chosen(state).and_then(|past| position(entries, past)).unwrap_or(0);
            let top = (at + 1).saturating_sub(height);
            let rows = entries.iter().enumerate().skip(top).take(height).map(|(number, past)| {
                let line = row(state, view, past, cells);
                if number == at { select(view, &line, cells + 1) } else { line }
            });
            (rows.collect(), format!("{} of {}", at + 1, entries.len()))
        }
    };
    let block = framed(view, "What was done earlier", &remark, usize::from(area.width));
    frame.render_widget(Clear, area);
    frame.render_widget(Paragraph::new(lines).block(block), area);
}

fn words(view: &View, text: &str) -> Line<'static> {
    Line::styled(format!(" {text}"), view.theme.dim.0)
}

fn position(entries: &[Past], past: &Past) -> Option<usize> {
    entries.iter().position(|other| other.entry == past.entry)
}

/// The entry that is selected: the chosen one, else the newest.
fn chosen(state: &State) -> Option<&Past> {
    let (Journal::Read(entries), Some(Layer::Journal { chosen })) = (&state.journal, &state.screen.layer)
    else {
        return None;
    };
    entries.iter().find(|past| Some(&past.entry) == chosen.as_ref()).or_else(|| entries.first())
}

/// When, what, to what, where it stands, who.
fn row(state: &State, view: &View, past: &Past, cells: usize) -> Line<'static> {
    let (sign, word, style) = standing(view, past);
    let verb = match &past.about {
        None => past.verb.replace('-', " "),
        Some(About::Undo(_)) => "undo".to_owned(),
        Some(About::Resume(_)) => "do the rest".to_owned(),
    };
    let more = match past.subjects.len() {
        0 | 1 => String::new(),
        count => format!(" and {} more", count - 1),
    };
    let what = past.subjects.first().map(|subject| clean(&subject.to_string()).into_owned());
    let place = if is_here(state, past) { String::new() } else { format!(" in {}", clean(&past.store)) };
    let what = format!("{verb} {}{more}{place}", what.unwrap_or_default());
    let cut = view.glyphs.cut;
    let by_room = if cells >= 100 { 24 } else { 0 };
    let by =
        if by_room == 0 { String::new() } else { format!("  {}", fit(&clean(&past.by), by_room - 2, cut)) };
    let room = cells.saturating_sub(15 + 2 + 15 + by_room);
    Line::from(vec![
        Span::styled(format!(" {} ", past.at.strftime("%m-%d %H:%MZ")), view.theme.dim.0),
        Span::styled(format!("{sign} {} ", pad(&word, 14, cut)), style),
        Span::raw(pad(&fit_middle(&what, room, cut), room, cut)),
        Span::styled(by, view.theme.dim.0),
    ])
}

fn standing(view: &View, past: &Past) -> (&'static str, String, Style) {
    let (theme, glyphs) = (&view.theme, &view.glyphs);
    let part = || format!("{}/{}", past.done, past.of);
    match &past.standing {
        Standing::Running => (glyphs.busy, "under way".to_owned(), theme.warn.0),
        Standing::Done => (glyphs.good, "done".to_owned(), theme.good.0),
        Standing::Stopped { .. } => (glyphs.unknown, format!("left at {}", part()), theme.warn.0),
        Standing::Interrupted => (glyphs.bad, format!("broke off {}", part()), theme.bad.0),
        Standing::Undone { .. } => (glyphs.absent, "taken back".to_owned(), theme.dim.0),
        Standing::Resumed { .. } => (glyphs.good, "done later".to_owned(), theme.dim.0),
    }
}

/// What Enter wants: to see what taking the selected entry back would do.
pub fn take_back(state: &State) -> Intent {
    let Some(past) = chosen(state) else { return Intent::Say("There is nothing to take back.".to_owned()) };
    if let Some(why) = elsewhere(state, past) {
        return Intent::Say(why);
    }
    match &past.standing {
        Standing::Running => Intent::Say("It is under way in another session.".to_owned()),
        Standing::Undone { by } => Intent::Say(format!("It was taken back already, by {by}.")),
        Standing::Done | Standing::Stopped { .. } | Standing::Interrupted | Standing::Resumed { .. } => {
            Intent::Propose(Errand::Journal(About::Undo(past.entry.clone())))
        }
    }
}

/// What `r` wants: to see what is left to do of the selected entry.
pub fn finish(state: &State) -> Intent {
    let Some(past) = chosen(state) else { return Intent::Say("There is nothing to finish.".to_owned()) };
    if let Some(why) = elsewhere(state, past) {
        return Intent::Say(why);
    }
    match &past.standing {
        Standing::Interrupted | Standing::Stopped { .. } => {
            Intent::Propose(Errand::Journal(About::Resume(past.entry.clone())))
        }
        Standing::Running => Intent::Say("It is under way in another session.".to_owned()),
        Standing::Done | Standing::Undone { .. } | Standing::Resumed { .. } => {
            Intent::Say("There is nothing left to do of it.".to_owned())
        }
    }
}

fn elsewhere(state: &State, past: &Past) -> Option<String> {
    (!is_here(state, past)).then(|| format!("That was in {}: open the cockpit on it first.", past.store))
}
