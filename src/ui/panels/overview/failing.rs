//! What clients are refused most, by what it is about: how often, why, since when, and what would cure it.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::{Line, Span};
use ratatui::widgets::Paragraph;

use super::{Focus, boxed, edge, select, sign, style, until};
use crate::diagnosis::path::Verdict;
use crate::diagnosis::storm::Repetition;
use crate::model::text::clean;
use crate::model::{Subject, TagState};
use crate::sources::bucket::picture::Verdict as Seen;
use crate::state::{Failing, State};
use crate::ui::text::{age, count, counted, fit, fit_middle, pad, pad_left, size, width};
use crate::ui::view::View;

/// Cells of a fault's name, of an age and of a cure.
const FAULT: usize = 26;
const AGE: usize = 7;
const CURE: usize = 22;

/// Lines that it takes, its frame included; none where no log is watched.
pub fn height(state: &State, room: u16) -> u16 {
    if !state.session.watched.logs {
        return 0;
    }
    let rows =
        state.radar.rows.len().max(1) + usize::from(note(state).is_some()) + state.radar.repeated().count();
    u16::try_from(rows + 2).unwrap_or(u16::MAX).min(room * 2 / 3).max(3)
}

/// Draws it.
pub fn draw(state: &State, view: &View, frame: &mut Frame<'_>, area: Rect, focus: Focus) {
    let remark = match state.radar.failures {
        0 => Vec::new(),
        failures => vec![format!("{} with {}", counted(failures, "answer"), statuses(state))],
    };
    let block = boxed(view, area, "Failing tags (5 min)", &remark, edge(view, focus));
    let inside = block.inner(area);
    frame.render_widget(block, area);
    let cells = usize::from(inside.width);
    let mut lines = Vec::new();
    let note = note(state).map(|words| {
        let words = fit(&words, cells.saturating_sub(2), view.glyphs.cut);
        Line::styled(format!(" {words}"), view.theme.dim.0)
    });
    let chosen = state.finding();
    for (subject, verdict, words) in storms(state, cells.saturating_sub(4), view.glyphs.cut) {
        let line = Line::styled(format!(" {} {words}", sign(view, verdict)), style(view, verdict));
        lines.push(if chosen.as_ref() == Some(&subject) { select(view, &line, cells) } else { line });
    }
    let taken = usize::from(note.is_some()) + lines.len();
    let room = usize::from(inside.height).saturating_sub(taken).max(1);
    let rows = &state.radar.rows;
    let at = rows.iter().position(|row| Some(&row.subject) == chosen.as_ref());
    let top = (at.unwrap_or(0) + 1).saturating_sub(room);
    for (number, row) in rows.iter().enumerate().skip(top).take(room) {
        let line = of(state, view, row, cells);
        lines.push(if Some(number) == at { select(view, &line, cells) } else { line });
    }
    lines.extend(note);
    frame.render_widget(Paragraph::new(lines), inside);
}

/// The worst request that fails again and again, what must change, and the disk that its log fills.
fn storms(state: &State, cells: usize, cut: &str) -> Vec<(Subject, Verdict, String)> {
    let worst = state.radar.storms.all.first();
    let worst = worst.map(|one| (one.subject(), one.verdict, repeated(state, one, cells, cut)));
    let filling = state.radar.filling().and_then(|filling| {
        let left = until(filling.left?);
        let words = match cells {
            60.. => format!(": its disk is full in {left} at this pace"),
            _ => format!(" full in {left}"),
        };
        let name = fit_middle(&clean(&filling.path), cells.saturating_sub(width(&words)), cut);
        let words = fit(&format!("{name}{words}"), cells, cut);
        Some((Subject::LogFile(filling.path.clone()), Verdict::Broken, words))
    });
    worst.into_iter().chain(filling).collect()
}

/// What is repeated and which side must change, with as much of its pace as leaves room for its name.
fn repeated(state: &State, one: &Repetition, cells: usize, cut: &str) -> String {
    let name = format!("{} {}", one.storm.method, one.storm.uri);
    let side = format!("; {} must change", one.side.name());
    let status = one.storm.status;
    let told = [
        format!(" answered {status} again and again, {}{side}", one.pace(state.now, size)),
        format!(
            " {status} again and again, {}, {} of log an hour{side}",
            one.rate(),
            size(one.storm.bytes_per_hour())
        ),
        format!(" {status} again and again, {}{side}", one.rate()),
        format!(" {status} again, {}{side}", one.rate()),
        format!(" {status} again, {}", one.rate()),
    ];
    let name = clean(&name).into_owned();
    let least = width(&name).min(cells / 3);
    let words = told.iter().find(|words| width(words) + least <= cells).unwrap_or(&told[3]);
    fit(&format!("{}{words}", fit_middle(&name, cells.saturating_sub(width(words)), cut)), cells, cut)
}

/// The statuses that are counted: `5xx`, or `5xx, 404`.
fn statuses(state: &State) -> String {
    let counted = state.session.watched.reading.radar.iter().map(|range| (range.start(), range.end()));
    let counted = counted.map(|(first, last)| match (first % 100, last % 100) {
        (0, 99) if first / 100 == last / 100 => format!("{}xx", first / 100),
        _ if first == last => first.to_string(),
        _ => format!("{first}-{last}"),
    });
    counted.collect::<Vec<_>>().join(", ")
}

/// What is to be said below the rows.
fn note(state: &State) -> Option<String> {
    let radar = &state.radar;
    if radar.failures == 0 {
        return Some(nothing(state));
    }
    if radar.is_spread() {
        return Some(format!(
            "Spread over {}{} and {}: no few of them stand out, so look at the bucket and the pods.",
            if radar.is_cut { "at least " } else { "" },
            counted(radar.subjects as u64, "subject"),
            match radar.repositories {
                1 => "1 repository".to_owned(),
                number => format!("{} repositories", count(number as u64)),
            }
        ));
    }
    (radar.unnamed > 0).then(|| format!("{} more name nothing of the registry.", count(radar.unnamed)))
}

/// What it means that no failure was counted: as much as is known of the streams.
fn nothing(state: &State) -> String {
    let streams = &state.logs.streams;
    let open = || streams.all.values().filter(|stream| !stream.is_over);
    let live = open().filter(|stream| stream.health.is_live()).count();
    match (live, open().count() - live) {
        (0, _) if !streams.all.is_empty() => {
            format!("What fails is not known: {}.", clean(&streams.sentence(state.now)))
        }
        _ if state.logs.store.is_empty() => "No line of a log came yet.".to_owned(),
        (_, silent) => {
            let but = match silent {
                0 => String::new(),
                _ => format!(" of {live} of {} streams: the others are not followed", live + silent),
            };
            format!("No answer with {} among the lines of the last 5 minutes{but}.", statuses(state))
        }
    }
}

fn of(state: &State, view: &View, row: &Failing, cells: usize) -> Line<'static> {
    let cut = view.glyphs.cut;
    let (sign, tint, fault) = fault(state, view, &row.subject);
    let cure = state.cure(&row.subject).unwrap_or_default();
    let wide = cells >= 100;
    let fault_room = if cells >= 64 { FAULT } else { 12 };
    let age_room = if cells >= 50 { AGE } else { 0 };
    let taken = 3 + 7 + fault_room + 2 + age_room + if wide { CURE + 2 } else { 0 };
    let name = clean(&row.subject.to_string()).into_owned();
    let room = cells.saturating_sub(taken);
    let since = row.since.filter(|_| age_room > 0).map(|since| age(since, state.now)).unwrap_or_default();
    let mut spans = vec![
        Span::styled(format!(" {sign} "), tint),
        Span::raw(format!("{} ", pad_left(&count(row.count), 6))),
        Span::raw(pad(&fit_middle(&name, room, cut), room, cut)),
        Span::styled(format!("  {}", pad(&fault, fault_room, cut)), tint),
        Span::styled(pad_left(&since, age_room), view.theme.dim.0),
    ];
    if wide {
        spans.push(Span::raw(format!("  {}", pad(&cure, CURE, cut))));
    }
    Line::from(spans)
}

/// What the bucket says of it.
fn fault(state: &State, view: &View, subject: &Subject) -> (&'static str, Style, String) {
    let (theme, glyphs) = (&view.theme, &view.glyphs);
    let is_walked = matches!(subject, Subject::Tag { .. } | Subject::Manifest { .. });
    match state.bucket.verdicts.get(subject) {
        None if !is_walked => (glyphs.unseen, theme.dim.0, "see its lines".to_owned()),
        None => (glyphs.unseen, theme.dim.0, "not looked at yet".to_owned()),
        Some(Seen::Scanning) => (glyphs.busy, theme.dim.0, format!("scanning{}", glyphs.cut)),
        Some(Seen::Seen { state: TagState::Broken, worst, .. }) => {
            (glyphs.bad, theme.bad.0, worst.map_or("broken", |(id, _)| id).to_owned())
        }
        Some(Seen::Seen { state: TagState::Whole, worst: Some((id, _)), .. }) => {
            (glyphs.warn, theme.warn.0, (*id).to_owned())
        }
        Some(Seen::Seen { state: TagState::Whole, worst: None, .. }) => {
            (glyphs.good, theme.good.0, "whole in the bucket".to_owned())
        }
        Some(Seen::Seen { state: TagState::Absent, .. }) => {
            (glyphs.absent, theme.unknown.0, "not in the bucket".to_owned())
        }
        Some(Seen::Seen { state: TagState::Unknown, .. }) => {
            (glyphs.unknown, theme.unknown.0, "could not be read".to_owned())
        }
    }
}
