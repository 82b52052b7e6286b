//! Sets what a catalogue row promises beside what was measured.

use quarterdeck::registry::checks::{Check, Effect};

use super::observed::{Observed, Pulled, PushedAgain};
use super::stage::Stage;

/// One question about a fault: what the row promises and what was seen. No promise, no comparison.
#[derive(Clone, Debug)]
pub struct Cell {
    pub question: &'static str,
    pub promised: Option<String>,
    pub measured: String,
}

impl Cell {
    pub fn new(question: &'static str, promised: Option<String>, measured: impl ToString) -> Self {
        Self { question, promised, measured: measured.to_string() }
    }

    /// Whether the promise was kept.
    pub fn kept(&self) -> bool {
        self.promised.as_ref().is_none_or(|promised| *promised == self.measured)
    }

    fn text(&self) -> String {
        let promised = self.promised.as_deref().unwrap_or("-");
        let mark = if self.kept() { "" } else { " !" };
        format!("{promised} | {}{mark}", self.measured)
    }
}

/// The cells of one fault, with the verdicts of quarterdeck last.
pub fn cells(stage: &Stage, check: &Check, seen: &Observed) -> Vec<Cell> {
    let asked = |status: Option<u16>| status.map_or("-".to_owned(), |status| status.to_string());
    let promised = |status: Option<u16>| status.map(|status| status.to_string());
    let exit = |code: Option<i32>| code.map_or("killed".to_owned(), |code| code.to_string());
    let stops = |stops: bool| Some(i32::from(stops).to_string());
    let has = |effect: Effect| check.effects.contains(&effect);
    let image = !stage.parts.is_empty();
    vec![
        Cell::new("GET tag", promised(check.answers.by_tag), asked(seen.by_tag)),
        Cell::new("HEAD tag", promised(check.answers.by_tag), asked(seen.head_by_tag)),
        Cell::new("GET digest", promised(check.answers.by_digest), asked(seen.by_digest)),
        Cell::new("GET part", promised(check.answers.part), asked(seen.part)),
        Cell::new("gc", stops(check.answers.gc_stops), exit(seen.gc)),
        Cell::new("gc -m", stops(check.answers.gc_untagged_stops), exit(seen.gc_untagged)),
        Cell::new("listed", Some(listed_promised(check).to_owned()), listed(stage, seen)),
        Cell::new("gc loses", Some(has(Effect::Loss).to_string()), seen.gc_loses),
        Cell::new("pull", image.then(|| pull_promised(check)), pull_measured(seen)),
        Cell::new(
            "delete neighbour",
            stage.control.as_ref().map(|_| neighbour_promised(check)),
            neighbour(seen),
        ),
        Cell::new("delete own", image.then(|| own_promised(check)), own(seen)),
        Cell::new("push again", image.then(|| again_promised(check)), again(seen)),
    ]
}

fn listed_promised(check: &Check) -> &'static str {
    let has = |effect: Effect| check.effects.contains(&effect);
    match (has(Effect::Listed), has(Effect::Hidden)) {
        (true, _) => "in vain",
        (false, true) => "hidden",
        (false, false) => "right",
    }
}

fn listed(stage: &Stage, seen: &Observed) -> &'static str {
    let usable = match seen.by_tag {
        Some(status) => status == 200,
        None => stage.control.is_some(),
    };
    let named = stage.tag().is_none() || seen.listed != Some(false);
    match (usable, named && seen.in_catalog) {
        (false, true) => "in vain",
        (true, false) => "hidden",
        (true, true) | (false, false) => "right",
    }
}

fn pull_promised(check: &Check) -> String {
    let has = |effect: Effect| check.effects.contains(&effect);
    let broken_name = check.answers.by_tag == Some(404) || check.answers.by_tag == Some(500);
    match (has(Effect::WrongImage), has(Effect::Pull) || broken_name) {
        (true, _) => "wrong".to_owned(),
        (false, true) => "fails".to_owned(),
        (false, false) => "whole".to_owned(),
    }
}

fn pull_measured(seen: &Observed) -> &'static str {
    match seen.pull {
        None => "-",
        Some(Pulled::Whole) => "whole",
        Some(Pulled::OtherImage) => "wrong",
        // A strict client refuses it.
        Some(Pulled::OtherSize | Pulled::Nothing) => "fails",
    }
}

fn neighbour_promised(check: &Check) -> String {
    let poisons = check.effects.iter().any(|it| matches!(it, Effect::Poison | Effect::PoisonOnFileSystem));
    if poisons { "500 lost".to_owned() } else { "202 gone".to_owned() }
}

fn neighbour(seen: &Observed) -> String {
    let Some(deleted) = seen.neighbour else { return "-".to_owned() };
    let after = match (deleted.digest_after, deleted.still_listed) {
        (404, true) => "lost",
        (404, false) => "gone",
        _ => "there",
    };
    format!("{} {after}", deleted.status)
}

fn own_promised(check: &Check) -> String {
    if check.effects.contains(&Effect::Delete) { "fails".to_owned() } else { "works".to_owned() }
}

fn own(seen: &Observed) -> &'static str {
    match seen.own {
        None => "-",
        Some(deleted) if deleted.status == 202 && deleted.digest_after == 404 && !deleted.still_listed => {
            "works"
        }
        Some(_) => "fails",
    }
}

fn again_promised(check: &Check) -> String {
    let has = |effect: Effect| check.effects.contains(&effect);
    match (has(Effect::PushFails), has(Effect::PushCuresNothing)) {
        (true, _) => "refused".to_owned(),
        (false, true) => "no cure".to_owned(),
        (false, false) => "cured".to_owned(),
    }
}

fn again(seen: &Observed) -> &'static str {
    match seen.again {
        None => "-",
        Some(PushedAgain::Refused) => "refused",
        Some(PushedAgain::Accepted(Pulled::Whole)) => "cured",
        Some(PushedAgain::Accepted(_)) => "no cure",
    }
}

/// The whole table as text, one fault a line: `promised | measured` for every question.
pub fn print(rows: &[(&str, Vec<Cell>)]) -> String {
    let Some((_, first)) = rows.first() else { return String::new() };
    let mut lines = vec![
        std::iter::once("fault")
            .chain(first.iter().map(|cell| cell.question))
            .map(str::to_owned)
            .collect::<Vec<_>>(),
    ];
    for (id, cells) in rows {
        lines.push(std::iter::once((*id).to_owned()).chain(cells.iter().map(Cell::text)).collect());
    }
    let widths: Vec<usize> = (0..lines[0].len())
        .map(|column| lines.iter().map(|line| line[column].chars().count()).max().unwrap_or(0))
        .collect();
    let lay = |line: &Vec<String>| {
        let cells = line.iter().zip(&widths).map(|(cell, width)| format!("{cell:width$}"));
        cells.collect::<Vec<_>>().join("  ").trim_end().to_owned()
    };
    lines.iter().map(lay).collect::<Vec<_>>().join("\n")
}
