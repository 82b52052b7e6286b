//! An image that is pulled to see whether pulls work cannot be pulled, while by the logs others can.

use super::{Judgement, Rule};
use crate::diagnosis::finding::{Evidence, Finding, Impact, Witness};
use crate::diagnosis::look::{Look, Need};
use crate::diagnosis::words::{clip, roughly};
use crate::model::Subject;
use crate::registry::reference::{Reference, Target};
use crate::sources::front_door::picture::CanaryState;
use crate::sources::logs::totals::{Answered, Operation};

/// Others must have been served so often, and so many times more often than not.
const SERVED: u64 = 5;
const TIMES: u64 = 4;

/// The row of this rule.
pub const RULE: Rule = Rule {
    id: "canary-fails",
    sentence: "A canary cannot be pulled while fresh pushes and other pulls succeed",
    impact: Impact::Degraded,
    step: "unknown-blob#does-the-canary-fail-while-pushes-work",
    explains: &[],
    look,
};

fn look(look: &Look<'_>) -> Result<Judgement, Need> {
    let canaries = &look.front_door.canaries;
    if !look.watched.front_door || canaries.is_empty() {
        return Err(Need::off("canaries"));
    }
    if canaries.values().all(Option::is_none) {
        return Err(Need::waiting("canaries"));
    }
    let failing: Vec<_> =
        canaries.keys().filter(|image| look.front_door.canary(image) == Some(CanaryState::Failed)).collect();
    if failing.is_empty() {
        return Ok(Judgement::Clear("every canary is pulled".to_owned()));
    }
    let totals = look.logs()?.answers.lately(look.now);
    let sum = |answered| {
        [Operation::Manifest, Operation::Blob, Operation::Push]
            .map(|one| totals.of(one, answered))
            .iter()
            .sum::<u64>()
    };
    let (good, failed) = (sum(Answered::Good), sum(Answered::Failed));
    match (good, failed) {
        (0, 0) => return Ok(Judgement::Unknown(vec![Need::waiting("answers in the logs")])),
        _ if good >= SERVED && good >= failed * TIMES => {}
        _ => return Ok(Judgement::Clear("what clients ask for fails as well".to_owned())),
    }
    let findings = failing.into_iter().map(|image| {
        let pull = canaries.get(image).and_then(Option::as_ref);
        let step = pull.and_then(|(_, pull)| pull.steps.last());
        let why = step.and_then(|step| Some(format!("{}: {}", step.name, clip(&step.result.as_ref().err()?.why))));
        let why = why.unwrap_or_else(|| "it ended early".to_owned());
        let pushed = totals.of(Operation::Push, Answered::Good);
        let served = format!("{} pulls and pushes succeeded within 5 minutes, {} of them pushes", roughly(good), roughly(pushed));
        let seen = pull.map(|(at, _)| *at);
        Finding {
            rule: RULE.id,
            words: format!("The canary {image} cannot be pulled while others can: {why}"),
            impact: RULE.impact,
            about: vec![subject(image)],
            since: look.front_door.failing.get(image).copied(),
            evidence: vec![Evidence::proof(Witness::FrontDoor, why).seen(seen), Evidence::hint(Witness::Logs, served)],
            against: Vec::new(),
            next: "scan it: if it is whole in the store, old images may fail where fresh ones do not; suspect the last release".to_owned(),
            verbs: vec!["scan"],
        }
    });
    Ok(Judgement::Fires(findings.collect()))
}

fn subject(image: &str) -> Subject {
    match Reference::parse(image).map(|reference| (reference.repository.to_string(), reference.target)) {
        Ok((repository, Target::Tag(tag))) => Subject::Tag { repository, tag: tag.to_string() },
        Ok((repository, Target::Digest(digest))) => {
            Subject::Manifest { repository, digest: digest.to_string() }
        }
        Err(_) => Subject::FrontDoor,
    }
}

#[cfg(test)]
mod tests {
    use super::super::told::{World, tag};
    use super::*;
    use crate::sources::TroubleKind;

    const IMAGE: &str = "group/canary:old";

    #[test]
    fn a_canary_must_fail_while_others_are_served() {
        let counts = |good, failed| {
            [(Operation::Push, Answered::Good, good), (Operation::Manifest, Answered::Failed, failed)]
        };
        let failing = || World::watched().canary(IMAGE, Err(TroubleKind::Absent));
        for (world, said) in [
            (World::watched(), "unknown: canaries: not watched"),
            (World::watched().canary(IMAGE, Ok(200)), "clear: every canary is pulled"),
            (World::dark().canary(IMAGE, Err(TroubleKind::Absent)), "unknown: logs: not watched"),
            (failing(), "unknown: answers in the logs"),
            (
                failing().totals(&counts(5, 1)),
                "fires: The canary group/canary:old cannot be pulled while others can: manifest: answered 404",
            ),
            (failing().totals(&counts(4, 0)), "clear: what clients ask for fails as well"),
            (failing().totals(&counts(20, 6)), "clear: what clients ask for fails as well"),
        ] {
            let says = world.says(&RULE);
            assert!(says.starts_with(said), "{says}\nnot {said}");
        }
        assert_eq!(failing().totals(&counts(9, 0)).finding(&RULE).about, [tag(IMAGE)]);
    }
}
