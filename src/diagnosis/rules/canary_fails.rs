//! An image that is pulled to see whether pulls work cannot be pulled, while by the logs others can.

use jiff::Timestamp;

use super::{Judgement, Rule};
use crate::diagnosis::finding::{Evidence, Finding, Impact, Witness};
use crate::diagnosis::look::{Look, Need};
use crate::diagnosis::path::Verdict;
use crate::diagnosis::path::client::canary;
use crate::diagnosis::words::{clip, roughly};
use crate::model::Subject;
use crate::registry::reference::{Reference, Target};
use crate::sources::front_door::facts::Pull;
use crate::sources::logs::totals::{Answered, Operation, Totals};

/// Others must have been served so often, and so many times more often than not.
const SERVED: u64 = 5;
const TIMES: u64 = 4;

/// The row of this rule.
pub const RULE: Rule = Rule {
    id: "canary-fails",
    title: "canary fails",
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
    let pulls = || canaries.iter().filter_map(|(image, pull)| Some((image, pull.as_ref()?)));
    let judged = || pulls().map(|(image, (at, pull))| (image, (at, pull), canary(image, pull, *at)));
    let failing: Vec<_> = judged().filter(|(.., seen)| seen.verdict == Verdict::Broken).collect();
    if failing.is_empty() {
        // What is refused for want of our own credentials tells nothing of what clients get.
        let unread = judged().find(|(.., seen)| seen.verdict == Verdict::Unknown);
        return match unread {
            Some((.., seen)) => Err(Need::blind("canaries", &seen.words)),
            None => Ok(Judgement::Clear("every canary is pulled".to_owned())),
        };
    }
    let others = look.logs().map_or(Others::Unread, |logs| Others::of(&logs.answers.lately(look.now)));
    if others == Others::Fail {
        return Ok(Judgement::Clear("what clients ask for fails as well".to_owned()));
    }
    let findings = failing.into_iter().map(|(image, (at, pull), _)| {
        let since = look.front_door.failing.get(image).copied();
        Finding { since, ..finding(image, pull, *at, &others) }
    });
    Ok(Judgement::Fires(findings.collect()))
}

/// How others are served.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Others {
    /// No logs are read.
    Unread,
    /// There are too few of them to tell.
    Few,
    /// So many pulls and pushes went well, and of them pushes.
    Served(u64, u64),
    Fail,
}

impl Others {
    fn of(totals: &Totals) -> Self {
        let asked = [Operation::Manifest, Operation::Blob, Operation::Push];
        let sum = |answered| asked.iter().map(|one| totals.of(*one, answered)).sum::<u64>();
        match (sum(Answered::Good), sum(Answered::Failed)) {
            (good, failed) if good >= SERVED && good >= failed * TIMES => {
                Self::Served(good, totals.of(Operation::Push, Answered::Good))
            }
            (_, SERVED..) => Self::Fail,
            _ => Self::Few,
        }
    }
}

fn finding(image: &str, pull: &Pull, at: Timestamp, others: &Others) -> Finding {
    let failed = pull.steps.iter().find_map(|step| Some((step.name, step.result.as_ref().err()?)));
    let why = failed.map_or_else(
        || "it ended early".to_owned(),
        |(step, trouble)| format!("{step}: {}", clip(&trouble.why)),
    );
    // How others fare is half of it: without that it may be what all get, or this image alone.
    let (told, words, next): (fn(Witness, String) -> Evidence, _, _) = match others {
        Others::Served(..) => (
            Evidence::proof,
            format!("The canary {image} cannot be pulled while others can: {why}"),
            "scan it: if it is whole in the store, old images may fail where fresh ones do not; suspect the last release",
        ),
        _ => (
            Evidence::hint,
            format!("The canary {image} cannot be pulled: {why}"),
            "scan it, and pull another image by hand: that tells whether it is this one or the service",
        ),
    };
    let mut evidence = vec![told(Witness::FrontDoor, why).seen(Some(at))];
    let mut against = Vec::new();
    match others {
        Others::Served(good, pushed) => {
            let (good, pushed) = (roughly(*good), roughly(*pushed));
            let words =
                format!("{good} pulls and pushes succeeded within 5 minutes, {pushed} of them pushes");
            evidence.push(Evidence::hint(Witness::Logs, words));
        }
        Others::Few => {
            against.push(Evidence::hint(
                Witness::Logs,
                "whether others are served is not known: hardly any asked",
            ));
        }
        Others::Unread | Others::Fail => {
            against.push(Evidence::hint(
                Witness::Logs,
                "whether others are served is not known: no log is read",
            ));
        }
    }
    Finding {
        rule: RULE.id,
        words,
        impact: RULE.impact,
        about: vec![subject(image)],
        since: None,
        evidence,
        against,
        next: next.to_owned(),
        verbs: vec!["scan"],
    }
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
    use super::super::told::{NOW, World, at, tag};
    use super::*;
    use crate::diagnosis::finding::Confidence;
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
            (
                World::dark().canary(IMAGE, Err(TroubleKind::Absent)),
                "fires: The canary group/canary:old cannot be pulled: manifest: answered 404",
            ),
            (failing(), "fires: The canary group/canary:old cannot be pulled: manifest"),
            (World::watched().canary(IMAGE, Err(TroubleKind::Slow)), "fires"),
            (
                World::watched().canary(IMAGE, Err(TroubleKind::Unauthenticated)),
                "unknown: canaries: group/canary:old: manifest",
            ),
            (World::watched().canary(IMAGE, Err(TroubleKind::Denied)), "unknown: canaries: "),
            (
                failing().totals(&counts(5, 1)),
                "fires: The canary group/canary:old cannot be pulled while others can: manifest: answered 404",
            ),
            (
                failing().totals(&counts(4, 0)),
                "fires: The canary group/canary:old cannot be pulled: manifest",
            ),
            (
                failing().totals(&counts(0, 4)),
                "fires: The canary group/canary:old cannot be pulled: manifest",
            ),
            (failing().totals(&counts(0, 5)), "clear: what clients ask for fails as well"),
            (failing().totals(&counts(20, 6)), "clear: what clients ask for fails as well"),
        ] {
            let says = world.says(&RULE);
            assert!(says.starts_with(said), "{says}\nnot {said}");
        }
        let (sure, unsure) = (failing().totals(&counts(9, 0)).finding(&RULE), failing().finding(&RULE));
        assert_eq!(sure.about, [tag(IMAGE)]);
        let confidence = [sure, unsure].map(|finding| finding.confidence(at(NOW)));
        assert_eq!(confidence, [Confidence::Certain, Confidence::Possible]);
    }
}
