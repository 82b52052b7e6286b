//! What an audit came to, for people.

use std::fmt::Write;

use indicatif::HumanCount;

use super::paper::{Paper, Tone};
use super::report;
use crate::model::TagState;
use crate::model::text::sanitise;
use crate::registry::checks;
use crate::sources::bucket::audit::AuditSummary;

/// Tags by state, findings by id, what it cost, and what was left out.
pub fn text(found: &AuditSummary, paper: Paper) -> String {
    let mut text = format!("\n{}\n", tags(found, paper));
    for (id, count) in &found.findings {
        let (glyph, tone) =
            checks::find(id).map_or(("!", Tone::Doubt), |check| paper.severity(check.severity));
        let _ = writeln!(text, "  {} {:>7}  {id}", paper.paint(tone, glyph), HumanCount(*count).to_string());
    }
    if found.unread > 0 {
        let count = paper.paint(Tone::Doubt, &format!("? {:>7}", HumanCount(found.unread).to_string()));
        let _ = writeln!(text, "  {count}  not read, nothing is claimed about them");
    }
    for what in &found.not_looked_at {
        let _ = writeln!(text, "  {} {}", paper.paint(Tone::Doubt, "not looked at:"), sanitise(what));
    }
    if found.unhashed > 0 {
        let _ = writeln!(text, "  {}", report::unhashed(found.unhashed));
    }
    let _ = writeln!(text, "  {}", paper.paint(Tone::Dim, &cost(found)));
    text
}

fn tags(found: &AuditSummary, paper: Paper) -> String {
    let states = [TagState::Whole, TagState::Broken, TagState::Unknown, TagState::Absent];
    let counts = states.into_iter().map(|state| (state, found.tags_in(state)));
    let shown =
        counts.filter(|(state, count)| *count > 0 || matches!(state, TagState::Whole | TagState::Broken));
    let words: Vec<String> = shown
        .map(|(state, count)| {
            let (glyph, tone) = paper.verdict(state);
            paper.paint(tone, &format!("{glyph} {} {state}", HumanCount(count)))
        })
        .collect();
    format!("tags: {}", words.join("  "))
}

fn cost(found: &AuditSummary) -> String {
    format!(
        "{} repositories, {} blobs, {} objects seen in {} requests",
        HumanCount(found.repositories),
        HumanCount(found.blobs),
        HumanCount(found.objects),
        HumanCount(found.requests)
    )
}
