//! How a step stands, in a sign, a word, and lines that say why.

use jiff::Timestamp;
use ratatui::style::Style;
use ratatui::text::{Line, Span};

use crate::diagnosis::finding::{Evidence, Finding};
use crate::runbook::{Answer, Live, StepState};
use crate::ui::text::{age, clock, wrap};
use crate::ui::view::View;

/// Sign and colour of a step.
pub fn mark(view: &View, state: &StepState<'_>) -> (&'static str, Style) {
    let (glyphs, theme) = (&view.glyphs, &view.theme);
    match state {
        StepState::Fires(_) | StepState::Answered(Answer { fine: false, .. }) => (glyphs.bad, theme.bad.0),
        StepState::Clear(_) | StepState::Answered(Answer { fine: true, .. }) => (glyphs.good, theme.good.0),
        StepState::Unknown(_) => (glyphs.unknown, theme.unknown.0),
        StepState::Waiting => (glyphs.unseen, theme.dim.0),
        StepState::Contradicted { .. } => (glyphs.warn, theme.warn.0),
    }
}

/// How a step stands, in a word.
pub const fn word(state: &StepState<'_>) -> &'static str {
    match state {
        StepState::Fires(_) => "found",
        StepState::Clear(_) => "clear",
        StepState::Unknown(_) => "unknown",
        StepState::Waiting => "waiting",
        StepState::Answered(Answer { fine: true, .. }) => "done",
        StepState::Answered(Answer { fine: false, .. }) => "not so",
        StepState::Contradicted { .. } => "contradicted",
    }
}

/// How a step stands and what speaks for it, in lines of at most `cells`; `answer` is what the operator said.
pub fn lines(
    view: &View,
    state: &StepState<'_>,
    answer: Option<&Answer>,
    now: Timestamp,
    cells: usize,
) -> Vec<Line<'static>> {
    let (sign, style) = mark(view, state);
    let told = |words: String| hanging(sign, &words, style, cells);
    match state {
        StepState::Fires(findings) => {
            let mut lines = found(view, findings, now, cells);
            lines.extend(answer.iter().flat_map(|answer| aside(view, &said(answer, now), cells)));
            lines
        }
        StepState::Clear(seen) => {
            let mut lines = told(format!("Clear: {}", seen.join("; ")));
            lines.extend(answer.iter().flat_map(|answer| aside(view, &said(answer, now), cells)));
            lines
        }
        StepState::Unknown(needs) => {
            let needs: Vec<_> = needs.iter().map(ToString::to_string).collect();
            let needs = needs.join("; ");
            let stop = if needs.ends_with(['.', '?', '!']) { "" } else { "." };
            told(format!("It cannot be told from here: {needs}{stop} Look yourself, then answer."))
        }
        StepState::Waiting => {
            told("Waiting for you: Space when it is done or as it should be, x when it is not.".to_owned())
        }
        StepState::Answered(answer) => told(said(answer, now)),
        StepState::Contradicted { answer, live } => {
            let mut lines = told(format!("{}, and what is seen now says otherwise:", said(answer, now)));
            lines.extend(match live {
                Live::Fires(findings) => found(view, findings, now, cells),
                Live::Clear(seen) => hanging(
                    view.glyphs.good,
                    &format!("Clear: {}", seen.join("; ")),
                    view.theme.good.0,
                    cells,
                ),
                Live::Unknown(_) => Vec::new(),
            });
            lines
        }
    }
}

fn said(answer: &Answer, now: Timestamp) -> String {
    let what = if answer.fine { "done, or as it should be" } else { "not so" };
    format!("You said: {what} ({})", ago(answer.at, now))
}

fn ago(then: Timestamp, now: Timestamp) -> String {
    match age(then, now) {
        now if now == "now" => "just now".to_owned(),
        age => format!("{age} ago"),
    }
}

fn found(view: &View, findings: &[&Finding], now: Timestamp, cells: usize) -> Vec<Line<'static>> {
    let mut lines = Vec::new();
    for finding in findings {
        let since = finding.since.map_or_else(String::new, |since| format!(", since {}", clock(since, now)));
        let words = format!("{}{since}", finding.words);
        lines.extend(hanging(view.glyphs.bad, &words, view.theme.bad.0, cells));
        let against = finding.against.iter().map(|one| ("against: ", one));
        for (head, one) in finding.evidence.iter().map(|one| ("", one)).chain(against) {
            lines.extend(aside(view, &format!("{head}{}", told_by(one, now)), cells));
        }
    }
    lines
}

fn told_by(evidence: &Evidence, now: Timestamp) -> String {
    let seen = evidence.seen.map_or_else(String::new, |seen| format!(", {}", ago(seen, now)));
    format!("{}: {}{seen}", evidence.from.name(), evidence.words)
}

/// A sign, and words that hang beside it.
fn hanging(sign: &'static str, words: &str, style: Style, cells: usize) -> Vec<Line<'static>> {
    let parts = wrap(words, cells.saturating_sub(3)).into_iter().enumerate();
    parts
        .map(|(number, part)| {
            let head = if number == 0 { format!(" {sign} ") } else { "   ".to_owned() };
            Line::from(vec![Span::styled(head, style), Span::styled(part, style)])
        })
        .collect()
}

/// What stands below something that was said, in lines that are set in.
fn aside(view: &View, words: &str, cells: usize) -> Vec<Line<'static>> {
    let parts = wrap(words, cells.saturating_sub(5)).into_iter().enumerate();
    parts
        .map(|(number, part)| {
            let head = if number == 0 { format!("   {} ", view.glyphs.dot) } else { "     ".to_owned() };
            Line::styled(format!("{head}{part}"), view.theme.text.0)
        })
        .collect()
}
