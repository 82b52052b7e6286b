//! How far it is while it is carried out, and what came of it.

use ratatui::style::Style;
use ratatui::text::Line;

use super::page::Page;
use super::proposal::{folders, name};
use crate::model::{Done, Ending, Phase, Progress, Proposal, Step, StepOutcome};
use crate::ui::text::{counted, width};
use crate::ui::view::View;

/// Cells of the bar.
const BAR: usize = 30;

/// How far it is.
pub fn running(
    view: &View,
    proposal: &Proposal,
    progress: Option<&Progress>,
    stopping: bool,
    cells: usize,
) -> Vec<Line<'static>> {
    let mut page = Page::new(view, cells);
    if proposal.items.len() > 1 {
        page.text(&super::proposal::summary(proposal));
    } else {
        page.lines_of(&proposal.items.iter().map(|item| item.subject.to_string()).collect::<Vec<_>>());
    }
    page.blank();
    match progress {
        None => page.dim(&format!("Beginning {}", view.glyphs.busy)),
        Some(progress) => {
            let phase = match progress.phase {
                Phase::Backup => "Keeping copies",
                Phase::Write => "Writing",
                Phase::Check => "Looking at what came of it",
            };
            page.styled(&format!("{phase}: {} of {}", progress.finished, progress.of), view.theme.title.0);
            let full = BAR * progress.finished.min(progress.of) / progress.of.max(1);
            page.text(&format!("[{}{}]", "#".repeat(full), ".".repeat(BAR - full)));
            page.dim(&progress.key);
        }
    }
    page.blank();
    page.dim(if proposal.is_about_logs() {
        "A file that was emptied stays empty."
    } else if stopping {
        "What is done stays done, and :undo takes it back."
    } else {
        "It can be stopped after any object; what is done by then can be taken back."
    });
    page.into_lines()
}

/// What came of it.
pub fn lines(
    view: &View,
    proposal: &Proposal,
    done: &Done,
    follow_up: Option<&str>,
    cells: usize,
) -> Vec<Line<'static>> {
    let mut page = Page::new(view, cells);
    ending(&mut page, view, proposal, done);
    // Of many, what comes next would be far below all that was done.
    let many = proposal.items.len() > 1;
    if many {
        page.section("To know", &done.notes);
        next(&mut page, view, proposal, done, follow_up);
    }
    steps(&mut page, view, proposal, done);
    proofs(&mut page, view, done, many);
    if !many {
        page.section("To know", &done.notes);
        next(&mut page, view, proposal, done, follow_up);
    }
    page.into_lines()
}

fn ending(page: &mut Page<'_>, view: &View, proposal: &Proposal, done: &Done) {
    let (theme, glyphs) = (&view.theme, &view.glyphs);
    let well = done.steps.iter().filter(|(_, outcome)| outcome.is_well()).count();
    let count = format!("{well} of {} steps done", done.of);
    match &done.ending {
        Ending::Done => page.styled(&format!("{} Done: {count}.", glyphs.good), theme.good.0),
        Ending::Changed { why } => {
            page.styled(
                &format!("{} Left, because something had changed: {count}.", glyphs.unknown),
                theme.warn.0,
            );
            page.text(why);
            page.text(if proposal.is_about_logs() {
                "The file was rotated since. Nothing was done to it. Begin anew, so that it is looked at as it is now."
            } else if proposal.is_about_servers() {
                "Somebody else set it, or HAProxy was reloaded. Nothing of theirs was touched. Ask them before you try \
                 again; then begin anew, so that it is looked at as it is now."
            } else {
                "Somebody else is writing here, most likely with a push. Nothing of theirs was touched. Ask them \
                 before you try again; then begin anew, so that it is looked at as it is now."
            });
        }
        Ending::Failed { why } => {
            page.styled(&format!("{} Failed on the way: {count}.", glyphs.bad), theme.bad.0);
            page.text(why);
        }
        Ending::Stopped => {
            page.styled(&format!("{} Stopped, as you asked: {count}.", glyphs.unknown), theme.warn.0)
        }
    }
}

fn outcome_words(view: &View, outcome: &StepOutcome) -> (&'static str, &'static str, Style) {
    let (theme, glyphs) = (&view.theme, &view.glyphs);
    match outcome {
        StepOutcome::Done { .. } => (glyphs.good, "done", theme.good.0),
        StepOutcome::Already { .. } => (glyphs.good, "was so already", theme.dim.0),
        StepOutcome::Changed { .. } => (glyphs.unknown, "left: changed", theme.warn.0),
        StepOutcome::Failed { .. } => (glyphs.bad, "failed", theme.bad.0),
        StepOutcome::PutBack { .. } => (glyphs.unknown, "put back", theme.warn.0),
    }
}

fn steps(page: &mut Page<'_>, view: &View, proposal: &Proposal, done: &Done) {
    page.heading(if proposal.is_about_servers() { "One by one" } else { "Object by object" });
    let all: Vec<_> = proposal.steps().cloned().collect();
    let shared = super::proposal::shared_folder(&all);
    if !shared.is_empty() {
        page.dim(&format!("in {shared}"));
    }
    let outcomes: Vec<_> = done.steps.iter().map(|(_, outcome)| outcome).collect();
    let mut from = 0;
    for item in &proposal.items {
        let steps = &item.steps;
        let outcomes = outcomes.get(from..).unwrap_or_default();
        from += steps.len();
        let well = outcomes.len() >= steps.len() && outcomes[..steps.len()].iter().all(|one| is_done(one));
        if proposal.items.len() > 1 && well {
            let count = counted(steps.len() as u64, "step");
            page.led(
                (&format!(" {} {:<14} ", view.glyphs.good, "done"), view.theme.good.0),
                &format!("{}, {count}", item.subject),
                view.theme.text.0,
            );
        } else {
            item_steps(page, view, (steps, outcomes), &shared);
        }
    }
}

const fn is_done(outcome: &StepOutcome) -> bool {
    matches!(outcome, StepOutcome::Done { .. })
}

/// Step by step what came of them; folders that went as they should are one line.
fn item_steps(page: &mut Page<'_>, view: &View, (steps, outcomes): (&[Step], &[&StepOutcome]), shared: &str) {
    let mut from = 0;
    while let Some(step) = steps.get(from) {
        let (sign, word, style) = match outcomes.get(from) {
            Some(outcome) => outcome_words(view, outcome),
            None => (view.glyphs.unseen, "not begun", view.theme.dim.0),
        };
        let alike = |number: usize| match (outcomes.get(from), outcomes.get(number)) {
            (Some(first), Some(other)) => is_done(first) && is_done(other),
            (None, None) => true,
            (Some(_), None) | (None, Some(_)) => false,
        };
        let alike = (from..steps.len()).take_while(|number| alike(*number)).count().max(1);
        let lead = format!(" {sign} {word:<14} ");
        let count = match folders(&steps[from..from + alike], shared) {
            Some((count, words)) => {
                page.led((&lead, style), &words, view.theme.text.0);
                count
            }
            None => {
                page.object((&lead, style), &name(&step.key, shared));
                1
            }
        };
        let why = outcomes.get(from).map(|outcome| outcome.why()).unwrap_or_default();
        if !why.is_empty() {
            page.hanging(&" ".repeat(width(&lead)), why, view.theme.dim.0);
        }
        from += count;
    }
}

fn proofs(page: &mut Page<'_>, view: &View, done: &Done, many: bool) {
    if done.proofs.is_empty() {
        return;
    }
    page.heading("Looked at before and after");
    for proof in &done.proofs {
        let after = proof.after.as_deref().unwrap_or("not asked");
        if many {
            page.text(&format!("{}: {}, then {after}", proof.of, proof.before));
        } else {
            page.text(&proof.of);
            page.hanging("   before  ", &proof.before, view.theme.dim.0);
            page.hanging("   after   ", after, view.theme.text.0);
        }
    }
}

/// What to do next.
fn next(page: &mut Page<'_>, view: &View, proposal: &Proposal, done: &Done, follow_up: Option<&str>) {
    page.heading("Next");
    let touched = done.steps.iter().any(|(_, outcome)| matches!(outcome, StepOutcome::Done { .. }));
    let mut row = |key: &str, words: &str| {
        let lead = format!(" {key:<6} ");
        page.hanging(&lead, words, view.theme.text.0);
    };
    match (&done.entry, touched) {
        (Some(entry), true) if proposal.is_about_logs() => {
            row("", &format!("nothing takes it back; the journal has it (entry {entry})"));
        }
        (Some(entry), true) if proposal.about.is_none() => {
            row("u", &format!("takes it back, and so does :undo later (entry {entry})"));
        }
        (Some(entry), _) => row(":undo", &format!("lists it with everything done earlier (entry {entry})")),
        (None, _) => row("Esc", "nothing was written, so there is nothing to take back"),
    }
    if let Some(words) = follow_up {
        row("n", words);
    }
    if proposal.verb.starts_with("delete") && proposal.about.is_none() {
        row("c", "copies a message that asks the owner to push it again, if that mends it");
    }
    row("Esc", "closes this; what was touched is looked at again already");
}
