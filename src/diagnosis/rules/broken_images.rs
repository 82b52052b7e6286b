//! Pulls fail because images are broken in the store, and not because the service is.

use jiff::Timestamp;

use super::{Judgement, Rule};
use crate::diagnosis::failures::{FEW, Failed, Failures, is_image};
use crate::diagnosis::finding::{Evidence, Finding, Impact, Witness};
use crate::diagnosis::look::{Look, Need};
use crate::diagnosis::words::{clip, counted, percent, roughly};
use crate::model::{self, Repair, Subject, TagState};
use crate::registry::checks::{find, repairs};
use crate::sources::bucket::picture::Verdict;
use crate::sources::front_door::picture::CanaryState;

/// Images that are told one by one.
const TOLD: usize = 10;

/// The row of this rule.
pub const RULE: Rule = Rule {
    id: "broken-images",
    title: "broken images",
    sentence: "Images are broken in the store, and pulls of them fail",
    impact: Impact::Degraded,
    step: "broken-images#which-tags-fail",
    explains: &["few-tags-fail", "canary-fails", "retry-storm"],
    look,
};

fn look(look: &Look<'_>) -> Result<Judgement, Need> {
    let failures = look.failures();
    if let Ok(failures) = &failures
        && !failures.broken.is_empty()
    {
        return Ok(Judgement::Fires(vec![failing(look, failures)]));
    }
    let count = look.bucket.verdicts.count(TagState::Broken);
    let broken: Vec<_> = broken(look).take(count.min(TOLD)).collect();
    if !broken.is_empty() {
        return Ok(Judgement::Fires(vec![found(look, &broken)]));
    }
    let failures = failures?;
    let suspects: Vec<_> = failures.others.iter().filter(|one| is_image(one.subject)).take(FEW).collect();
    if suspects.is_empty() {
        return Ok(Judgement::Clear("no pull of an image fails".to_owned()));
    }
    look.bucket()?;
    let needs: Vec<_> = suspects.iter().filter_map(|one| lacking(look, one.subject)).collect();
    Ok(match needs.is_empty() {
        true => Judgement::Clear("what fails most was looked at in the store and is whole".to_owned()),
        false => Judgement::Unknown(needs),
    })
}

/// Broken images that fail.
fn failing(look: &Look<'_>, failures: &Failures<'_>) -> Finding {
    let (count, of_broken, others) = (failures.broken.len(), failures.of_broken(), failures.of_others());
    let first = failures.broken[0].subject;
    let words = format!(
        "{} cause{} {} of the failing pulls: {}",
        counted(count, "broken image"),
        if count == 1 { "s" } else { "" },
        percent(of_broken, of_broken + others),
        what(look, first)
    );
    let failed = failures.broken.iter().take(TOLD).enumerate();
    let mut evidence: Vec<_> = failed.map(|(number, failed)| proof(look, failed, number == 0)).collect();
    let last = failures.broken.iter().filter_map(|one| one.last).max();
    let told = format!("{} requests for what is broken failed within 5 minutes", roughly(of_broken));
    evidence.push(Evidence::hint(Witness::Logs, told).seen(last));
    let mut against = Vec::new();
    if others > of_broken {
        let words = format!("{} other failures are of none of these images", roughly(others));
        against.push(Evidence::hint(Witness::Logs, words).seen(failures.last));
    }
    let about: Vec<_> = failures.broken.iter().map(|failed| failed.subject.clone()).collect();
    let since = failures.broken.iter().filter_map(|failed| failed.first).min();
    finding(look, words, about, evidence, against, since)
}

/// Images that were found broken although no log tells of a pull that fails by it.
fn found(look: &Look<'_>, broken: &[&Subject]) -> Finding {
    let count = look.bucket.verdicts.count(TagState::Broken);
    let canary = broken.iter().find(|subject| fails_as_canary(look, subject));
    let first = *canary.unwrap_or(&broken[0]);
    let has_logs = look.logs().is_ok();
    let told = match (canary, has_logs) {
        (Some(_), _) => "a canary fails by it",
        (None, true) => "no pull is seen to fail by it",
        (None, false) => "who pulls it is not known",
    };
    let words = format!("{} found, {told}: {}", counted(count, "broken image"), what(look, first));
    let mut evidence: Vec<_> = canary
        .map(|subject| Evidence::proof(Witness::FrontDoor, format!("{subject} cannot be pulled")))
        .into_iter()
        .collect();
    evidence.extend(broken.iter().map(|subject| {
        let words = why(look, subject, *subject == first);
        Evidence::hint(Witness::Bucket, words).seen(seen(look, subject))
    }));
    let mut against = Vec::new();
    if canary.is_none() && has_logs {
        against.push(Evidence::hint(Witness::Logs, "no failing pull of it within 5 minutes"));
    }
    let mut about: Vec<_> = broken.iter().map(|subject| (*subject).clone()).collect();
    about.sort_by_key(|subject| subject != first);
    let found = finding(look, words, about, evidence, against, None);
    Finding { impact: if canary.is_some() || !has_logs { Impact::Degraded } else { Impact::Risk }, ..found }
}

fn finding(
    look: &Look<'_>,
    words: String,
    about: Vec<Subject>,
    evidence: Vec<Evidence>,
    against: Vec<Evidence>,
    since: Option<Timestamp>,
) -> Finding {
    let cures: &[Repair] = about.first().and_then(|first| worst(look, first)).map_or(&[], |(_, cures)| cures);
    Finding {
        rule: RULE.id,
        words,
        impact: RULE.impact,
        since,
        evidence,
        against,
        next: next(cures),
        verbs: verbs(cures),
        about,
    }
}

/// Images that were found broken, the worst first.
fn broken<'a>(look: &Look<'a>) -> impl Iterator<Item = &'a Subject> + use<'a> {
    let verdicts = &look.bucket.verdicts;
    let is_broken =
        |subject: &&Subject| verdicts.get(subject).and_then(Verdict::state) == Some(TagState::Broken);
    verdicts.ranked().filter(is_broken)
}

/// What is still to be known of an image that fails.
fn lacking(look: &Look<'_>, subject: &Subject) -> Option<Need> {
    let what = format!("a look at {subject}");
    match look.bucket.verdicts.get(subject) {
        // Which image a blob is of is known once that image was looked at.
        None | Some(Verdict::Scanning) => Some(Need::waiting(&what)),
        Some(Verdict::Seen { state: TagState::Unknown, .. }) => {
            let unread = look.bucket.report(subject).and_then(|report| report.unread.first());
            let why = unread.map_or("it could not be read", |unread| unread.why.as_str());
            Some(Need::blind(&what, why))
        }
        Some(Verdict::Seen { .. }) => None,
    }
}

/// The worst that was found of an image, and its cures.
fn worst<'a>(look: &Look<'a>, subject: &Subject) -> Option<(&'static str, &'a [Repair])> {
    let found =
        look.bucket.report(subject).and_then(|report| report.findings.iter().min_by_key(|one| one.severity));
    if let Some(found) = found {
        return Some((found.id, &found.repairs));
    }
    // The report was dropped to save memory; what is generally known of such a fault is not.
    let Some(Verdict::Seen { worst: Some((id, _)), .. }) = look.bucket.verdicts.get(subject) else {
        return None;
    };
    Some((id, find(id).map_or(&[], |check| check.repairs)))
}

/// An image and what is wrong with it, in a few words.
fn what(look: &Look<'_>, subject: &Subject) -> String {
    let title = worst(look, subject).and_then(|(id, _)| find(id)).map_or("broken", |check| check.title);
    format!("{subject}: {}", title_case_off(title))
}

/// The same with the fault's id, and of the first the guilty object and what stands in it.
fn why(look: &Look<'_>, subject: &Subject, is_first: bool) -> String {
    let report = look.bucket.report(subject);
    let found: Option<&model::Finding> =
        report.and_then(|report| report.findings.iter().min_by_key(|one| one.severity));
    match found {
        Some(found) if is_first => {
            format!("{} ({}: {} {})", what(look, subject), found.id, found.object, clip(&found.detail))
        }
        Some(found) => format!("{} ({})", what(look, subject), found.id),
        None => what(look, subject),
    }
}

fn proof(look: &Look<'_>, failed: &Failed<'_>, is_first: bool) -> Evidence {
    let words = format!("{}, {} failures", why(look, failed.subject, is_first), roughly(failed.count));
    // What is broken in the store does not mend itself: that it still fails tells that it still is.
    let seen = seen(look, failed.subject).into_iter().chain(failed.last).max();
    Evidence::proof(Witness::Bucket, words).seen(seen)
}

fn seen(look: &Look<'_>, subject: &Subject) -> Option<Timestamp> {
    match look.bucket.verdicts.get(subject)? {
        Verdict::Seen { at, .. } => Some(*at),
        Verdict::Scanning => None,
    }
}

fn fails_as_canary(look: &Look<'_>, subject: &Subject) -> bool {
    look.front_door.canary(&subject.to_string()) == Some(CanaryState::Failed)
}

/// A title within a sentence.
fn title_case_off(title: &str) -> String {
    let (first, rest) = title.split_at(title.chars().next().map_or(0, char::len_utf8));
    first.to_lowercase() + rest
}

fn next(cures: &[Repair]) -> String {
    let steps: Vec<_> = cures.iter().filter_map(|cure| step(*cure)).take(2).collect();
    match &*steps {
        [] => "look at what was found of it (Enter), then ask its owner to push it again".to_owned(),
        [one] => (*one).to_owned(),
        [one, two, ..] if *two == DELETE => format!("{one}; else {two}"),
        [one, two, ..] => format!("{one}, or {two}"),
    }
}

const DELETE: &str = "delete the tag";

fn step(cure: Repair) -> Option<&'static str> {
    Some(match cure {
        Repair::RePush => "ask the image's owner to push it again",
        repairs::RESTORE_LINK => "write the link's digest back",
        repairs::DELETE_TAG => DELETE,
        repairs::DELETE_LAYER_LINK => "delete the broken layer link and have the image pushed again",
        repairs::DELETE_WRONG_BLOB => "delete the blob whose bytes are wrong and have the image pushed again",
        repairs::DELETE_REVISION_LINK => "delete the link of its manifest",
        repairs::DELETE_STRAY => "delete what does not belong there",
        repairs::DELETE_REPOSITORY => "delete the repository's own folders",
        Repair::Verb(_) => return None,
    })
}

/// Verbs that cure, in the order of the cures; to have it pushed again one asks its owner.
fn verbs(cures: &[Repair]) -> Vec<&'static str> {
    let mut verbs = Vec::new();
    for cure in cures {
        let id = match cure {
            Repair::RePush => repairs::COPY_REPUSH_REQUEST.name(),
            Repair::Verb(id) => id,
        };
        if !verbs.contains(&id) {
            verbs.push(id);
        }
    }
    verbs.push("scan");
    verbs
}

#[cfg(test)]
mod tests {
    use super::super::told::{NOW, World, at, breaking, tag};
    use super::*;
    use crate::diagnosis::finding::Confidence;
    use crate::registry::checks::CHECKS;
    use crate::sources::TroubleKind;
    use crate::sources::bucket::facts::ErrorKind;

    const URI: &str = "/v2/group/image/manifests/v1";
    const LINK: &str = "docker/registry/v2/repositories/group/image/_manifests/tags/v1/current/link";
    const DIGEST: &str = "sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08";

    #[test]
    fn every_fault_that_breaks_a_pull_is_a_reason_with_its_own_cures() {
        assert!(breaking().count() > 30);
        for id in breaking() {
            let world = World::watched().answered("GET", URI, 500, 40).scanned(
                "group/image:v1",
                TagState::Broken,
                &[(id, LINK)],
                None,
            );
            let finding = world.finding(&RULE);
            let check = find(id).unwrap();
            assert!(
                finding.words.starts_with("1 broken image causes all of the failing pulls: group/image:v1: ")
            );
            assert!(finding.words.to_lowercase().ends_with(&check.title.to_lowercase()), "{}", finding.words);
            assert!(finding.evidence[0].words.contains(id) && finding.evidence[0].words.contains(LINK));
            assert_eq!(finding.about, [tag("group/image:v1")]);
            assert_eq!(finding.confidence(at(NOW)), Confidence::Certain);
            let cures: Vec<_> = check
                .repairs
                .iter()
                .map(|cure| cure.name().replace("re-push", "copy-repush-request"))
                .collect();
            let told: Vec<_> =
                finding.verbs.iter().filter(|verb| cures.iter().any(|cure| cure == *verb)).collect();
            assert_eq!(told.len(), finding.verbs.len() - 1, "{id}: {:?}", finding.verbs);
            assert_eq!(
                finding.verbs.first().copied(),
                cures.first().map(String::as_str).or(Some("scan")),
                "{id}"
            );
            assert!(!finding.next.is_empty());
        }
        assert!(CHECKS.len() > breaking().count());
    }

    #[test]
    fn what_was_looked_at_decides() {
        let failing = || World::watched().answered("GET", URI, 500, 40);
        let broken = |world: World| {
            world.scanned("group/image:v1", TagState::Broken, &[("empty-current-link", LINK)], None)
        };
        let blob = format!("/v2/group/image/blobs/{DIGEST}");
        for (world, said) in [
            (World::watched(), "clear: no pull of an image fails"),
            (World::dark(), "unknown: logs: not watched"),
            (World::dark().logged(), "clear: no pull of an image fails"),
            (World::dark().logged().answered("GET", URI, 500, 40), "unknown: bucket: not watched"),
            (failing(), "unknown: a look at group/image:v1: no answer yet"),
            (failing().being_scanned("group/image:v1"), "unknown: a look at group/image:v1: no answer yet"),
            (
                failing().scanned("group/image:v1", TagState::Whole, &[], None),
                "clear: no pull of an image fails",
            ),
            (
                failing().scanned("group/image:v1", TagState::Whole, &[], None).answered("GET", URI, 500, 70),
                "clear: what fails most was looked at in the store and is whole",
            ),
            (
                failing().scanned("group/image:v1", TagState::Unknown, &[], None),
                "unknown: a look at group/image:v1: it could not be read",
            ),
            (
                broken(failing()),
                "fires: 1 broken image causes all of the failing pulls: group/image:v1: the tag's",
            ),
            (
                broken(failing()).answered("GET", "/v2/other/image/manifests/v1", 503, 10),
                "fires: 1 broken image causes 80 % of the failing pulls: group/image:v1",
            ),
            (
                broken(World::watched()),
                "fires: 1 broken image found, no pull is seen to fail by it: group/image:v1",
            ),
            (
                broken(World::dark().stored(crate::sources::bucket::facts::Survey::Registry)),
                "fires: 1 broken image found, who pulls it is not known",
            ),
            (
                broken(World::watched()).canary("group/image:v1", Err(TroubleKind::Broken)),
                "fires: 1 broken image found, a canary fails by it",
            ),
            (
                World::watched().answered("GET", &blob, 404, 12).scanned(
                    "group/image:v1",
                    TagState::Broken,
                    &[("layer-blob-missing", "docker/registry/v2/blobs/sha256/9f/…/data")],
                    Some(DIGEST),
                ),
                "fires: 1 broken image causes all of the failing pulls: group/image:v1: a layer is linked but not stored",
            ),
            (
                World::dark()
                    .logged()
                    .answered("GET", URI, 500, 40)
                    .store_down(ErrorKind::Denied, "no list permission"),
                "unknown: bucket: denied: no list permission",
            ),
        ] {
            let says = world.says(&RULE);
            assert!(says.starts_with(said), "{says}\nnot {said}");
        }
    }

    #[test]
    fn what_nobody_is_known_to_pull_is_less_sure_and_less_bad() {
        let world = World::watched().scanned(
            "group/image:v1",
            TagState::Broken,
            &[("empty-current-link", LINK)],
            None,
        );
        let finding = world.finding(&RULE);
        assert_eq!((finding.confidence(at(NOW)), finding.impact), (Confidence::Possible, Impact::Risk));
        let finding = world.canary("group/image:v1", Err(TroubleKind::Broken)).finding(&RULE);
        assert_eq!((finding.confidence(at(NOW)), finding.impact), (Confidence::Certain, Impact::Degraded));
    }

    #[test]
    fn failures_of_other_things_speak_against_it() {
        let world = World::watched()
            .answered("GET", URI, 500, 20)
            .answered("POST", "/v2/group/other/blobs/uploads/", 503, 60)
            .scanned("group/image:v1", TagState::Broken, &[("empty-current-link", LINK)], None);
        let finding = world.finding(&RULE);
        assert_eq!(finding.against.len(), 1);
        assert_eq!(finding.confidence(at(NOW)), Confidence::Likely);
        assert_eq!(finding.next, "ask the image's owner to push it again, or write the link's digest back");
    }
}
