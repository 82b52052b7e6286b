//! What is most likely wrong: causes before their symptoms, the worst and surest first.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::mem::discriminant;

use jiff::Timestamp;

use super::finding::{Confidence, Finding};
use super::look::{Look, Need};
use super::rules::{Judgement, RULES, Rule};
use crate::model::Subject;

/// Everything that the rules made of one look.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Diagnosis {
    /// What nothing else explains, the most likely and worst first.
    pub causes: Vec<Cause>,
    /// Rules that looked and found nothing, with what they saw.
    pub clear: Vec<(&'static str, String)>,
    /// Rules that could not judge, with what they need.
    pub open: Vec<(&'static str, Vec<Need>)>,
}

/// A finding that nothing else explains.
#[derive(Clone, Debug, PartialEq)]
pub struct Cause {
    pub finding: Finding,
    pub confidence: Confidence,
    /// Findings that follow from it.
    pub symptoms: Vec<Finding>,
}

/// What became of one rule.
#[derive(Clone, Debug, PartialEq)]
pub enum Outcome<'a> {
    Fires(Vec<&'a Finding>),
    Clear(&'a str),
    Unknown(&'a [Need]),
}

impl Diagnosis {
    /// Everything that was found, causes and what follows from them.
    pub fn findings(&self) -> impl Iterator<Item = &Finding> {
        self.causes.iter().flat_map(|cause| std::iter::once(&cause.finding).chain(&cause.symptoms))
    }

    /// What became of the rule of this id.
    pub fn of(&self, rule: &str) -> Outcome<'_> {
        let mut findings: Vec<&Finding> = Vec::new();
        for finding in self.findings().filter(|finding| finding.rule == rule) {
            // What follows from two causes stands with both.
            if !findings.contains(&finding) {
                findings.push(finding);
            }
        }
        let clear = self.clear.iter().find(|(id, _)| *id == rule);
        let open = self.open.iter().find(|(id, _)| *id == rule);
        match (clear, open) {
            (Some((_, seen)), _) => Outcome::Clear(seen),
            (None, Some((_, needs))) => Outcome::Unknown(needs),
            (None, None) => Outcome::Fires(findings),
        }
    }
}

/// Asks all rules.
pub fn diagnose(look: &Look<'_>) -> Diagnosis {
    let mut diagnosis = Diagnosis::default();
    let mut found = Vec::new();
    for rule in RULES {
        match rule.judge(look) {
            Judgement::Fires(findings) => found.extend(findings),
            Judgement::Clear(seen) => diagnosis.clear.push((rule.id, seen)),
            Judgement::Unknown(needs) => diagnosis.open.push((rule.id, needs)),
        }
    }
    diagnosis.causes = causes(RULES, found, look.now);
    diagnosis
}

/// Sorts findings into causes and what follows from them.
fn causes(rules: &[Rule], found: Vec<Finding>, now: Timestamp) -> Vec<Cause> {
    let explains: HashMap<_, _> = rules.iter().map(|rule| (rule.id, rule.explains)).collect();
    let explained_by = |symptom: &Finding| -> Vec<usize> {
        let names = |cause: &Finding| explains.get(cause.rule).is_some_and(|ids| ids.contains(&symptom.rule));
        let causes: Vec<_> = (0..found.len()).filter(|number| names(&found[*number])).collect();
        let covers = covered(&symptom.about, causes.iter().map(|number| &*found[*number].about));
        if covers { causes } else { Vec::new() }
    };
    let parents: Vec<_> = found.iter().map(explained_by).collect();
    let mut causes: Vec<_> = Vec::new();
    for (number, finding) in found.iter().enumerate().filter(|(number, _)| parents[*number].is_empty()) {
        let symptoms = (0..found.len()).filter(|other| *other != number && leads(&parents, *other, number));
        causes.push(Cause {
            confidence: finding.confidence(now),
            symptoms: symptoms.map(|other| found[other].clone()).collect(),
            finding: finding.clone(),
        });
    }
    // Where all else is equal the order of the table decides: the sort is stable.
    causes.sort_by_key(|cause| {
        (cause.finding.impact, cause.confidence, cause.finding.since.is_none(), cause.finding.since)
    });
    causes
}

/// Whether what a symptom is about is what its causes are about: all of it that is of a kind with them. A server and a
/// pod cannot be compared, so that there the ids decide.
fn covered<'a>(symptom: &[Subject], mut causes: impl Iterator<Item = &'a [Subject]> + Clone) -> bool {
    let known: BTreeSet<_> = causes.clone().flatten().collect();
    let kinds: HashSet<_> = known.iter().map(|subject| discriminant(*subject)).collect();
    let about_all = causes.clone().any(<[Subject]>::is_empty);
    let stands = |subject: &Subject| known.contains(subject) || !kinds.contains(&discriminant(subject));
    causes.next().is_some() && (about_all || symptom.iter().all(stands))
}

/// Whether `from` follows from `to`, over any number of steps; what explains itself in a circle ends nowhere.
fn leads(parents: &[Vec<usize>], from: usize, to: usize) -> bool {
    let (mut seen, mut next) = (BTreeSet::new(), vec![from]);
    while let Some(number) = next.pop() {
        if number == to {
            return true;
        }
        if seen.insert(number) {
            next.extend(&parents[number]);
        }
    }
    false
}
