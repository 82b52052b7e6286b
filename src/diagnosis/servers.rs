//! The servers of HAProxy against the pods behind them.

use std::collections::{HashMap, HashSet};

use jiff::{SignedDuration, Timestamp};

use super::Scene;
use super::ingress::bare;
use super::pods::{Pods, State};
use crate::model::Subject;
use crate::sources::haproxy::facts::Role;
use crate::sources::haproxy::picture::{admin, reasons};
use crate::sources::haproxy::{Condition, Entry, Seen, words};
use crate::sources::kubernetes::objects::Pod;

/// What a server leads to.
#[derive(Clone, Copy, Debug)]
pub enum Behind<'a> {
    /// This pod, by its address.
    Pod(&'a Pod, State),
    /// The service, and by it every ready pod: how many are ready, and how many there are.
    Service { ready: usize, all: usize },
    /// Something that is not known here, or the pods are not.
    Unknown,
}

/// A server, and what is behind it.
#[derive(Clone, Copy, Debug)]
pub struct Server<'l, 'a> {
    pub entry: &'l Entry<'a>,
    pub behind: Behind<'a>,
}

/// What is behind each of these entries, in their order.
pub fn behind<'a>(scene: &Scene<'a>, entries: &[Entry<'a>], pods: Option<&Pods<'a>>) -> Vec<Behind<'a>> {
    let Some(pods) = pods else { return vec![Behind::Unknown; entries.len()] };
    let with_address = pods.all.iter().filter_map(|(pod, state)| Some((pod.ip.as_deref()?, (*pod, *state))));
    let by_ip: HashMap<_, _> = with_address.collect();
    let workload = scene.watched.kubernetes.as_ref();
    let service = workload.and_then(|workload| scene.kubernetes.services.get(&workload.service));
    let is_service = |address: &str| {
        service
            .is_some_and(|service| service.ingress.iter().chain(&service.cluster_ip).any(|ip| ip == address))
    };
    let at = |address: &str| match by_ip.get(address) {
        Some((pod, state)) => Behind::Pod(pod, *state),
        None if is_service(address) => Behind::Service { ready: pods.ready(), all: pods.here() },
        None => Behind::Unknown,
    };
    let of = |entry: &Entry<'a>| match entry.role {
        Role::Server => addresses(entry).next().map_or(Behind::Unknown, at),
        Role::Frontend | Role::Backend | Role::Listener => Behind::Unknown,
    };
    entries.iter().map(of).collect()
}

/// The addresses that the instances have of a server, without ports.
fn addresses<'e>(entry: &'e Entry<'_>) -> impl Iterator<Item = &'e str> {
    let told = entry
        .current()
        .flat_map(|seen| [seen.state.map(|state| state.address.as_str()), Some(seen.stat.address.as_str())]);
    told.flatten().map(bare).filter(|address| !address.is_empty() && *address != "-")
}

/// Backends of which a server has an address, as far as its name matters. Where one has, servers whose names do not
/// resolve are unused slots: a template has as many servers as there may ever be pods.
pub fn resolved<'a>(all: &[Entry<'a>]) -> HashSet<&'a str> {
    let servers = all.iter().filter(|entry| entry.role == Role::Server && entry.is_live());
    servers.filter(|entry| !entry.current().all(has_no_address)).map(|entry| entry.proxy).collect()
}

/// Whether a server is such a slot.
pub fn is_unused(entry: &Entry<'_>, resolved: &HashSet<&str>) -> bool {
    entry.role == Role::Server && resolved.contains(entry.proxy) && entry.current().all(has_no_address)
}

/// Whether nothing is sent to a server because its name does not resolve.
pub fn has_no_address(seen: &Seen<'_>) -> bool {
    seen.condition == Condition::Maintenance
        && (seen.state.is_some_and(|state| state.admin & admin::NO_ADDRESS != 0)
            || seen.stat.status.contains("resolution"))
}

/// What a server is called in findings.
pub fn subject(entry: &Entry<'_>) -> Subject {
    Subject::Server { backend: entry.proxy.to_owned(), server: entry.name.to_owned() }
}

/// Whether a server is known to be sent to, on all instances that answer.
pub fn is_up(entry: &Entry<'_>) -> bool {
    let condition = entry.condition();
    condition.takes_requests() && condition != Condition::Unknown
}

/// Whether an instance has nothing to send to in a backend, so that it answers every request there with 503.
pub fn is_dead(seen: &Seen<'_>, is_chosen: bool) -> bool {
    match seen.condition {
        Condition::Down | Condition::Maintenance => true,
        // Backends that nobody chose may be there for statistics or redirections only.
        Condition::Empty => is_chosen,
        _ => false,
    }
}

/// Why a server is as it is: who took it out, or what its check said.
pub fn how(seen: &Seen<'_>) -> String {
    let set = seen.state.map(|state| reasons(state.admin)).unwrap_or_default();
    if set.is_empty() { words::outcome(seen.stat) } else { set.join(", ") }
}

/// Since when an instance says the same of something.
pub fn since(scene: &Scene<'_>, seen: &Seen<'_>) -> Option<Timestamp> {
    let at = looked(scene, seen)?;
    let seconds = i64::try_from(seen.stat.last_change?).ok()?;
    at.checked_sub(SignedDuration::from_secs(seconds)).ok()
}

/// When an instance said it.
pub fn looked(scene: &Scene<'_>, seen: &Seen<'_>) -> Option<Timestamp> {
    scene.haproxy.instances.get(seen.instance)?.health.seen()
}
