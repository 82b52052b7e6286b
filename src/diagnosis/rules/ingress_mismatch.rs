//! HAProxy sends to another address than the service has.

use super::Judgement;
use crate::diagnosis::finding::{Evidence, Finding, Impact, Witness};
use crate::diagnosis::ingress::{Ingress, Meeting, bare, ingress};
use crate::diagnosis::look::{Look, Need};
use crate::diagnosis::servers::{Server, is_up, looked, subject};
use crate::diagnosis::words::some;
use crate::model::Subject;
use crate::sources::haproxy::Condition;
use crate::sources::kubernetes::objects::Kind;

pub const ID: &str = "ingress-mismatch";

pub fn look(look: &Look<'_>) -> Result<Judgement, Need> {
    let workload = look.cluster(&[Kind::Service, Kind::Pod])?;
    let servers = look.servers()?;
    let found = ingress(look.watched, look.kubernetes, look.haproxy).ok_or_else(|| Need::off("HAProxy"))?;
    // Of several clusters behind one backend each has addresses of its own, so that only those matter which lead
    // nowhere.
    let strange: Vec<_> = servers.iter().filter(|server| is_strange(&found, server)).collect();
    let lost = strange.iter().copied().filter(|server| is_down(server)).collect::<Vec<_>>();
    let is_balanced =
        look.kubernetes.services.get(&workload.service).is_some_and(|service| service.kind == "LoadBalancer");
    match found.verdict {
        Meeting::Unknown => {
            Err(Need::blind("addresses", "those of the service or of HAProxy's servers are not known"))
        }
        Meeting::Differ if !strange.is_empty() => Ok(fires(look, &found, &servers, &strange)),
        Meeting::NoIngress if is_balanced && lost.len() == servers.len() => {
            Ok(fires(look, &found, &servers, &lost))
        }
        Meeting::Partly if !lost.is_empty() => Ok(fires(look, &found, &servers, &lost)),
        verdict => Ok(Judgement::Clear(verdict.words().to_owned())),
    }
}

/// Whether no address that HAProxy has of a server is one of the service.
fn is_strange(found: &Ingress, server: &Server<'_, '_>) -> bool {
    let mut addresses =
        server.entry.current().map(|seen| bare(&seen.stat.address)).filter(|ip| !ip.is_empty());
    let told = server.entry.current().filter_map(|seen| seen.state).map(|state| bare(&state.address));
    let known = |ip: &str| found.service.iter().any(|ingress| ingress == ip);
    let is_behind = !matches!(server.behind, crate::diagnosis::servers::Behind::Unknown);
    !is_behind && !addresses.any(known) && !told.into_iter().any(known)
}

fn is_down(server: &Server<'_, '_>) -> bool {
    server.entry.current().all(|seen| matches!(seen.condition, Condition::Down | Condition::Recovering))
}

fn fires(look: &Look<'_>, found: &Ingress, all: &[Server<'_, '_>], strange: &[&Server<'_, '_>]) -> Judgement {
    let has = match found.service.is_empty() {
        true => "no address".to_owned(),
        false => some(found.service.iter().map(String::as_str)),
    };
    let addresses = |server: &&Server<'_, '_>| {
        let told = server.entry.current().find_map(|seen| {
            let of_state = seen.state.map(|state| bare(&state.address)).filter(|ip| !ip.is_empty());
            of_state.or_else(|| Some(bare(&seen.stat.address)).filter(|ip| !ip.is_empty()))
        });
        told.unwrap_or("an unknown address").to_owned()
    };
    let sent: Vec<_> = strange.iter().map(addresses).collect();
    let sent = some(sent.iter().map(String::as_str));
    let is_partly = found.verdict == Meeting::Partly;
    let up: Vec<_> = strange.iter().filter(|server| is_up(server.entry)).collect();
    let is_nothing_up =
        all.iter().all(|server| server.entry.current().all(|seen| !seen.condition.takes_requests()));
    let seen = strange.iter().flat_map(|server| server.entry.current()).find_map(|seen| looked(look, seen));
    let make = if is_partly { Evidence::hint } else { Evidence::proof };
    let evidence = vec![
        make(Witness::Haproxy, format!("HAProxy sends to {sent}")).seen(seen),
        Evidence::hint(Witness::Kubernetes, format!("the service has {has}")),
    ];
    let against = match (is_partly, up.first()) {
        (true, _) => {
            Some("other servers of it do lead to the service: these may be of another cluster".to_owned())
        }
        (false, Some(server)) => Some(format!("{} is up: something answers there", subject(server.entry))),
        (false, None) => None,
    };
    let words = match is_partly {
        true => format!("HAProxy also sends to {sent}, which is not the service's and does not answer"),
        false => format!("HAProxy sends to {sent}, the service has {has}"),
    };
    let about: Vec<Subject> = strange.iter().map(|server| subject(server.entry)).collect();
    Judgement::Fires(vec![Finding {
        rule: ID,
        words,
        impact: if is_nothing_up { Impact::Outage } else { Impact::Degraded },
        about,
        since: None,
        evidence,
        against: against.into_iter().map(|words| Evidence::hint(Witness::Haproxy, words)).collect(),
        next: "Describe the service: if its address is a new one, give that to HAProxy; if HAProxy is right, ask who \
               changed the service."
            .to_owned(),
        verbs: vec!["describe", "server-maint"],
    }])
}
