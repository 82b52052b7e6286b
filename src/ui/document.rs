//! Draws the document that is being read, and says what its keys want.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::style::{Modifier, Style};
use ratatui::text::{Line, Span};
use ratatui::widgets::{Clear, Paragraph};
use regex::Regex;

use super::layers::framed;
use super::text::{count, counted, fit, head, wrap};
use super::view::View;
use crate::event::{Intent, Way};
use crate::model::Document;
use crate::model::text::clean;
use crate::state::{Reader, ReaderStage, State, expression};

/// Draws the document.
pub fn draw(view: &mut View, frame: &mut Frame<'_>, area: Rect, reader: &Reader) {
    let cells = usize::from(area.width).saturating_sub(3).max(1);
    let height = usize::from(area.height).saturating_sub(2);
    let foot = foot(view, reader, cells);
    let room = height.saturating_sub(foot.len()).max(1);
    let rows = |line: usize| rows_of(&reader.lines[line], cells, reader.wraps);
    let mut last_top = reader.lines.len();
    let mut used = 0;
    while last_top > 0 {
        used += rows(last_top - 1);
        if used > room {
            break;
        }
        last_top -= 1;
    }
    let last_top = last_top.min(reader.lines.len().saturating_sub(1));
    let top = if reader.follows { last_top } else { reader.top.min(last_top) };
    let test = reader.find.as_ref().and_then(|find| expression(&find.text));
    let at = reader.find.as_ref().and_then(|find| find.at);
    let (mut lines, mut shown) = (Vec::new(), 0);
    for (number, text) in reader.lines.iter().enumerate().skip(top) {
        if lines.len() >= room {
            break;
        }
        shown += 1;
        let present = at == Some(number);
        let parts = parts(text, cells, reader.wraps, view.glyphs.cut);
        lines.extend(parts.into_iter().map(|part| marked(view, part, test.as_ref(), present)));
    }
    lines.truncate(room);
    view.text = (top, reader.lines.len());
    view.page_rows = shown.max(1);
    let title = format!("{} of {}", reader.document.name(), clean(&reader.subject.to_string()));
    let block = framed(view, &title, &remark(reader, (top, shown)), usize::from(area.width));
    lines.extend(foot);
    frame.render_widget(Clear, area);
    frame.render_widget(Paragraph::new(lines).block(block), area);
}

/// Where one is, what is followed, what was found, and what was dropped.
fn remark(reader: &Reader, (top, shown): (usize, usize)) -> String {
    let mut parts = Vec::new();
    if let Some(find) = &reader.find {
        let place = find.place.map_or_else(String::new, |(number, all)| format!(" {number} of {all}"));
        parts.push(format!("/{}{place}", clean(&find.text)));
    }
    if reader.document == Document::Logs && reader.is_live() {
        parts.push(if reader.follows { "following".to_owned() } else { "not following".to_owned() });
    }
    if reader.dropped > 0 {
        parts.push(format!("{} dropped before", counted(reader.dropped, "line")));
    }
    if !reader.lines.is_empty() {
        let all = count(reader.lines.len() as u64);
        parts.push(format!("{}-{} of {all}", count(top as u64 + 1), count((top + shown) as u64)));
    }
    parts.join(", ")
}

/// What is to be said of how far the reading is, under the text.
fn foot(view: &View, reader: &Reader, cells: usize) -> Vec<Line<'static>> {
    let theme = &view.theme;
    let (style, text) = match &reader.stage {
        ReaderStage::Loading => (theme.dim.0, format!("Asking for the {} …", reader.document.name())),
        ReaderStage::Coming => return Vec::new(),
        ReaderStage::Ended if reader.document == Document::Logs => (
            theme.warn.0,
            "The log ended: its container is over, or the server closed it. Esc, then l reads it anew."
                .to_owned(),
        ),
        ReaderStage::Ended if reader.lines.is_empty() => (theme.dim.0, "It is empty.".to_owned()),
        ReaderStage::Ended => return Vec::new(),
        ReaderStage::Stopped => (theme.warn.0, "Stopped; nothing more is read. Esc goes back.".to_owned()),
        ReaderStage::Failed(why) => (
            theme.unknown.0,
            format!(
                "{} Could not be read{}: {}",
                view.glyphs.unknown,
                if reader.lines.is_empty() { "" } else { " on" },
                clean(why)
            ),
        ),
    };
    wrap(&text, cells).into_iter().map(|line| Line::styled(format!(" {line}"), style)).collect()
}

fn rows_of(text: &str, cells: usize, wraps: bool) -> usize {
    if wraps { super::text::width(text).div_ceil(cells).max(1) } else { 1 }
}

/// A line as it is shown: broken anywhere, or cut.
fn parts(text: &str, cells: usize, wraps: bool, cut: &str) -> Vec<String> {
    if !wraps {
        return vec![fit(text, cells, cut)];
    }
    let (mut parts, mut rest) = (Vec::new(), text);
    while super::text::width(rest) > cells {
        let part = head(rest, cells);
        if part.is_empty() {
            break;
        }
        parts.push(part.to_owned());
        rest = &rest[part.len()..];
    }
    parts.push(rest.to_owned());
    parts
}

/// A line with what is looked for in reverse video, the present match underlined too.
fn marked(view: &View, text: String, test: Option<&Regex>, present: bool) -> Line<'static> {
    let mut spans = vec![Span::raw(" ")];
    let mut from = 0;
    let mut style = Style::default().add_modifier(Modifier::REVERSED);
    if present {
        style = view.theme.accent.0.add_modifier(Modifier::REVERSED | Modifier::UNDERLINED);
    }
    for found in test.iter().flat_map(|test| test.find_iter(&text)).filter(|found| !found.is_empty()) {
        spans.push(Span::raw(text[from..found.start()].to_owned()));
        spans.push(Span::styled(found.as_str().to_owned(), style));
        from = found.end();
    }
    spans.push(Span::raw(text[from..].to_owned()));
    Line::from(spans)
}

/// The wish to go to a match, seen from what is on the screen.
pub const fn find(view: &View, way: Way) -> Intent {
    Intent::Find { way, from: view.text.0, height: view.page_rows }
}

/// The wish to follow, or to stay where one is.
pub fn follow(state: &State, view: &View) -> Intent {
    let follows = state.reader().is_some_and(|reader| reader.follows);
    Intent::Scroll(if follows { view.text.0 } else { usize::MAX })
}

/// Whether a wish to scroll leads no further than the end that is followed anyway.
pub fn stays(state: &State, view: &View, line: usize) -> bool {
    state.reader().is_some_and(|reader| reader.follows) && line >= view.text.0
}

/// The wish to copy the lines that are on the screen, whole.
pub fn copy_shown(state: &State, view: &View) -> Intent {
    copy(state, view.text.0, view.page_rows)
}

/// The wish to copy all lines.
pub fn copy_all(state: &State, _: &View) -> Intent {
    copy(state, 0, usize::MAX)
}

fn copy(state: &State, from: usize, lines: usize) -> Intent {
    let Some(reader) = state.reader() else { return Intent::Say("There is no document.".to_owned()) };
    let lines: Vec<_> = reader.lines.iter().skip(from).take(lines).map(String::as_str).collect();
    Intent::Copy { what: "Lines", text: lines.join("\n") }
}
