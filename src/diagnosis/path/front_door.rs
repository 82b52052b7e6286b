//! The front door: how its pages answer, and whether its certificate will do.

use std::time::Duration;

use jiff::Timestamp;

use super::evidence::Evidence;
use super::{Hop, Look, Verdict};
use crate::diagnosis::words::about;
use crate::model::{HopId, Subject};
use crate::sources::front_door::facts::{Answer, Certificate, Page};
use crate::sources::front_door::picture::{Asked, CertificateState};
use crate::sources::{Health, Trouble, TroubleKind};

pub use crate::sources::front_door::picture::SLOW;

/// The status of one who is asked for patience.
const TOO_MANY: u16 = 429;

const PAGES: [(Page, &str); 2] = [(Page::Api, "GET /v2/"), (Page::Root, "GET /")];

/// How the front door stands.
pub fn hop(scene: &Look<'_>) -> Hop {
    if !scene.watched.front_door {
        return Hop::off(HopId::FrontDoor);
    }
    let asked = asked(scene);
    if asked
        .iter()
        .all(|(_, asked)| asked.is_none_or(|asked| matches!(asked.health, Health::Off | Health::Waiting)))
    {
        return Hop::waiting(HopId::FrontDoor);
    }
    let mut evidence = pages(scene);
    evidence.extend(scene.front_door.certificate.as_ref().map(|shown| certificate(shown, scene.now)));
    let evidence = evidence.into_iter().map(|one| one.about(Subject::FrontDoor)).collect();
    let (words, gauge) = summary(asked[0].1.or(asked[1].1));
    let seen = asked.iter().filter_map(|(_, asked)| asked.and_then(|asked| asked.health.seen())).max();
    Hop::judged(HopId::FrontDoor, words, gauge, evidence).seen(seen)
}

fn asked<'a>(scene: &Look<'a>) -> [(&'static str, Option<&'a Asked>); 2] {
    PAGES.map(|(page, name)| (name, scene.front_door.pages.get(&page)))
}

/// How each page answers, that of the API first: pulls go by it alone.
pub fn pages(scene: &Look<'_>) -> Vec<Evidence> {
    let mut evidence: Vec<_> = asked(scene).iter().map(|(name, asked)| page(scene, name, *asked)).collect();
    if evidence[1].verdict == Verdict::Broken && matches!(evidence[0].verdict, Verdict::Good | Verdict::Minor)
    {
        evidence[1].verdict = Verdict::Minor;
    }
    evidence
}

fn summary(asked: Option<&Asked>) -> (String, String) {
    let Some(asked) = asked else { return ("no answer yet".to_owned(), String::new()) };
    match (&asked.health, &asked.answer) {
        (Health::Down { trouble, .. }, _) => (trouble.kind.name().to_owned(), trouble.kind.name().to_owned()),
        (_, Some(answer)) => {
            let took = about(asked.pace);
            (format!("{} in {took}", answer.status), format!("{} {took}", answer.status))
        }
        (_, None) => ("no answer yet".to_owned(), String::new()),
    }
}

fn page(scene: &Look<'_>, name: &str, asked: Option<&Asked>) -> Evidence {
    let Some(asked) = asked else { return Evidence::waiting(name) };
    match (&asked.health, &asked.answer) {
        (Health::Down { trouble, since, seen }, _) => {
            let what = format!("{name}: ");
            match (trouble.kind, seen) {
                (TroubleKind::Unreachable, Some(_)) if is_all_silent(scene) => {
                    let hint = "nothing else answers either: is our own network there?";
                    Evidence::unread(&what, trouble, *since).with(hint)
                }
                (_, seen) => not_reached(&what, trouble, *since, *seen),
            }
        }
        (Health::Live { .. }, Some(answer)) => {
            answered(name, answer, asked.pace).since(asked.wrong_since.or(asked.slow_since()))
        }
        (Health::Live { .. } | Health::Off | Health::Waiting, _) => Evidence::waiting(name),
    }
}

/// Whether there are other sources, and none of them answers any more.
fn is_all_silent(scene: &Look<'_>) -> bool {
    let mut told = others(scene).filter(|health| !matches!(health, Health::Off | Health::Waiting)).peekable();
    told.peek().is_some() && told.all(|health| !health.is_live())
}

/// Whether any other source answers that is asked over the network.
pub fn is_other_live(scene: &Look<'_>) -> bool {
    others(scene).any(Health::is_live)
}

fn others<'a>(scene: &Look<'a>) -> impl Iterator<Item = &'a Health> {
    let haproxy = scene.haproxy.instances.values().map(|instance| &instance.health);
    let google = scene.google.balancers.values().map(|balancer| &balancer.health);
    haproxy.chain(google).chain([&scene.kubernetes.health])
}

fn answered(name: &str, answer: &Answer, pace: Duration) -> Evidence {
    let took = format!("{name}: {} in {}", answer.status, about(pace));
    match &answer.wrong {
        Some(wrong) if answer.status == TOO_MANY => Evidence::minor(format!("{took}: {wrong}")),
        Some(wrong) => Evidence::broken(format!("{took}: {wrong}")),
        None if pace > SLOW => Evidence::minor(format!("{took}: slow")),
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

/// How the certificate stands.
pub fn certificate(shown: &Certificate, now: Timestamp) -> Evidence {
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
        None if shown.state(now) == CertificateState::EndsSoon => {
            Evidence::minor(format!("certificate ends in {} days, on {ends}", left.as_hours() / 24))
        }
        None => Evidence::aside(format!("certificate good until {ends}")),
    }
}
