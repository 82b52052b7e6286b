//! Some pods that are ready answer with errors while the others do not.

use std::collections::BTreeMap;

use super::{Judgement, Rule};
use crate::diagnosis::finding::{Evidence, Finding, Impact, Witness};
use crate::diagnosis::look::{Look, Need};
use crate::diagnosis::words::{counted, percent, roughly, some};
use crate::model::Subject;
use crate::sources::kubernetes::objects::Kind;
use crate::sources::logs::facts::Origin;
use crate::sources::logs::totals::Answered;

/// Fewer errors than this within five minutes happen by themselves.
const ENOUGH: u64 = 5;
/// So many of a hundred answers of a pod must be errors, and so many times as many as of the other pods.
const SHARE: u64 = 10;
const TIMES: u64 = 5;

/// The row of this rule.
pub const RULE: Rule = Rule {
    id: "pods-throw-errors",
    title: "running pods throw errors",
    sentence: "Some pods that are ready answer with errors while the others do not",
    impact: Impact::Degraded,
    step: "registry-not-answering#running-pods-that-throw-errors",
    explains: &["errors-spread", "few-tags-fail", "canary-fails"],
    look,
};

/// What a pod's own lines tell.
#[derive(Clone, Copy, Debug, Default)]
struct Told {
    answers: u64,
    errors: u64,
}

impl Told {
    /// Errors of a thousand answers; what is no answer counts as one.
    fn rate(self) -> u64 {
        self.errors * 1000 / self.all()
    }

    fn all(self) -> u64 {
        self.answers.max(self.errors).max(1)
    }

    /// Whether there are more errors than chance gives to one of many pods that fail alike.
    fn is_beyond_chance(self, rest: Self) -> bool {
        // In hundredths, as often there would be less than one.
        let expected = rest.errors * 100 * self.all() / rest.all();
        self.errors * 100 >= expected + 3 * (expected * 100).isqrt() + ENOUGH * 100
    }
}

fn look(look: &Look<'_>) -> Result<Judgement, Need> {
    look.cluster(&[Kind::Pod])?;
    let logs = look.logs()?;
    let mut told: BTreeMap<&str, Told> = BTreeMap::new();
    for (stream, totals) in logs.answers.by_stream(look.now) {
        let is_of_pod =
            logs.streams.all.get(stream).is_some_and(|one| one.origin == Some(Origin::Kubernetes));
        let name = stream.split('/').next().unwrap_or_default();
        let pod = look.kubernetes.pods.get(name).filter(|pod| pod.is_ready && pod.deleting.is_none());
        if let Some(pod) = pod.filter(|_| is_of_pod) {
            let known = told.entry(&pod.name).or_default();
            known.answers += totals.answers();
            known.errors += totals.all(Answered::Failed) + totals.errors;
        }
    }
    if told.len() < 2 {
        return Err(Need::waiting("answers in the logs of at least two ready pods"));
    }
    let is_wrong = |one: &Told| one.errors >= ENOUGH && one.rate() >= SHARE * 10;
    let (mut wrong, others): (Vec<_>, Vec<_>) =
        told.iter().map(|(pod, one)| (*pod, *one)).partition(|(_, one)| is_wrong(one));
    let rest = others.iter().fold(Told::default(), |sum, (_, one)| Told {
        answers: sum.answers + one.answers,
        errors: sum.errors + one.errors,
    });
    wrong.retain(|(_, one)| one.rate() >= TIMES * rest.rate() && one.is_beyond_chance(rest));
    if wrong.is_empty() || others.is_empty() {
        return Ok(Judgement::Clear(match others.is_empty() {
            true => format!("all {} with logs answer with errors alike", counted(told.len(), "pod")),
            false => format!("no pod of {} with logs stands out", told.len()),
        }));
    }
    wrong.sort_by_key(|(pod, one)| (std::cmp::Reverse(one.rate()), *pod));
    let evidence = wrong.iter().map(|(pod, one)| {
        let answers = one.answers.max(one.errors);
        let words = format!(
            "{pod}: {} of its answers are errors ({} of {})",
            percent(one.errors, answers),
            roughly(one.errors),
            roughly(answers)
        );
        Evidence::proof(Witness::Logs, words)
    });
    let mut evidence: Vec<_> = evidence.collect();
    let words = format!(
        "{} without: {} of their answers are errors",
        counted(others.len(), "other pod"),
        percent(rest.errors, rest.answers.max(1))
    );
    evidence.push(Evidence::hint(Witness::Logs, words));
    evidence.push(Evidence::hint(
        Witness::Kubernetes,
        "their Ready condition holds, so they are sent their share",
    ));
    let names = some(wrong.iter().map(|(pod, _)| *pod));
    Ok(Judgement::Fires(vec![Finding {
        rule: RULE.id,
        words: format!("{} of {} with logs throw errors while the others do not: {names}", wrong.len(), counted(told.len(), "pod")),
        impact: RULE.impact,
        about: wrong.iter().map(|(pod, _)| Subject::Pod((*pod).to_owned())).collect(),
        since: None,
        evidence,
        against: Vec::new(),
        next: "read the log of the first of them (l), then compare its node, image and settings with the others'".to_owned(),
        verbs: vec!["logs", "describe"],
    }]))
}

#[cfg(test)]
mod tests {
    use super::super::told::World;
    use super::*;
    use crate::sources::logs::totals::Operation;

    fn pods(told: &[(&str, u64, u64)]) -> World {
        told.iter().fold(World::watched().pods(&["a", "b", "c"]), |world, (pod, good, failed)| {
            let counts = [
                (Operation::Manifest, Answered::Good, *good),
                (Operation::Manifest, Answered::Failed, *failed),
            ];
            world.totals_of(&format!("{pod}/registry"), &counts)
        })
    }

    #[test]
    fn a_pod_must_stand_out_from_the_others() {
        for (world, said) in [
            (World::watched(), "unknown: Kubernetes: not watched"),
            (World::dark().pods(&["a", "b"]), "unknown: logs: not watched"),
            (pods(&[("a", 0, 50)]), "unknown: answers in the logs of at least two"),
            (pods(&[("a", 0, 50), ("gone", 90, 0)]), "unknown: answers in the logs of at least two"),
            (
                pods(&[("a", 60, 40), ("b", 100, 0), ("c", 100, 1)]),
                "fires: 1 of 3 pods with logs throw errors while the others do not: a",
            ),
            (
                pods(&[("a", 0, 40), ("b", 50, 50), ("c", 100, 0)]),
                "fires: 2 of 3 pods with logs throw errors while the others do not: a, b",
            ),
            (
                pods(&[("a", 0, 40), ("b", 50, 50), ("c", 60, 40)]),
                "clear: all 3 pods with logs answer with errors alike",
            ),
            (pods(&[("a", 4, 4), ("b", 100, 0)]), "clear: no pod of 2"),
            (pods(&[("a", 95, 9), ("b", 100, 0)]), "clear: no pod of 2"),
            (pods(&[("a", 80, 20), ("b", 91, 9)]), "clear: no pod of 2"),
        ] {
            let says = world.says(&RULE);
            assert!(says.starts_with(said), "{says}\nnot {said}");
        }
    }
}
