//! A backend of HAProxy that has nothing to send to: every request there is answered 503.

use super::Judgement;
use crate::diagnosis::finding::{Evidence, Finding, Impact, Witness};
use crate::diagnosis::look::{Look, Need};
use crate::diagnosis::servers::{is_dead, is_unused, looked, resolved, since, subject};
use crate::diagnosis::words::{some, step};
use crate::model::Subject;
use crate::sources::haproxy::Entry;
use crate::sources::haproxy::facts::Role;

pub const ID: &str = "backend-without-servers";

pub fn look(look: &Look<'_>) -> Result<Judgement, Need> {
    let entries = look.balancers()?;
    let is_chosen = look.watched.backends.as_ref().is_some_and(|names| !names.is_empty());
    let backends: Vec<_> =
        entries.iter().filter(|entry| entry.role == Role::Backend && entry.is_live()).collect();
    if backends.is_empty() {
        return Err(Need::blind(
            "HAProxy",
            "no instance has the registry's backends: are these their names?",
        ));
    }
    let found: Vec<_> =
        backends.iter().filter_map(|backend| finding(look, entries, backend, is_chosen)).collect();
    let names = || some(backends.iter().map(|backend| backend.proxy));
    Ok(match found.is_empty() {
        true => Judgement::Clear(format!("{} has servers to send to", names())),
        false => Judgement::Fires(found),
    })
}

fn finding(look: &Look<'_>, entries: &[Entry<'_>], backend: &Entry<'_>, is_chosen: bool) -> Option<Finding> {
    let dead: Vec<_> = backend.current().filter(|seen| is_dead(seen, is_chosen)).collect();
    let first = dead.first()?;
    let name = backend.proxy;
    let is_everywhere = dead.len() == backend.current().count();
    let instances = some(dead.iter().map(|seen| seen.instance));
    let words = match is_everywhere {
        true => format!("{name} has no server to send to: every request gets 503"),
        false => format!("{name} has no server to send to on {instances}: every request there gets 503"),
    };
    let mut evidence: Vec<_> = dead
        .iter()
        .map(|seen| {
            let words = format!("{}: backend {name} {}", seen.instance, seen.condition.name());
            Evidence::proof(Witness::Haproxy, words).seen(looked(look, seen))
        })
        .collect();
    let rate = backend.rate(|rates| rates.answers_5xx).filter(|rate| *rate > 0.1);
    evidence.extend(rate.map(|rate| {
        Evidence::hint(Witness::Haproxy, format!("over {} answers of 5xx per second", step(rate)))
    }));
    let resolved = resolved(entries);
    let idle: Vec<Subject> = entries
        .iter()
        .filter(|entry| entry.role == Role::Server && entry.proxy == name && !is_unused(entry, &resolved))
        .filter(|entry| entry.current().any(|seen| !seen.condition.takes_requests()))
        .map(subject)
        .collect();
    let next = match idle.first() {
        Some(server) => format!("See why {server} is not sent to; the others of {name} are no better."),
        None => format!("Look into the configuration: {name} has no server at all."),
    };
    Some(Finding {
        rule: ID,
        words,
        impact: if is_everywhere { Impact::Outage } else { Impact::Degraded },
        about: idle,
        since: since(look, first),
        evidence,
        against: Vec::new(),
        next,
        verbs: vec!["describe", "server-ready"],
    })
}
