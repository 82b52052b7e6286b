//! Pulls are told that blobs are unknown, in several repositories, while pushes succeed.

use std::collections::BTreeSet;

use super::{Judgement, Rule};
use crate::diagnosis::finding::{Evidence, Finding, Impact, Witness};
use crate::diagnosis::look::{Look, Need};
use crate::diagnosis::words::{self, counted, percent, roughly};
use crate::model::{Subject, TagState};
use crate::sources::bucket::facts::Survey;
use crate::sources::bucket::picture::Verdict;
use crate::sources::logs::totals::{Answered, Operation};

/// So many pulls must have failed so, of so many repositories, by so many clients: one client with a stale list is no
/// fault of the registry.
const ENOUGH: u64 = 10;
/// So few are enough where at least every fourth pull of a blob fails so.
const FEW: u64 = 5;
const REPOSITORIES: usize = 3;
const CLIENTS: usize = 2;
/// So many of a hundred pulls of blobs must fail so, where all of them are counted.
const SHARE: u64 = 10;

/// The row of this rule.
pub const RULE: Rule = Rule {
    id: "unknown-blob",
    title: "pulls end in unknown blob",
    sentence: "Pulls are told that blobs are unknown, in several repositories, while pushes succeed",
    impact: Impact::Degraded,
    step: "unknown-blob#do-pulls-fail-while-pushes-succeed",
    explains: &["canary-fails", "errors-spread", "few-tags-fail", "retry-storm"],
    look,
};

fn look(look: &Look<'_>) -> Result<Judgement, Need> {
    let logs = look.logs()?;
    let known = look.bucket.reports().filter(|(_, report)| report.state == TagState::Broken);
    let known: BTreeSet<_> =
        known.flat_map(|(_, report)| &report.hops).filter_map(|hop| hop.digest.as_deref()).collect();
    let of_broken = |blob: &Subject| matches!(blob, Subject::Blob(digest) if known.contains(digest.as_str()));
    let missed: Vec<_> = logs.answers.missed(look.now).filter(|(_, blob, ..)| !of_broken(blob)).collect();
    let count: u64 = missed.iter().map(|(.., count)| count).sum();
    let repositories: BTreeSet<_> = missed.iter().map(|(repository, ..)| *repository).collect();
    let clients: BTreeSet<_> = missed.iter().flat_map(|(_, _, missed, _)| &missed.clients).collect();
    let totals = logs.answers.lately(look.now);
    let (pulls, pushed) = (totals.answers_to(Operation::Blob), totals.of(Operation::Push, Answered::Good));
    let refused = totals.of(Operation::Push, Answered::Failed);
    let seen = match count {
        0 => "no blob that a pull asked for was missing".to_owned(),
        _ => format!("{} in {}", roughly(count), words::repositories(repositories.len())),
    };
    let is_share = pulls == 0 || count * 100 >= SHARE * pulls;
    let enough = if pulls > 0 && count * 4 >= pulls { FEW } else { ENOUGH };
    let is_enough = count >= enough && repositories.len() >= REPOSITORIES && clients.len() >= CLIENTS;
    if !is_enough || !is_share || refused > pushed {
        return Ok(Judgement::Clear(seen));
    }
    // Without a push that succeeds, a part of the store that is lost looks the same.
    let told = if pushed > 0 { Evidence::proof } else { Evidence::hint };
    let mut evidence = vec![
        told(
            Witness::Logs,
            format!("pulls of blobs answered 404: {seen}, by {}", counted(clients.len(), "client")),
        )
        .seen(missed.iter().filter_map(|(_, _, missed, _)| missed.window.last).max()),
    ];
    if pulls > 0 {
        let words = format!("{} of all pulls of blobs", percent(count, pulls));
        evidence.push(Evidence::hint(Witness::Logs, words));
    }
    if pushed > 0 {
        evidence
            .push(Evidence::hint(Witness::Logs, format!("{} pushes succeeded meanwhile", roughly(pushed))));
    }
    let whose = match look.bucket.survey {
        Some(Survey::Database) => "the registry looks for links in the bucket that its database has",
        _ => "a release, or a registry that looks for its metadata in the wrong place",
    };
    let mut against = Vec::new();
    let is_lost = |(_, verdict): &(&Subject, &Verdict)| verdict.state() == Some(TagState::Broken);
    if look.bucket.verdicts.count(TagState::Broken) > 0
        && look.bucket.verdicts.iter().any(|one| is_lost(&one))
    {
        against.push(Evidence::hint(
            Witness::Bucket,
            "images were found broken in the store: blobs may really be gone",
        ));
    }
    let place = words::repositories(repositories.len());
    let (words, next) = match pushed {
        0 => (
            format!("Pulls fail with blob unknown in {place}, and no push was seen meanwhile"),
            "scan an image that fails (s): if its blobs are there, suspect the last release; push a new one and pull it; delete nothing",
        ),
        _ => (
            format!("Pulls fail with blob unknown in {place} while pushes succeed: suspect {whose}"),
            "roll the registry back to the release and settings before this began; delete nothing, collect no garbage",
        ),
    };
    Ok(Judgement::Fires(vec![Finding {
        rule: RULE.id,
        words,
        impact: RULE.impact,
        about: Vec::new(),
        since: missed.iter().filter_map(|(_, _, missed, _)| missed.window.first).min(),
        evidence,
        against,
        next: next.to_owned(),
        verbs: Vec::new(),
    }]))
}

#[cfg(test)]
mod tests {
    use super::super::told::World;
    use super::*;
    use crate::diagnosis::finding::Confidence;

    const DIGEST: &str = "sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08";

    fn missing(world: World, method: &str, repositories: usize, clients: &[&str]) -> World {
        (0..repositories).fold(world, |world, number| {
            world.answered_to(clients, method, &format!("/v2/group/image-{number}/blobs/{DIGEST}"), 404, 6)
        })
    }

    /// So many pulls failed, each of another repository.
    fn missed(world: World, number: u64) -> World {
        (0..number).fold(world, |world, number| {
            let client = format!("10.0.0.{number}");
            world.answered_to(&[&client], "GET", &format!("/v2/group/image-{number}/blobs/{DIGEST}"), 404, 1)
        })
    }

    #[test]
    fn blobs_must_be_unknown_to_several_clients_in_several_repositories() {
        let two = ["10.0.0.1", "10.0.0.2"];
        let totals = |pulls, pushed, refused| {
            World::watched().totals(&[
                (Operation::Blob, Answered::Good, pulls),
                (Operation::Push, Answered::Good, pushed),
                (Operation::Push, Answered::Failed, refused),
            ])
        };
        for (world, said) in [
            (World::dark(), "unknown: logs: not watched"),
            (World::watched(), "clear: no blob that a pull asked for was missing"),
            (
                missing(World::watched(), "GET", 4, &two),
                "fires: Pulls fail with blob unknown in 4 repositories, and no push was seen meanwhile",
            ),
            (
                missing(totals(20, 5, 0), "GET", 4, &two),
                "fires: Pulls fail with blob unknown in 4 repositories while pushes succeed: suspect",
            ),
            (missed(totals(20, 5, 0), 5), "fires"),
            (missed(totals(5, 5, 0), 4), "clear"),
            (missed(totals(21, 5, 0), 5), "clear"),
            (missed(World::watched(), 5), "clear"),
            (missing(World::watched(), "HEAD", 4, &two), "clear: no blob"),
            (missing(World::watched(), "GET", 2, &two), "clear: some 12 in 2 repositories"),
            (missing(World::watched(), "GET", 4, &two[..1]), "clear"),
            (missing(totals(5000, 5, 0), "GET", 4, &two), "clear"),
            (missing(totals(20, 5, 9), "GET", 4, &two), "clear"),
            (
                missing(World::watched(), "GET", 4, &two).scanned(
                    "group/image-0:v1",
                    TagState::Broken,
                    &[("layer-blob-missing", "")],
                    Some(DIGEST),
                ),
                "clear: no blob",
            ),
        ] {
            let says = world.says(&RULE);
            assert!(says.starts_with(said), "{says}\nnot {said}");
        }
    }

    #[test]
    fn nothing_is_to_be_deleted() {
        let pushed = World::watched().totals(&[(Operation::Push, Answered::Good, 5)]);
        let of = |world| missing(world, "GET", 4, &["a", "b"]).finding(&RULE);
        let (seen, unseen) = (of(pushed), of(World::watched()));
        assert!(seen.next.contains("roll the registry back") && seen.verbs.is_empty());
        assert!(!unseen.next.contains("roll") && unseen.next.contains("delete nothing"));
        let now = super::super::told::at(super::super::told::NOW);
        assert_eq!(
            (seen.confidence(now), unseen.confidence(now)),
            (Confidence::Certain, Confidence::Possible)
        );
    }
}
