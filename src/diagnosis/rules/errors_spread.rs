//! Requests fail whatever they ask for: it is the service, and no single image.

use std::collections::BTreeSet;

use super::{Judgement, Rule};
use crate::diagnosis::failures::{Failures, Spread};
use crate::diagnosis::finding::{Evidence, Finding, Impact, Witness};
use crate::diagnosis::look::{Look, Need};
use crate::diagnosis::words::{self, counted, percent, roughly};
use crate::model::Subject;
use crate::sources::logs::totals::{Answered, Operation};

/// The row of this rule.
pub const RULE: Rule = Rule {
    id: "errors-spread",
    title: "the service fails",
    sentence: "Requests fail whatever they ask for: it is the service, and no single image",
    impact: Impact::Degraded,
    step: "registry-not-answering#running-pods-that-throw-errors",
    explains: &["front-door-failing", "canary-fails"],
    look,
};

/// What can be asked for, in words.
const OPERATIONS: [(Operation, &str); 5] = [
    (Operation::Manifest, "pulls of manifests"),
    (Operation::Blob, "pulls of layers"),
    (Operation::Push, "pushes of manifests"),
    (Operation::Delete, "deletes"),
    (Operation::Other, "uploads and lists"),
];

fn look(look: &Look<'_>) -> Result<Judgement, Need> {
    let failures = look.failures()?;
    Ok(match failures.spread {
        Spread::Quiet => Judgement::Clear(quiet(failures)),
        Spread::Unsure => Judgement::Unknown(vec![failures.need()]),
        Spread::Few => Judgement::Clear("few images cause most failures".to_owned()),
        Spread::Many | Spread::All => Judgement::Fires(vec![finding(failures)]),
    })
}

fn quiet(failures: &Failures<'_>) -> String {
    let answers = failures.told().map(|(_, answers)| format!(" of {} answers", roughly(answers)));
    let answers = answers.unwrap_or_default();
    match (failures.all, failures.of_others()) {
        (0, _) => format!("none{answers} failed within 5 minutes"),
        (all, 0) => format!("all {} failures are of broken images", roughly(all)),
        (_, count) => format!("{}{answers} failed within 5 minutes", roughly(count)),
    }
}

fn finding(failures: &Failures<'_>) -> Finding {
    let is_all = failures.spread == Spread::All;
    let place = match repositories(failures) {
        0 => String::new(),
        number => format!(" in {}", words::repositories(number)),
    };
    let words = match failures.told() {
        Some((failed, answers)) if is_all => {
            format!(
                "Nearly all requests fail: {} of {} answers{place}",
                percent(failed, answers),
                roughly(answers)
            )
        }
        Some((failed, answers)) => {
            format!(
                "{} of all answers are errors{place}: the service, no single image",
                percent(failed, answers)
            )
        }
        None => {
            format!("{} requests failed{place}: the service, no single image", roughly(failures.of_others()))
        }
    };
    let all =
        format!("{} failures within 5 minutes, of {}", roughly(failures.of_others()), of_what(failures));
    // Of few answers, or of a part of an unknown whole, it may be chance.
    let is_sure = failures.is_counted && failures.is_much();
    let told = if is_sure { Evidence::proof } else { Evidence::hint };
    let mut evidence = vec![told(Witness::Logs, all).seen(failures.last)];
    evidence.extend(OPERATIONS.iter().filter_map(|(operation, name)| {
        let failed = failures.totals.of(*operation, Answered::Failed);
        let answers = failures.totals.answers_to(*operation);
        let words = format!("{name}: {} of {} failed", roughly(failed), roughly(answers));
        (failed > 0).then(|| Evidence::hint(Witness::Logs, words).seen(failures.last))
    }));
    let mut against = Vec::new();
    if failures.are_of_few() {
        against.push(Evidence::hint(Witness::Logs, "few things were asked for: it may be these alone"));
    }
    if !failures.is_counted {
        against
            .push(Evidence::hint(Witness::Logs, "no good answer is told of: it may be a small part of all"));
    }
    Finding {
        rule: RULE.id,
        words,
        impact: if is_all && failures.is_many() { Impact::Outage } else { RULE.impact },
        about: Vec::new(),
        since: failures.first,
        evidence,
        against,
        next: "see what the registry itself says of it (5; :lens storage for its store), then its pods (2)"
            .to_owned(),
        verbs: Vec::new(),
    }
}

fn of_what(failures: &Failures<'_>) -> String {
    match failures.others.len() {
        0 => "nothing that could be named".to_owned(),
        number => counted(number, "different thing"),
    }
}

fn repositories(failures: &Failures<'_>) -> usize {
    let names = failures.others.iter().filter_map(|failed| match failed.subject {
        Subject::Repository(repository)
        | Subject::Tag { repository, .. }
        | Subject::Manifest { repository, .. }
        | Subject::Upload { repository, .. } => Some(repository),
        _ => None,
    });
    names.collect::<BTreeSet<_>>().len()
}

#[cfg(test)]
mod tests {
    use super::super::told::World;
    use super::*;

    /// So many images fail so often each, beside so many good answers.
    fn failing(images: usize, each: u64, good: u64) -> World {
        let failed = images as u64 * each;
        let totals =
            [(Operation::Manifest, Answered::Good, good), (Operation::Manifest, Answered::Failed, failed)];
        silent(World::watched().totals(&totals), images, each)
    }

    fn silent(world: World, images: usize, each: u64) -> World {
        let uri = |number| format!("/v2/group/image-{number}/manifests/v1");
        (0..images).fold(world, |world, number| world.answered("GET", &uri(number), 503, each))
    }

    #[test]
    fn failures_must_be_many_and_of_many_things() {
        for (world, said) in [
            (World::dark(), "unknown: logs: not watched"),
            (failing(0, 0, 5000), "clear: none of some 5000 answers failed"),
            (failing(9, 1, 50), "clear: 9 of some 59 answers failed"),
            (failing(9, 1, 10), "unknown: more answers (9 of some 19 failed)"),
            (failing(1, 2, 0).heard_well(), "unknown: more answers (2 of 2 failed)"),
            (failing(9, 1, 0).heard_well(), "fires: Nearly all requests fail: all of 9 answers"),
            (failing(2, 5, 0).heard_well(), "fires: Nearly all requests fail: all of some 10 answers in 2"),
            (failing(2, 4, 0), "unknown: good answers in the logs (8 failed)"),
            (failing(2, 5, 0), "clear: few images cause most failures"),
            (failing(12, 1, 5000), "clear: some 12 of some 5000 answers failed"),
            (failing(12, 4, 9000), "clear: some 48 of some 9000 answers"),
            (failing(12, 4, 1000), "fires: 4 % of all answers are errors in 12 repositories"),
            (
                failing(12, 10, 5),
                "fires: Nearly all requests fail: 96 % of some 120 answers in 12 repositories",
            ),
            (failing(4, 10, 1000), "clear: few images cause most failures"),
            (failing(4, 10, 2), "fires: Nearly all requests fail: 95 % of some 42 answers in 4 repositories"),
            (silent(World::watched(), 19, 1), "clear: some 19 failed"),
            (silent(World::watched(), 20, 1), "fires: some 20 requests failed in 20 repositories"),
            (
                World::watched().answered("GET", "/v2/", 503, 30),
                "fires: some 30 requests failed: the service",
            ),
            (World::watched().answered("GET", "/v2/a/manifests/x", 404, 500), "clear: none failed"),
        ] {
            let says = world.says(&RULE);
            assert!(says.starts_with(said), "{says}\nnot {said}");
        }
    }

    #[test]
    fn what_broken_images_cause_does_not_count() {
        let broken = |world: World, number| {
            let tag = format!("group/image-{number}:v1");
            world.scanned(&tag, crate::model::TagState::Broken, &[("empty-current-link", "")], None)
        };
        let world = (0..12).fold(failing(12, 4, 1000), broken);
        assert_eq!(world.says(&RULE), "clear: all some 48 failures are of broken images");
    }

    #[test]
    fn of_few_answers_it_is_no_more_than_possible() {
        use crate::diagnosis::finding::Confidence::{Certain, Likely, Possible};
        for (world, confidence, impact) in [
            (failing(9, 1, 0).heard_well(), Possible, Impact::Degraded),
            (failing(3, 5, 0).heard_well(), Possible, Impact::Outage),
            (failing(2, 20, 0).heard_well(), Likely, Impact::Outage),
            (failing(12, 1, 0).heard_well(), Certain, Impact::Outage),
            (failing(12, 4, 1000), Certain, Impact::Degraded),
            (failing(12, 4, 0), Possible, Impact::Degraded),
        ] {
            let finding = world.finding(&RULE);
            let confidence_now = finding.confidence(super::super::told::at(super::super::told::NOW));
            assert_eq!((confidence_now, finding.impact), (confidence, impact), "{finding:?}");
        }
    }

    #[test]
    fn counts_that_hover_do_not_make_it_come_and_go() {
        // A little under one in a hundred fail now.
        let now = || failing(12, 1, 1300);
        let before = |world: World, failed| {
            let of = [(Operation::Manifest, Answered::Failed, failed)];
            world.totals_before(400, &of)
        };
        assert!(now().says(&RULE).starts_with("clear"));
        assert!(before(now(), 900).says(&RULE).starts_with("fires"), "it was more a while ago");
        assert!(before(failing(12, 1, 5000), 900).says(&RULE).starts_with("clear"), "it is over");
    }

    #[test]
    fn it_tells_which_requests_fail_and_how_bad_it_is() {
        let finding = failing(12, 10, 5).finding(&RULE);
        assert_eq!(finding.impact, Impact::Outage);
        assert!(
            finding.evidence[1].words.starts_with("pulls of manifests: some 120 of some 120 failed"),
            "{finding:?}"
        );
        assert_eq!(failing(12, 4, 1000).finding(&RULE).impact, Impact::Degraded);
    }
}
