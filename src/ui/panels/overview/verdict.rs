//! What is most likely wrong, before anything else: how sure that is, since when, what follows from it, and what to do.

use std::collections::BTreeSet;

use jiff::Timestamp;
use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::{Line, Span};
use ratatui::widgets::Paragraph;

use super::{Focus, boxed, edge, select, sign, style};
use crate::diagnosis::finding::Impact;
use crate::diagnosis::look::{Lack, Need};
use crate::diagnosis::path::{Verdict, first_broken};
use crate::diagnosis::rules::rule;
use crate::diagnosis::verdict::{Cause, Diagnosis};
use crate::model::Subject;
use crate::model::text::clean;
use crate::state::State;
use crate::ui::text::{clock, counted, fit, pad, width, wrap};
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
    let manner = Manner::of(state, form, cells);
    let lines = |cause: &Cause| words_of(cause, manner).1.len() + rest_of(cause, manner).len();
    let told = shown(state).map(|(_, cause)| lines(cause)).sum::<usize>();
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
            let (manner, at) = (Manner::of(state, form, cells), chosen_of(state));
            shown(state).flat_map(|(number, cause)| of(view, cause, manner, at == Some(number))).collect()
        }
    };
    frame.render_widget(Paragraph::new(lines), inside);
}

/// The number of the selected cause.
fn chosen_of(state: &State) -> Option<usize> {
    let row = state.finding()?;
    let chosen = state.cause(&row)?;
    state.diagnosis().causes.iter().position(|cause| cause == chosen)
}

/// The causes that are told, with their numbers: the selected one is among them.
fn shown(state: &State) -> impl Iterator<Item = (usize, &Cause)> {
    let top = (chosen_of(state).unwrap_or(0) + 1).saturating_sub(SHOWN);
    state.diagnosis().causes.iter().enumerate().skip(top).take(SHOWN)
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

/// What a rule finds, in a few words.
pub fn name(id: &str) -> &str {
    rule(id).map_or(id, |rule| rule.title)
}

/// How a cause is told: how much of it, whether it stands alone, in so many cells, and when that is.
#[derive(Clone, Copy)]
struct Manner {
    form: Form,
    is_alone: bool,
    cells: usize,
    now: Timestamp,
}

impl Manner {
    fn of(state: &State, form: Form, cells: usize) -> Self {
        Self { form, is_alone: state.diagnosis().causes.len() == 1, cells, now: state.now }
    }

    /// Lines that one sentence may take.
    const fn most(self) -> usize {
        if self.is_alone || matches!(self.form, Form::Full) { 2 } else { 1 }
    }
}

fn of(view: &View, cause: &Cause, manner: Manner, is_chosen: bool) -> Vec<Line<'static>> {
    let (cut, cells) = (view.glyphs.cut, manner.cells);
    let verdict = weight(cause.impact());
    let tint = style(view, verdict);
    let (sure, words) = words_of(cause, manner);
    let room = words_room(&sure, cells);
    let head = words.into_iter().enumerate().map(|(number, words)| {
        let (lead, sure) = if number == 0 { (sign(view, verdict), sure.as_str()) } else { (" ", "") };
        let line = Line::from(vec![
            Span::styled(format!(" {lead} "), tint),
            Span::styled(pad(&words, room, cut), tint),
            Span::styled(format!("  {sure}"), view.theme.dim.0),
        ]);
        if is_chosen && number == 0 { select(view, &line, cells) } else { line }
    });
    let rest = rest_of(cause, manner).into_iter().map(|(label, text)| {
        let text = fit(&clean(&text), cells.saturating_sub(LEAD + width(label) + 1), cut);
        Line::from(vec![Span::styled(format!("   {label} "), view.theme.dim.0), Span::raw(text)])
    });
    head.chain(rest).collect()
}

const fn words_room(sure: &str, cells: usize) -> usize {
    cells.saturating_sub(LEAD + sure.len() + if sure.is_empty() { 0 } else { 3 })
}

/// How sure it is, and what it is in one line or two.
fn words_of(cause: &Cause, manner: Manner) -> (String, Vec<String>) {
    let sure = if manner.form == Form::Words { String::new() } else { sureness(cause, manner.now) };
    let room = words_room(&sure, manner.cells);
    let words = clean(&cause.finding.words).into_owned();
    (sure, broken_into(manner.most(), &words, room))
}

/// A text in as few lines as it takes, and in no more than `most`, of which the last is then too long.
fn broken_into(most: usize, text: &str, room: usize) -> Vec<String> {
    let mut parts = wrap(text, room);
    if parts.len() > most {
        let rest = parts.split_off(most - 1);
        parts.push(rest.join(" "));
    }
    parts
}

/// How sure it is, and since when it is so.
fn sureness(cause: &Cause, now: Timestamp) -> String {
    let since = cause.finding.since.map(|since| format!(", since {}", clock(since, now)));
    format!("{}{}", cause.confidence.name(), since.unwrap_or_default())
}

/// What is told below its words.
fn rest_of(cause: &Cause, manner: Manner) -> Vec<(&'static str, String)> {
    let room = |label: &str| manner.cells.saturating_sub(LEAD + width(label) + 1);
    let (because, next) = ("explains:", "next:");
    let explained = explained(cause, room(because));
    let step = clean(&cause.finding.next).into_owned();
    let steps = broken_into(manner.most(), &step, room(next));
    let steps = steps.into_iter().enumerate();
    let steps = steps.map(|(number, part)| (if number == 0 { next } else { "     " }, part));
    match manner.form {
        Form::Full => explained.into_iter().map(|text| (because, text)).chain(steps).collect(),
        Form::Short => {
            let both = explained.map(|text| format!("{}; {because} {text}", step.trim_end_matches('.')));
            match both.filter(|both| width(both) <= room(next)) {
                Some(both) => vec![(next, both)],
                None => steps.collect(),
            }
        }
        Form::Words => Vec::new(),
    }
}

/// What follows from it, each once: as many of them as fit, and how many more there are.
fn explained(cause: &Cause, cells: usize) -> Option<String> {
    let mut names: Vec<_> = cause.symptoms.iter().map(|symptom| name(symptom.rule)).collect();
    let mut seen = BTreeSet::new();
    names.retain(|name| seen.insert(*name));
    let told = |shown: usize| match names.len() - shown {
        0 => names.join(", "),
        more => format!("{} and {more} more", names[..shown].join(", ")),
    };
    let fits = (1..=names.len()).rev().find(|shown| width(&told(*shown)) <= cells);
    (!names.is_empty()).then(|| told(fits.unwrap_or(1)))
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
