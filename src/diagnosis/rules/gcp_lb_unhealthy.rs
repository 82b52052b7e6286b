//! The cloud's load balancer takes servers for unhealthy, HAProxy on them or not.

use std::collections::BTreeMap;

use super::Judgement;
use crate::diagnosis::finding::{Evidence, Finding, Impact, Witness};
use crate::diagnosis::look::{Look, Need};
use crate::diagnosis::servers::is_dead;
use crate::diagnosis::words::{counted, some};
use crate::model::Subject;
use crate::sources::Health;
use crate::sources::google::facts::{Server, ServerHealth};
use crate::sources::google::picture::Balancer;
use crate::sources::haproxy::facts::Role;
use crate::sources::haproxy::picture::Instance;

pub const ID: &str = "gcp-lb-unhealthy";

/// How HAProxy is on a server of the cloud's.
#[derive(Clone, Copy, PartialEq, Eq)]
enum There {
    Fine,
    /// It has nothing to send to.
    Empty,
    Silent,
    Unknown,
}

pub fn look(look: &Look<'_>) -> Result<Judgement, Need> {
    let balancers = look.cloud_balancers()?;
    let found: Vec<_> = balancers.iter().filter_map(|(name, balancer)| Sick::of(name, balancer)).collect();
    if !found.is_empty() {
        return Ok(Judgement::Fires(vec![finding(look, &found)]));
    }
    let (healthy, all) =
        balancers.iter().map(|(_, one)| one.healthy()).fold((0, 0), |(h, a), (i, b)| (h + i, a + b));
    match (healthy, all) {
        (0, _) => Err(Need::blind("Google Cloud's load balancers", "they do not say how their servers are")),
        _ => Ok(Judgement::Clear(format!("{healthy} of {} healthy", counted(all, "server")))),
    }
}

/// A load balancer, and which of its servers it takes for unhealthy.
struct Sick<'a> {
    name: &'a str,
    balancer: &'a Balancer,
    servers: Vec<&'a Server>,
}

impl<'a> Sick<'a> {
    /// None where it takes none for unhealthy.
    fn of(name: &'a str, balancer: &'a Balancer) -> Option<Self> {
        let sick = balancer.servers.iter().filter(|server| server.health == ServerHealth::Unhealthy);
        let servers: Vec<_> = sick.collect();
        (!servers.is_empty()).then_some(Self { name, balancer, servers })
    }

    /// Nobody gets through it.
    fn is_outage(&self) -> bool {
        let is_any_unknown = self.balancer.servers.iter().any(|one| one.health == ServerHealth::Unknown);
        self.balancer.healthy().0 == 0 && !is_any_unknown
    }

    fn evidence(&self) -> Evidence {
        let (healthy, count) = self.balancer.healthy();
        let names = some(self.servers.iter().map(|server| server.name.as_str()));
        let sum =
            format!("{}: {healthy} of {} healthy; unhealthy: {names}", self.name, counted(count, "server"));
        Evidence::proof(Witness::Google, sum).seen(self.balancer.health.seen())
    }

    fn about(&self) -> impl Iterator<Item = Subject> {
        let subject = |server: &&Server| Subject::CloudServer {
            balancer: self.name.to_owned(),
            server: server.name.clone(),
        };
        self.servers.iter().map(subject)
    }
}

/// One for all load balancers: they have the same servers behind them, for one port each.
fn finding(look: &Look<'_>, found: &[Sick<'_>]) -> Finding {
    let sick: BTreeMap<&str, &Server> =
        found.iter().flat_map(|one| &one.servers).map(|server| (server.name.as_str(), *server)).collect();
    let states: Vec<_> = sick.values().map(|server| there(look, server)).collect();
    let all = |state: There| states.iter().all(|one| *one == state);
    let names = some(sick.keys().copied());
    let (more, next) = match () {
        () if all(There::Fine) => (
            ", though HAProxy there is fine",
            "Look at the way between: the health check's port, the firewall rule for the cloud's probes, the network.",
        ),
        () if all(There::Silent) => {
            (", and HAProxy there does not answer", "Look at that machine: does it run, and does HAProxy?")
        }
        () if all(There::Empty) => (
            ", as HAProxy there has no server to send to",
            "See why HAProxy has no server; the cloud follows.",
        ),
        () => {
            ("", "See whether HAProxy runs there; then look at the health check, its port and the firewall.")
        }
    };
    let mut evidence: Vec<_> = found.iter().map(Sick::evidence).collect();
    evidence.extend(sick.keys().zip(&states).filter_map(|(server, state)| said(server, *state)));
    let failing =
        found.iter().flat_map(|one| one.servers.iter().map(|it| one.balancer.failing.get(&it.name)));
    Finding {
        rule: ID,
        words: format!("{} {} for unhealthy: {names}{more}", takers(found), counted(sick.len(), "server")),
        impact: if found.iter().any(Sick::is_outage) { Impact::Outage } else { Impact::Degraded },
        about: found.iter().flat_map(Sick::about).collect(),
        since: failing.flatten().min().copied(),
        evidence,
        against: Vec::new(),
        next: next.to_owned(),
        verbs: vec!["describe"],
    }
}

fn takers(found: &[Sick<'_>]) -> String {
    match found {
        [one] => format!("{} takes", one.name),
        [one, other] => format!("{} and {} take", one.name, other.name),
        more => format!("{} of the cloud's load balancers take", more.len()),
    }
}

fn said(server: &str, state: There) -> Option<Evidence> {
    let words = match state {
        There::Fine => format!("HAProxy on {server} answers, and has servers to send to"),
        There::Empty => format!("HAProxy on {server} has no server to send to"),
        There::Silent => format!("HAProxy on {server} does not answer"),
        There::Unknown => return None,
    };
    Some(Evidence::hint(Witness::Haproxy, words))
}

/// How HAProxy is on a server, where an instance of it bears its name or calls its machine so.
fn there(look: &Look<'_>, server: &Server) -> There {
    let is_it = |(name, instance): &(&String, &Instance)| {
        let node = instance.look.as_ref().and_then(|look| look.info.node.as_deref());
        [Some(name.as_str()), node].into_iter().flatten().any(|called| is_same(called, &server.name))
    };
    let Some((name, instance)) = look.haproxy.instances.iter().find(is_it) else { return There::Unknown };
    match &instance.health {
        Health::Off | Health::Waiting => There::Unknown,
        Health::Down { .. } => There::Silent,
        Health::Live { .. } => {
            let is_chosen = look.watched.backends.as_ref().is_some_and(|names| !names.is_empty());
            let entries = look.balancers().unwrap_or_default();
            let own =
                entries.iter().filter(|entry| entry.role == Role::Backend).flat_map(|entry| &entry.seen);
            let is_any_dead =
                own.filter(|seen| seen.instance == name.as_str()).any(|seen| is_dead(seen, is_chosen));
            if is_any_dead { There::Empty } else { There::Fine }
        }
    }
}

/// Machines are called by their full name in one place and by its first part in the other.
fn is_same(one: &str, other: &str) -> bool {
    let first = |name: &str| name.split('.').next().unwrap_or_default().to_ascii_lowercase();
    !one.is_empty() && first(one) == first(other)
}
