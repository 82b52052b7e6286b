//! Sentences for proposals.

use std::fmt::Display;

use jiff::SignedDuration;

use crate::model::text::clean;
use crate::model::{Finding, Item, Subject, TagState};
use crate::registry::checks::{Check, Effect, StoreKind, find};
use crate::registry::report::TagReport;

/// How many names a sentence lists before it counts.
const NAMED: usize = 6;

/// A number with its noun.
pub fn count(number: usize, one: &str) -> String {
    let stem = one.strip_suffix('y').filter(|stem| !stem.ends_with(['a', 'e', 'o', 'u']));
    match (number, stem) {
        (1, _) => format!("1 {one}"),
        (_, Some(stem)) => format!("{number} {stem}ies"),
        (_, None) => format!("{number} {one}s"),
    }
}

/// A few names, and how many more there are.
pub fn names<T: Display>(all: &[T]) -> String {
    let shown: Vec<String> = all.iter().take(NAMED).map(ToString::to_string).collect();
    match all.len().checked_sub(NAMED) {
        Some(more) if more > 0 => format!("{} and {more} more", shown.join(", ")),
        Some(_) | None => shown.join(", "),
    }
}

/// A length of time in its largest unit.
pub fn age(age: SignedDuration) -> String {
    let seconds = age.as_secs().max(0);
    let units = [(86_400, "day"), (3_600, "hour"), (60, "minute")];
    let (size, unit) = units.into_iter().find(|(size, _)| seconds >= *size).unwrap_or((1, "second"));
    count(usize::try_from(seconds / size).unwrap_or(usize::MAX), unit)
}

/// An item of which only its subject is known yet.
pub fn blank(subject: &Subject) -> Item {
    Item {
        subject: subject.clone(),
        state: None,
        why: Vec::new(),
        steps: Vec::new(),
        references: Vec::new(),
        before: String::new(),
        after: String::new(),
        mind: Vec::new(),
    }
}

/// Why something is done: what was found.
pub fn finding(found: &Finding) -> String {
    let title = find(found.id).map_or(found.id, |check| check.title);
    format!("{} ({}): {title}; {}", found.id, found.severity, found.detail)
}

/// The same without what another finding on the same object says already.
fn once(found: &Finding, all: &[Finding]) -> String {
    let says = |other: &Finding| {
        other.id != found.id && other.object == found.object && found.detail.ends_with(&other.detail)
    };
    match find(found.id) {
        Some(check) if all.iter().any(says) => format!("{} ({}): {}", found.id, found.severity, check.title),
        Some(_) | None => finding(found),
    }
}

/// Why, from what a look at a tag said.
pub fn why(report: &TagReport) -> Vec<String> {
    let mut why: Vec<String> = report.findings.iter().map(|found| once(found, &report.findings)).collect();
    why.extend(report.unread.iter().map(|unread| format!("not read: {}: {}", unread.object, unread.why)));
    if report.state == TagState::Whole && report.findings.is_empty() {
        why.push(match usize::try_from(report.unhashed) {
            Ok(0) | Err(_) => "nothing is wrong with it".to_owned(),
            Ok(blobs) => {
                format!(
                    "nothing was found wrong with it; only the size was compared of {}",
                    count(blobs, "blob")
                )
            }
        });
    }
    why.extend(report.notes.iter().cloned());
    why
}

/// What clients see now, from what a look at a tag said.
pub fn before(report: &TagReport, kind: StoreKind) -> String {
    let check = report.findings.first().and_then(|found| find(found.id));
    match (report.state, check) {
        (TagState::Unknown, _) => "not known: what decides could not be read".to_owned(),
        (_, Some(check)) => clients(check, kind),
        (TagState::Whole, None) => "GET by tag 200; the image can be pulled".to_owned(),
        (TagState::Broken | TagState::Absent, None) => "GET by tag 404".to_owned(),
    }
}

/// What clients of a 2.x registry see of a fault, and what is different in a bucket.
pub fn clients(check: &Check, kind: StoreKind) -> String {
    let lines = check.clients();
    let on = |name: &str| lines.iter().find(|(of, _)| *of == name).map(|(_, text)| text.as_str());
    let general = on("2.x").unwrap_or_default();
    match (kind, on("in a bucket")) {
        (StoreKind::Bucket, Some(there)) => format!("{general}; in a bucket {there}"),
        (StoreKind::Bucket | StoreKind::FileSystem, _) => general.to_owned(),
    }
}

/// Whether a finding of the report has this effect.
pub fn has(report: &TagReport, effect: Effect) -> bool {
    report.findings.iter().filter_map(|found| find(found.id)).any(|check| check.effects.contains(&effect))
}

/// The item with every sentence safe to show: names come from outside.
pub fn presentable(mut item: Item) -> Item {
    let safe = |text: &mut String| *text = clean(text).into_owned();
    item.why.iter_mut().chain(&mut item.references).chain(&mut item.mind).for_each(safe);
    safe(&mut item.before);
    safe(&mut item.after);
    item
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_one_finding_says_the_next_does_not_say_again() {
        use crate::registry::checks::{poison, tag_link};
        let subject = || Subject::Tag { repository: "g/p".into(), tag: "v1".into() };
        let cause = tag_link::EMPTY.finding(subject(), "link", "holds 0 bytes");
        let poisoned = poison::POISONED.finding(subject(), "link", "it is empty: holds 0 bytes");
        let elsewhere = poison::POISONED.finding(subject(), "other", "it is empty: holds 0 bytes");
        let all = [cause.clone(), poisoned.clone()];
        assert!(once(&cause, &all).ends_with("; holds 0 bytes"));
        assert!(!once(&poisoned, &all).contains("0 bytes"));
        assert!(once(&elsewhere, &all).contains("0 bytes"));
    }

    #[test]
    fn numbers_and_names_read_well() {
        assert_eq!(count(1, "tag"), "1 tag");
        assert_eq!(count(2, "repository"), "2 repositories");
        assert_eq!(age(SignedDuration::from_secs(59)), "59 seconds");
        assert_eq!(age(SignedDuration::from_hours(49)), "2 days");
        assert_eq!(names(&["a", "b"]), "a, b");
        assert_eq!(names(&[1, 2, 3, 4, 5, 6, 7, 8]), "1, 2, 3, 4, 5, 6 and 2 more");
    }
}
