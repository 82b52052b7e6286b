//! What was seen of all scenarios, as tables.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::time::Duration;

use quarterdeck::diagnosis::finding::Confidence;

use super::play::Seen;

/// Where nothing is wrong, or nothing was found.
const NOTHING: &str = "(nothing)";

/// Each scenario with the causes that were found, and how the first screen begins.
pub fn table(all: &[Seen]) -> String {
    let mut text = format!(
        "{:<34}{:<42}{:>7} {:>7}  {:<11}{:<20}{:<66}first line of the verdict\n",
        "scenario", "cause found", "after", "by wall", "confidence", "other causes", "follows from it"
    );
    for seen in all {
        let _ = writeln!(text, "{}", row(seen));
    }
    text
}

fn row(seen: &Seen) -> String {
    let last = seen.last();
    let of = |wanted: bool| {
        let rules = last.iter().filter(|id| seen.wanted.iter().any(|it| it == *id) == wanted);
        rules.copied().collect::<Vec<_>>().join(" ")
    };
    let symptoms: Vec<_> = seen.symptoms.iter().filter(|id| !last.contains(id)).copied().collect();
    let confidence = seen.confidence.map_or("-", Confidence::name);
    let seconds =
        |it: Option<Duration>| it.map_or_else(|| "-".to_owned(), |it| format!("{:.1} s", it.as_secs_f64()));
    let (after, wall) = (seconds(seen.right), seconds(seen.wall));
    let strays: Vec<_> = seen.strays().into_iter().map(|id| format!("({id})")).collect();
    format!(
        "{:<34}{:<42}{after:>7} {wall:>7}  {confidence:<11}{:<20}{:<66}{}",
        seen.name,
        of(true),
        [of(false), strays.join(" ")].join(" "),
        symptoms.join(" "),
        seen.line
    )
}

/// Causes that scenarios contain, against those that were found in them.
pub fn matrix(all: &[Seen]) -> String {
    let counts = confusion(all);
    let names: BTreeSet<_> = counts.keys().flat_map(|(wanted, found)| [*wanted, *found]).collect();
    let mut text = format!("{:<34}", "contained \\ found");
    let _ = writeln!(text, "{}", (1..=names.len()).map(|number| format!("{number:>3}")).collect::<String>());
    for (wanted, number) in names.iter().zip(1..) {
        let cell = |found: &&str| match counts.get(&(*wanted, *found)) {
            Some(count) => format!("{count:>3}"),
            None => "  ·".to_owned(),
        };
        let cells: String = names.iter().map(cell).collect();
        let _ = writeln!(text, "{number:>3} {wanted:<30}{cells}");
    }
    let beside: u32 =
        counts.iter().filter(|((wanted, found), _)| wanted != found).map(|(_, count)| count).sum();
    let _ = writeln!(text, "beside the diagonal: {beside}");
    text
}

/// How often a scenario that contains one cause was found to have another. What was found rightly is no confusion of the
/// other cause that it contains.
fn confusion(all: &[Seen]) -> BTreeMap<(&str, &str), u32> {
    let mut counts = BTreeMap::new();
    for seen in all {
        let or_nothing = |ids: Vec<&'static str>| if ids.is_empty() { vec![NOTHING] } else { ids };
        let found = or_nothing(seen.last());
        let wanted: Vec<&str> = match &*seen.wanted {
            [] => vec![NOTHING],
            wanted => wanted.iter().map(String::as_str).collect(),
        };
        let missed: Vec<_> = wanted.iter().filter(|id| !found.contains(id)).copied().collect();
        for id in &found {
            let rows = if wanted.contains(id) { vec![*id] } else { wanted.clone() };
            rows.into_iter().for_each(|row| *counts.entry((row, *id)).or_default() += 1);
        }
        missed
            .into_iter()
            .for_each(|row| *counts.entry((row, NOTHING)).or_default() += u32::from(found != [NOTHING]));
    }
    counts
}
