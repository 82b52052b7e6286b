//! The addresses that the service sends to, against the pods: none at all, ready pods without one, and addresses that
//! lead nowhere.

use std::collections::BTreeSet;

use jiff::Timestamp;

use super::Judgement;
use crate::diagnosis::endpoints::{Endpoint, Verdict};
use crate::diagnosis::finding::{Evidence, Finding, Impact, Witness};
use crate::diagnosis::happenings::{line, warnings};
use crate::diagnosis::look::{Look, Need};
use crate::diagnosis::pods::{MOMENT, State, in_common, subjects};
use crate::diagnosis::words::{addresses, counted, some};
use crate::model::Subject;
use crate::sources::kubernetes::objects::{Kind, Pod};
use crate::sources::kubernetes::picture::Picture;

pub const EMPTY: &str = "endpoints-empty";
pub const SHORT: &str = "endpoints-short";
pub const FOREIGN: &str = "endpoints-foreign";

pub fn empty(look: &Look<'_>) -> Result<Judgement, Need> {
    let (all, service) = (look.endpoints()?, service(look));
    let taking = all.iter().filter(|one| is_ready(one)).count();
    if taking > 0 {
        return Ok(Judgement::Clear(format!("{service} has {}", ready_addresses(taking))));
    }
    let pods = look.states()?;
    let words = format!("{service} has no ready address: nothing can be sent to any pod");
    let is_there = look.kubernetes.services.contains_key(service);
    let next = match (pods.here(), pods.ready()) {
        (0, _) => format!(
            "Look why there is no pod: does the deployment want any, and what do its events say? {service} has nobody to send to."
        ),
        (_, 0) => "See why no pod is ready: that is what leaves the service empty.".to_owned(),
        _ => format!("Describe {service}: does its selector still match the labels of the ready pods?"),
    };
    let mut evidence =
        vec![Evidence::proof(Witness::Kubernetes, format!("0 ready addresses; {}", pods.words()))];
    if !is_there && look.cluster(&[Kind::Service]).is_ok() {
        evidence.push(Evidence::hint(Witness::Kubernetes, format!("there is no service {service}")));
    }
    Ok(Judgement::Fires(vec![Finding {
        rule: EMPTY,
        words,
        impact: Impact::Outage,
        about: vec![Subject::Service(service.to_owned())],
        since: None,
        evidence,
        against: Vec::new(),
        next,
        verbs: vec!["describe", "yaml"],
    }]))
}

pub fn short(look: &Look<'_>) -> Result<Judgement, Need> {
    let (all, pods) = (look.endpoints()?, look.states()?);
    let taking = all.iter().filter(|one| is_ready(one)).count();
    let (mut missing, mut sick, mut unready) = (Vec::new(), Vec::new(), Vec::new());
    for (pod, verdict) in all.iter().filter_map(|one| Some((one.pod?, one.verdict))) {
        match (verdict, pods.state(&pod.name).unwrap_or(State::Leaving)) {
            (Verdict::Missing | Verdict::NotYet, State::Ready)
                // That all are missing is the other finding.
                if taking > 0 && is_served(look.kubernetes, pod) && is_settled(pod, look.now) =>
            {
                missing.push(pod);
            }
            (Verdict::NotReady | Verdict::Outside, State::Crashing | State::Stuck(_)) => sick.push(pod),
            (Verdict::NotReady | Verdict::Outside, State::NotReady) => unready.push(pod),
            _ => {}
        }
    }
    let found: Vec<_> = [
        missing_pods(look, &missing, taking),
        sick_pods(look, &sick, taking),
        unready_pods(look, &unready, taking),
    ]
    .into_iter()
    .flatten()
    .collect();
    Ok(match found.is_empty() {
        true => Judgement::Clear(format!("{}, every ready pod among them", ready_addresses(taking))),
        false => Judgement::Fires(found),
    })
}

/// Ready pods without an address.
fn missing_pods(look: &Look<'_>, pods: &[&Pod], taking: usize) -> Option<Finding> {
    let first = pods.first()?;
    let service = service(look);
    let evidence = vec![
        Evidence::proof(
            Witness::Kubernetes,
            format!("Ready, and not in any slice of {service}: {}", listed(pods)),
        ),
        Evidence::hint(Witness::Kubernetes, format!("{service} sends to {}", addresses(taking))),
    ];
    Some(Finding {
        rule: SHORT,
        words: format!(
            "{} Ready and without an address: nothing is sent to {}",
            counted(pods.len(), "pod"),
            them(pods)
        ),
        impact: impact(taking),
        about: subjects(pods),
        since: pods.iter().filter_map(|pod| pod.ready_changed).min(),
        evidence,
        against: Vec::new(),
        next: format!(
            "Compare the labels of {} with the selector of {service}: describe both. If they match, the cluster's \
             endpoint controller lags.",
            first.name
        ),
        verbs: vec!["describe", "yaml", "copy-describe-command"],
    })
}

/// Pods that something else keeps from being ready.
fn sick_pods(look: &Look<'_>, pods: &[&Pod], taking: usize) -> Option<Finding> {
    let words = format!("{} not ready, so not sent to: {}", counted(pods.len(), "pod"), addresses(taking));
    unsent(look, pods, taking, words, "See why they are not ready.".to_owned())
}

/// Pods that nothing else keeps from being ready than their probe, or their node.
fn unready_pods(look: &Look<'_>, pods: &[&Pod], taking: usize) -> Option<Finding> {
    let first = pods.first()?;
    let event = warnings(look.kubernetes, pods).into_iter().next();
    let is_node = event.is_some_and(|one| one.reason == "NodeNotReady");
    let who = match pods.len() {
        1 => "1 pod runs and is".to_owned(),
        more => format!("{more} pods run and are"),
    };
    let (why, next) = match (is_node, &first.node) {
        (true, Some(node)) => ("the node is not ready", format!("Look at node {node}: nobody hears of it.")),
        _ => (
            "readiness probe fails",
            format!(
                "Describe {}: its events say what the probe was answered; then read its logs.",
                first.name
            ),
        ),
    };
    let mut finding = unsent(look, pods, taking, format!("{who} not ready: {why}"), next)?;
    let ready = look.states().ok()?.which(|state| state == State::Ready);
    let said = event.map(|one| Evidence::hint(Witness::Kubernetes, line(one)).seen(one.last));
    let common = in_common(pods, &ready).map(|common| Evidence::hint(Witness::Kubernetes, common.words()));
    finding.evidence.extend(said.into_iter().chain(common));
    Some(finding)
}

fn unsent(look: &Look<'_>, pods: &[&Pod], taking: usize, words: String, next: String) -> Option<Finding> {
    pods.first()?;
    let service = service(look);
    let evidence = vec![
        Evidence::proof(Witness::Kubernetes, format!("not ready: {}", listed(pods))),
        Evidence::hint(Witness::Kubernetes, format!("{service} sends to {}", addresses(taking))),
    ];
    Some(Finding {
        rule: SHORT,
        words,
        impact: impact(taking),
        about: subjects(pods),
        since: pods.iter().filter_map(|pod| pod.ready_changed).min(),
        evidence,
        against: Vec::new(),
        next,
        verbs: vec!["describe", "logs"],
    })
}

pub fn foreign(look: &Look<'_>) -> Result<Judgement, Need> {
    let all = look.endpoints()?;
    let is_stray = |one: &&Endpoint<'_>| match (one.verdict, one.pod) {
        (Verdict::WithoutPod, _) => {
            is_ready(one) && !one.places.iter().any(|(_, address)| address.terminating == Some(true))
        }
        (Verdict::ReadyAgainstPod, Some(pod)) => is_settled(pod, look.now),
        _ => false,
    };
    let stray: Vec<_> = all.iter().filter(is_stray).filter(|one| is_old(look, one)).collect();
    let taking = all.iter().filter(|one| is_ready(one)).count();
    if stray.is_empty() {
        return Ok(Judgement::Clear(format!("{}, each of a ready pod", ready_addresses(taking))));
    }
    let without = stray.iter().filter(|one| one.pod.is_none());
    let of_pods: Vec<_> = stray.iter().filter_map(|one| one.pod).collect();
    let without: Vec<_> = without.filter_map(|one| one.ip).collect();
    let mut evidence = Vec::new();
    if !without.is_empty() {
        let words = format!("no pod has {}", some(without.iter().copied()));
        evidence.push(Evidence::proof(Witness::Kubernetes, words));
    }
    if !of_pods.is_empty() {
        let words = format!("sent to although not ready: {}", listed(&of_pods));
        evidence.push(Evidence::proof(Witness::Kubernetes, words));
    }
    let service = service(look);
    let slices: BTreeSet<_> =
        stray.iter().flat_map(|one| &one.places).map(|(slice, _)| slice.name.as_str()).collect();
    Ok(Judgement::Fires(vec![Finding {
        rule: FOREIGN,
        words: format!("{service} sends to {} that no ready pod has", addresses(stray.len())),
        impact: if stray.len() == taking { Impact::Outage } else { Impact::Degraded },
        about: stray.iter().filter_map(|one| one.ip).map(|ip| Subject::Address(ip.to_owned())).collect(),
        since: None,
        evidence,
        against: Vec::new(),
        next: format!(
            "Look who writes {}: an address that nobody made by hand goes by itself once the endpoint controller runs.",
            some(slices.into_iter())
        ),
        verbs: vec!["describe", "copy-address"],
    }]))
}

fn service<'a>(look: &Look<'a>) -> &'a str {
    look.watched.kubernetes.as_ref().map_or("the service", |workload| workload.service.as_str())
}

fn is_ready(endpoint: &Endpoint<'_>) -> bool {
    endpoint.places.iter().any(|(_, address)| address.ready)
}

/// Whether a pod has been as it is for so long that all who watch it know.
fn is_settled(pod: &Pod, now: Timestamp) -> bool {
    pod.ready_changed.or(pod.created).is_none_or(|changed| now.duration_since(changed) >= MOMENT)
}

/// Whether the slices of an address and the pods have stood still for so long that neither is only behind the other.
fn is_old(look: &Look<'_>, endpoint: &Endpoint<'_>) -> bool {
    let picture = look.kubernetes;
    let moved = endpoint.places.iter().filter_map(|(slice, _)| picture.moved.get(&slice.name).copied());
    let lost = picture.lost.filter(|_| endpoint.pod.is_none());
    moved.chain(lost).all(|at| look.now.duration_since(at) >= MOMENT)
}

/// Whether the service is there for a pod: one of a job bears the same labels, and nobody sends to it.
fn is_served(picture: &Picture, pod: &Pod) -> bool {
    let is_known = |owner: &String| picture.replica_sets.contains_key(owner);
    picture.replica_sets.is_empty() || pod.owner.as_ref().is_none_or(is_known)
}

fn impact(taking: usize) -> Impact {
    if taking == 0 { Impact::Outage } else { Impact::Degraded }
}

fn listed(pods: &[&Pod]) -> String {
    some(pods.iter().map(|pod| pod.name.as_str()))
}

fn them(pods: &[&Pod]) -> &'static str {
    if pods.len() == 1 { "it" } else { "them" }
}

fn ready_addresses(number: usize) -> String {
    format!("{} ready", addresses(number))
}
