//! What is most likely wrong: causes before their symptoms, the worst and surest first.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::mem::{Discriminant, discriminant};

use jiff::Timestamp;

use super::finding::{Confidence, Finding, Impact, Witness};
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
    /// What is watched and could not be read, whether a rule lacks it or goes by others of its kind.
    pub unread: Vec<Need>,
}

/// A finding that nothing else explains.
#[derive(Clone, Debug, PartialEq)]
pub struct Cause {
    pub finding: Finding,
    pub confidence: Confidence,
    /// Findings that follow from it.
    pub symptoms: Vec<Finding>,
}

impl Cause {
    /// How bad it is, with what follows from it.
    pub fn impact(&self) -> Impact {
        self.symptoms.iter().map(|symptom| symptom.impact).fold(self.finding.impact, Impact::min)
    }
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
    let mut diagnosis = Diagnosis { unread: look.unread(), ..Diagnosis::default() };
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
    let told: Vec<_> = found.iter().map(|finding| Told::of(finding, now)).collect();
    let explained_by = |symptom: &Told<'_>| -> Vec<usize> {
        let names = |cause: &Told<'_>| {
            explains.get(cause.finding.rule).is_some_and(|ids| ids.contains(&symptom.finding.rule))
        };
        let causes: Vec<_> = (0..told.len())
            .filter(|number| names(&told[*number]) && told[*number].may_explain(symptom))
            .collect();
        let covers =
            covered(&symptom.finding.about, &causes.iter().map(|number| &told[*number]).collect::<Vec<_>>());
        if covers { causes } else { Vec::new() }
    };
    let parents: Vec<_> = told.iter().map(explained_by).collect();
    let mut causes: Vec<_> = Vec::new();
    for (number, told) in told.iter().enumerate().filter(|(number, _)| parents[*number].is_empty()) {
        let symptoms = (0..found.len()).filter(|other| *other != number && leads(&parents, *other, number));
        causes.push(Cause {
            confidence: told.confidence,
            symptoms: symptoms.map(|other| found[other].clone()).collect(),
            finding: told.finding.clone(),
        });
    }
    // Where all else is equal the order of the table decides: the sort is stable. Ages are told in whole seconds and
    // move by one from look to look, which must not swap two causes.
    let minute = |since: Timestamp| since.as_second().div_euclid(60);
    causes.sort_by_key(|cause| {
        let since = cause.finding.since.map(minute);
        (cause.impact(), cause.confidence, since.is_none(), since)
    });
    causes
}

/// A finding, with what is asked of it for every other.
struct Told<'f> {
    finding: &'f Finding,
    confidence: Confidence,
    subjects: HashSet<&'f Subject>,
    kinds: HashSet<Discriminant<Subject>>,
}

impl<'f> Told<'f> {
    fn of(finding: &'f Finding, now: Timestamp) -> Self {
        Self {
            finding,
            confidence: finding.confidence(now),
            subjects: finding.about.iter().collect(),
            kinds: finding.about.iter().map(discriminant).collect(),
        }
    }

    /// Whether it weighs enough: what serves all explains nobody who is not served, unless both are about the very same
    /// things, and what is only possible explains nothing that is surer. A certificate ends by itself.
    fn may_explain(&self, symptom: &Self) -> bool {
        let about = &symptom.finding.about;
        let same = || !about.is_empty() && about.iter().all(|subject| self.subjects.contains(subject));
        let is_bad_enough =
            self.finding.impact != Impact::Risk || symptom.finding.impact == Impact::Risk || same();
        let is_sure_enough =
            self.confidence != Confidence::Possible || symptom.confidence == Confidence::Possible;
        let is_its_own = symptom.finding.evidence.iter().any(|one| one.from == Witness::Certificate);
        is_bad_enough && is_sure_enough && !is_its_own
    }
}

/// Whether what a symptom is about is what its causes are about: all of it that is of a kind with them. A server and a
/// pod cannot be compared, so that there the ids decide.
fn covered(symptom: &[Subject], causes: &[&Told<'_>]) -> bool {
    let about_all = causes.iter().any(|cause| cause.subjects.is_empty());
    let stands = |subject: &Subject| {
        causes.iter().any(|cause| cause.subjects.contains(subject))
            || !causes.iter().any(|cause| cause.kinds.contains(&discriminant(subject)))
    };
    !causes.is_empty() && (about_all || symptom.iter().all(stands))
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnosis::world::*;
    use crate::model::HopId;
    use crate::sources::front_door::facts::Page;
    use crate::sources::kubernetes::objects::Kind;

    fn of_rule(id: &'static str, explains: &'static [&'static str]) -> Rule {
        Rule::of(id, explains)
    }

    fn finding(rule: &'static str, impact: Impact, about: &[Subject]) -> Finding {
        Finding {
            rule,
            words: String::new(),
            impact,
            about: about.to_vec(),
            since: None,
            evidence: Vec::new(),
            against: Vec::new(),
            next: String::new(),
            verbs: Vec::new(),
        }
    }

    fn told(rules: &[Rule], found: Vec<Finding>) -> Vec<(&'static str, Vec<&'static str>)> {
        let causes = causes(rules, found, ago(0));
        let ids = |cause: &Cause| cause.symptoms.iter().map(|symptom| symptom.rule).collect();
        causes.iter().map(|cause| (cause.finding.rule, ids(cause))).collect()
    }

    #[test]
    fn what_follows_from_what_is_decided_by_ids_and_by_what_it_is_about() {
        let rules = [of_rule("a", &["b"]), of_rule("other", &["b"]), of_rule("b", &["c"]), of_rule("c", &[])];
        let server = || Subject::Server { backend: "gke".into(), server: "x".into() };
        let find = |rule, about: &[Subject]| finding(rule, Impact::Degraded, about);
        for (what, found, expected) in [
            ("the same", vec![find("a", &[subject(0)]), find("b", &[subject(0)])], vec![("a", vec!["b"])]),
            (
                "another pod",
                vec![find("a", &[subject(0)]), find("b", &[subject(1)])],
                vec![("a", vec![]), ("b", vec![])],
            ),
            (
                "a pod more",
                vec![find("a", &[subject(0)]), find("b", &[subject(0), subject(1)])],
                vec![("a", vec![]), ("b", vec![])],
            ),
            (
                "one of each of two",
                vec![
                    find("a", &[subject(0)]),
                    find("other", &[subject(1)]),
                    find("b", &[subject(0), subject(1)]),
                ],
                vec![("a", vec!["b"]), ("other", vec!["b"])],
            ),
            ("about all", vec![find("a", &[]), find("b", &[subject(1)])], vec![("a", vec!["b"])]),
            (
                "not to be compared",
                vec![find("a", &[subject(0)]), find("b", &[server()])],
                vec![("a", vec!["b"])],
            ),
            (
                "by its id not",
                vec![find("a", &[subject(0)]), find("c", &[subject(0)])],
                vec![("a", vec![]), ("c", vec![])],
            ),
            (
                "over two steps",
                vec![find("c", &[]), find("b", &[]), find("a", &[])],
                vec![("a", vec!["c", "b"])],
            ),
        ] {
            assert_eq!(told(&rules, found), expected, "{what}");
        }
    }

    #[test]
    fn what_is_no_fault_yet_and_what_is_only_possible_swallows_nothing_that_is_worse_or_surer() {
        use crate::diagnosis::finding::Evidence;
        use Impact::{Degraded, Outage, Risk};
        let rules = [of_rule("a", &["b"]), of_rule("b", &[])];
        let by = |found: Finding, evidence| Finding { evidence: vec![evidence], ..found };
        let sure = |found| by(found, Evidence::proof(Witness::Logs, ""));
        let hinted = |found| by(found, Evidence::hint(Witness::Google, ""));
        let shown = |found| by(found, Evidence::proof(Witness::Certificate, ""));
        let pods = || finding("a", Risk, &[subject(0), subject(1)]);
        for (what, found, is_explained) in [
            ("a risk and an outage", [sure(finding("a", Risk, &[])), sure(finding("b", Outage, &[]))], false),
            ("a risk and a worse fault", [sure(pods()), sure(finding("b", Degraded, &[]))], false),
            ("a risk and a risk", [sure(finding("a", Risk, &[])), sure(finding("b", Risk, &[]))], true),
            ("a risk of the very same", [sure(pods()), sure(finding("b", Degraded, &[subject(1)]))], true),
            ("less bad", [sure(finding("a", Degraded, &[])), sure(finding("b", Outage, &[]))], true),
            (
                "possible and certain",
                [hinted(finding("a", Outage, &[])), sure(finding("b", Risk, &[]))],
                false,
            ),
            ("both possible", [hinted(finding("a", Degraded, &[])), hinted(finding("b", Outage, &[]))], true),
            (
                "certain and possible",
                [sure(finding("a", Degraded, &[])), hinted(finding("b", Outage, &[]))],
                true,
            ),
            ("a certificate", [sure(finding("a", Outage, &[])), shown(finding("b", Outage, &[]))], false),
        ] {
            let told = told(&rules, found.to_vec());
            assert_eq!(told.len() == 1, is_explained, "{what}: {told:?}");
        }
    }

    #[test]
    fn a_cause_is_as_bad_as_the_worst_that_follows_from_it() {
        use Impact::{Degraded, Outage};
        let rules = [of_rule("a", &["b"]), of_rule("b", &[]), of_rule("c", &[])];
        let sure = |rule, impact| Finding {
            evidence: vec![crate::diagnosis::finding::Evidence::proof(Witness::Logs, "")],
            ..finding(rule, impact, &[])
        };
        let found = vec![sure("c", Degraded), sure("a", Degraded), sure("b", Outage)];
        let causes = causes(&rules, found, ago(0));
        let told: Vec<_> =
            causes.iter().map(|cause| (cause.finding.rule, cause.finding.impact, cause.impact())).collect();
        assert_eq!(told, [("a", Degraded, Outage), ("c", Degraded, Degraded)]);
    }

    #[test]
    fn causes_stand_by_how_bad_how_sure_and_how_old_they_are() {
        use crate::diagnosis::finding::Evidence;
        let rules = [of_rule("a", &[]), of_rule("b", &[])];
        let find = |rule, impact| finding(rule, impact, &[Subject::Hop(HopId::Pods)]);
        let sure = |found: Finding| Finding { evidence: vec![Evidence::proof(Witness::Logs, "")], ..found };
        let since = |found: Finding, seconds| Finding { since: Some(ago(seconds)), ..found };
        use Impact::{Degraded, Outage, Risk};
        for (found, first) in [
            ([find("a", Risk), find("b", Outage)], "b"),
            ([find("a", Degraded), sure(find("b", Degraded))], "b"),
            ([since(find("a", Degraded), 5), since(find("b", Degraded), 90)], "b"),
            ([find("a", Degraded), since(find("b", Degraded), 90)], "b"),
            ([since(find("a", Degraded), 1), since(find("b", Degraded), 2)], "a"),
            ([find("a", Degraded), find("b", Degraded)], "a"),
        ] {
            assert_eq!(told(&rules, found.to_vec())[0].0, first);
        }
    }

    #[test]
    fn a_crash_loop_explains_what_it_keeps_from_being_ready_and_no_ready_pod_that_is_missing() {
        let crash = || World::watched().pods(vec![pod(0), pod(1), crashing(2, 4)]);
        assert_eq!(crash().causes(), [("crash-loop", vec!["endpoints-short"])]);
        let addresses = vec![address(&pod(0)), address(&crashing(2, 4))];
        let mut both = crash().slice(addresses).causes();
        both.sort_unstable();
        assert_eq!(both, [("crash-loop", vec!["endpoints-short"]), ("endpoints-short", vec![])]);
        let probe = World::watched().pods(vec![pod(0), unready(1, 600), crashing(2, 4)]).causes();
        assert_eq!(probe.len(), 2, "a pod whose probe fails is a cause of its own: {probe:?}");
    }

    #[test]
    fn an_outage_is_led_back_over_all_its_steps() {
        let pods = vec![crashing(0, 4), crashing(1, 4)];
        let world = World::watched()
            .pods(pods)
            .instance("fe-01", &[backed("a", "DOWN", "10.0.0.0"), backed("b", "DOWN", "10.0.0.1")], 9)
            .door(Page::Api, 503, Some("Service Unavailable"));
        let causes = world.causes();
        assert_eq!(causes.len(), 1, "{causes:?}");
        assert_eq!(causes[0].0, "crash-loop");
        for symptom in [
            "endpoints-short",
            "endpoints-empty",
            "lb-server-down",
            "backend-without-servers",
            "front-door-failing",
        ] {
            assert!(causes[0].1.contains(&symptom), "{symptom} in {causes:?}");
        }
    }

    #[test]
    fn two_causes_at_once_stand_side_by_side() {
        let out = Backed { admin: 1, ..backed("b", "MAINT", INGRESS) };
        let world = World::watched().pods(vec![pod(0), pod(1), crashing(2, 4)]).instance(
            "fe-01",
            &[backed("a", "UP", INGRESS), out],
            50,
        );
        assert_eq!(world.causes(), [("crash-loop", vec!["endpoints-short"]), ("lb-maintenance", vec![])]);
    }

    #[test]
    fn every_rule_has_one_outcome_and_what_cannot_be_seen_is_open() {
        let world = World::healthy(2).blind(Kind::Pod);
        let diagnosis = world.diagnosis();
        assert!(diagnosis.causes.is_empty());
        assert!(matches!(diagnosis.of("crash-loop"), Outcome::Unknown(needs) if needs.len() == 1));
        let crash = World::watched().pods(vec![pod(0), crashing(1, 4)]);
        let diagnosis = crash.diagnosis();
        assert!(matches!(diagnosis.of("endpoints-short"), Outcome::Fires(found) if found.len() == 1));
        assert!(matches!(diagnosis.of("stuck-in-init"), Outcome::Clear("1 of 2 pods ready")));
        assert_eq!(
            diagnosis.clear.len() + diagnosis.open.len() + 2,
            RULES.len(),
            "each rule is clear, open, or one of the two that fire"
        );
    }
}
