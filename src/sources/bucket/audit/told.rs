//! What an audit has told so far: the summary, and the verdicts that must wait for the rest of the registry.

use std::collections::{BTreeMap, BTreeSet};

use super::{AuditLine, AuditSummary};
use crate::model::{Finding, Severity};
use crate::registry::checks::config_and_layers;
use crate::registry::layout::BLOBS;
use crate::registry::report::TagReport;

/// At most so many verdicts wait; beyond that they go out as they are.
const WAIT_LIMIT: usize = 10_000;

/// Counts lines, and keeps back those whose name depends on repositories not yet seen.
#[derive(Debug, Default)]
pub struct Told {
    pub summary: AuditSummary,
    /// Tags that miss a layer: if tags of two repositories miss the same one, that is its own fault.
    waiting: Vec<TagReport>,
    /// Blobs that findings name.
    guilty: BTreeSet<String>,
}

impl Told {
    /// Takes in a line; gives it back if it can be told at once.
    pub fn take(&mut self, line: AuditLine) -> Option<AuditLine> {
        match line {
            AuditLine::Tag(report) if self.waiting.len() < WAIT_LIMIT && misses_layer(&report) => {
                self.waiting.push(report);
                None
            }
            line => {
                self.count(&line);
                Some(line)
            }
        }
    }

    /// The lines that waited, now that every repository was seen.
    pub fn rest(&mut self) -> Vec<AuditLine> {
        let mut waiting = std::mem::take(&mut self.waiting);
        let mut repositories: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        for report in &waiting {
            for finding in report.findings.iter().filter(|finding| is_missing_layer(finding)) {
                repositories.entry(finding.object.clone()).or_default().insert(report.repository.clone());
            }
        }
        for finding in
            waiting.iter_mut().flat_map(|report| &mut report.findings).filter(|f| is_missing_layer(f))
        {
            let sharing = repositories.get(&finding.object).map_or(0, BTreeSet::len);
            if sharing > 1 {
                *finding = shared(finding, sharing);
            }
        }
        let lines: Vec<AuditLine> = waiting.into_iter().map(AuditLine::Tag).collect();
        lines.iter().for_each(|line| self.count(line));
        lines
    }

    /// Whether a finding names this blob.
    pub fn is_guilty(&self, object: &str) -> bool {
        self.guilty.contains(object)
    }

    fn count(&mut self, line: &AuditLine) {
        match line {
            AuditLine::Tag(report) => {
                if report.tag.is_some() {
                    *self.summary.tags.entry(report.state.name()).or_default() += 1;
                }
                self.summary.unhashed += u64::from(report.unhashed);
                self.summary.unread += report.unread.len() as u64;
                report.findings.iter().for_each(|finding| self.count_finding(finding));
            }
            AuditLine::Fault { finding, .. } => self.count_finding(finding),
            AuditLine::Unread(_) => self.summary.unread += 1,
            AuditLine::Progress(_) => {}
        }
    }

    fn count_finding(&mut self, finding: &Finding) {
        *self.summary.findings.entry(finding.id).or_default() += 1;
        self.summary.serious += u64::from(finding.severity != Severity::Harmless);
        if finding.severity != Severity::Harmless && finding.object.starts_with(BLOBS) {
            self.guilty.insert(finding.object.clone());
        }
    }
}

fn misses_layer(report: &TagReport) -> bool {
    report.findings.iter().any(is_missing_layer)
}

fn is_missing_layer(finding: &Finding) -> bool {
    finding.id == config_and_layers::LAYER_MISSING.id
}

fn shared(finding: &Finding, repositories: usize) -> Finding {
    let detail = format!("{}; tags of {repositories} repositories need it", finding.detail);
    config_and_layers::SHARED_MISSING.finding(finding.subject.clone(), &finding.object, detail)
}
