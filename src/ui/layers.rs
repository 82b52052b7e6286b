//! What lies over a panel: help, a text, a menu.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};
use ratatui::widgets::{Block, Clear, Paragraph};

use super::keymap::{Group, Now, bindings, is_taken, sort_keys};
use super::panels::{describe, generation, logs, overview, select};
use super::text::{counted, fit, fit_middle, pad, size, wrap};
use super::view::View;
use super::{deed, document, journal, keys};
use crate::actions::commands::COMMANDS;
use crate::actions::verbs::{self, Risk, VERBS, Verb};
use crate::actions::writing;
use crate::event::MenuKind;
use crate::model::Subject;
use crate::model::text::clean;
use crate::state::{Layer, State};

/// Draws the layer over the panel, if there is one.
pub fn draw(state: &State, view: &mut View, frame: &mut Frame<'_>, area: Rect) {
    match &state.screen.layer {
        None => {}
        Some(Layer::Help { top }) => {
            let lines = help(state, view);
            text(view, frame, area, "Help: the keys that are valid now", lines, *top);
        }
        Some(Layer::Describe { subject, top }) => {
            let cells = usize::from(area.width).saturating_sub(4);
            let lines = describe::lines(state, view, subject, cells);
            let title = match subject {
                Subject::Cause { rule, .. } => format!("Why: {}", overview::name(rule)),
                subject => clean(&subject.to_string()).into_owned(),
            };
            text(view, frame, area, &title, lines, *top);
        }
        Some(Layer::Staging { top }) => {
            let lines = staging(state, view, usize::from(area.width).saturating_sub(4));
            text(view, frame, area, "Staging, from another terminal", lines, *top);
        }
        Some(Layer::Line { stored, top }) => {
            let lines = logs::details(state, view, stored, usize::from(area.width).saturating_sub(4));
            text(view, frame, area, &format!("A line of {}", clean(&stored.stream)), lines, *top);
        }
        Some(Layer::Raw { key, top }) => raw(state, view, frame, area, key, *top),
        Some(Layer::Menu { kind, offers, chosen }) => {
            draw_menu(state, view, frame, area, *kind, (offers, *chosen));
        }
        Some(Layer::Document(reader)) => document::draw(view, frame, area, reader),
        Some(Layer::Deed(deed)) => deed::draw(state, view, frame, area, deed),
        Some(Layer::Journal { .. }) => journal::draw(state, view, frame, area),
    }
}

pub(super) fn framed(view: &View, title: &str, remark: &str, cells: usize) -> Block<'static> {
    let block = Block::bordered().border_set(view.glyphs.border).border_style(view.theme.accent.0);
    let title = fit_middle(title, cells.saturating_sub(super::text::width(remark) + 8), view.glyphs.cut);
    let block = block.title_top(Line::styled(format!(" {title} "), view.theme.title.0));
    if remark.is_empty() {
        return block;
    }
    block.title_top(Line::styled(format!(" {remark} "), view.theme.dim.0).right_aligned())
}

fn text(
    view: &mut View,
    frame: &mut Frame<'_>,
    area: Rect,
    title: &str,
    lines: Vec<Line<'static>>,
    top: usize,
) {
    let height = usize::from(area.height).saturating_sub(2).max(1);
    let top = top.min(lines.len().saturating_sub(height));
    view.page_rows = height;
    view.text = (top, lines.len());
    let last = (top + height).min(lines.len());
    let remark = format!("{}-{last} of {}", top + 1, lines.len());
    let block = framed(view, title, &remark, usize::from(area.width));
    let shown: Vec<_> = lines.into_iter().skip(top).take(height).collect();
    frame.render_widget(Clear, area);
    frame.render_widget(Paragraph::new(shown).block(block), area);
}

fn raw(state: &State, view: &mut View, frame: &mut Frame<'_>, area: Rect, key: &str, top: usize) {
    let name = clean(key).into_owned();
    let cells = usize::from(area.width).saturating_sub(4);
    let (title, lines) = match &state.bucket.raw {
        Some((read, Ok(raw))) if read == key => {
            let part = (raw.shown < raw.size).then(|| format!("first {} shown", part(raw.shown)));
            let facts =
                [Some(size(raw.size)), part, Some(raw.kind.name().to_owned()), generation(&raw.version.0)];
            let facts: Vec<_> = facts.into_iter().flatten().collect();
            let path = wrap(&name, cells).into_iter().chain([facts.join(", ")]);
            let head = path.map(|line| Line::styled(format!(" {line}"), view.theme.dim.0));
            let body = raw.lines.iter().map(|line| Line::raw(format!(" {line}")));
            ("Raw".to_owned(), head.chain([Line::default()]).chain(body).collect())
        }
        Some((read, Err(trouble))) if read == key => {
            let words = [
                format!("{}: {}", trouble.kind.name(), trouble.why),
                String::new(),
                trouble.advice().to_owned(),
            ];
            (name, words.into_iter().map(|line| Line::raw(format!(" {line}"))).collect())
        }
        Some(_) | None => (name, vec![Line::styled(" reading …", view.theme.dim.0)]),
    };
    text(view, frame, area, &title, lines, top);
}

/// Story, addresses and commands of the embedded site; commands, which are set in, stand out.
fn staging(state: &State, view: &View, cells: usize) -> Vec<Line<'static>> {
    let mut lines = Vec::new();
    for line in &state.session.staging {
        let style = if line.starts_with(' ') { view.theme.accent.0 } else { view.theme.text.0 };
        let indent = " ".repeat(1 + line.len() - line.trim_start().len());
        let wrapped = wrap(line.trim_start(), cells.saturating_sub(indent.len()));
        lines.extend(wrapped.into_iter().map(|part| Line::styled(format!("{indent}{part}"), style)));
    }
    lines
}

/// A size in as few letters as it needs.
fn part(bytes: u64) -> String {
    size(bytes).replace(".0 ", " ")
}

/// The keys and commands that are valid now, from the tables.
fn help(state: &State, view: &View) -> Vec<Line<'static>> {
    let mut lines = Vec::new();
    // What is valid below the help is what one wants to read about; only the layer itself hides it.
    for group in Group::ALL {
        lines.push(Line::styled(format!(" {}", group.title()), view.theme.title.0));
        let mut seen: Vec<&str> = Vec::new();
        for binding in
            bindings().filter(|binding| binding.group == group && (binding.valid)(Now::below(state)))
        {
            if seen.contains(&binding.keys[0]) {
                continue;
            }
            seen.push(binding.keys[0]);
            let names: Vec<_> = binding.keys.iter().map(|name| keys::label(name)).collect();
            lines.push(entry(view, &names.join(" "), binding.title));
        }
        if let Some((letters, title)) = sort_keys(Now::below(state)).filter(|_| group == Group::Look) {
            lines.push(entry(view, &letters, &title));
        }
        let verbs = VERBS.iter().filter(|verb| !verb.key.is_empty() && group == Group::of(verb));
        let valid =
            verbs.filter(|verb| why_off(state, verb).is_none() && !is_taken(verb.key, Now::below(state)));
        lines.extend(valid.map(|verb| entry(view, &keys::label(verb.key), verb.title)));
        lines.push(Line::default());
    }
    lines.push(Line::styled(" Commands", view.theme.title.0));
    for command in COMMANDS {
        let names: Vec<_> = command.names.iter().map(|name| format!(":{name}")).collect();
        let title = match command.argument {
            "" => command.title.to_owned(),
            argument => format!("{}: :{} {argument}", command.title, command.names[0]),
        };
        lines.push(entry(view, &names.join(" "), &title));
    }
    lines
}

fn entry(view: &View, keys: &str, title: &str) -> Line<'static> {
    Line::from(vec![
        Span::styled(format!("   {}", pad(keys, 22, view.glyphs.cut)), view.theme.accent.0),
        Span::raw(format!(" {title}")),
    ])
}

fn why_off(state: &State, verb: &Verb) -> Option<&'static str> {
    match writing::aimed(state, verb.id) {
        None => Some("nothing is selected"),
        Some(subject) if !(verb.of)(&subject) => Some("it is for something else"),
        Some(subject) => (verb.intent)(state, &subject).err(),
    }
}

fn draw_menu(
    state: &State,
    view: &mut View,
    frame: &mut Frame<'_>,
    area: Rect,
    kind: MenuKind,
    (offers, chosen): (&[&'static str], usize),
) {
    let verbs: Vec<_> = offers.iter().filter_map(|id| verbs::find(id)).collect();
    let chosen = chosen.min(verbs.len().saturating_sub(1));
    let title = match kind {
        MenuKind::Actions => "What can be done to it",
        MenuKind::Copy => "Copy",
    };
    let subject = match writing::marked(state).count() {
        0 => state.subject().map(|subject| clean(&subject.to_string()).into_owned()).unwrap_or_default(),
        marks => format!("{}; what writes is for all of them", counted(marks as u64, "marked tag")),
    };
    let width = area.width.min(76);
    let height = u16::try_from(verbs.len() + 3).unwrap_or(u16::MAX).min(area.height);
    let place =
        Rect { x: area.x + (area.width - width) / 2, y: area.y + (area.height - height) / 2, width, height };
    let cells = usize::from(width).saturating_sub(4);
    let mut lines =
        vec![Line::styled(format!(" {}", fit_middle(&subject, cells, view.glyphs.cut)), view.theme.dim.0)];
    lines.extend(verbs.iter().enumerate().map(|(number, verb)| {
        let line = menu_line(state, view, verb, cells);
        if number == chosen { select(view, &line, usize::from(width).saturating_sub(2)) } else { line }
    }));
    frame.render_widget(Clear, place);
    frame.render_widget(
        Paragraph::new(lines).block(framed(view, title, "Enter does it", usize::from(width))),
        place,
    );
}

fn menu_line(state: &State, view: &View, verb: &Verb, cells: usize) -> Line<'static> {
    let key = if writing::deletion_verb(state) == Some(verb.id) { "ctrl-d" } else { verb.key };
    let key = pad(&keys::label(key), 7, view.glyphs.cut);
    match why_off(state, verb) {
        None => {
            let title = pad(verb.title, cells.saturating_sub(8 + 10), view.glyphs.cut);
            let badge = if verb.risk == Risk::Writes { view.theme.warn.0 } else { view.theme.dim.0 };
            Line::from(vec![
                Span::styled(format!(" {key} "), view.theme.accent.0),
                Span::raw(title),
                Span::styled(format!(" {:<9}", verb.risk.name()), badge),
            ])
        }
        Some(why) => {
            let text =
                fit(&format!("{}: off, {why}", verb.words()), cells.saturating_sub(8), view.glyphs.cut);
            Line::styled(format!(" {key} {text}"), view.theme.dim.0)
        }
    }
}
