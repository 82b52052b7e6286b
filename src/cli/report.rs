//! What came of looking at one tag, for people.

use std::fmt::Write;

use super::chain;
use super::paper::{Paper, Tone};
use crate::model::text::sanitise;
use crate::model::{Finding, Unread};
use crate::registry::checks::{self, Check};
use crate::registry::repair::{Scene, cures};
use crate::registry::report::TagReport;

/// Where a report was made: what its commands have to name.
#[derive(Clone, Copy, Debug)]
pub struct Place<'a> {
    /// URL of the store.
    pub store: &'a str,
    /// URL of the registry, if it is known.
    pub registry: Option<&'a str>,
}

/// The verdict in one line.
pub fn verdict(report: &TagReport, paper: Paper) -> String {
    let (glyph, tone) = paper.verdict(report.state);
    let word = paper.paint(tone, &format!("{glyph} {:<7}", report.state.name()));
    let name = match (&report.tag, &report.digest) {
        (Some(tag), _) => format!("{}:{tag}", report.repository),
        (None, Some(digest)) => format!("{}@{digest}", report.repository),
        (None, None) => report.repository.clone(),
    };
    let ids: Vec<&str> = report.findings.iter().map(|finding| finding.id).collect();
    let what = if ids.is_empty() { report.digest.clone().unwrap_or_default() } else { ids.join(", ") };
    let line = format!("{word} {}  {}", paper.paint(Tone::Strong, &sanitise(&name)), sanitise(&what));
    format!("{}\n", line.trim_end())
}

/// The verdict, the chain, every finding with its cures, and what was left out.
pub fn full(report: &TagReport, place: Place<'_>, paper: Paper) -> String {
    let Place { store, registry } = place;
    let repository = Some(report.repository.as_str());
    let scene = Scene { store, registry, repository, report: Some(report) };
    let mut text = verdict(report, paper) + &chain::text(&report.hops, paper);
    for (at, finding) in report.findings.iter().enumerate() {
        text.push('\n');
        text.push_str(&at_length(finding, paper));
        let told = report.findings[..at].iter().any(|earlier| cures_as_well(earlier, finding));
        text.push_str(&if told {
            "    cures: those above\n".to_owned()
        } else {
            cures_of(finding, &scene, paper)
        });
    }
    text.push_str(&left_out(report, paper));
    let spent = format!("{} in {}", many(report.requests, "request"), many(report.trips, "round trip"));
    let _ = writeln!(text, "  {}", paper.paint(Tone::Dim, &spent));
    text
}

/// The verdict and the findings, without the chain.
pub fn short(report: &TagReport, paper: Paper) -> String {
    let findings: String = report.findings.iter().map(|finding| in_short(finding, paper)).collect();
    verdict(report, paper) + &findings + &left_out(report, paper)
}

/// A fault that no tag shows.
pub fn fault(repository: Option<&str>, finding: &Finding, paper: Paper) -> String {
    let subject = repository.map_or_else(|| finding.subject.to_string(), str::to_owned);
    format!("{}\n{}", paper.paint(Tone::Strong, &sanitise(&subject)), in_short(finding, paper))
}

/// Says that sizes were compared and bytes were not.
pub fn unhashed(blobs: u64) -> String {
    let blobs = if blobs == 1 { "1 blob has".to_owned() } else { format!("{blobs} blobs have") };
    format!("{blobs} the right size, the bytes were not compared: use --bytes")
}

/// One thing that could not be read.
pub fn unread(unread: &Unread, paper: Paper) -> String {
    let what = format!("{}: {}", sanitise(&unread.object), sanitise(&unread.why));
    format!("  {} {what}\n", paper.paint(Tone::Doubt, "? not read"))
}

/// What could not be read, and what was left out on purpose.
fn left_out(report: &TagReport, paper: Paper) -> String {
    let mut text: String = report.unread.iter().map(|unread| self::unread(unread, paper)).collect();
    report.notes.iter().for_each(|note| text.push_str(&paper.sentence("  note: ", &sanitise(note))));
    if report.unhashed > 0 {
        text.push_str(&paper.sentence("  note: ", &unhashed(report.unhashed.into())));
    }
    text
}

/// One finding in a few lines: id, severity, object; evidence and names of the cures.
fn in_short(finding: &Finding, paper: Paper) -> String {
    let cures: Vec<&str> = finding.repairs.iter().map(|repair| repair.name()).collect();
    let cures = if cures.is_empty() { String::new() } else { format!("    cures: {}\n", cures.join(", ")) };
    heading(finding, paper) + &paper.sentence("    ", &sanitise(&finding.detail)) + &cures
}

/// Whether everything that cures `finding` has been told of an earlier one, about the same object.
fn cures_as_well(earlier: &Finding, finding: &Finding) -> bool {
    earlier.object == finding.object
        && !finding.repairs.is_empty()
        && finding.repairs.iter().all(|repair| earlier.repairs.contains(repair))
}

fn many(number: u32, what: &str) -> String {
    format!("{number} {what}{}", if number == 1 { "" } else { "s" })
}

/// One finding with its evidence and what clients see.
fn at_length(finding: &Finding, paper: Paper) -> String {
    let mut text = heading(finding, paper) + &paper.sentence("    ", &sanitise(&finding.detail));
    for (registry, sees) in checks::find(finding.id).map(Check::clients).unwrap_or_default() {
        text.push_str(&paper.sentence(&format!("    {registry:<11} "), &sees));
    }
    text
}

/// The cures of a finding in order, with the commands that carry them out.
fn cures_of(finding: &Finding, scene: &Scene<'_>, paper: Paper) -> String {
    let mut text = String::new();
    for (at, cure) in cures(finding, scene).iter().enumerate() {
        let first = format!("    cure {} {}: ", at + 1, cure.repair.name());
        text.push_str(&paper.sentence(&first, &sanitise(&cure.why)));
        // Commands are never broken: they are there to be copied.
        cure.commands.iter().for_each(|command| text.push_str(&format!("      $ {}\n", sanitise(command))));
    }
    text
}

fn heading(finding: &Finding, paper: Paper) -> String {
    let (glyph, tone) = paper.severity(finding.severity);
    let id = paper.paint(tone, &format!("{glyph} {}", finding.id));
    format!("  {id} ({})\n    {}\n", finding.severity, sanitise(&finding.object))
}
