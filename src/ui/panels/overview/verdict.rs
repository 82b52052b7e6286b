//! What is most likely wrong, before anything else: how sure that is, since when, what follows from it, and what to do.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::{Line, Span};
use ratatui::widgets::Paragraph;

use super::{Focus, boxed, edge, select, sign, style};
use crate::diagnosis::finding::Impact;
use crate::diagnosis::look::{Lack, Need};
use crate::diagnosis::path::{Verdict, first_broken};
use crate::diagnosis::verdict::{Cause, Diagnosis};
use crate::model::Subject;
use crate::model::text::clean;
use crate::state::State;
use crate::ui::text::{counted, fit, pad, width, wrap};
use crate::ui::view::View;

/// Causes that are told at once: whoever needs more than two begins with these.
const SHOWN: usize = 2;
/// Cells before the words.
const LEAD: usize = 3;
/// Narrower than this a cause is its words only.
const NARROW: u16 = 60;

/// How much is told of each cause.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// What it is, what follows from it, and the next step.
    Full,
    /// What it is, and the next step.
    Short,
    /// What it is.
    Words,
}

impl Form {
    /// What fits on a panel of this size.
    pub const fn fitting(area: Rect) -> Self {
        match area.width {
            ..NARROW => Self::Words,
            _ if area.height < super::TIGHT => Self::Short,
            _ => Self::Full,
        }
    }
}

/// Lines that it takes, its frame included.
pub fn height(state: &State, form: Form, cells: u16) -> u16 {
    let cells = usize::from(cells).saturating_sub(2);
    let causes = &state.diagnosis().causes;
    let told = causes.iter().take(SHOWN).map(|cause| 1 + rest_of(cause, form, cells).len()).sum::<usize>();
    let lines = if causes.is_empty() { 1 + usize::from(!open(state, form).is_empty()) } else { told };
    u16::try_from(lines + 2).unwrap_or(u16::MAX)
}

/// Draws it.
pub fn draw(state: &State, view: &View, frame: &mut Frame<'_>, area: Rect, (form, focus): (Form, Focus)) {
    let block = boxed(view, area, "1 Overview", &remarks(state), edge(view, focus));
    let inside = block.inner(area);
    frame.render_widget(block, area);
    let cells = usize::from(inside.width);
    let causes = &state.diagnosis().causes;
    let chosen = state.finding();
    let lines = match causes.is_empty() {
        true => nothing(state, view, form, cells, chosen == Some(Subject::Checks)),
        false => {
            let same = |cause: &Cause| {
                chosen.as_ref().and_then(|row| state.cause(row)).is_some_and(|it| it == cause)
            };
            let at = causes.iter().position(same);
            let top = (at.unwrap_or(0) + 1).saturating_sub(SHOWN);
            let shown = causes.iter().enumerate().skip(top).take(SHOWN);
            shown.flat_map(|(number, cause)| of(view, cause, form, cells, at == Some(number))).collect()
        }
    };
    frame.render_widget(Paragraph::new(lines), inside);
}

/// What stands beside the title.
fn remarks(state: &State) -> Vec<String> {
    let diagnosis = state.diagnosis();
    if diagnosis.causes.is_empty() {
        return vec!["what is wrong".to_owned()];
    }
    let more = diagnosis.causes.len().saturating_sub(SHOWN);
    let blind = lacking(diagnosis, Lack::Blind).0;
    let parts = [
        (more > 0).then(|| format!("what is most likely wrong, and {more} more below")),
        (more == 0).then(|| "what is most likely wrong".to_owned()),
        Some(state.awaited())
            .filter(|awaited| !awaited.is_empty())
            .map(|names| format!("waiting for {}", names.join(", "))),
        (blind > 0).then(|| format!("{} could not be made", counted(blind as u64, "check"))),
    ];
    parts.into_iter().flatten().collect()
}

/// How a cause is signed and coloured.
pub const fn weight(impact: Impact) -> Verdict {
    match impact {
        Impact::Outage | Impact::Degraded => Verdict::Broken,
        Impact::Risk => Verdict::Minor,
    }
}

/// The id of a rule in words.
pub fn name(rule: &str) -> String {
    rule.replace('-', " ")
}

fn of(view: &View, cause: &Cause, form: Form, cells: usize, is_chosen: bool) -> Vec<Line<'static>> {
    let cut = view.glyphs.cut;
    let verdict = weight(cause.impact());
    let words = clean(&cause.finding.words).into_owned();
    let sure = if form == Form::Words { String::new() } else { sureness(cause) };
    let room = cells.saturating_sub(LEAD + width(&sure) + 3);
    let lead = format!(" {} ", sign(view, verdict));
    let first = Line::from(vec![
        Span::styled(lead, style(view, verdict)),
        Span::styled(pad(&words, room, cut), style(view, verdict)),
        Span::styled(format!("  {sure}"), view.theme.dim.0),
    ]);
    let first = if is_chosen { select(view, &first, cells) } else { first };
    let rest = rest_of(cause, form, cells).into_iter().map(|(label, text)| {
        let text = fit(&clean(&text), cells.saturating_sub(LEAD + width(label) + 1), cut);
        Line::from(vec![Span::styled(format!("   {label} "), view.theme.dim.0), Span::raw(text)])
    });
    std::iter::once(first).chain(rest).collect()
}

/// How sure it is, and since when it is so.
fn sureness(cause: &Cause) -> String {
    let since = cause.finding.since.map(|since| format!(", since {}", since.strftime("%H:%M")));
    format!("{}{}", cause.confidence.name(), since.unwrap_or_default())
}

/// What is told below its words.
fn rest_of(cause: &Cause, form: Form, cells: usize) -> Vec<(&'static str, String)> {
    let next = ("next:", cause.finding.next.clone());
    let explained = explained(cause).map(|explained| ("explains:", explained));
    match form {
        Form::Full => {
            let room = cells.saturating_sub(LEAD + width(next.0) + 1);
            let parts = wrap(&clean(&next.1), room);
            // As much of the next step as fits where nothing is explained.
            let lines =
                if explained.is_some() || parts.len() == 1 { vec![next] } else { halved(&next, &parts) };
            explained.into_iter().chain(lines).collect()
        }
        Form::Short => {
            let both =
                explained.map(|(label, text)| format!("{}; {label} {text}", next.1.trim_end_matches('.')));
            let both = both.filter(|both| LEAD + width(next.0) + 1 + width(both) <= cells);
            vec![(next.0, both.unwrap_or(next.1))]
        }
        Form::Words => Vec::new(),
    }
}

/// A step in two lines: the second is cut where even that is too little.
fn halved((label, text): &(&'static str, String), parts: &[String]) -> Vec<(&'static str, String)> {
    let first = parts.first().cloned().unwrap_or_default();
    let rest = clean(text).chars().skip(first.chars().count()).collect::<String>().trim_start().to_owned();
    vec![(*label, first), ("     ", rest)]
}

/// What follows from it, each once.
fn explained(cause: &Cause) -> Option<String> {
    let mut names: Vec<_> = cause.symptoms.iter().map(|symptom| name(symptom.rule)).collect();
    let mut seen = std::collections::BTreeSet::new();
    names.retain(|name| seen.insert(name.clone()));
    (!names.is_empty()).then(|| names.join(", "))
}

/// How many checks lack something in this way, and what that is.
pub fn lacking(diagnosis: &Diagnosis, lack: Lack) -> (usize, Vec<String>) {
    let worst = |needs: &[Need]| needs.iter().map(|need| need.lack).min();
    let open: Vec<_> = diagnosis.open.iter().filter(|(_, needs)| worst(needs) == Some(lack)).collect();
    let mut whats: Vec<String> = Vec::new();
    for need in open.iter().flat_map(|(_, needs)| needs).filter(|need| need.lack == lack) {
        if !whats.contains(&need.what) {
            whats.push(need.what.clone());
        }
    }
    (open.len(), whats)
}

/// What there is to say where nothing is known to be wrong.
fn nothing(state: &State, view: &View, form: Form, cells: usize, is_chosen: bool) -> Vec<Line<'static>> {
    let diagnosis = state.diagnosis();
    let (blind, made) = (lacking(diagnosis, Lack::Blind).0, diagnosis.clear.len());
    let awaited = state.awaited();
    let breaks =
        first_broken(state.path()).map(|hop| format!("the way of a pull breaks at: {}", hop.title()));
    let fails = (state.radar.lately > 0).then(|| "requests fail".to_owned());
    let (verdict, words) = match (awaited.is_empty(), blind, made) {
        _ if breaks.is_some() || fails.is_some() => {
            let verdict = if breaks.is_some() { Verdict::Broken } else { Verdict::Minor };
            (verdict, format!("No cause is known yet, but {}", breaks.or(fails).unwrap_or_default()))
        }
        (false, _, _) => (Verdict::Waiting, format!("Looking: waiting for {}", awaited.join(", "))),
        (true, 0, _) if !diagnosis.unread.is_empty() => {
            let sources = match diagnosis.unread.len() {
                1 => "1 source".to_owned(),
                number => format!("{number} sources"),
            };
            (Verdict::Unknown, format!("Nothing wrong was found, but {sources} could not be read"))
        }
        (true, 0, 0) => (Verdict::Unknown, "Nothing is watched that could tell what is wrong".to_owned()),
        (true, 0, _) => (Verdict::Good, "Nothing is wrong as far as it is watched".to_owned()),
        (true, blind, _) => {
            let checks = counted(blind as u64, "check");
            (Verdict::Unknown, format!("Nothing wrong was found, but {checks} could not be made"))
        }
    };
    let tint = style(view, verdict);
    let made = match (verdict, made, cells) {
        (Verdict::Waiting | Verdict::Broken | Verdict::Minor, _, _) | (_, 0, _) | (_, _, ..60) => {
            String::new()
        }
        (_, made, _) => format!(": {} found nothing", counted(made as u64, "check")),
    };
    let room = cells.saturating_sub(LEAD);
    let first = Line::styled(
        format!(" {} {}", sign(view, verdict), fit(&format!("{words}{made}"), room, view.glyphs.cut)),
        tint,
    );
    let first = if is_chosen { select(view, &first, cells) } else { first };
    let open = open(state, form);
    let dim: Style = view.theme.dim.0;
    let rest =
        (!open.is_empty()).then(|| Line::styled(format!("   {}", fit(&open, room, view.glyphs.cut)), dim));
    std::iter::once(first).chain(rest).collect()
}

/// The checks that could not be made, and what they need; nothing while answers are awaited.
fn open(state: &State, form: Form) -> String {
    if form == Form::Words || !state.awaited().is_empty() {
        return String::new();
    }
    let ways = [
        (Lack::Blind, "would need"),
        (Lack::Waiting, "would take longer:"),
        (Lack::Off, "would need what is not watched:"),
    ];
    let parts = ways.into_iter().filter_map(|(lack, words)| {
        let (count, whats) = lacking(state.diagnosis(), lack);
        let whats: Vec<_> = whats.iter().map(|what| clean(what)).collect();
        (count > 0).then(|| format!("{} {words} {}", counted(count as u64, "check"), whats.join(", ")))
    });
    let unread: Vec<_> = state.diagnosis().unread.iter().map(|need| clean(&need.what)).collect();
    let unread = (!unread.is_empty()).then(|| format!("could not be read: {}", unread.join(", ")));
    unread.into_iter().chain(parts).collect::<Vec<_>>().join("; ")
}
