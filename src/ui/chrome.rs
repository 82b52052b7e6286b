//! The lines that frame every panel: header, message line and bar.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::style::Modifier;
use ratatui::text::{Line, Span};
use ratatui::widgets::Paragraph;

use super::keymap::{Binding, Now, bindings, is_taken};
use super::panels::{self, Panel};
use super::text::{counted, fit, width};
use super::view::View;
use super::{deed, keys, standing};
use crate::actions::commands;
use crate::actions::verbs;
use crate::event::{PanelId, PromptKind};
use crate::model::text::clean;
use crate::state::{Prompt, State, tables};

/// Who and where we are, how things stand, and the time. Where it is narrow the name of the program goes first, then
/// of how things stand what is best: which environment this is stays.
pub fn header(state: &State, view: &View, frame: &mut Frame<'_>, area: Rect) {
    let cells = usize::from(area.width);
    let clock = vec![Span::raw(format!("{} UTC ", state.now.strftime("%H:%M")))];
    let place = place(state, view, usize::MAX);
    let name = [Span::styled(" quarterdeck", view.theme.title.0), Span::raw(" ")];
    let named: Vec<_> = name.into_iter().chain(place.clone()).collect();
    let strip = standing::strip(state, view);
    let width = |spans: &[Span<'_>]| spans.iter().map(Span::width).sum::<usize>();
    let all = width(&strip.concat());
    let forms = [(named, clock.clone()), (place.clone(), clock), (place, Vec::new())];
    let fits = |rest: usize| {
        move |(left, right): &&(Vec<Span<'_>>, Vec<Span<'_>>)| width(left) + rest + width(right) < cells
    };
    let chosen = forms.iter().take(1).find(fits(all)).or_else(|| forms.iter().skip(1).find(fits(0)));
    let cut = (self::place(state, view, cells), Vec::new());
    let (left, clock) = chosen.unwrap_or(&cut);
    let mut room = cells.saturating_sub(width(left) + width(clock) + 1);
    let mut right = Vec::new();
    for part in strip.into_iter().take_while(|_| !clock.is_empty()) {
        match room.checked_sub(width(&part)) {
            Some(rest) => room = rest,
            None => break,
        }
        right.extend(part);
    }
    right.extend(clock.clone());
    frame.render_widget(Paragraph::new(Line::from(right).right_aligned()), area);
    frame.render_widget(Line::from(left.clone()), area);
}

/// Where we are and whether anything may be written there, in so many cells: the name is cut before these are.
fn place(state: &State, view: &View, cells: usize) -> Vec<Span<'static>> {
    let taken = width(&clean(&state.session.protection)) + 3 + gate(state, view).width() + 3;
    let name = fit(&clean(&state.session.profile), cells.saturating_sub(taken).max(1), view.glyphs.cut);
    let mut spans = vec![Span::raw(format!(" {name}"))];
    if !state.session.protection.is_empty() {
        let word = clean(&state.session.protection);
        spans.extend([Span::raw(" "), Span::styled(format!(" {word} "), view.theme.banner.0)]);
    }
    spans.push(Span::raw("  "));
    spans.push(gate(state, view));
    spans
}

/// Whether this session may write, and for how long.
fn gate(state: &State, view: &View) -> Span<'static> {
    if state.gate.permit(state.now).is_none() {
        return Span::styled("read-only", view.theme.dim.0);
    }
    let left = state.gate.left(state.now).map(|left| {
        // A second that has begun is shown until it is over.
        let seconds = left.as_secs() + i64::from(left.subsec_nanos() > 0);
        format!("{}:{:02} ", seconds / 60, seconds % 60)
    });
    let style = view.theme.warn.0.add_modifier(Modifier::REVERSED | Modifier::BOLD);
    Span::styled(format!(" WRITE {}", left.unwrap_or_default()), style)
}

/// The prompt, else what there is to say, else the keys that matter now.
pub fn line(state: &State, view: &View, frame: &mut Frame<'_>, area: Rect) {
    let line = match (&state.screen.prompt, &state.screen.notice) {
        (Some(prompt), _) => prompt_line(prompt, state, view),
        (None, Some(notice)) => {
            let style = view.theme.tone(notice.tone);
            let text = fit(&clean(&notice.text), usize::from(area.width).saturating_sub(2), view.glyphs.cut);
            Line::styled(format!(" {text}"), style)
        }
        (None, None) => key_line(state, view, usize::from(area.width)),
    };
    frame.render_widget(Paragraph::new(line), area);
}

fn prompt_line(prompt: &Prompt, state: &State, view: &View) -> Line<'static> {
    let theme = &view.theme;
    let (sign, hint) = match prompt.kind {
        PromptKind::Command => (":".to_owned(), command_hint(&prompt.text)),
        PromptKind::Filter if state.screen.panel == PanelId::Logs => ("=".to_owned(), logs_hint(state)),
        PromptKind::Filter => ("/".to_owned(), filter_hint(state)),
        PromptKind::Find if state.reader().is_none() => {
            ("/".to_owned(), "Enter goes to the next match, n and N walk them; Tab: filter by it".to_owned())
        }
        PromptKind::Find => {
            ("/".to_owned(), "Enter goes to the first match, n and N walk them; Esc drops it".to_owned())
        }
        PromptKind::Note => ("Note: ".to_owned(), "Enter keeps it; empty takes it away".to_owned()),
        PromptKind::Name(_) => (format!("Name of {}: ", clean(&state.environment())), name_hint(state)),
    };
    Line::from(vec![
        Span::styled(format!(" {sign}"), theme.accent.0),
        Span::raw(clean(&prompt.text).into_owned()),
        Span::styled(" ", theme.selected.0),
        Span::styled(format!("  {hint}"), theme.dim.0),
    ])
}

fn name_hint(state: &State) -> String {
    let names = state.gate.asks_for().map(|names| names.join(" or ")).unwrap_or_default();
    format!("type {}; Esc: read-only", clean(&names))
}

fn command_hint(text: &str) -> String {
    let word = text.split(' ').next().unwrap_or_default();
    if let Some(command) = commands::find(word) {
        let argument =
            if command.argument.is_empty() { String::new() } else { format!("{}  ", command.argument) };
        return format!("{argument}{}", command.title);
    }
    let candidates = commands::complete(text);
    if candidates.is_empty() {
        "Enter looks it up as a reference; Esc leaves".to_owned()
    } else {
        candidates.join("  ")
    }
}

fn logs_hint(state: &State) -> String {
    let (filter, shown) = (&state.tail.sieve.filter, state.tail.shown(&state.logs).len() as u64);
    match &filter.wrong {
        Some(why) => clean(why).into_owned(),
        None if filter.text.is_empty() => {
            "words   !without   /regular expression/   status:5xx   level:error   a OR b   Tab: find"
                .to_owned()
        }
        None => {
            format!("{} pass; Enter keeps it, Esc drops it, Tab: find it instead", counted(shown, "line"))
        }
    }
}

fn filter_hint(state: &State) -> String {
    if let Some(table) = state.table() {
        return match table.filter.remark() {
            Some(remark) => remark,
            None if table.filter.is_empty() => {
                "regular expression   !without   column:regex   -f letters in order".to_owned()
            }
            None => format!("{} of {} pass; Enter keeps it, Esc drops it", table.shown.len(), table.all),
        };
    }
    let filter = &state.browser.filter;
    match filter.remark() {
        Some(remark) => remark.to_owned(),
        None if filter.is_empty() => "regular expression   !without   -f letters in order".to_owned(),
        None => "Enter keeps it, Esc drops it".to_owned(),
    }
}

/// The keys that matter now, from the keymap and the verbs.
fn key_line(state: &State, view: &View, room: usize) -> Line<'static> {
    if let Some(deed) = state.deed() {
        return key_words(view, deed::hints(state, deed), room);
    }
    let bound = bindings().filter(|binding| !binding.bar.is_empty() && (binding.valid)(Now::of(state)));
    let mut words: Vec<(String, String)> = Vec::new();
    for binding in bound {
        let key = keys::label(binding.keys[0]);
        // The first binding of a key is what it means.
        if words.iter().all(|(taken, _)| *taken != key) {
            words.push((key, bar_word(state, binding)));
        }
    }
    if let (Some(subject), None) = (state.subject(), &state.screen.layer) {
        let free = |verb: &&verbs::Verb| !verb.key.is_empty() && !is_taken(verb.key, Now::of(state));
        let verbs = verbs::of(&subject).filter(free).filter(|verb| (verb.intent)(state, &subject).is_ok());
        words.extend(verbs.map(|verb| (keys::label(verb.key), verb.words())));
    }
    key_words(view, words, room)
}

/// A binding's word; what Enter does in a table the table itself says.
fn bar_word(state: &State, binding: &Binding) -> String {
    let sheet = tables::sheet(state.screen.panel)
        .filter(|_| binding.keys[0] == "enter" && state.screen.layer.is_none());
    sheet.map_or(binding.bar, |sheet| sheet.drill.0).to_owned()
}

fn key_words(view: &View, words: Vec<(String, String)>, room: usize) -> Line<'static> {
    let theme = &view.theme;
    let (mut spans, mut used) = (vec![Span::raw(" ")], 1);
    for (key, word) in words {
        let cells = width(&key) + width(&word) + 3;
        if used + cells > room {
            break;
        }
        used += cells;
        spans.extend([Span::styled(key, theme.accent.0), Span::styled(format!(" {word}  "), theme.dim.0)]);
    }
    Line::from(spans)
}

/// Cells of the first key on the right of the bar.
const HELP: usize = 8;

/// The panels and the way to everything else.
pub fn bar(state: &State, view: &View, frame: &mut Frame<'_>, area: Rect) {
    let theme = &view.theme;
    let cells = usize::from(area.width);
    let mut left = panel_names(state, view, |panel| panel.title, " ");
    // The way to the help is worth more than whole titles.
    if left.width() + HELP > cells {
        left = panel_names(state, view, |panel| panel.short, "");
    }
    if left.width() + HELP > cells {
        let here = state.screen.panel;
        left = panel_names(state, view, |panel| if panel.id == here { panel.short } else { "" }, "");
    }
    let mut right = Vec::new();
    let mut room = cells.saturating_sub(left.width());
    for (key, word) in [("?", "help"), (":", "command"), ("q", "back")] {
        let wanted = width(key) + width(word) + 3;
        if wanted > room {
            break;
        }
        room -= wanted;
        right.extend([Span::styled(key, theme.accent.0), Span::styled(format!(" {word}  "), theme.dim.0)]);
    }
    frame.render_widget(Paragraph::new(Line::from(right).right_aligned()), area);
    let room = u16::try_from(left.width()).unwrap_or(u16::MAX).min(area.width);
    frame.render_widget(Paragraph::new(left), Rect { width: room, ..area });
}

/// The panels by their digits, and by their names where those are wanted.
fn panel_names(
    state: &State,
    view: &View,
    name: impl Fn(&Panel) -> &'static str,
    gap: &'static str,
) -> Line<'static> {
    let mut spans = vec![Span::raw(" ")];
    for panel in panels::PANELS {
        let style = if panel.id == state.screen.panel { view.theme.selected.0 } else { view.theme.dim.0 };
        let text = match name(panel) {
            "" => format!(" {} ", panel.digit),
            name => format!(" {} {name} ", panel.digit),
        };
        spans.extend([Span::styled(text, style), Span::raw(gap)]);
    }
    Line::from(spans)
}
