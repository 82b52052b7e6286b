//! Few images cause most failures, and nothing broken was found behind them yet.

use super::{Judgement, Rule};
use crate::diagnosis::failures::{FEW, Failed, Failures, Spread, is_image};
use crate::diagnosis::finding::{Evidence, Finding, Impact, Witness};
use crate::diagnosis::look::{Look, Need};
use crate::diagnosis::words::{counted, roughly, some};
use crate::model::{Subject, TagState};
use crate::sources::bucket::picture::{Health, Verdict};
use crate::sources::logs::totals::Answered;

/// The row of this rule.
pub const RULE: Rule = Rule {
    id: "few-tags-fail",
    title: "few images fail most",
    sentence: "Few images cause most failures, and nothing broken was found behind them yet",
    impact: Impact::Degraded,
    step: "broken-images#which-tags-fail",
    explains: &[],
    look,
};

fn look(look: &Look<'_>) -> Result<Judgement, Need> {
    let failures = look.failures()?;
    let (count, all) = (failures.of_others(), failures.all);
    Ok(match failures.spread {
        Spread::Few => Judgement::Fires(vec![finding(look, failures)]),
        Spread::Unsure => Judgement::Unknown(vec![failures.need()]),
        Spread::All => Judgement::Clear("nearly all requests fail, whatever they ask for".to_owned()),
        Spread::Many => Judgement::Clear(format!("{} failures of more than a few images", roughly(count))),
        Spread::Quiet => Judgement::Clear(match (all, count) {
            (0, _) => "nothing failed within 5 minutes".to_owned(),
            (_, 0) => "what fails is known to be broken".to_owned(),
            _ => format!("{} failures within 5 minutes", roughly(all)),
        }),
    })
}

fn finding(look: &Look<'_>, failures: &Failures<'_>) -> Finding {
    let few: Vec<_> = failures.others.iter().filter(|one| is_image(one.subject)).take(FEW).collect();
    let (count, all) = (few.iter().map(|one| one.count).sum::<u64>(), failures.of_others());
    let images: Vec<_> = few.iter().map(|one| one.subject.to_string()).collect();
    let words = format!(
        "{} cause{} most failures ({} of {}): {}",
        counted(few.len(), "image"),
        if few.len() == 1 { "s" } else { "" },
        roughly(count),
        roughly(all),
        some(images.iter().map(String::as_str))
    );
    let mut evidence: Vec<_> =
        few.iter().map(|one| Evidence::hint(Witness::Logs, told(look, one)).seen(one.last)).collect();
    let good = failures.totals.all(Answered::Good);
    if good > 0 {
        evidence.push(Evidence::hint(
            Witness::Logs,
            format!("{} other requests were answered well", roughly(good)),
        ));
    }
    let whole = few.iter().filter(|one| state(look, one.subject) == Some(TagState::Whole));
    let mut against: Vec<_> = whole
        .map(|one| {
            Evidence::hint(Witness::Bucket, format!("{}: its objects are all there and fit", one.subject))
        })
        .collect();
    if !failures.is_counted {
        against.push(Evidence::hint(
            Witness::Logs,
            "no good answer is told of: it may be all that is asked for",
        ));
    }
    Finding {
        rule: RULE.id,
        words,
        impact: RULE.impact,
        since: few.iter().filter_map(|one| one.first).min(),
        about: few.iter().map(|one| one.subject.clone()).collect(),
        evidence,
        against,
        next: next(look, &few).to_owned(),
        verbs: vec!["scan", "describe"],
    }
}

/// What was looked at need not be looked at again.
fn next(look: &Look<'_>, few: &[&Failed<'_>]) -> &'static str {
    let is_seen =
        |one: &&Failed<'_>| matches!(state(look, one.subject), Some(TagState::Whole | TagState::Absent));
    match few.iter().all(is_seen) {
        true => {
            "nothing broken is behind them in the store: read what the registry says of them (5; :lens bad tags)"
        }
        false => {
            "scan them (s) to see what is wrong with them in the store; until then leave them as they are"
        }
    }
}

fn told(look: &Look<'_>, failed: &Failed<'_>) -> String {
    format!("{}: {} failures; {}", failed.subject, roughly(failed.count), looked_at(look, failed.subject))
}

fn looked_at(look: &Look<'_>, subject: &Subject) -> &'static str {
    match (state(look, subject), look.bucket.verdicts.get(subject), subject) {
        (Some(TagState::Whole), ..) => "in the store it is whole",
        (Some(TagState::Absent), ..) => "in the store it is not there",
        (Some(TagState::Unknown), ..) => "in the store it could not be read",
        (Some(TagState::Broken), ..) => "in the store it is broken",
        (None, Some(Verdict::Scanning), _) => "it is being looked at",
        (None, _, Subject::Blob(_)) => "which image it is of is not known yet",
        (None, ..) if look.bucket.health != Health::Live => "the store cannot be looked at",
        (None, ..) => "it was not looked at yet",
    }
}

fn state(look: &Look<'_>, subject: &Subject) -> Option<TagState> {
    look.bucket.verdicts.get(subject).and_then(Verdict::state)
}

#[cfg(test)]
mod tests {
    use super::super::told::{World, tag};
    use super::*;
    use crate::sources::logs::totals::Operation;

    fn uri(image: &str) -> String {
        format!("/v2/group/{image}/manifests/v1")
    }

    /// So many images fail so often each, beside so many good answers.
    fn failing(images: usize, each: u64, good: u64) -> World {
        let failed = images as u64 * each;
        let totals =
            [(Operation::Manifest, Answered::Good, good), (Operation::Manifest, Answered::Failed, failed)];
        let world = World::watched().totals(&totals);
        (0..images)
            .fold(world, |world, number| world.answered("GET", &uri(&format!("image-{number}")), 500, each))
    }

    #[test]
    fn few_images_must_cause_most_of_many_failures_while_others_are_served() {
        for (world, said) in [
            (World::dark(), "unknown: logs: not watched"),
            (failing(0, 0, 5000), "clear: nothing failed"),
            (failing(1, 9, 5000), "clear: 9 failures"),
            (
                failing(1, 10, 5000),
                "fires: 1 image causes most failures (some 10 of some 10): group/image-0:v1",
            ),
            (
                failing(5, 8, 5000),
                "fires: 5 images cause most failures (some 40 of some 40): group/image-0:v1",
            ),
            (failing(6, 10, 5000), "fires: 5 images cause most failures (some 50 of some 60)"),
            (failing(7, 10, 5000), "clear: some 70 failures of more than a few"),
            (failing(1, 9, 10), "unknown: more answers (9 of some 19 failed)"),
            (failing(2, 5, 0).heard_well(), "clear: nearly all requests fail"),
            (failing(2, 5, 0), "fires: 2 images cause most failures"),
            (failing(1, 90, 10), "clear: nearly all requests fail"),
            (failing(1, 80, 20), "fires: 1 image"),
            (
                failing(1, 40, 500).scanned(
                    "group/image-0:v1",
                    TagState::Broken,
                    &[("empty-current-link", "")],
                    None,
                ),
                "clear: what fails is known",
            ),
            (
                World::watched().answered("POST", "/v2/group/image/blobs/uploads/", 500, 40),
                "clear: some 40 failures of more",
            ),
            (World::watched().answered("GET", &uri("image"), 404, 400), "clear: nothing failed"),
            (World::watched().answered("GET", &uri("image"), 401, 400), "clear: nothing failed"),
        ] {
            let says = world.says(&RULE);
            assert!(says.starts_with(said), "{says}\nnot {said}");
        }
    }

    #[test]
    fn it_says_how_far_they_were_looked_at() {
        let told = |world: World| world.finding(&RULE).evidence[0].words.clone();
        let failing = || failing(1, 40, 5000);
        const TAG: &str = "group/image-0:v1";
        for (world, words) in [
            (failing(), "it was not looked at yet"),
            (failing().being_scanned(TAG), "it is being looked at"),
            (failing().scanned(TAG, TagState::Unknown, &[], None), "in the store it could not be read"),
        ] {
            let told = told(world);
            assert!(told.ends_with(words), "{told}");
        }
        let whole = failing().scanned(TAG, TagState::Whole, &[], None);
        assert!(whole.says(&RULE).starts_with("clear"), "it was looked at after it failed last");
        assert_eq!(failing().finding(&RULE).about, [tag(TAG)]);
    }
}
