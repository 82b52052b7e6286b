//! The service: whether it is there and has an address that requests can come in by.

use super::evidence::Evidence;
use super::haproxy::is_nothing_up;
use super::kubernetes::{Standing, as_far_as_read, standing};
use super::{Hop, Look};
use crate::diagnosis::ingress::{Ingress, Meeting, ingress};
use crate::diagnosis::words::some;
use crate::model::{HopId, Subject, Workload};
use crate::sources::kubernetes::objects::{Kind, Service};

/// How the service stands.
pub fn hop(scene: &Look<'_>) -> Hop {
    let Some(workload) = &scene.watched.kubernetes else { return Hop::off(HopId::Service) };
    match standing(scene.kubernetes, Kind::Service) {
        Standing::Waiting => Hop::waiting(HopId::Service),
        Standing::Live(seen) => look(scene, workload).seen(seen),
        Standing::Blind { why, seen } => look(scene, workload).seen(seen).blinded(vec![why]),
    }
}

fn look(scene: &Look<'_>, workload: &Workload) -> Hop {
    let subject = Subject::Service(workload.service.clone());
    let Some(service) = scene.kubernetes.services.get(&workload.service) else {
        let namespace = &scene.kubernetes.cluster.namespace;
        let words = format!("no service {} in namespace {namespace}", workload.service);
        let evidence = vec![Evidence::broken(words).about(subject)];
        let evidence = as_far_as_read(scene.kubernetes, Kind::Service, evidence);
        return Hop::judged(HopId::Service, "not there".to_owned(), String::new(), evidence);
    };
    let evidence = std::iter::once(address(service).about(subject.clone()));
    let evidence = evidence.chain(meeting(scene).map(|one| one.about(subject))).collect();
    let words = service.ingress.first().or(service.cluster_ip.as_ref()).cloned();
    Hop::judged(HopId::Service, words.unwrap_or_else(|| service.kind.clone()), String::new(), evidence)
}

fn address(service: &Service) -> Evidence {
    let name = &service.name;
    match (service.kind.as_str(), service.ingress.as_slice()) {
        ("LoadBalancer", []) => {
            Evidence::minor(format!("{name}: LoadBalancer, and no ingress address was given to it yet"))
                .since(service.created)
        }
        (kind, []) => Evidence::good(format!("{name}: {kind}, {}", ports(service))),
        (kind, addresses) => {
            Evidence::good(format!("{name}: {kind}, ingress {}, {}", addresses.join(", "), ports(service)))
        }
    }
}

/// Whether HAProxy sends to where the service can be reached; both addresses are named where it does not.
fn meeting(scene: &Look<'_>) -> Option<Evidence> {
    if !scene.haproxy.instances.values().any(|instance| instance.health.is_live()) {
        return None;
    }
    let Ingress { service, haproxy, verdict } = ingress(scene.watched, scene.kubernetes, scene.haproxy)?;
    let sent = || some(haproxy.iter().map(|(_, address)| address.as_str()));
    let has =
        || if service.is_empty() { "none".to_owned() } else { some(service.iter().map(String::as_str)) };
    let sides = || format!("HAProxy sends to {}, the service has {}", sent(), has());
    Some(match verdict {
        Meeting::Equal => Evidence::good(format!("HAProxy sends to it: {}", sent())),
        Meeting::Past => Evidence::good(verdict.words()),
        Meeting::Differ | Meeting::NoIngress if is_nothing_up(scene) => {
            Evidence::broken(format!("{}, and none of these is up: {}", verdict.words(), sides()))
        }
        // Where several clusters share a backend this is as it should be.
        Meeting::Partly => Evidence::aside(format!("{}: {}", verdict.words(), sides())),
        Meeting::Differ | Meeting::NoIngress => Evidence::minor(format!("{}: {}", verdict.words(), sides())),
        Meeting::Unknown => return None,
    })
}

fn ports(service: &Service) -> String {
    let ports = service.ports.iter().map(|port| match port.node_port {
        Some(node) => format!("{}:{node}/{}", port.port, port.protocol),
        None => format!("{}/{}", port.port, port.protocol),
    });
    ports.collect::<Vec<_>>().join(", ")
}
