//! How each stream stands: whether it is followed, how much came, and what is missing.

use jiff::tz::Offset;
use ratatui::text::{Line, Span};

use super::{row, select, time, window};
use crate::model::text::clean;
use crate::sources::Health;
use crate::sources::logs::Origin;
use crate::sources::logs::picture::Stream;
use crate::state::{State, Tone};
use crate::ui::text::{age, count, fit, pad, pad_left, size};
use crate::ui::view::View;

/// Draws them.
pub fn draw(state: &State, view: &mut View, cells: usize, room: usize) -> Vec<Line<'static>> {
    let streams = &state.logs.streams.all;
    if streams.is_empty() {
        return vec![Line::styled(" No stream is known.", view.theme.dim.0)];
    }
    let chosen = state.tail.chosen_stream(&state.logs).map(|(name, _)| name);
    let at = streams.keys().position(|name| Some(name) == chosen).unwrap_or(0);
    let room = room.saturating_sub(1);
    let top = window(view, at, room);
    let name = (cells / 3).clamp(12, 44);
    let rate = |text: &str| if cells >= 64 { pad_left(text, 9) } else { String::new() };
    let number_room = if cells >= 64 { 11 } else { 8 };
    let name = if cells >= 64 { name } else { 10 };
    let head = format!(
        "   {}  {}{}  how it stands",
        pad("stream", name, ""),
        pad_left("lines", number_room),
        rate("lines/s")
    );
    let mut lines = vec![Line::styled(fit(&head, cells, view.glyphs.cut), view.theme.dim.0)];
    for (number, (id, stream)) in streams.iter().enumerate().skip(top).take(room) {
        let (tone, words) = standing(state, stream);
        let sign = view.glyphs.tone(tone);
        let name = pad(&row::short(&clean(id), name, view.glyphs.cut), name, view.glyphs.cut);
        let mut spans = vec![
            Span::styled(format!(" {} ", pad(sign, 1, "")), view.theme.tone(tone)),
            Span::raw(format!(
                "{name}  {}{}  ",
                pad_left(&count(stream.read), number_room),
                rate(&per_second(stream.rate.per_second(state.now)))
            )),
        ];
        let used: usize = spans.iter().map(Span::width).sum();
        let words = fit(&clean(&words), cells.saturating_sub(used), view.glyphs.cut);
        spans.push(Span::styled(words, view.theme.tone(tone)));
        let line = Line::from(spans);
        lines.push(if number == at { select(view, &line, cells) } else { line });
    }
    lines
}

/// How a stream stands, in words.
fn standing(state: &State, stream: &Stream) -> (Tone, String) {
    let (tone, mut words) = match &stream.health {
        _ if stream.is_over => (Tone::Dim, "over: it will not come back".to_owned()),
        Health::Off | Health::Waiting => (Tone::Dim, "being opened".to_owned()),
        Health::Live { seen } => match age(*seen, state.now).as_str() {
            "now" => (Tone::Good, "followed".to_owned()),
            age => (Tone::Good, format!("followed, last heard of {age} ago")),
        },
        Health::Down { trouble, since, .. } => {
            let since = match age(*since, state.now).as_str() {
                "now" => "just now".to_owned(),
                age => format!("for {age}"),
            };
            (Tone::Unknown, format!("down {since}: {}, {}", trouble.kind.name(), trouble.why))
        }
    };
    let more = [
        stream.origin.map(|origin| origin_word(origin).to_owned()),
        (stream.bytes > 0).then(|| size(stream.bytes)),
        gaps(state, stream),
        stream.clock.map(|offset| format!("its clock has no zone, taken as {}", zone(offset))),
        (stream.sampled > 0).then(|| format!("{} only counted", count(stream.sampled))),
        (stream.dropped > 0).then(|| format!("{} given up", count(stream.dropped))),
    ];
    for part in more.into_iter().flatten() {
        words = format!("{words}, {part}");
    }
    (tone, words)
}

/// How many gaps there are, and how long and when the newest is.
fn gaps(state: &State, stream: &Stream) -> Option<String> {
    let newest = stream.gaps.back()?;
    let seconds = count(newest.to.duration_since(newest.from).as_secs().max(0).unsigned_abs());
    let at = newest.from.to_zoned(time::zone(state)).strftime("%H:%M").to_string();
    Some(match stream.gaps.len() {
        1 => format!("a gap of {seconds} s at {at}"),
        gaps => format!("{} gaps, the newest of {seconds} s at {at}", count(gaps as u64)),
    })
}

/// A rate that reads well: nothing where nothing comes, and no more digits than matter.
fn per_second(rate: f64) -> String {
    match rate {
        ..0.05 => "-".to_owned(),
        ..10.0 => format!("{rate:.1}"),
        _ => count(rate.round() as u64),
    }
}

/// `UTC`, `UTC-5`, `UTC+5:30`.
fn zone(offset: Offset) -> String {
    let minutes = offset.seconds() / 60;
    let sign = if minutes < 0 { '-' } else { '+' };
    match (minutes.abs() / 60, minutes.abs() % 60) {
        (0, 0) => "UTC".to_owned(),
        (hours, 0) => format!("UTC{sign}{hours}"),
        (hours, minutes) => format!("UTC{sign}{hours}:{minutes:02}"),
    }
}

const fn origin_word(origin: Origin) -> &'static str {
    match origin {
        Origin::Kubernetes => "pod",
        Origin::Docker => "Docker",
        Origin::Journal => "journal",
        Origin::File => "file",
        Origin::Command => "command",
        Origin::Input => "standard input",
        Origin::Elasticsearch => "Elasticsearch",
        Origin::Google => "Google Cloud",
    }
}
