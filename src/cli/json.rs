//! The shape of `--output json`: one object a line.

use std::borrow::Cow;

use serde::Serialize;

use crate::model::text::sanitise;
use crate::model::{Finding, Unread};
use crate::registry::report::{Hop, HopState, Role, TagReport};

/// What `--help` says about it, and about exit codes.
pub const HELP: &str = "\
With --output json every line is one object:
  {\"repository\", \"tag\", \"digest\", \"state\": \"whole|broken|absent|unknown\", \"findings\": [
    {\"id\", \"severity\", \"object\", \"detail\", \"repairs\": []}], \"unread\": [{\"object\", \"why\"}], \"notes\": [],
   \"unhashed\", \"requests\", \"trips\"}
  tag, digest and repository are null where there is none. object is the key of the guilty object, from
  docker/registry/v2/ on. repairs, best first, are `re-push` or names of actions. severity is one of
  pull-broken, push-broken, delete-broken, gc-broken, list-polluted, harmless; a tag is broken if it has one of
  the first two. unhashed counts blobs whose size was compared and whose bytes were not read (see --bytes).
  scan adds \"chain\": what a pull walks, hop by hop. Characters that could play tricks on a terminal are escaped.

Exit codes:
  0   nothing worse than `harmless` was found
  1   a finding worse than `harmless` (wins over 2)
  2   nothing was found, but something could not be read, a tag is absent, or there is no registry there
  64  wrong usage, including a reference that does not parse";

/// One line.
#[derive(Debug, Serialize)]
pub struct Line<'r> {
    repository: Option<&'r str>,
    tag: Option<&'r str>,
    digest: Option<&'r str>,
    state: &'static str,
    findings: Vec<FindingJson<'r>>,
    unread: Vec<UnreadJson<'r>>,
    notes: &'r [String],
    unhashed: u32,
    requests: u32,
    trips: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    chain: Option<Vec<HopJson<'r>>>,
}

#[derive(Debug, Serialize)]
struct FindingJson<'r> {
    id: &'static str,
    severity: &'static str,
    object: &'r str,
    detail: &'r str,
    repairs: Vec<&'static str>,
}

#[derive(Debug, Serialize)]
struct UnreadJson<'r> {
    object: &'r str,
    why: &'r str,
}

#[derive(Debug, Serialize)]
struct HopJson<'r> {
    depth: u8,
    role: &'static str,
    state: &'static str,
    object: &'r str,
    digest: Option<&'r str>,
    size: Option<u64>,
    expected: Option<u64>,
    modified: Option<String>,
    version: Option<&'r str>,
    note: &'r str,
}

impl<'r> Line<'r> {
    /// The verdict on one tag or digest.
    pub fn tag(report: &'r TagReport) -> Self {
        Self {
            repository: Some(&report.repository),
            tag: report.tag.as_deref(),
            digest: report.digest.as_deref(),
            state: report.state.name(),
            findings: report.findings.iter().map(finding).collect(),
            unread: report.unread.iter().map(unread).collect(),
            notes: &report.notes,
            unhashed: report.unhashed,
            requests: report.requests,
            trips: report.trips,
            chain: None,
        }
    }

    /// The same with the chain.
    #[must_use]
    pub fn with_chain(self, report: &'r TagReport) -> Self {
        Self { chain: Some(report.hops.iter().map(hop).collect()), ..self }
    }

    /// A fault that no tag shows.
    pub fn fault(repository: Option<&'r str>, found: &'r Finding) -> Self {
        let state = if found.severity.breaks_tag() { "broken" } else { "whole" };
        Self { repository, state, findings: vec![finding(found)], ..Self::nothing() }
    }

    /// Something that could not be read.
    pub fn unread(what: &'r Unread) -> Self {
        Self { unread: vec![unread(what)], ..Self::nothing() }
    }

    const fn nothing() -> Self {
        Self {
            repository: None,
            tag: None,
            digest: None,
            state: "unknown",
            findings: Vec::new(),
            unread: Vec::new(),
            notes: &[],
            unhashed: 0,
            requests: 0,
            trips: 0,
            chain: None,
        }
    }

    /// The line, without its end. What could play tricks on a terminal is escaped the JSON way, so that whoever
    /// parses it still gets the exact text.
    pub fn text(&self) -> String {
        // Strings, numbers and lists of them cannot fail to be written.
        escaped(&serde_json::to_string(self).unwrap_or_default())
    }
}

fn finding(finding: &Finding) -> FindingJson<'_> {
    FindingJson {
        id: finding.id,
        severity: finding.severity.name(),
        object: &finding.object,
        detail: &finding.detail,
        repairs: finding.repairs.iter().map(|repair| repair.name()).collect(),
    }
}

fn unread(unread: &Unread) -> UnreadJson<'_> {
    UnreadJson { object: &unread.object, why: &unread.why }
}

fn hop(hop: &Hop) -> HopJson<'_> {
    HopJson {
        depth: hop.depth,
        role: role(hop.role),
        state: match hop.state {
            HopState::Good => "good",
            HopState::Bad => "bad",
            HopState::Unknown => "unknown",
            HopState::Elsewhere => "elsewhere",
        },
        object: &hop.object,
        digest: hop.digest.as_deref(),
        size: hop.size,
        expected: hop.expected,
        modified: hop.modified.map(|time| time.to_string()),
        version: hop.version.as_deref(),
        note: &hop.note,
    }
}

const fn role(role: Role) -> &'static str {
    match role {
        Role::TagLink => "tag-link",
        Role::RevisionLink => "revision-link",
        Role::Manifest => "manifest",
        Role::ConfigLink => "config-link",
        Role::Config => "config",
        Role::LayerLink => "layer-link",
        Role::Layer => "layer",
    }
}

/// Such characters stand inside of strings only, where `\u` is understood.
pub fn escaped(json: &str) -> String {
    let mut text = String::with_capacity(json.len());
    for c in json.chars() {
        if is_harmless(c) {
            text.push(c);
        } else {
            text.extend(c.encode_utf16(&mut [0; 2]).iter().map(|unit| format!("\\u{unit:04x}")));
        }
    }
    text
}

fn is_harmless(c: char) -> bool {
    c == ' ' || c.is_ascii_graphic() || matches!(sanitise(c.encode_utf8(&mut [0; 4])), Cow::Borrowed(_))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Repair, Severity, Subject, TagState};

    fn broken() -> TagReport {
        TagReport {
            repository: "g/p".to_owned(),
            tag: Some("v1".to_owned()),
            digest: None,
            state: TagState::Broken,
            findings: vec![Finding {
                id: "empty-current-link",
                severity: Severity::PullBroken,
                subject: Subject::Tag { repository: "g/p".to_owned(), tag: "v1".to_owned() },
                object: "docker/registry/v2/x/link".to_owned(),
                detail: "0 bytes".to_owned(),
                repairs: vec![Repair::RePush, Repair::Verb("delete-tag")],
            }],
            hops: Vec::new(),
            unread: Vec::new(),
            notes: vec!["too young".to_owned()],
            unhashed: 2,
            requests: 3,
            trips: 1,
        }
    }

    #[test]
    fn a_tag_is_one_line_with_the_documented_keys_in_their_order() {
        let wanted = concat!(
            r#"{"repository":"g/p","tag":"v1","digest":null,"state":"broken","findings":[{"id":"empty-current-link","#,
            r#""severity":"pull-broken","object":"docker/registry/v2/x/link","detail":"0 bytes","#,
            r#""repairs":["re-push","delete-tag"]}],"unread":[],"notes":["too young"],"unhashed":2,"requests":3,"trips":1}"#
        );
        assert_eq!(Line::tag(&broken()).text(), wanted);
        assert!(Line::tag(&broken()).with_chain(&broken()).text().ends_with(r#","chain":[]}"#));
    }

    #[test]
    fn hostile_text_is_harmless_on_a_terminal_and_exact_for_a_parser() {
        let hostile = "a\u{1b}[2J\u{9b}b\u{202e}c\u{200b}\u{7f}\u{e0041}\n\"\\é";
        let report = TagReport { repository: hostile.to_owned(), ..broken() };
        let line = Line::tag(&report).text();
        assert!(!line.contains(['\u{1b}', '\u{9b}', '\u{202e}', '\u{200b}', '\u{7f}', '\n']), "{line}");
        let parsed: serde_json::Value = serde_json::from_str(&line).expect("JSON");
        assert_eq!(parsed["repository"], hostile);
    }
}
