//! Servers of HAProxy: taken out by hand, down although what is behind them is ready, up although it is not, or down.

use std::collections::BTreeMap;

use jiff::SignedDuration;

use super::Judgement;
use crate::diagnosis::finding::{Evidence, Finding, Impact, Witness};
use crate::diagnosis::look::{Look, Need};
use crate::diagnosis::pods::{PATIENCE, State};
use crate::diagnosis::servers::{Behind, Server, has_no_address, how, is_up, looked, since, subject};
use crate::diagnosis::words::{counted, of_all, some};
use crate::model::Subject;
use crate::sources::haproxy::picture::admin;
use crate::sources::haproxy::{Condition, Seen};
use crate::sources::kubernetes::objects::Pod;

pub const MAINTENANCE: &str = "lb-maintenance";
pub const DOWN: &str = "lb-server-down";
pub const DOWN_READY: &str = "lb-down-pod-ready";
pub const UP_UNREADY: &str = "lb-up-pod-unready";

/// A check has to pass a few times before a server counts as up, and a pod is asked less often than a server.
const CHECKED: SignedDuration = SignedDuration::from_secs(30);

/// So long servers are still sent to whose pod is not ready any more, as checks have to fail a few times.
const NOTICED: SignedDuration = SignedDuration::from_secs(8);

/// Servers that are shown one by one as evidence.
const SHOWN: usize = 4;

pub fn maintenance(look: &Look<'_>) -> Result<Judgement, Need> {
    let servers = look.servers()?;
    let out: Vec<_> = servers.iter().filter(|server| current(server).any(is_taken_out)).collect();
    if out.is_empty() {
        return Ok(Judgement::Clear(format!("no server taken out by hand; {}", up(&servers))));
    }
    let told = |server: &&Server<'_, '_>| {
        let one = current(server).find(|seen| is_taken_out(seen))?;
        let words = format!("{}: {}, {}", place(server), one.condition.name(), why_out(one));
        let evidence = match one.state {
            Some(_) => Evidence::proof(Witness::Haproxy, words),
            // A page of statistics does not tell who did it.
            None => Evidence::hint(Witness::Haproxy, words),
        };
        Some(evidence.seen(looked(look, one)))
    };
    let mut evidence: Vec<_> = out.iter().copied().filter_map(|server| told(&server)).take(SHOWN).collect();
    let left = servers.iter().filter(|server| server.entry.condition().takes_requests()).count();
    let all = servers.len();
    evidence.push(Evidence::hint(
        Witness::Haproxy,
        format!("{left} of {} still sent to", counted(all, "server")),
    ));
    Ok(Judgement::Fires(vec![Finding {
        rule: MAINTENANCE,
        words: format!("{} taken out: {left} left", of_all(out.len(), all, "server")),
        impact: taken_out(&servers, &out),
        about: subjects(&out),
        since: began(look, &out, is_taken_out),
        evidence,
        against: Vec::new(),
        next: "Ask who took it out and why; where nobody needs that any more, set it ready.".to_owned(),
        verbs: vec!["server-ready", "describe"],
    }]))
}

/// What it means that these were taken out: for each backend, what is left of it.
fn taken_out(servers: &[Server<'_, '_>], out: &[&Server<'_, '_>]) -> Impact {
    let of = |backend| servers.iter().filter(move |server| server.entry.proxy == backend);
    let impact = |backend| {
        let taken = out.iter().filter(|server| server.entry.proxy == backend).count();
        let mut takes: BTreeMap<&str, bool> = BTreeMap::new();
        for seen in of(backend).flat_map(|server| current(server)) {
            *takes.entry(seen.instance).or_default() |= seen.condition.takes_requests();
        }
        match takes.values().filter(|takes| **takes).count() {
            0 => Impact::Outage,
            instances if instances < takes.len() => Impact::Degraded,
            _ if taken * 2 > of(backend).count() => Impact::Degraded,
            _ => Impact::Risk,
        }
    };
    out.iter().map(|server| impact(server.entry.proxy)).min().unwrap_or(Impact::Risk)
}

/// Taken out by somebody, or as one that it follows: not by the configuration file, where it is meant to be so.
fn is_taken_out(seen: &Seen<'_>) -> bool {
    if !matches!(seen.condition, Condition::Maintenance | Condition::Draining) {
        return false;
    }
    let Some(state) = seen.state else { return !has_no_address(seen) };
    let configured = admin::FORCED_MAINTENANCE | admin::CONFIGURED_MAINTENANCE;
    // One that stands by has a weight of 0 from the file on.
    let stands_by = state.admin == 0 && state.initial_weight == 0;
    let by_file = state.admin & configured == configured || stands_by;
    !by_file && !has_no_address(seen)
}

fn why_out(seen: &Seen<'_>) -> String {
    let is_silent = seen.state.is_some_and(|state| state.admin == 0);
    match (seen.state, seen.stat.weight.or(seen.stat.user_weight)) {
        (Some(_), Some(0)) if is_silent => "its weight is 0".to_owned(),
        (Some(_), _) => how(seen),
        (None, _) => "by whom is not told here".to_owned(),
    }
}

fn is_down(seen: &Seen<'_>) -> bool {
    seen.condition == Condition::Down || has_no_address(seen)
}

/// What is known of what is behind a server.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Ready {
    Yes,
    No,
    /// It changes just now: HAProxy will follow.
    Changing,
    Unknown,
}

fn ready(look: &Look<'_>, server: &Server<'_, '_>, lag: SignedDuration) -> Ready {
    let is_fresh = |pod: &Pod| {
        pod.ready_changed.or(pod.created).is_some_and(|changed| look.now.duration_since(changed) < lag)
    };
    match &server.behind {
        Behind::Unknown if is_left(look, server, lag) => Ready::Changing,
        Behind::Unknown | Behind::Service { all: 0, .. } => Ready::Unknown,
        Behind::Pod(_, State::Starting | State::Leaving) => Ready::Changing,
        Behind::Pod(pod, _) if is_fresh(pod) => Ready::Changing,
        Behind::Pod(_, State::Ready) => Ready::Yes,
        Behind::Pod(_, State::Crashing | State::Stuck(_) | State::NotReady) => Ready::No,
        // The service is there for as long as most of its pods are.
        Behind::Service { ready, all } if ready * 2 > *all => Ready::Yes,
        Behind::Service { .. } => Ready::No,
    }
}

/// Whether a pod is gone since a moment and this may have been its server: it has not been down for long before.
fn is_left(look: &Look<'_>, server: &Server<'_, '_>, lag: SignedDuration) -> bool {
    let Some(lost) = look.kubernetes.lost.filter(|lost| look.now.duration_since(*lost) < lag) else {
        return false;
    };
    let began = current(server).filter(|seen| is_down(seen)).filter_map(|seen| since(look, seen)).min();
    began.is_none_or(|began| lost.duration_since(began) < PATIENCE)
}

pub fn down(look: &Look<'_>) -> Result<Judgement, Need> {
    let servers = look.servers()?;
    let down: Vec<_> = servers
        .iter()
        .filter(|server| current(server).any(is_down))
        .filter(|server| matches!(ready(look, server, CHECKED), Ready::No | Ready::Unknown))
        .collect();
    if down.is_empty() {
        return Ok(Judgement::Clear(up(&servers)));
    }
    let is_unknown = down.iter().all(|server| ready(look, server, CHECKED) == Ready::Unknown);
    let behind = if is_unknown { "" } else { ", and what is behind is not ready" };
    Ok(Judgement::Fires(vec![Finding {
        rule: DOWN,
        words: format!("{} DOWN{}{behind}", of_all(down.len(), servers.len(), "server"), why(&down)),
        impact: impact(&servers),
        about: subjects(&down),
        since: began(look, &down, is_down),
        evidence: evidence(look, &down, is_down),
        against: Vec::new(),
        next: match is_unknown {
            true => "Look at what the server's address leads to: does it run, and does it answer its check?"
                .to_owned(),
            false => "See why the pods behind it are not ready: HAProxy takes it back by itself after that."
                .to_owned(),
        },
        verbs: vec!["describe", "server-maint"],
    }]))
}

pub fn down_ready(look: &Look<'_>) -> Result<Judgement, Need> {
    let servers = look.servers()?;
    let all_down: Vec<_> = servers.iter().filter(|server| current(server).any(is_down)).collect();
    if all_down.is_empty() {
        return Ok(Judgement::Clear(up(&servers)));
    }
    let pods = look.states()?;
    let is_ready = |server: &&&Server<'_, '_>| ready(look, server, CHECKED) == Ready::Yes;
    let down: Vec<_> = all_down.iter().filter(is_ready).copied().collect();
    if down.is_empty() {
        return Ok(Judgement::Clear(format!("{} DOWN, none with ready pods behind it", all_down.len())));
    }
    let mut evidence = evidence(look, &down, is_down);
    evidence.push(Evidence::hint(Witness::Kubernetes, behind(&down).unwrap_or_else(|| pods.words())));
    let is_sudden = |server: &&Server<'_, '_>| {
        let began = current(server).filter(|seen| is_down(seen)).filter_map(|seen| since(look, seen)).min();
        began.is_some_and(|began| look.now.duration_since(began) < CHECKED)
    };
    let against = down.iter().copied().any(|server| is_sudden(&server)).then(|| {
        let words = "it went down just now: its pods are asked less often, and may be found unready as well";
        Evidence::hint(Witness::Kubernetes, words)
    });
    Ok(Judgement::Fires(vec![Finding {
        rule: DOWN_READY,
        words: format!(
            "{} DOWN though {} pods are ready{}",
            of_all(down.len(), servers.len(), "server"),
            if down.len() == 1 { "its" } else { "their" },
            why(&down)
        ),
        impact: impact(&servers),
        about: subjects(&down),
        since: began(look, &down, is_down),
        evidence,
        against: against.into_iter().collect(),
        next: "Ask the server's address from the HAProxy host: its pods are well, so look at network, firewall, port \
               and the check itself."
            .to_owned(),
        verbs: vec!["describe", "server-maint"],
    }]))
}

pub fn up_unready(look: &Look<'_>) -> Result<Judgement, Need> {
    let servers = look.servers()?;
    look.states()?;
    let is_sent_to = |seen: &Seen<'_>| matches!(seen.condition, Condition::Up | Condition::Unchecked);
    let known = servers.iter().filter(|server| !matches!(server.behind, Behind::Unknown)).count();
    if known == 0 {
        return Err(Need::blind("servers", "no address of a server is that of a pod or of the service"));
    }
    let up_unready: Vec<_> = servers
        .iter()
        .filter(|server| ready(look, server, NOTICED) == Ready::No && !has_some(&server.behind))
        .filter(|server| current(server).any(is_sent_to))
        .collect();
    if up_unready.is_empty() {
        return Ok(Judgement::Clear(format!(
            "no server is sent to without a ready pod behind it; {}",
            up(&servers)
        )));
    }
    let mut evidence = evidence(look, &up_unready, is_sent_to);
    evidence.extend(behind(&up_unready).map(|words| Evidence::proof(Witness::Kubernetes, words)));
    let is_unchecked =
        up_unready.iter().any(|server| current(server).any(|seen| seen.condition == Condition::Unchecked));
    Ok(Judgement::Fires(vec![Finding {
        rule: UP_UNREADY,
        words: format!(
            "{} UP though {} pods are not ready",
            of_all(up_unready.len(), servers.len(), "server"),
            if up_unready.len() == 1 { "its" } else { "their" }
        ),
        impact: if up_unready.len() == servers.len() { Impact::Outage } else { Impact::Degraded },
        about: subjects(&up_unready),
        since: None,
        evidence,
        against: Vec::new(),
        next: match is_unchecked {
            true => "Nothing checks it: drain it until its pods are ready, and give it a check.".to_owned(),
            false => "Drain it until its pods are ready, and compare its check with their readiness probe."
                .to_owned(),
        },
        verbs: vec!["server-drain", "server-maint", "describe"],
    }]))
}

/// Whether a ready pod is behind it nevertheless.
const fn has_some(behind: &Behind<'_>) -> bool {
    matches!(behind, Behind::Service { ready: 1.., .. })
}

fn current<'s, 'a>(server: &'s Server<'_, 'a>) -> impl Iterator<Item = &'s Seen<'a>> {
    server.entry.current()
}

fn place(server: &Server<'_, '_>) -> String {
    subject(server.entry).to_string()
}

fn subjects(servers: &[&Server<'_, '_>]) -> Vec<Subject> {
    servers.iter().map(|server| subject(server.entry)).collect()
}

/// How many are up, in words.
fn up(servers: &[Server<'_, '_>]) -> String {
    let up = servers.iter().filter(|server| is_up(server.entry)).count();
    format!("{up} of {} UP", counted(servers.len(), "server"))
}

/// Whether requests are sent anywhere still.
fn impact(servers: &[Server<'_, '_>]) -> Impact {
    let any = servers.iter().any(|server| current(server).any(|seen| seen.condition.takes_requests()));
    if any { Impact::Degraded } else { Impact::Outage }
}

/// What the checks say, where they say the same of all.
fn why(servers: &[&Server<'_, '_>]) -> String {
    let mut said: Vec<_> =
        servers.iter().filter_map(|server| current(server).find(|seen| is_down(seen))).map(how).collect();
    said.sort();
    said.dedup();
    match said.as_slice() {
        [one] => format!(": {one}"),
        _ => String::new(),
    }
}

/// What the instances say of each, those of one mind together.
fn evidence(look: &Look<'_>, servers: &[&Server<'_, '_>], is: fn(&Seen<'_>) -> bool) -> Vec<Evidence> {
    let tell = |server: &&Server<'_, '_>| {
        let told: Vec<_> = current(server).filter(|seen| is(seen)).collect();
        let first = told.first()?;
        let names = some(told.iter().map(|seen| seen.instance));
        let words = format!("{}: {} on {names}: {}", place(server), first.condition.name(), how(first));
        let one = Evidence::proof(Witness::Haproxy, words).seen(looked(look, first));
        let difference = server.entry.difference().map(|words| {
            Evidence::hint(Witness::Haproxy, format!("{} {words}", place(server))).seen(looked(look, first))
        });
        Some([Some(one), difference])
    };
    servers.iter().filter_map(tell).take(SHOWN).flatten().flatten().collect()
}

/// What is behind the first of them.
fn behind(servers: &[&Server<'_, '_>]) -> Option<String> {
    servers.iter().find_map(|server| match server.behind {
        Behind::Pod(pod, _) if pod.is_ready => Some(format!("{} behind it is ready", pod.name)),
        Behind::Pod(pod, _) => Some(format!("{} behind it is not ready: {}", pod.name, pod.status)),
        Behind::Service { ready, all } => {
            Some(format!("it leads to the service: {ready} of {} ready", counted(all, "pod")))
        }
        Behind::Unknown => None,
    })
}

fn began(look: &Look<'_>, servers: &[&Server<'_, '_>], is: fn(&Seen<'_>) -> bool) -> Option<jiff::Timestamp> {
    servers
        .iter()
        .flat_map(|server| current(server))
        .filter(|seen| is(seen))
        .filter_map(|seen| since(look, seen))
        .min()
}
