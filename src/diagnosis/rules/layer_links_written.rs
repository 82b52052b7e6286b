//! A registry whose metadata is in a database writes layer links into the bucket, as one would that does not know it.

use jiff::SignedDuration;

use super::{Judgement, Rule};
use crate::diagnosis::finding::{Evidence, Finding, Impact, Witness};
use crate::diagnosis::look::{Look, Need};
use crate::diagnosis::words::counted;
use crate::model::Subject;
use crate::sources::bucket::browse::Place;
use crate::sources::bucket::facts::Survey;

/// Links that were written before are of the time before the database, or were carried over into it.
const NEW: SignedDuration = SignedDuration::from_mins(10);

/// The row of this rule.
pub const RULE: Rule = Rule {
    id: "layer-links-written",
    sentence: "Layer links are written into the bucket although the registry's metadata is in a database",
    impact: Impact::Degraded,
    step: "unknown-blob#are-layer-links-being-written",
    explains: &["unknown-blob", "canary-fails"],
    look,
};

fn look(look: &Look<'_>) -> Result<Judgement, Need> {
    let bucket = look.bucket()?;
    match &bucket.survey {
        None => return Err(Need::waiting("where the registry keeps its metadata")),
        Some(Survey::Database) => {}
        Some(Survey::Undecided { why }) => {
            return Err(Need::blind("where the registry keeps its metadata", why));
        }
        Some(_) => {
            return Ok(Judgement::Clear(
                "its metadata is in the bucket: layer links belong there".to_owned(),
            ));
        }
    }
    let (mut seen, mut new) = (0, Vec::new());
    for (place, listing) in &bucket.listings {
        let Place::Prefix(prefix) = place else { continue };
        let Some((_, rest)) = prefix.split_once("/_layers/") else { continue };
        for child in listing.children.iter().filter(|child| child.stem() == "link" && !rest.is_empty()) {
            seen += 1;
            let modified = child.object.and_then(|object| object.modified);
            // What was listed long ago says nothing of now.
            if let Some(modified) = modified.filter(|at| look.now.duration_since(*at) <= NEW) {
                new.push((modified, format!("{prefix}link")));
            }
        }
    }
    new.sort();
    let Some((newest, object)) = new.last() else {
        return match seen {
            0 => Err(Need::waiting(
                "a listing of layer links (open a pushed repository's _layers in the bucket)",
            )),
            _ => Ok(Judgement::Clear(format!(
                "none of {} that were listed is new",
                counted(seen, "layer link")
            ))),
        };
    };
    Ok(Judgement::Fires(vec![Finding {
        rule: RULE.id,
        words: "Layer links are being written although the registry's metadata is in a database: suspect a release".to_owned(),
        impact: RULE.impact,
        about: vec![Subject::Object(object.clone())],
        since: new.first().map(|(at, _)| *at),
        evidence: vec![Evidence::proof(Witness::Bucket, format!("{object} was written lately")).seen(Some(*newest))],
        against: Vec::new(),
        next: "roll the registry back to the release before this began; delete none of the links until pulls work".to_owned(),
        verbs: Vec::new(),
    }]))
}

#[cfg(test)]
mod tests {
    use super::super::told::World;
    use super::*;

    #[test]
    fn links_must_be_new_and_the_metadata_in_a_database() {
        let database = || World::dark().stored(Survey::Database);
        for (world, said) in [
            (World::dark(), "unknown: bucket: not watched"),
            (World::watched().linked(5), "clear: its metadata is in the bucket"),
            (
                World::dark().stored(Survey::Undecided { why: "both".into() }),
                "unknown: where the registry keeps",
            ),
            (database(), "unknown: a listing of layer links"),
            (database().linked(601), "clear: none of 1 layer link that were listed is new"),
            (database().linked(600), "fires: Layer links are being written"),
        ] {
            let says = world.says(&RULE);
            assert!(says.starts_with(said), "{says}\nnot {said}");
        }
    }
}
