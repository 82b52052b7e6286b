//! A registry whose metadata is in a database writes layer links into the bucket, as one would that does not know it.

use super::{Judgement, Rule};
use crate::diagnosis::finding::{Evidence, Finding, Impact, Witness};
use crate::diagnosis::look::{Look, Need};
use crate::diagnosis::words::{counted, repositories};
use crate::model::Subject;
use crate::sources::bucket::facts::Survey;
use crate::sources::bucket::links::{Links, Looked, NEW};
use crate::sources::bucket::picture::Picture;

/// A push writes a handful of links; whoever copies a bucket writes all of them anew.
const COPIED: usize = 200;
/// Repositories that are named one by one.
const NAMED: usize = 3;

/// The row of this rule.
pub const RULE: Rule = Rule {
    id: "layer-links-written",
    title: "layer links beside a database",
    sentence: "Layer links are written into the bucket although the registry's metadata is in a database",
    impact: Impact::Degraded,
    step: "unknown-blob#are-layer-links-being-written",
    explains: &["unknown-blob", "canary-fails"],
    look,
};

fn look(look: &Look<'_>) -> Result<Judgement, Need> {
    let bucket = look.bucket()?;
    match &bucket.survey {
        None => return Err(Need::waiting(WHERE)),
        Some(Survey::Database) => {}
        Some(Survey::Undecided { why }) => return Err(Need::blind(WHERE, why)),
        Some(Survey::Registry) => {
            return Ok(Judgement::Clear(
                "its metadata is in the bucket: layer links belong there".to_owned(),
            ));
        }
        Some(none @ (Survey::NoRepositories { .. } | Survey::Elsewhere { .. } | Survey::Empty)) => {
            return Err(Need::blind("bucket", &none.instead().unwrap_or_default()));
        }
    }
    let looks = bucket.links.iter();
    let written: Vec<_> =
        looks.filter_map(|(name, looked)| Some((name, looked, looked.new_links(look.now)?))).collect();
    if written.is_empty() { nothing_new(look, bucket) } else { Ok(fires(&written)) }
}

const WHERE: &str = "where the registry keeps its metadata";

fn fires(written: &[(&str, &Looked, &Links)]) -> Judgement {
    let told = written.iter().take(NAMED).map(|(name, looked, links)| {
        Evidence::proof(Witness::Bucket, told(name, links)).seen(Some(looked.at))
    });
    let mut evidence: Vec<_> = told.collect();
    if written.len() > NAMED {
        let more = written.len() - NAMED;
        let words = format!("the same in {more} more repositor{}", if more == 1 { "y" } else { "ies" });
        evidence.push(Evidence::hint(Witness::Bucket, words));
    }
    let is_copy = written.iter().any(|(.., links)| links.lately >= COPIED);
    let against = is_copy.then(|| {
        Evidence::hint(
            Witness::Bucket,
            "so many at once: a copy or a restore of the bucket would do that too",
        )
    });
    // Where older links are, new ones may have been written for long.
    let begun = |links: &&Links| links.lately == links.number && !links.is_cut;
    let all_begun = written.iter().all(|(.., links)| begun(links));
    let first = written.iter().filter_map(|(.., links)| links.span.map(|(oldest, _)| oldest)).min();
    Judgement::Fires(vec![Finding {
        rule: RULE.id,
        words: "Layer links are written beside the database: suspect a release".to_owned(),
        impact: RULE.impact,
        about: written.iter().map(|(name, ..)| Subject::Repository((*name).to_owned())).collect(),
        since: first.filter(|_| all_begun),
        evidence,
        against: against.into_iter().collect(),
        next: "roll the registry back to the release before this began; delete none of the links until pulls work".to_owned(),
        verbs: Vec::new(),
    }])
}

fn told(name: &str, links: &Links) -> String {
    let number = counted(links.number, "layer link");
    let of = if links.is_cut { format!("the first {number}") } else { number };
    format!("{} of {of} in {name} written within 10 minutes", links.lately)
}

/// What lately was looked at and is not new: an old look tells nothing of now.
fn nothing_new(look: &Look<'_>, bucket: &Picture) -> Result<Judgement, Need> {
    let looks = bucket.links.iter().map(|(_, looked)| looked);
    let lately: Vec<_> = looks.filter(|looked| look.now.duration_since(looked.at) <= NEW).collect();
    let is_sound = |links: &&Links| links.undated == 0;
    let sound: Vec<_> =
        lately.iter().filter_map(|looked| looked.found.as_ref().ok()).filter(is_sound).collect();
    if sound.is_empty() {
        let trouble = lately.iter().find_map(|looked| looked.found.as_ref().err());
        return Err(match (trouble, lately.is_empty()) {
            (Some(trouble), _) => Need::blind("layer links", &trouble.why),
            (None, false) => Need::blind("layer links", "the store does not tell when they were written"),
            (None, true) => Need::waiting("layer links of a repository that is pushed to"),
        });
    }
    let number = sound.iter().map(|links| links.number).sum();
    let of = repositories(sound.len());
    let cut = sound.iter().filter(|links| links.is_cut).map(|links| links.number).max();
    Ok(Judgement::Clear(match (number, cut) {
        (0, _) => format!("no layer links in {of}"),
        (_, None) => format!("none of {} in {of} is new", counted(number, "layer link")),
        (_, Some(first)) => {
            format!(
                "none of {} in {of} is new, of the first {first} by name in each",
                counted(number, "layer link")
            )
        }
    }))
}

#[cfg(test)]
mod tests {
    use super::super::told::{NOW, World, at};
    use super::*;
    use crate::diagnosis::finding::Confidence;

    /// The time of a store whose clock is a day behind.
    fn by_store(ago: i64) -> Option<jiff::Timestamp> {
        Some(at(NOW - 86_400 - ago))
    }

    fn links(written: &[i64], is_cut: bool) -> Links {
        Links::of(written.iter().map(|ago| by_store(*ago)), at(NOW - 86_400), is_cut)
    }

    #[test]
    fn links_must_be_new_and_the_metadata_in_a_database() {
        let database = || World::dark().stored(Survey::Database);
        for (world, said) in [
            (World::dark(), "unknown: bucket: not watched"),
            (World::dark().stored(Survey::Registry), "clear: its metadata is in the bucket"),
            (World::dark().stored(Survey::Empty), "unknown: bucket: it is empty"),
            (
                World::dark().stored(Survey::Undecided { why: "both".into() }),
                "unknown: where the registry keeps",
            ),
            (database(), "unknown: layer links of a repository that is pushed to: no answer yet"),
            (database().linked("a", Ok(links(&[], false)), 5), "clear: no layer links in 1 repository"),
            (
                database().linked("a", Ok(links(&[], false)), 601),
                "unknown: layer links of a repository that is pushed to",
            ),
            (
                database().linked("a", Ok(links(&[601], false)), 5).linked("b", Ok(links(&[700], false)), 9),
                "clear: none of 2 layer links in 2 repositories is new",
            ),
            (
                database().linked("a", Ok(links(&[601; 1_000], true)), 5),
                "clear: none of 1000 layer links in 1 repository is new, of the first 1000 by name in each",
            ),
            (
                database().linked("a", Ok(links(&[595, 9_000], false)), 5),
                "fires: Layer links are written beside",
            ),
            (database().linked("a", Ok(links(&[595], false)), 6), "clear: none of 1 layer link"),
            (
                database().linked("a", Ok(Links::of([None].into_iter(), at(NOW), false)), 5),
                "unknown: layer links: the store does not tell",
            ),
            (database().linked("a", Err("access denied"), 5), "unknown: layer links: access denied"),
            (
                database().linked("a", Err("access denied"), 5).linked("b", Ok(links(&[], false)), 5),
                "clear: no layer links in 1 repository",
            ),
        ] {
            let says = world.says(&RULE);
            assert!(says.starts_with(said), "{says}\nnot {said}");
        }
    }

    #[test]
    fn what_was_written_is_told_with_its_repository_and_since_when_only_where_that_is_known() {
        let database = || World::dark().stored(Survey::Database);
        let finding = database().linked("a", Ok(links(&[60, 30], false)), 5).finding(&RULE);
        assert_eq!(finding.evidence[0].words, "2 of 2 layer links in a written within 10 minutes");
        assert_eq!((finding.confidence(at(NOW)), finding.since), (Confidence::Certain, by_store(60)));
        assert_eq!(finding.about, [Subject::Repository("a".into())]);
        assert!(finding.against.is_empty());
        let finding = database().linked("a", Ok(links(&[60, 9_000], true)), 5).finding(&RULE);
        assert_eq!(finding.evidence[0].words, "1 of the first 2 layer links in a written within 10 minutes");
        assert_eq!(finding.since, None);
        let many = (0..5).fold(database(), |world, number| {
            world.linked(&format!("r{number}"), Ok(links(&[60; COPIED], false)), 5)
        });
        let finding = many.finding(&RULE);
        assert_eq!((finding.evidence.len(), finding.against.len()), (4, 1));
        assert_eq!(finding.evidence[3].words, "the same in 2 more repositories");
    }
}
