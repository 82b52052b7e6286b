//! What a client gets: whole pulls of the images that are kept for that.

use jiff::Timestamp;

use super::evidence::Evidence;
use super::front_door::not_reached;
use super::{Hop, Look, Verdict};
use crate::diagnosis::words::{counted, plural};
use crate::model::{HopId, Subject};
use crate::registry::reference::{Reference, Target};
use crate::sources::front_door::facts::{Page, Pull, PullStep};
use crate::sources::front_door::picture::Asked;
use crate::sources::{Health, TroubleKind};

/// How pulls go.
pub fn hop(scene: &Look<'_>) -> Hop {
    let canaries = &scene.front_door.canaries;
    let is_configured = !scene.front_door.url.is_empty();
    match (scene.watched.front_door, is_configured, canaries.is_empty()) {
        (false, _, _) | (true, true, true) => return Hop::off(HopId::Client),
        (true, false, _) => return Hop::waiting(HopId::Client),
        (true, true, false) => {}
    }
    let pulled: Vec<_> = canaries.values().flatten().collect();
    if pulled.is_empty() {
        return Hop::waiting(HopId::Client);
    }
    let failing = scene.front_door.pages.get(&Page::Api).and_then(failing_since);
    let evidence = canaries.iter().map(|(image, pull)| match pull {
        None => Evidence::waiting(image),
        // What was pulled before the API failed says nothing of now.
        Some((at, pull)) if pull.is_good() && failing.is_some_and(|since| *at < since) => {
            Evidence::new(Verdict::Unknown, format!("{image}: pulled before the front door failed"))
        }
        Some((at, pull)) => canary(image, pull, *at),
    });
    let good = pulled.iter().filter(|(_, pull)| pull.is_good()).count();
    let gauge = format!("{good}/{}", pulled.len());
    let words = format!("{gauge} canary pull{}", plural(pulled.len()));
    let seen = pulled.iter().map(|(at, _)| *at).max();
    Hop::judged(HopId::Client, words, gauge, evidence.collect()).seen(seen)
}

/// Since when a page fails, if it does.
fn failing_since(asked: &Asked) -> Option<Timestamp> {
    match &asked.health {
        Health::Down { since, .. } => Some(*since),
        Health::Off | Health::Waiting | Health::Live { .. } => asked.wrong_since,
    }
}

/// How a canary fares, by its last pull.
pub fn canary(image: &str, pull: &Pull, at: Timestamp) -> Evidence {
    let failed = pull.steps.iter().find_map(|step| step.result.as_ref().err().map(|trouble| (step, trouble)));
    let steps = counted(pull.steps.len(), "step");
    match (failed, &pull.mind) {
        (Some((step, trouble)), _) => {
            let what = format!("{image}: {} ", step.name);
            let one = match trouble.kind {
                // It was there when somebody chose it.
                TroubleKind::Absent => {
                    Evidence::broken(format!("{what}{}: {}", trouble.kind.name(), trouble.why))
                        .since(Some(at))
                }
                _ => not_reached(&what, trouble, at, answered_before(pull)),
            };
            one.about(guilty(image, step))
        }
        (None, _) if pull.steps.is_empty() => Evidence::waiting(image),
        (None, Some(mind)) => {
            Evidence::minor(format!("{image}: pulled, but {mind}")).about(Subject::FrontDoor)
        }
        (None, None) => Evidence::good(format!("{image}: pulled, {steps}")),
    }
}

/// A step that was answered shows that the way there is open.
fn answered_before(pull: &Pull) -> Option<Timestamp> {
    pull.steps.iter().any(|step| step.result.is_ok()).then_some(Timestamp::UNIX_EPOCH)
}

/// The tag whose chain tells why, if the pull came as far as the image.
fn guilty(image: &str, step: &PullStep) -> Subject {
    match Reference::parse(image).map(|reference| (reference.repository, reference.target)) {
        Ok((repository, Target::Tag(tag))) if step.name != "token" => {
            Subject::Tag { repository: repository.as_str().to_owned(), tag: tag.as_str().to_owned() }
        }
        Ok(_) | Err(_) => Subject::FrontDoor,
    }
}
