//! Requests fail whatever they ask for: it is the service, and no single image.

use std::collections::BTreeSet;

use super::few_tags_fail::{ENOUGH, NEARLY_ALL};
use super::{Judgement, Rule};
use crate::diagnosis::failures::Failures;
use crate::diagnosis::finding::{Evidence, Finding, Impact, Witness};
use crate::diagnosis::look::{Look, Need};
use crate::diagnosis::words::{counted, percent, roughly};
use crate::model::Subject;
use crate::sources::logs::totals::{Answered, Operation};

/// So many of a hundred answers must fail: a few among thousands do on every day.
const SHARE: u64 = 1;
/// Where nobody tells how many answers were good, so many failures must there be.
const MANY: u64 = 20;

/// The row of this rule.
pub const RULE: Rule = Rule {
    id: "errors-spread",
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
    let count = failures.of_others();
    let answers = failures.told().map(|(_, answers)| format!(" of {} answers", roughly(answers)));
    let answers = answers.unwrap_or_default();
    let is_enough = match failures.is_share(SHARE) {
        Some(is_share) => is_share && count >= ENOUGH,
        None => count >= MANY,
    };
    if !is_enough {
        return Ok(Judgement::Clear(match failures.all {
            0 => format!("none{answers} failed within 5 minutes"),
            all if count == 0 => format!("all {} failures are of broken images", roughly(all)),
            _ => format!("{}{answers} failed within 5 minutes", roughly(count)),
        }));
    }
    let is_all = failures.is_share(NEARLY_ALL) == Some(true) && count >= MANY;
    if failures.are_of_few() && !is_all {
        return Ok(Judgement::Clear("few images cause most failures".to_owned()));
    }
    Ok(Judgement::Fires(vec![finding(failures, is_all)]))
}

fn finding(failures: &Failures<'_>, is_all: bool) -> Finding {
    let repositories = repositories(failures);
    let place = match repositories {
        0 => String::new(),
        number => format!(" in {}", counted(number, "repository").replace("repositorys", "repositories")),
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
    let mut evidence = vec![Evidence::proof(Witness::Logs, all).seen(failures.last)];
    evidence.extend(OPERATIONS.iter().filter_map(|(operation, name)| {
        let failed = failures.totals.of(*operation, Answered::Failed);
        let answers = failures.totals.answers_to(*operation);
        let words = format!("{name}: {} of {} failed", roughly(failed), roughly(answers));
        (failed > 0).then(|| Evidence::hint(Witness::Logs, words).seen(failures.last))
    }));
    Finding {
        rule: RULE.id,
        words,
        impact: if is_all { Impact::Outage } else { RULE.impact },
        about: Vec::new(),
        since: failures.first,
        evidence,
        against: Vec::new(),
        next: "see what the registry itself says of it (3, then :lens faults), then its pods and its store"
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
            (failing(9, 1, 10), "clear: 9 of some 19 answers failed"),
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
