//! What each wish does to how the error logs are looked at.

use jiff::SignedDuration;

use super::Sieve;
use super::seek::{Found, request_id, seek};
use super::{Asked, Clock, Search, Times, Words, lenses};
use crate::event::{LogsPart, LogsWish, Motion, PromptKind, Sought, Way};
use crate::model::Subject;
use crate::sources::logs::picture::{Place, Stream, severity};
use crate::state::screen::{Layer, Notice, Prompt};
use crate::state::{State, text_of};

/// Cells of a step to the side.
const STEP: usize = 16;

/// Takes a wish in, and says what there is to say of it.
pub fn fold(state: &mut State, wish: &LogsWish) {
    let said = match wish {
        LogsWish::Follow if state.tail.follows() => {
            hold(state);
            Some("Not following: s or G goes back to the newest line.".to_owned())
        }
        LogsWish::Follow | LogsWish::Live => {
            live(state);
            None
        }
        LogsWish::Seek(sought, way) => go(state, *sought, *way),
        LogsWish::Part(part) => {
            let other = if state.tail.part == *part { LogsPart::Lines } else { *part };
            state.tail.part = other;
            None
        }
        LogsWish::Histogram => {
            state.tail.histogram = !state.tail.histogram;
            None
        }
        LogsWish::Pin => pin(state),
        LogsWish::Clock => {
            state.tail.clock = match state.tail.clock {
                Clock::Utc => Clock::Local,
                Clock::Local => Clock::Relative,
                Clock::Relative => Clock::Utc,
            };
            state.tail.times = Times::Shown;
            None
        }
        LogsWish::Times => {
            let times = &mut state.tail.times;
            *times = if *times == Times::Shown { Times::Hidden } else { Times::Shown };
            None
        }
        LogsWish::Written => {
            let words = &mut state.tail.words;
            *words = if *words == Words::Told { Words::Written } else { Words::Told };
            None
        }
        LogsWish::Sideways(steps) => sideways(state, *steps),
        LogsWish::Lens(name) => lens(state, name),
        LogsWish::TurnLens(way) => turn_lens(state, *way),
        LogsWish::Since(span) => since(state, *span),
        LogsWish::Filter(text) => {
            filter(state, text);
            None
        }
        LogsWish::Flip => {
            flip(state);
            None
        }
    };
    state.screen.notice = said.map(Notice::plain);
}

/// Into what is selected: all that a line says, the lines of a kind, the place of a pin.
pub fn enter(state: &mut State) {
    match state.tail.part {
        LogsPart::Lines => {
            let selected = state.tail.selected(&state.logs).map(|(_, stored)| Box::new(stored.clone()));
            state.screen.layer = selected.map(|stored| Layer::Line { stored, top: 0 });
        }
        LogsPart::Kinds => {
            let ranked = state.tail.kinds(&state.logs).ranked();
            let chosen = ranked.iter().find(|(kind, _)| Some(*kind) == state.tail.kind).or(ranked.first());
            let Some((kind, place)) = chosen.map(|(kind, seen)| (*kind, seen.place)) else { return };
            state.tail.sieve.kind = Some(kind);
            state.tail.sift(&state.logs);
            turn_to(state, place);
        }
        LogsPart::Pins => {
            let Some((place, stored)) = state.tail.selected(&state.logs) else { return };
            match state.logs.store.get(place) {
                Some(_) => turn_to(state, place),
                None => {
                    let stored = Box::new(stored.clone());
                    state.screen.layer = Some(Layer::Line { stored, top: 0 });
                }
            }
        }
        LogsPart::Streams => {
            let Some((stream, _)) = state.tail.chosen_stream(&state.logs) else { return };
            state.tail.sieve.stream = Some(stream.clone());
            state.tail.sift(&state.logs);
            live(state);
        }
    }
}

/// One level back; says whether there was one.
pub fn dismiss(state: &mut State) -> bool {
    let tail = &mut state.tail;
    if tail.part != LogsPart::Lines {
        tail.part = LogsPart::Lines;
        return true;
    }
    if tail.sieve.kind.take().is_some() {
        tail.part = LogsPart::Kinds;
    } else if tail.sieve.stream.take().is_some() {
        tail.part = LogsPart::Streams;
    } else if tail.find.take().is_some() {
        return true;
    } else if !tail.sieve.is_open() {
        tail.sieve = Sieve::default();
    } else if tail.histogram {
        tail.histogram = false;
        return true;
    } else {
        return false;
    }
    tail.sift(&state.logs);
    true
}

/// Moves the selection of the part that is shown.
pub fn step(state: &mut State, motion: Motion) {
    match state.tail.part {
        LogsPart::Lines => step_lines(state, motion),
        LogsPart::Kinds => {
            let ranked = state.tail.kinds(&state.logs).ranked();
            let kinds: Vec<_> = ranked.into_iter().map(|(kind, _)| kind).collect();
            state.tail.kind = stepped(&kinds, state.tail.kind, motion);
        }
        LogsPart::Pins => {
            let pins: Vec<_> = state.tail.pins.keys().copied().collect();
            state.tail.pin = stepped(&pins, state.tail.pin, motion);
        }
        LogsPart::Streams => {
            let streams: Vec<_> = state.logs.streams.all.keys().cloned().collect();
            state.tail.stream = stepped(&streams, state.tail.stream.clone(), motion);
        }
    }
}

fn stepped<T: Clone + PartialEq>(all: &[T], at: Option<T>, motion: Motion) -> Option<T> {
    let last = all.len().checked_sub(1)?;
    let at = at.and_then(|at| all.iter().position(|one| *one == at)).unwrap_or(0);
    let to = match motion {
        Motion::First => 0,
        Motion::Last => last,
        Motion::Rows(rows) => at.saturating_add_signed(rows).min(last),
    };
    all.get(to).cloned()
}

fn step_lines(state: &mut State, motion: Motion) {
    let shown = state.tail.shown(&state.logs);
    let Some(at) = state.tail.at(&state.logs) else { return };
    let to = match motion {
        Motion::Last => return live(state),
        Motion::First => shown.first(),
        Motion::Rows(rows) => shown.step(at, rows),
    };
    // Downwards from the newest line is where one is.
    let Some(to) = to else { return };
    if state.tail.follows() {
        let words = "Not following any more: G goes back to the newest line and follows it.";
        state.screen.notice = Some(Notice::plain(words.to_owned()));
    }
    turn_to(state, to);
}

/// Selects a line, which is not followed then.
pub fn turn_to(state: &mut State, place: Place) {
    if state.tail.follows() {
        state.tail.missed = 0;
    }
    state.tail.held = Some(place);
    state.tail.part = LogsPart::Lines;
}

fn hold(state: &mut State) {
    if let Some(at) = state.tail.at(&state.logs) {
        turn_to(state, at);
    }
}

fn live(state: &mut State) {
    (state.tail.held, state.tail.missed) = (None, 0);
    state.tail.part = LogsPart::Lines;
}

fn go(state: &mut State, sought: Sought, way: Way) -> Option<String> {
    let (place, around) = match seek(&state.tail, &state.logs, sought, way) {
        Found::Ahead(place) => (place, false),
        Found::Around(place) => (place, true),
        Found::Nothing => return Some(nothing(state, sought)),
    };
    turn_to(state, place);
    around.then(|| "Past the end: round to the other one.".to_owned())
}

fn nothing(state: &State, sought: Sought) -> String {
    let tail = &state.tail;
    let stored = tail.selected(&state.logs).map(|(_, stored)| stored);
    match sought {
        Sought::Error => "No other error among the lines shown.".to_owned(),
        Sought::Warning => "No other warning among the lines shown.".to_owned(),
        Sought::Match => match &tail.find {
            Some(find) => format!("{} is nowhere else in the lines shown.", find.text),
            None => "Nothing is looked for: / says what.".to_owned(),
        },
        Sought::Pin if tail.pins.is_empty() => "No line is pinned: m pins the selected one.".to_owned(),
        Sought::Pin => "No other pinned line is among those shown: :pins lists them.".to_owned(),
        Sought::Request if stored.and_then(request_id).is_none() => {
            "This line tells no id of its request.".to_owned()
        }
        Sought::Request => "No other line of this request is among those shown.".to_owned(),
    }
}

fn pin(state: &mut State) -> Option<String> {
    let (place, stored) = state.tail.selected(&state.logs).map(|(place, stored)| (place, stored.clone()))?;
    Some(match state.tail.toggle_pin(place, &stored) {
        Ok(true) => {
            "Pinned: it stays even when the line is gone; u and U go there, :pins lists them.".to_owned()
        }
        Ok(false) => "Not pinned any more.".to_owned(),
        Err(why) => why,
    })
}

fn sideways(state: &mut State, steps: isize) -> Option<String> {
    if state.tail.histogram {
        return beside(state, if steps > 0 { Way::Next } else { Way::Previous });
    }
    let cells = steps.saturating_mul(isize::try_from(STEP).unwrap_or(1));
    state.tail.offset = state.tail.offset.saturating_add_signed(cells);
    None
}

/// To the first error of the next or previous second that has any.
fn beside(state: &mut State, way: Way) -> Option<String> {
    let at = state.tail.at(&state.logs)?.at.as_second();
    let seconds = state.logs.store.seconds();
    let second = match way {
        Way::Next => seconds.range(at + 1..).find(|(_, counts)| counts.errors > 0),
        Way::Previous => seconds.range(..at).rev().find(|(_, counts)| counts.errors > 0),
    };
    let Some((second, _)) = second else { return Some("No error further that way.".to_owned()) };
    let from = Place::before(jiff::Timestamp::from_second(*second).ok()?);
    let is_error = |place: &Place| {
        state.logs.store.get(*place).is_some_and(|stored| severity(&stored.line) >= crate::logs::Level::Error)
    };
    let place = state.tail.shown(&state.logs).from(from).find(is_error)?;
    turn_to(state, place);
    None
}

fn since(state: &mut State, span: Option<SignedDuration>) -> Option<String> {
    state.tail.sieve.since = span.and_then(|span| state.now.checked_sub(span).ok());
    state.tail.sift(&state.logs);
    Some(match span {
        Some(span) => format!(
            "Only lines of the last {}; what was first seen since then is new. :since off shows all.",
            text_of(span)
        ),
        None => "All lines that are held.".to_owned(),
    })
}

/// Looks through the lens of this name; `off` and nothing are none.
fn lens(state: &mut State, name: &str) -> Option<String> {
    let all = lenses(&state.session.watched.reading.lenses);
    let names: Vec<_> = all.iter().map(|(name, _)| *name).collect();
    let found = all.iter().find(|(known, _)| *known == name);
    let lens = match (name, found) {
        ("" | "off", _) => None,
        (_, Some((name, question))) => {
            let mut asked = Asked::default();
            asked.ask(question);
            asked.text = (*name).to_owned();
            Some(asked)
        }
        (_, None) => return Some(format!("There is no lens {name:?}; there are {}.", names.join(", "))),
    };
    let wrong = lens.as_ref().and_then(|lens| lens.wrong.clone());
    let said = match (&lens, wrong) {
        (None, _) => "No lens: all lines.".to_owned(),
        (Some(lens), Some(why)) => return Some(format!("The lens {:?} is no question: {why}.", lens.text)),
        (Some(lens), None) => {
            format!("Through the lens {:?}; v and V turn it, Esc takes it away.", lens.text)
        }
    };
    state.tail.sieve.lens = lens;
    state.tail.sift(&state.logs);
    Some(said)
}

fn turn_lens(state: &mut State, way: Way) -> Option<String> {
    let own = state.session.watched.reading.lenses.clone();
    let names: Vec<_> = ["off"].into_iter().chain(lenses(&own).into_iter().map(|(name, _)| name)).collect();
    let present = state.tail.sieve.lens.as_ref().map_or("off", |lens| lens.text.as_str());
    let at = names.iter().position(|name| *name == present).unwrap_or(0);
    let to = if way == Way::Next { at + 1 } else { at + names.len() - 1 };
    lens(state, names[to % names.len()])
}

/// Shows only lines like this.
pub fn filter(state: &mut State, text: &str) {
    let tail = &mut state.tail;
    let narrows = tail.sieve.filter.is_narrowed_by(text);
    tail.sieve.filter.ask(text);
    if narrows {
        tail.narrow(&state.logs);
    } else {
        tail.sift(&state.logs);
    }
}

/// Shows only the lines that name a subject.
pub fn about(state: &mut State, subject: &Subject) {
    let name = match subject {
        Subject::Upload { id, .. } => id.clone(),
        subject => subject.to_string(),
    };
    state.tail.part = LogsPart::Lines;
    state.tail.sieve = Sieve::default();
    filter(state, &format!("\"{name}\""));
}

/// Shows only the lines of a request.
pub fn repeated(state: &mut State, method: &str, uri: &str) {
    let quoted = uri.replace('\\', "\\\\").replace('"', "\\\"");
    state.tail.part = LogsPart::Lines;
    state.tail.sieve = Sieve::default();
    filter(state, &format!("method:={method} uri:\"{quoted}\""));
}

/// Shows only the lines of the stream that a file of this host holds.
pub fn of_file(state: &mut State, path: &str) {
    let holds = |stream: &Stream| stream.disk.as_ref().is_some_and(|disk| disk.path == path);
    let streams = state.logs.streams.all.iter();
    let stream = streams.filter(|(_, stream)| holds(stream)).map(|(name, _)| name.clone()).next();
    state.tail.part = LogsPart::Lines;
    state.tail.sieve = Sieve { stream, ..Sieve::default() };
    state.tail.sift(&state.logs);
}

/// Looks for a text.
pub fn find(state: &mut State, text: &str) {
    state.tail.find = Search::typed(text);
}

/// What was typed to look for filters now, or the other way round; the selected line stays.
fn flip(state: &mut State) {
    let Some(prompt) = state.screen.prompt.take() else { return };
    let kind = match prompt.kind {
        PromptKind::Find => {
            filter(state, &prompt.text);
            PromptKind::Filter
        }
        PromptKind::Filter => {
            filter(state, "");
            find(state, &prompt.text);
            PromptKind::Find
        }
        kind @ (PromptKind::Command | PromptKind::Name(_) | PromptKind::Note) => kind,
    };
    state.screen.prompt = Some(Prompt { kind, text: prompt.text });
}
