//! The bucket: whether it can be read, whether a registry is in it, and whether its tags are whole.

use super::evidence::{Evidence, Verdict};
use super::google;
use super::{Hop, Look};
use crate::diagnosis::words::counted;
use crate::model::{HopId, TagState};
use crate::sources::bucket::facts::Survey;
use crate::sources::bucket::picture::{Health, Picture, Verdict as Seen};

/// How the bucket stands.
pub fn hop(scene: &Look<'_>) -> Hop {
    let picture = scene.bucket;
    let incidents = scene.google.incidents.iter().filter(|incident| google::is_of_storage(incident));
    let incidents = incidents.map(google::incident);
    // What sort of store it is matters most where something is wrong with that, and least where nothing is.
    let (odd, usual): (Vec<_>, Vec<_>) = survey(picture).into_iter().partition(|one| one.verdict.is_unwell());
    let evidence: Vec<_> = odd.into_iter().chain(tags(picture)).chain(usual).chain(incidents).collect();
    let (words, gauge) = summary(picture);
    match &picture.health {
        Health::Opening => Hop::waiting(HopId::Bucket),
        Health::Live => Hop::judged(HopId::Bucket, words, gauge, evidence),
        Health::Down { trouble, since } => {
            let why = format!("{}: {}", trouble.kind.name(), trouble.why);
            let why = Evidence::new(Verdict::Unknown, why).since(Some(*since));
            Hop::judged(HopId::Bucket, words, gauge, evidence).blinded(vec![why])
        }
    }
}

fn summary(picture: &Picture) -> (String, String) {
    let broken = picture.verdicts.count(TagState::Broken);
    let words = match (&picture.survey, broken) {
        _ if picture.lost.is_some() => "no registry any more".to_owned(),
        (_, 1..) => {
            let seen = counted(picture.verdicts.seen(), "tag");
            return (format!("{broken} of {seen} broken"), format!("{broken} broken"));
        }
        (Some(Survey::Database), 0) => "tags in a database".to_owned(),
        (Some(Survey::Undecided { .. }), 0) => "answers".to_owned(),
        (Some(Survey::NoRepositories { .. } | Survey::Elsewhere { .. } | Survey::Empty), 0) => {
            "no registry".to_owned()
        }
        (Some(Survey::Registry) | None, 0) => "answers".to_owned(),
    };
    (words, String::new())
}

fn survey(picture: &Picture) -> Option<Evidence> {
    if let Some(lost) = &picture.lost {
        return Some(Evidence::broken(format!("no registry any more: {}", lost.why)).since(lost.seen));
    }
    Some(match picture.survey.as_ref()? {
        Survey::Registry => Evidence::good("tags and manifests are kept in it"),
        Survey::Database => {
            Evidence::good("tags are kept in a database: an empty tree can be fine; delete nothing here")
        }
        Survey::Undecided { why } => Evidence::new(
            Verdict::Unknown,
            format!("where tags are kept is not known, so nothing is claimed: {why}"),
        ),
        Survey::NoRepositories { .. } => Evidence::minor(
            "there is a registry in it, and no repository: nobody said that a database has them",
        ),
        Survey::Elsewhere { .. } => Evidence::minor("there is no docker/registry/v2/ in it"),
        Survey::Empty => Evidence::minor("there is nothing in it"),
    })
}

/// What came of the tags that were looked at: the worst one, then all of them in numbers.
fn tags(picture: &Picture) -> Vec<Evidence> {
    const STATES: [(TagState, &str); 4] = [
        (TagState::Broken, "broken"),
        (TagState::Unknown, "could not be read"),
        (TagState::Whole, "whole"),
        (TagState::Absent, "absent"),
    ];
    let seen = picture.verdicts.seen();
    if seen == 0 {
        return Vec::new();
    }
    let counts = STATES.map(|(state, word)| (picture.verdicts.count(state), word));
    let parts = counts.iter().filter(|(count, _)| *count > 0).map(|(count, word)| format!("{count} {word}"));
    let sum = format!("{} looked at: {}", counted(seen, "tag"), parts.collect::<Vec<_>>().join(", "));
    let verdict = match picture.verdicts.ranked().next() {
        None => Verdict::Good,
        Some(_) if counts[0].0 > 0 => Verdict::Minor,
        Some(_) => Verdict::Unknown,
    };
    worst(picture).into_iter().chain([Evidence::new(verdict, sum)]).collect()
}

fn worst(picture: &Picture) -> Option<Evidence> {
    let subject = picture.verdicts.ranked().next()?;
    let one = match picture.verdicts.get(subject)? {
        Seen::Seen { worst: Some((id, _)), .. } => Evidence::minor(format!("{subject}: {id}")),
        Seen::Seen { .. } | Seen::Scanning => {
            Evidence::new(Verdict::Unknown, format!("{subject} could not be read"))
        }
    };
    Some(one.about(subject.clone()))
}
