//! The keys of the layer: what each means at each stage, and what the key line says of them.

use ratatui::crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

use super::effect;
use crate::actions::{equivalent, writing};
use crate::event::{Erasure, Errand, Intent, PromptKind, TerminalWish};
use crate::model::{About, StepOutcome};
use crate::state::{Deed, Stage, State};
use crate::ui::keys::is;
use crate::ui::view::View;

/// What a pressed key wants. Enter never means yes, and no key but one ever does.
pub fn keys(key: &KeyEvent, state: &State, deed: &Deed, view: &View) -> Vec<Intent> {
    if let Some(intent) = everywhere(key, view) {
        return vec![intent];
    }
    match &deed.stage {
        Stage::Asking { typed, .. } => asking(key, state, typed),
        Stage::Looking | Stage::Refused { .. } | Stage::Running { .. } => {
            if is(key, "q") || is(key, "enter") && !deed.is_running() {
                vec![Intent::Dismiss]
            } else {
                Vec::new()
            }
        }
        Stage::Ended { .. } => ended(key, state, deed),
    }
}

/// A key that means the same at every stage, and what it wants.
type Everywhere = (&'static str, fn(&View) -> Intent);

fn everywhere(key: &KeyEvent, view: &View) -> Option<Intent> {
    let table: &[Everywhere] = &[
        ("esc", |_| Intent::Dismiss),
        ("ctrl-c", |_| Intent::Cancel),
        ("down", |view| view.scroll(1)),
        ("up", |view| view.scroll(-1)),
        ("pgdn", |view| view.scroll(view.page())),
        ("pgup", |view| view.scroll(-view.page())),
        ("home", |_| Intent::Scroll(0)),
        ("end", |view| view.scroll(isize::MAX)),
        ("ctrl-l", |_| Intent::Terminal(TerminalWish::Redraw)),
        ("f2", |_| Intent::Terminal(TerminalWish::Mouse)),
    ];
    table.iter().find(|(name, _)| is(key, name)).map(|(_, intent)| intent(view))
}

fn asking(key: &KeyEvent, state: &State, typed: &str) -> Vec<Intent> {
    let table: &[(&str, Intent)] = &[
        ("enter", Intent::Dismiss),
        ("ctrl-y", Intent::Agree),
        ("backspace", Intent::Erase(Erasure::Letter)),
        ("ctrl-h", Intent::Erase(Erasure::Letter)),
        ("ctrl-w", Intent::Erase(Erasure::Word)),
        ("ctrl-u", Intent::Erase(Erasure::Line)),
    ];
    if let Some((_, intent)) = table.iter().find(|(name, _)| is(key, name)) {
        return vec![intent.clone()];
    }
    if is(key, "ctrl-o") {
        return vec![match state.gate.permit(state.now) {
            None => Intent::Arm { span: writing::SPAN, name: None },
            Some(_) => Intent::Say("This session can write already; :write off ends that.".to_owned()),
        }];
    }
    if ["ctrl-k", "ctrl-d", "delete"].iter().any(|name| is(key, name)) {
        return vec![Intent::Say(
            "No unconfirmed kill here: type what is asked for, then Ctrl-y.".to_owned(),
        )];
    }
    match key.code {
        KeyCode::Char(letter) if key.modifiers.difference(KeyModifiers::SHIFT).is_empty() => {
            vec![Intent::Type(format!("{typed}{letter}"))]
        }
        _ => Vec::new(),
    }
}

fn ended(key: &KeyEvent, state: &State, deed: &Deed) -> Vec<Intent> {
    if is(key, "enter") || is(key, "q") {
        return vec![Intent::Dismiss];
    }
    if is(key, "u") {
        return take_back(deed).into_iter().collect();
    }
    if is(key, "n") {
        return writing::follow_up(deed).into_iter().collect();
    }
    if is(key, "c") {
        return vec![message(state, deed).unwrap_or_else(|| {
            Intent::Say("Nothing is known of it that its owner could mend by pushing it again.".to_owned())
        })];
    }
    if is(key, ":") {
        return vec![Intent::Ask(PromptKind::Command)];
    }
    if is(key, "L") {
        return vec![Intent::Terminal(TerminalWish::PlainLines)];
    }
    Vec::new()
}

/// The intent that takes back what was just done.
fn take_back(deed: &Deed) -> Option<Intent> {
    let Stage::Ended { done, .. } = &deed.stage else { return None };
    let wrote = done.steps.iter().any(|(_, outcome)| matches!(outcome, StepOutcome::Done { .. }));
    let entry = done.entry.clone().filter(|_| wrote)?;
    Some(Intent::Propose(Errand::Journal(About::Undo(entry))))
}

/// The message to the owner of what was broken when it was asked for.
fn message(state: &State, deed: &Deed) -> Option<Intent> {
    let texts: Vec<_> =
        deed.reports.iter().filter_map(|report| equivalent::repush_request(&state.session, report)).collect();
    (!texts.is_empty()).then(|| Intent::Copy { what: "Message", text: texts.join("\n\n") })
}

/// The keys that matter now, with their words.
pub fn hints(state: &State, deed: &Deed) -> Vec<(String, String)> {
    let pair = |key: &str, words: &str| (key.to_owned(), words.to_owned());
    match &deed.stage {
        Stage::Looking => vec![pair("Esc", "cancel")],
        Stage::Refused { .. } => vec![pair("Esc", "close")],
        Stage::Running { .. } => vec![pair("Esc", "stop after this object")],
        Stage::Ended { .. } => {
            let mut words = vec![pair("Esc", "close")];
            words.extend(take_back(deed).map(|_| pair("u", "take it back")));
            words.extend(writing::follow_up(deed).map(|_| pair("n", "its manifest's link")));
            words.extend(message(state, deed).map(|_| pair("c", "copy a message to the owner")));
            words.push(pair("PgDn", "scroll"));
            words
        }
        Stage::Asking { proposal, .. } => {
            let mut words = vec![pair("Esc", "cancel")];
            match (deed.agreement(&state.gate, state.now), state.gate.permit(state.now)) {
                (Some(_), _) => words.push(pair("Ctrl-y", &effect(proposal))),
                (None, None) => words.push(pair("Ctrl-o", "arm for 10 minutes")),
                (None, Some(_)) => words.push(pair("type", "what is asked for")),
            }
            words.push(pair("PgDn", "scroll"));
            words
        }
    }
}
