//! What is said around the lines: what is shown of how much, how the streams stand, and what is missing.

use ratatui::text::Line;

use crate::event::LogsPart;
use crate::model::text::clean;
use crate::sources::Health;
use crate::state::State;
use crate::ui::text::{age, count, counted, fit, size, staleness, wrap};
use crate::ui::view::View;

/// What is shown, and how much of what is held that is.
pub fn title(state: &State) -> String {
    let tail = &state.tail;
    let part = match tail.part {
        LogsPart::Lines => "",
        LogsPart::Kinds => " alike",
        LogsPart::Pins => " pins",
        LogsPart::Streams => " streams",
    };
    let mut title = format!("5 Error logs{part}");
    let (shown, held) = (tail.shown(&state.logs).len() as u64, state.logs.store.len() as u64);
    if let Some(stream) = &tail.sieve.stream {
        title = format!("{title} of {}", clean(stream));
    }
    if tail.sieve.kind.is_some() {
        title.push_str(" like one");
    }
    if let Some(lens) = &tail.sieve.lens {
        title = format!("{title} through {:?}", clean(&lens.text));
    }
    if !tail.sieve.filter.question.is_empty() {
        title = format!("{title} ={}", clean(tail.sieve.filter.question.text()));
    }
    if let Some(since) = tail.sieve.since {
        title = format!("{title} since {}", since.to_zoned(super::time::zone(state)).strftime("%H:%M"));
    }
    if let Some(find) = &tail.find {
        title = format!("{title} /{}", clean(&find.text));
    }
    match tail.sieve.is_open() {
        true if held > 0 => format!("{title} {}", counted(held, "line")),
        true => title,
        false => format!("{title} {} of {}", count(shown), counted(held, "line")),
    }
}

/// Whether the newest line is followed, and how the streams stand.
pub fn remarks(state: &State) -> Vec<String> {
    let tail = &state.tail;
    let mut remarks = Vec::new();
    if !state.logs.store.is_empty() && tail.part == LogsPart::Lines {
        remarks.push(match (tail.follows(), tail.missed) {
            (true, _) => "following".to_owned(),
            (false, 0) => "not following".to_owned(),
            (false, missed) => format!("not following, {} new", count(missed)),
        });
    }
    let all = &state.logs.streams.all;
    let open = all.values().filter(|stream| !stream.is_over).count();
    let live = all.values().filter(|stream| !stream.is_over && stream.health.is_live()).count();
    if open > 0 {
        remarks.push(format!("{live} of {}", counted(open as u64, "stream")));
    }
    let newest = all.values().filter_map(|stream| stream.health.seen()).max();
    remarks.extend(newest.and_then(|seen| staleness(seen, state.now)).map(str::to_owned));
    if state.logs.store.gone() > 0 {
        let room = size(state.logs.store.room() as u64).replace(".0 ", " ");
        remarks.push(format!("the newest {room}"));
    }
    remarks
}

/// What is not well, above the lines: streams that are down, what was only counted, what was left out.
pub fn lines(state: &State, view: &View, cells: usize, most: usize) -> Vec<Line<'static>> {
    let streams = &state.logs.streams;
    let mut said = Vec::new();
    let down: Vec<_> = streams
        .all
        .iter()
        .filter_map(|(name, stream)| match &stream.health {
            Health::Down { trouble, since, .. } if !stream.is_over => Some((name, trouble, since)),
            _ => None,
        })
        .collect();
    if let Some((name, trouble, since)) = down.first() {
        let more = if down.len() > 1 { ", and others: :streams tells of each" } else { "" };
        let since = match age(**since, state.now).as_str() {
            "now" => String::new(),
            age => format!(" for {age}"),
        };
        let words = format!(
            "{} {} down{since}: {} ({}, {}){more}",
            view.glyphs.unknown,
            counted(down.len() as u64, "stream"),
            clean(name),
            trouble.kind.name(),
            trouble.why
        );
        said.push((view.theme.unknown.0, words));
    }
    if let Some((left, of)) = streams.left_out {
        let words = format!("{} {left} of {of} streams are not followed: too many at once", view.glyphs.warn);
        said.push((view.theme.warn.0, words));
    }
    let sum =
        |part: fn(&crate::sources::logs::picture::Stream) -> u64| streams.all.values().map(part).sum::<u64>();
    let (sampled, dropped) = (sum(|stream| stream.sampled), sum(|stream| stream.dropped));
    if sampled + dropped > 0 {
        let lost = if dropped > 0 { format!(", {} given up unread", count(dropped)) } else { String::new() };
        let words = format!(
            "{} too many lines at once: {} were only counted, errors last{lost}",
            view.glyphs.warn,
            count(sampled)
        );
        said.push((view.theme.warn.0, words));
    }
    let fit = |words: &str| fit(&clean(words), cells.saturating_sub(2), view.glyphs.cut);
    said.iter().take(most).map(|(style, words)| Line::styled(format!(" {}", fit(words)), *style)).collect()
}

/// Why there is no line to show, and what to do about it; nothing when there are some.
pub fn empty(state: &State, cells: usize) -> Option<Vec<String>> {
    let tail = &state.tail;
    if !tail.shown(&state.logs).is_empty() {
        return None;
    }
    let held = state.logs.store.len() as u64;
    let words: Vec<String> = if held > 0 {
        vec![format!("None of {} passes; Esc shows them all again.", counted(held, "line"))]
    } else if state.logs.streams.all.is_empty() && !state.session.watched.logs {
        vec![
            "No log is watched.".to_owned(),
            String::new(),
            "Add a logs section to the profile: the pods of its kubernetes section, files, Docker, the journal, a command, Elasticsearch or Google Cloud Logging.".to_owned(),
            "quarterdeck config init shows every key with an example.".to_owned(),
        ]
    } else {
        vec!["No line came yet. :streams tells how each stream stands.".to_owned()]
    };
    Some(words.iter().flat_map(|line| wrap(line, cells.saturating_sub(2))).collect())
}
