//! The endpoints: the addresses that the service sends to, against the pods that run.

use std::collections::BTreeMap;

use super::evidence::Evidence;
use super::kubernetes::{Standing, as_far_as_read, standing};
use super::{Hop, Look};
use crate::diagnosis::endpoints::{Endpoint, Verdict};
use crate::diagnosis::words::{addresses, counted, some};
use crate::model::{HopId, Subject, Workload};
use crate::sources::Health;
use crate::sources::kubernetes::objects::{Kind, Phase, Pod};
use crate::sources::kubernetes::picture::Picture;

/// What is worth a word, and how it is put.
const ODD: &[(Verdict, &str)] = &[
    (Verdict::Missing, "Running and ready, and no address"),
    (Verdict::WithoutPod, "an address, and no pod has it"),
    (Verdict::ReadyAgainstPod, "sent to although not ready"),
    (Verdict::NotYet, "ready, and not sent to yet"),
    (Verdict::NotReady, "not ready, so not sent to"),
    (Verdict::Outside, "Running and not ready, and no address"),
];

/// How the endpoints stand.
pub fn hop(scene: &Look<'_>) -> Hop {
    let Some(workload) = &scene.watched.kubernetes else { return Hop::off(HopId::Endpoints) };
    match standing(scene.kubernetes, kind(scene.kubernetes)) {
        Standing::Waiting => Hop::waiting(HopId::Endpoints),
        Standing::Live(seen) => look(scene, workload).seen(seen),
        Standing::Blind { why, seen } => look(scene, workload).seen(seen).blinded(vec![why]),
    }
}

/// The kind that addresses are read from: slices, and where they cannot be had what was before them.
fn kind(picture: &Picture) -> Kind {
    let is_live = |kind| picture.kinds.get(&kind).is_some_and(Health::is_live);
    match (is_live(Kind::EndpointSlice), is_live(Kind::Endpoints)) {
        (false, true) => Kind::Endpoints,
        (true, _) | (false, false) => Kind::EndpointSlice,
    }
}

fn look(scene: &Look<'_>, workload: &Workload) -> Hop {
    let (picture, all) = (scene.kubernetes, scene.last_endpoints(&workload.service));
    let taking = all.iter().filter(|endpoint| is_ready(endpoint)).count();
    let running = running(picture);
    let mut groups: BTreeMap<Verdict, Vec<&Endpoint<'_>>> = BTreeMap::new();
    for endpoint in all {
        groups.entry(endpoint.verdict).or_default().push(endpoint);
    }
    let mut evidence = vec![first(taking, running, workload)];
    if running.is_some() {
        evidence.extend(ODD.iter().filter_map(|(verdict, words)| Some(odd(words, groups.get(verdict)?))));
    }
    if let (Some(leaving), None) = (groups.get(&Verdict::Terminating), groups.get(&Verdict::NotYet)) {
        evidence.push(Evidence::aside(format!("{} on the way out", counted(leaving.len(), "pod"))));
    }
    let words = match running {
        Some(running) => format!("{}, {running} Running", addresses(taking)),
        None => addresses(taking),
    };
    let evidence = as_far_as_read(picture, kind(picture), evidence);
    Hop::judged(HopId::Endpoints, words, taking.to_string(), evidence)
}

/// Pods that could be sent to; none while it is not known which there are, so that nothing is compared with them.
fn running(picture: &Picture) -> Option<usize> {
    let is_candidate = |pod: &&Pod| pod.phase == Phase::Running && pod.deleting.is_none();
    let is_whole = !picture.odd.contains_key(&Kind::Pod);
    let is_live = matches!(standing(picture, Kind::Pod), Standing::Live(_));
    (is_live && is_whole).then(|| picture.pods.values().filter(is_candidate).count())
}

fn is_ready(endpoint: &Endpoint<'_>) -> bool {
    endpoint.places.iter().any(|(_, address)| address.ready)
}

fn first(taking: usize, running: Option<usize>, workload: &Workload) -> Evidence {
    let service = &workload.service;
    match (taking, running) {
        (0, None) => Evidence::broken(format!("{service} has no ready address")),
        (0, Some(0)) => Evidence::broken(format!("{service} has no ready address, and no pod is Running")),
        (0, Some(running)) => {
            Evidence::broken(format!("{service} has no ready address; Running: {}", counted(running, "pod")))
        }
        (taking, _) => Evidence::good(format!("{service} sends to {}", addresses(taking))),
    }
    .about(Subject::Service(service.clone()))
}

/// Endpoints that are not as they should be, for the same reason.
fn odd(words: &str, group: &[&Endpoint<'_>]) -> Evidence {
    let names = group.iter().filter_map(|endpoint| name(endpoint));
    let one = Evidence::minor(format!("{} {words}: {}", group.len(), some(names)));
    group.first().and_then(|endpoint| subject(endpoint)).into_iter().fold(one, Evidence::about)
}

fn name<'a>(endpoint: &Endpoint<'a>) -> Option<&'a str> {
    endpoint.pod.map(|pod| pod.name.as_str()).or(endpoint.ip)
}

fn subject(endpoint: &Endpoint<'_>) -> Option<Subject> {
    match (endpoint.ip, endpoint.pod) {
        (Some(ip), _) => Some(Subject::Address(ip.to_owned())),
        (None, pod) => pod.map(|pod| Subject::Pod(pod.name.clone())),
    }
}
