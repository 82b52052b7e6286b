//! Services and their endpoints as the API has them.

use std::collections::BTreeMap;

use super::super::objects::{self, Address, Port, Slice};
use super::super::selector::Selector;
use super::{Meta, safe, some, wire};

/// The label that says which service a slice belongs to.
pub const SERVICE_NAME: &str = "kubernetes.io/service-name";

wire! {
    struct Service {
        metadata: Meta,
        spec: ServiceSpec,
        status: ServiceStatus,
    }

    struct ServiceSpec {
        #[serde(rename = "type")]
        kind: String,
        #[serde(rename = "clusterIP")]
        cluster_ip: String,
        ports: Vec<ServicePort>,
        selector: BTreeMap<String, String>,
    }

    struct ServicePort {
        name: String,
        port: u16,
        protocol: String,
        node_port: u16,
    }

    struct ServiceStatus {
        load_balancer: LoadBalancer,
    }

    struct LoadBalancer {
        ingress: Vec<Ingress>,
    }

    struct Ingress {
        ip: String,
        hostname: String,
    }

    struct EndpointSlice {
        metadata: Meta,
        endpoints: Vec<Endpoint>,
        ports: Vec<ServicePort>,
    }

    struct Endpoint {
        addresses: Vec<String>,
        conditions: Conditions,
        target_ref: Target,
        node_name: String,
    }

    struct Conditions {
        ready: Option<bool>,
        serving: Option<bool>,
        terminating: Option<bool>,
    }

    struct Target {
        kind: String,
        name: String,
    }

    struct Endpoints {
        metadata: Meta,
        subsets: Vec<Subset>,
    }

    struct Subset {
        addresses: Vec<OldAddress>,
        not_ready_addresses: Vec<OldAddress>,
        ports: Vec<ServicePort>,
    }

    struct OldAddress {
        ip: String,
        node_name: String,
        target_ref: Target,
    }
}

impl Service {
    /// None where it sends elsewhere than to the selected pods.
    pub(super) fn slim(self, selector: &Selector) -> Option<objects::Service> {
        if !selector.may_be_served_by(&self.metadata.name, &self.spec.selector) {
            return None;
        }
        let ingress = self.status.load_balancer.ingress.iter();
        Some(objects::Service {
            name: safe(&self.metadata.name),
            kind: safe(&self.spec.kind),
            cluster_ip: some(&self.spec.cluster_ip).filter(|ip| ip != "None"),
            ingress: ingress.filter_map(|one| some(&one.ip).or_else(|| some(&one.hostname))).collect(),
            ports: ports(&self.spec.ports),
            selector: self.spec.selector.iter().map(|(key, value)| (safe(key), safe(value))).collect(),
            created: self.metadata.creation_timestamp.0,
        })
    }
}

impl EndpointSlice {
    /// None where it belongs to no service.
    pub(super) fn slim(&self) -> Option<Slice> {
        let service = self.metadata.labels.get(SERVICE_NAME)?;
        let addresses = self.endpoints.iter().flat_map(|endpoint| {
            endpoint.addresses.iter().map(|ip| Address {
                ip: safe(ip),
                ready: endpoint.conditions.ready.unwrap_or(true),
                serving: endpoint.conditions.serving,
                terminating: endpoint.conditions.terminating,
                pod: endpoint.target_ref.pod(),
                node: some(&endpoint.node_name),
            })
        });
        Some(Slice {
            name: safe(&self.metadata.name),
            service: safe(service),
            ports: ports(&self.ports),
            addresses: addresses.collect(),
        })
    }
}

impl Endpoints {
    pub(super) fn slim(&self) -> Slice {
        let name = safe(&self.metadata.name);
        let mut all: Vec<Port> = Vec::new();
        for port in self.subsets.iter().flat_map(|subset| ports(&subset.ports)) {
            if !all.contains(&port) {
                all.push(port);
            }
        }
        let addresses = self.subsets.iter().flat_map(|subset| {
            let ready = subset.addresses.iter().map(|address| address.slim(true));
            ready.chain(subset.not_ready_addresses.iter().map(|address| address.slim(false)))
        });
        Slice { service: name.clone(), name, ports: all, addresses: addresses.collect() }
    }
}

impl OldAddress {
    fn slim(&self, ready: bool) -> Address {
        Address {
            ip: safe(&self.ip),
            ready,
            serving: None,
            terminating: None,
            pod: self.target_ref.pod(),
            node: some(&self.node_name),
        }
    }
}

impl Target {
    fn pod(&self) -> Option<String> {
        (self.kind == "Pod" || self.kind.is_empty()).then(|| some(&self.name)).flatten()
    }
}

fn ports(ports: &[ServicePort]) -> Vec<Port> {
    let slim = |port: &ServicePort| Port {
        name: safe(&port.name),
        port: port.port,
        protocol: if port.protocol.is_empty() { "TCP".to_owned() } else { safe(&port.protocol) },
        node_port: (port.node_port != 0).then_some(port.node_port),
    };
    ports.iter().map(slim).collect()
}
