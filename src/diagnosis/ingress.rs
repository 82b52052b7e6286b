//! The address that the service has to the outside, against those that HAProxy sends to.

use core::net::IpAddr;
use std::collections::BTreeSet;

use crate::model::Watched;
use crate::sources::haproxy::facts::Role;
use crate::sources::haproxy::picture::Picture as Haproxy;
use crate::sources::kubernetes::objects::Service;
use crate::sources::kubernetes::picture::Picture as Kubernetes;

/// Both sides, and whether they meet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ingress {
    /// Addresses of the service's load balancer, in order.
    pub service: Vec<String>,
    /// Addresses that HAProxy sends to, with the backend that has each; in order, each once.
    pub haproxy: Vec<(String, String)>,
    pub verdict: Meeting,
}

/// Whether HAProxy sends to the service.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Meeting {
    /// Every address of HAProxy is one of the service.
    Equal,
    /// One is, others are not: other clusters, or a leftover.
    Partly,
    /// None is.
    Differ,
    /// It sends to the pods themselves, past the service.
    Past,
    /// The service has no outside address.
    NoIngress,
    /// One side is not known.
    Unknown,
}

impl Meeting {
    /// The verdict in words.
    pub const fn words(self) -> &'static str {
        match self {
            Self::Equal => "equal",
            Self::Partly => "only in part: HAProxy sends elsewhere too",
            Self::Differ => "different: HAProxy does not send to this service",
            Self::Past => "HAProxy sends to the pods themselves, not to the service",
            Self::NoIngress => "the service has no outside address",
            Self::Unknown => "not compared: one side is not known",
        }
    }
}

/// Compares the service with the backends that lead to it. Nothing where no HAProxy is watched.
pub fn ingress(watched: &Watched, kubernetes: &Kubernetes, haproxy: &Haproxy) -> Option<Ingress> {
    let backends = watched.backends.as_ref()?;
    let workload = watched.kubernetes.as_ref()?;
    let service = kubernetes.services.get(&workload.service);
    let addresses = servers(haproxy, backends);
    let ingress = service.map(|service| service.ingress.clone()).unwrap_or_default();
    let is_pod = |ip: &str| kubernetes.pods.values().any(|pod| pod.ip.as_deref() == Some(ip));
    let has = |ip: &String| {
        ingress.contains(ip) || service.is_some_and(|service| service.cluster_ip.as_ref() == Some(ip))
    };
    let met = addresses.iter().filter(|(_, ip)| has(ip)).count();
    let verdict = match () {
        () if service.is_none_or(|service| !has_addresses(service)) || addresses.is_empty() => {
            Meeting::Unknown
        }
        () if met == addresses.len() => Meeting::Equal,
        () if met > 0 => Meeting::Partly,
        () if addresses.iter().all(|(_, ip)| is_pod(ip)) => Meeting::Past,
        () if ingress.is_empty() => Meeting::NoIngress,
        () => Meeting::Differ,
    };
    Some(Ingress { service: ingress, haproxy: addresses, verdict })
}

/// Whether a service is reached by addresses of its own: not by names, which HAProxy resolves, nor by those of nodes.
fn has_addresses(service: &Service) -> bool {
    service.kind != "NodePort" && service.ingress.iter().all(|ingress| ingress.parse::<IpAddr>().is_ok())
}

/// Addresses of the servers of these backends, without ports; of all backends where none is named.
fn servers(haproxy: &Haproxy, backends: &[String]) -> Vec<(String, String)> {
    let wanted = |name: &str| backends.is_empty() || backends.iter().any(|backend| backend == name);
    let mut found = BTreeSet::new();
    for look in haproxy.instances.values().filter_map(|instance| instance.look.as_ref()) {
        for state in look.servers.iter().flatten().filter(|state| wanted(&state.backend)) {
            found.insert((state.backend.clone(), bare(&state.address).to_owned()));
        }
        let servers = look.rows.iter().filter(|row| row.role == Role::Server && wanted(&row.proxy));
        for row in servers.filter(|row| !row.address.is_empty()) {
            found.insert((row.proxy.clone(), bare(&row.address).to_owned()));
        }
    }
    found.into_iter().filter(|(_, ip)| !ip.is_empty() && ip != "-").collect()
}

/// An address without its port and brackets.
pub fn bare(address: &str) -> &str {
    if let Some(rest) = address.strip_prefix('[') {
        return rest.split(']').next().unwrap_or(rest);
    }
    match address.rsplit_once(':') {
        Some((host, port)) if !host.contains(':') && port.chars().all(|letter| letter.is_ascii_digit()) => {
            host
        }
        Some(_) | None => address,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_compared_without_their_ports() {
        for (address, expected) in [
            ("10.0.0.1:5000", "10.0.0.1"),
            ("10.0.0.1", "10.0.0.1"),
            ("[fd00::1]:5000", "fd00::1"),
            ("fd00::1", "fd00::1"),
            ("", ""),
        ] {
            assert_eq!(bare(address), expected);
        }
    }
}
