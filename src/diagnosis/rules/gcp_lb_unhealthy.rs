//! The cloud's load balancer takes servers for unhealthy, HAProxy on them or not.

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
    let found: Vec<_> =
        balancers.iter().filter_map(|(name, balancer)| finding(look, name, balancer)).collect();
    if !found.is_empty() {
        return Ok(Judgement::Fires(found));
    }
    let (healthy, all) =
        balancers.iter().map(|(_, one)| one.healthy()).fold((0, 0), |(h, a), (i, b)| (h + i, a + b));
    match (healthy, all) {
        (0, _) => Err(Need::blind("Google Cloud's load balancers", "they do not say how their servers are")),
        _ => Ok(Judgement::Clear(format!("{healthy} of {} healthy", counted(all, "server")))),
    }
}

fn finding(look: &Look<'_>, name: &str, balancer: &Balancer) -> Option<Finding> {
    let sick: Vec<_> =
        balancer.servers.iter().filter(|server| server.health == ServerHealth::Unhealthy).collect();
    let first = sick.first()?;
    let states: Vec<_> = sick.iter().map(|server| there(look, server)).collect();
    let all = |state: There| states.iter().all(|one| *one == state);
    let names = some(sick.iter().map(|server| server.name.as_str()));
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
    let (healthy, count) = balancer.healthy();
    let seen = balancer.health.seen();
    let sum = format!("{name}: {healthy} of {} healthy; unhealthy: {names}", counted(count, "server"));
    let mut evidence = vec![Evidence::proof(Witness::Google, sum).seen(seen)];
    evidence.extend(sick.iter().zip(&states).filter_map(|(server, state)| said(&server.name, *state)));
    let is_any_unknown = balancer.servers.iter().any(|server| server.health == ServerHealth::Unknown);
    Some(Finding {
        rule: ID,
        words: format!("{name} takes {} for unhealthy: {names}{more}", counted(sick.len(), "server")),
        impact: if healthy == 0 && !is_any_unknown { Impact::Outage } else { Impact::Degraded },
        about: sick
            .iter()
            .map(|server| Subject::CloudServer { balancer: name.to_owned(), server: server.name.clone() })
            .collect(),
        since: balancer.failing.get(&first.name).copied(),
        evidence,
        against: Vec::new(),
        next: next.to_owned(),
        verbs: vec!["describe"],
    })
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
