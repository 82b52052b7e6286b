//! One line of a log as rows of the screen: how bad it is, when, from where, and what happened.

use ratatui::style::{Modifier, Style};
use ratatui::text::{Line, Span};

use super::time;
use crate::logs::Level;
use crate::logs::{Line as Logged, about};
use crate::model::text::clean;
use crate::sources::logs::picture::{Place, Stored, severity};
use crate::state::State;
use crate::state::logs::{Times, Words};
use crate::ui::text::{fit, head, pad, pad_left, width};
use crate::ui::view::View;

/// Cells of the signs before everything else: pinned, and how bad.
const SIGNS: usize = 3;
/// Cells of the longest word for a level and a blank.
const LEVEL: usize = 6;
/// Most rows of one line that is wrapped.
const WRAPPED: usize = 12;

/// How wide the columns are.
#[derive(Clone, Copy, Debug)]
pub struct Columns {
    pub time: usize,
    pub stream: usize,
    pub what: usize,
}

impl Columns {
    /// As many as there is room for.
    pub fn of(state: &State, cells: usize) -> Self {
        let (time, stream) = match cells {
            100.. => (12, 20),
            64.. => (8, 12),
            _ => (8, 0),
        };
        let time = if state.tail.times == Times::Shown { time } else { 0 };
        let gaps = usize::from(time > 0) + 2 * usize::from(stream > 0);
        let what = cells.saturating_sub(SIGNS + time + LEVEL + stream + gaps);
        Self { time, stream, what }
    }

    const fn before(self) -> usize {
        SIGNS + self.time + LEVEL + self.stream + (self.time > 0) as usize + 2 * (self.stream > 0) as usize
    }
}

/// The row above the lines, which says what clock the times are of.
pub fn header(state: &State, view: &View, columns: Columns) -> Line<'static> {
    let cut = view.glyphs.cut;
    let mut text = " ".repeat(SIGNS);
    if columns.time > 0 {
        text.push_str(&pad(&time::label(state), columns.time + 1, cut));
    }
    text.push_str(&pad("level", LEVEL, cut));
    if columns.stream > 0 {
        text.push_str(&pad("stream", columns.stream + 2, cut));
    }
    text.push_str(if state.tail.words == Words::Told { "what happened" } else { "as it was written" });
    Line::styled(text, view.theme.dim.0)
}

/// The rows of a line.
pub fn rows(
    state: &State,
    view: &View,
    (place, stored): (Place, &Stored),
    here: Option<Place>,
    columns: Columns,
) -> Vec<Line<'static>> {
    let (theme, cut, tail) = (&view.theme, view.glyphs.cut, &state.tail);
    let is_here = here == Some(place);
    let tint = |style: Style| if is_here { theme.selected.0 } else { style };
    let (sign, tone) = sign(view, severity(&stored.line));
    let pin = if tail.pins.contains_key(&place) { view.glyphs.mark } else { " " };
    let mut spans =
        vec![Span::styled(pin, tint(theme.accent.0)), Span::styled(format!("{sign} "), tint(tone))];
    if columns.time > 0 {
        let from = here.map_or(place.at, |here| here.at);
        let text = time::text(state, place.at, from, columns.time);
        spans.push(Span::styled(format!("{} ", pad_left(&text, columns.time)), tint(theme.dim.0)));
    }
    spans.push(Span::styled(pad(word(severity(&stored.line)), LEVEL, cut), tint(tone)));
    if columns.stream > 0 {
        let name = short(&clean(&stored.stream), columns.stream, cut);
        spans.push(Span::styled(format!("{}  ", pad(&name, columns.stream, cut)), tint(theme.dim.0)));
    }
    let text = what(state, &stored.line);
    let parts = parts(state, &text, columns.what, cut);
    let mut lines = Vec::new();
    for (number, part) in parts.into_iter().enumerate() {
        let mut row = match number {
            0 => std::mem::take(&mut spans),
            _ => vec![Span::styled(" ".repeat(columns.before()), tint(theme.text.0))],
        };
        let part = if is_here { pad(&part, columns.what, cut) } else { part };
        row.extend(marked(state, part, tint(theme.text.0)));
        lines.push(Line::from(row));
    }
    lines
}

/// The sign of how bad a line is, and how it is coloured.
pub fn sign(view: &View, level: Level) -> (&'static str, Style) {
    let theme = &view.theme;
    match level {
        Level::Fatal | Level::Error => (view.glyphs.bad, theme.bad.0),
        Level::Warning => (view.glyphs.warn, theme.warn.0),
        Level::Info | Level::Debug | Level::Unknown => (" ", theme.dim.0),
    }
}

/// A word for how bad a line is.
pub const fn word(level: Level) -> &'static str {
    match level {
        Level::Fatal => "fatal",
        Level::Error => "error",
        Level::Warning => "warn",
        Level::Info => "info",
        Level::Debug => "debug",
        Level::Unknown => "",
    }
}

/// A stream's name by its end, which tells most: the file, or the pod without its container.
pub fn short(name: &str, cells: usize, cut: &str) -> String {
    if width(name) <= cells {
        return name.to_owned();
    }
    let (before, last) = name.rsplit_once('/').unwrap_or(("", name));
    let name = if name.starts_with('/') || before.is_empty() { last } else { before };
    if width(name) <= cells {
        return name.to_owned();
    }
    let kept: String = name.chars().rev().collect();
    let tail: String = head(&kept, cells.saturating_sub(width(cut))).chars().rev().collect();
    format!("{cut}{tail}")
}

/// What a line says happened, or as it was written; where what is looked for is not in that, the place where it is.
fn what(state: &State, line: &Logged) -> String {
    let text = clean(&line.text).into_owned();
    if state.tail.words == Words::Written {
        return text;
    }
    let told = clean(&told(line)).into_owned();
    let Some(find) = &state.tail.find else { return told };
    match find.test.find(&text) {
        Some(found) if !find.test.is_match(&told) => {
            let before: String = text[..found.start()].chars().rev().take(16).collect();
            let before: String = before.chars().rev().collect();
            let after: String = text[found.start()..].chars().take(48).collect();
            format!("{before}{after}  <  {told}")
        }
        Some(_) | None => told,
    }
}

/// What a line says happened: status, method and subject first, then the words.
pub fn told(line: &Logged) -> String {
    let mut parts = Vec::new();
    if let Some(request) = &line.request {
        parts.extend(request.status.map(|status| status.to_string()));
        let about = about(request);
        let asked = format!("{} {}", request.method, about.as_deref().unwrap_or(&request.uri));
        parts.push(asked.trim_start().to_owned());
        parts.extend(request.server.as_ref().map(|server| format!("at {server}")));
    }
    match (&line.error, &line.message) {
        (Some(error), _) => parts.push(error.words()),
        (None, Some(message)) => parts.push(message.to_string()),
        (None, None) => {}
    }
    if parts.is_empty() { line.text.to_string() } else { parts.join("  ") }
}

/// The text as it is shown: from the offset on and cut, or in rows.
fn parts(state: &State, text: &str, cells: usize, cut: &str) -> Vec<String> {
    if cells == 0 {
        return vec![String::new()];
    }
    if !state.tail.wraps {
        let skipped = head(text, state.tail.offset).len();
        return vec![fit(&text[skipped..], cells, cut)];
    }
    let (mut parts, mut rest) = (Vec::new(), text);
    while width(rest) > cells && parts.len() + 1 < WRAPPED {
        let part = head(rest, cells);
        if part.is_empty() {
            break;
        }
        parts.push(part.to_owned());
        rest = &rest[part.len()..];
    }
    parts.push(fit(rest, cells, cut));
    parts
}

/// A text with what is looked for in reverse video.
fn marked(state: &State, text: String, style: Style) -> Vec<Span<'static>> {
    let Some(find) = &state.tail.find else { return vec![Span::styled(text, style)] };
    let (mut spans, mut from) = (Vec::new(), 0);
    let found = style.add_modifier(Modifier::REVERSED | Modifier::BOLD);
    for hit in find.test.find_iter(&text).filter(|hit| !hit.is_empty()) {
        spans.push(Span::styled(text[from..hit.start()].to_owned(), style));
        spans.push(Span::styled(hit.as_str().to_owned(), found));
        from = hit.end();
    }
    spans.push(Span::styled(text[from..].to_owned(), style));
    spans
}
