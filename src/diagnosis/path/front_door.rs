//! The front door: how its pages answer, and whether its certificate will do.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use super::evidence::Evidence;
use super::{Hop, Scene};
use crate::model::{HopId, Subject};
use crate::sources::front_door::facts::{Answer, Certificate, Page};
use crate::sources::front_door::picture::Asked;
use crate::sources::{Health, Trouble, TroubleKind};

/// An answer that takes longer than this is slow.
const SLOW: Duration = Duration::from_secs(1);

/// A certificate that ends sooner than this should be on somebody's list.
const SOON: SignedDuration = SignedDuration::from_hours(14 * 24);

const PAGES: [(Page, &str); 2] = [(Page::Api, "GET /v2/"), (Page::Root, "GET /")];

/// How the front door stands.
pub fn hop(scene: &Scene<'_>) -> Hop {
    if !scene.watched.front_door {
        return Hop::off(HopId::FrontDoor);
    }
    let asked = PAGES.map(|(page, name)| (name, scene.front_door.pages.get(&page)));
    if asked
        .iter()
        .all(|(_, asked)| asked.is_none_or(|asked| matches!(asked.health, Health::Off | Health::Waiting)))
    {
        return Hop::waiting(HopId::FrontDoor);
    }
    let mut evidence: Vec<_> = asked.iter().map(|(name, asked)| page(name, *asked)).collect();
    evidence.extend(scene.front_door.certificate.as_ref().map(|shown| certificate(shown, scene.now)));
    let evidence = evidence.into_iter().map(|one| one.about(Subject::FrontDoor)).collect();
    let (words, gauge) = summary(asked[0].1.or(asked[1].1));
    let seen = asked.iter().filter_map(|(_, asked)| asked.and_then(|asked| asked.health.seen())).max();
    Hop::judged(HopId::FrontDoor, words, gauge, evidence).seen(seen)
}

fn summary(asked: Option<&Asked>) -> (String, String) {
    let Some(asked) = asked else { return ("no answer yet".to_owned(), String::new()) };
    match (&asked.health, &asked.answer) {
        (Health::Down { trouble, .. }, _) => (trouble.kind.name().to_owned(), trouble.kind.name().to_owned()),
        (_, Some(answer)) => {
            let latency = answer.latency.as_millis();
            (format!("{} in {latency} ms", answer.status), format!("{} {latency} ms", answer.status))
        }
        (_, None) => ("no answer yet".to_owned(), String::new()),
    }
}

fn page(name: &str, asked: Option<&Asked>) -> Evidence {
    let Some(asked) = asked else { return Evidence::waiting(name) };
    match (&asked.health, &asked.answer) {
        (Health::Down { trouble, since, seen }, _) => {
            not_reached(&format!("{name}: "), trouble, *since, *seen)
        }
        (Health::Live { .. }, Some(answer)) => answered(name, answer).since(asked.wrong_since),
        (Health::Live { .. } | Health::Off | Health::Waiting, _) => Evidence::waiting(name),
    }
}

fn answered(name: &str, answer: &Answer) -> Evidence {
    let took = format!("{name}: {} in {} ms", answer.status, answer.latency.as_millis());
    match &answer.wrong {
        Some(wrong) if answer.status >= 400 => Evidence::broken(format!("{took}: {wrong}")),
        Some(wrong) => Evidence::minor(format!("{took}: {wrong}")),
        None if answer.latency > SLOW => Evidence::minor(format!("{took}: slow")),
        None => Evidence::good(took),
    }
}

/// No answer is what clients get as well, unless it is our own way there that is closed: one that was open before
/// was not closed by us, and one that answers too late is open.
pub fn not_reached(what: &str, trouble: &Trouble, since: Timestamp, seen: Option<Timestamp>) -> Evidence {
    let words = format!("{what}{}: {}", trouble.kind.name(), trouble.why);
    match (trouble.kind, seen) {
        (TroubleKind::Slow | TroubleKind::Broken, _) | (TroubleKind::Unreachable, Some(_)) => {
            Evidence::broken(words).since(Some(since))
        }
        (TroubleKind::Throttled, _) => Evidence::minor(words).since(Some(since)),
        (TroubleKind::Unreachable, None) => {
            let hint = "it never answered from here: is the way there open?";
            Evidence::unread(what, trouble, since).with(hint)
        }
        (
            TroubleKind::Misconfigured
            | TroubleKind::Denied
            | TroubleKind::Unauthenticated
            | TroubleKind::Absent,
            _,
        ) => Evidence::unread(what, trouble, since),
    }
}

fn certificate(shown: &Certificate, now: Timestamp) -> Evidence {
    let left = shown.not_after.duration_since(now);
    let ends = shown.not_after.strftime("%Y-%m-%d");
    match &shown.wrong {
        Some(wrong) => Evidence::broken(format!("certificate: {wrong}")),
        None if left.is_negative() => {
            Evidence::broken(format!("certificate ended on {ends}")).since(Some(shown.not_after))
        }
        None if shown.not_before > now => {
            Evidence::broken(format!("certificate begins only on {}", shown.not_before.strftime("%Y-%m-%d")))
        }
        None if left < SOON => {
            Evidence::minor(format!("certificate ends in {} days, on {ends}", left.as_hours() / 24))
        }
        None => Evidence::good(format!("certificate good until {ends}")),
    }
}
