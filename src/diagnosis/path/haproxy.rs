//! HAProxy: which servers of the registry's backends are up, on which instances, and whether these agree.

use super::evidence::{Evidence, Verdict};
use super::{Hop, Look};
use crate::diagnosis::servers::{how, is_dead, is_up, since, subject};
use crate::diagnosis::words::{some, step};
use crate::model::{HopId, Subject};
use crate::sources::Health;
use crate::sources::haproxy::facts::Role;
use crate::sources::haproxy::picture::Instance;
use crate::sources::haproxy::{Condition, Entry};

/// Answers of 5xx per second that are worth a word.
const MANY: f64 = 0.1;

/// How HAProxy stands.
pub fn hop(scene: &Look<'_>) -> Hop {
    let Some(backends) = &scene.watched.backends else { return Hop::off(HopId::Haproxy) };
    let instances = &scene.haproxy.instances;
    if instances.values().all(|instance| matches!(instance.health, Health::Off | Health::Waiting)) {
        return Hop::waiting(HopId::Haproxy);
    }
    let entries = scene.last_balancers(backends);
    let servers: Vec<_> = entries.iter().filter(|entry| entry.role == Role::Server).collect();
    let evidence = evidence(scene, backends, entries, &servers);
    let (words, gauge) = summary(&servers);
    let seen = instances.values().filter_map(|instance| instance.health.seen()).max();
    let silent: Vec<_> = instances.iter().filter_map(|(name, instance)| silence(name, instance)).collect();
    let live = instances.values().filter(|instance| instance.health.is_live()).count();
    match (live, instances.len()) {
        (0, _) => Hop::judged(HopId::Haproxy, words, gauge, evidence).blinded(silent),
        (live, all) if live == all => Hop::judged(HopId::Haproxy, words, gauge, evidence),
        (live, all) => {
            let words = format!("{words}, {live} of {all} answer");
            Hop::judged(HopId::Haproxy, words, gauge, evidence.into_iter().chain(silent).collect())
        }
    }
    .seen(seen)
}

/// Whether instances answer, and all servers of the backends are known to get nothing.
pub fn is_nothing_up(scene: &Look<'_>) -> bool {
    let Some(backends) = &scene.watched.backends else { return false };
    let entries = scene.last_balancers(backends);
    let mut servers = entries.iter().filter(|entry| entry.role == Role::Server).peekable();
    let gets_nothing =
        |entry: &Entry<'_>| entry.is_live() && entry.current().all(|seen| !seen.condition.takes_requests());
    servers.peek().is_some() && servers.all(gets_nothing)
}

fn evidence(
    scene: &Look<'_>,
    backends: &[String],
    entries: &[Entry<'_>],
    servers: &[&Entry<'_>],
) -> Vec<Evidence> {
    let of_backends = entries.iter().filter(|entry| entry.role == Role::Backend);
    let mut found = Vec::new();
    for backend in of_backends {
        let own: Vec<_> = servers.iter().filter(|server| server.proxy == backend.proxy).copied().collect();
        found.extend(of_backend(backend, &own, !backends.is_empty()));
    }
    found.extend(servers.iter().filter_map(|entry| server(scene, entry)));
    let absent = backends.iter().filter(|name| !entries.iter().any(|entry| entry.proxy == name.as_str()));
    found.extend(absent.map(|name| {
        Evidence::new(Verdict::Unknown, format!("no instance has a backend {name}: is that its name?"))
    }));
    let reloaded =
        scene.haproxy.instances.iter().filter_map(|(name, instance)| Some((name, instance.reloaded?)));
    found.extend(reloaded.map(|(name, at)| Evidence::aside(format!("{name} was reloaded")).since(Some(at))));
    found
}

/// An instance that does not answer.
fn silence(name: &str, instance: &Instance) -> Option<Evidence> {
    let subject = Subject::Instance(name.to_owned());
    match &instance.health {
        Health::Live { .. } => None,
        Health::Off | Health::Waiting => Some(Evidence::waiting(name)),
        Health::Down { trouble, since, .. } => {
            Some(Evidence::unread(&format!("{name}: "), trouble, *since).about(subject))
        }
    }
}

fn summary(servers: &[&Entry<'_>]) -> (String, String) {
    let up = servers.iter().filter(|entry| is_up(entry)).count();
    match servers.len() {
        0 => ("no server known".to_owned(), String::new()),
        all => (format!("{up}/{all} UP"), format!("{up}/{all}")),
    }
}

/// A backend that has no server to send to on an instance answers every request there with 503.
fn of_backend(backend: &Entry<'_>, servers: &[&Entry<'_>], is_chosen: bool) -> Vec<Evidence> {
    let dead: Vec<_> =
        backend.current().filter(|seen| is_dead(seen, is_chosen)).map(|seen| seen.instance).collect();
    let name = backend.proxy;
    let mut found = Vec::new();
    if !dead.is_empty() {
        let where_ = match dead.len() == backend.current().count() {
            true => String::new(),
            false => format!(" on {}", some(dead.iter().copied())),
        };
        let one = Evidence::broken(format!("no server of {name} is up{where_}: requests get 503"));
        let guilty = servers.iter().find(|entry| !entry.condition().takes_requests());
        found.push(guilty.map(|entry| subject(entry)).into_iter().fold(one, Evidence::about));
    }
    if let Some(rate) = backend.rate(|rates| rates.answers_5xx).filter(|rate| *rate >= MANY) {
        found.push(Evidence::minor(format!("{name}: over {} answers of 5xx per second", step(rate))));
    }
    let up = servers.iter().filter(|entry| is_up(entry)).count();
    if up > 0 {
        found.push(Evidence::good(format!("{name}: {up} of {} UP", servers.len())));
    }
    found
}

/// What is to be said of a server that is not simply up, or not everywhere.
fn server(scene: &Look<'_>, entry: &Entry<'_>) -> Option<Evidence> {
    let worst = entry.worst()?;
    let difference = entry.difference();
    let one = match (worst.condition, &difference) {
        (Condition::Up | Condition::Unchecked, None) => return None,
        (Condition::Unknown, None) => {
            Evidence::new(Verdict::Unknown, format!("{}: {}", entry.name, how(worst)))
        }
        (_, None) => Evidence::minor(format!("{} {}: {}", entry.name, worst.condition.name(), how(worst))),
        (_, Some(difference)) => Evidence::minor(format!("{} {difference}: {}", entry.name, how(worst))),
    };
    Some(one.since(since(scene, worst)).about(subject(entry)))
}
