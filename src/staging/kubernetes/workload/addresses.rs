//! The Service's endpoints: slices of at most a hundred addresses, and the old Endpoints object beside them.

use serde_json::{Value, json};

use super::pod::PodSpec;
use super::state::PodState;
use super::{Workload, letters, put, uid_of};
use crate::staging::kubernetes::cluster::Cluster;

/// Addresses in one slice, as the controller makes them.
const PER_SLICE: usize = 100;
/// Addresses in an Endpoints object; what is beyond is left out and said.
const PER_ENDPOINTS: usize = 1_000;

impl Workload {
    /// Endpoint slices and Endpoints, as the pods are now.
    pub fn apply_addresses(&self, cluster: &Cluster) {
        let is_in = |pod: &&PodSpec| pod.state.has_address() && !self.outside.contains(&pod.name);
        let pods: Vec<&PodSpec> = self.pods.iter().filter(is_in).collect();
        let owner = uid_of(cluster, "Service", &self.name);
        let slices = pods.len().div_ceil(PER_SLICE).max(1);
        for number in 0..slices {
            let members = pods.iter().skip(number * PER_SLICE).take(PER_SLICE);
            let mut endpoints: Vec<Value> = members.map(|pod| endpoint(pod, cluster)).collect();
            if number == 0 {
                endpoints.extend(self.foreign.iter().map(|ip| foreign(ip)));
            }
            put(cluster, self.slice(number, endpoints, &owner));
        }
        let wanted: Vec<String> = (0..slices).map(|number| self.slice_name(number)).collect();
        let ours = format!("{}-", self.name);
        for name in cluster.names("EndpointSlice") {
            if name.starts_with(&ours) && !wanted.contains(&name) {
                cluster.delete("EndpointSlice", &name);
            }
        }
        put(cluster, self.endpoints(&pods, cluster));
    }

    fn slice_name(&self, number: usize) -> String {
        format!("{}-{}", self.name, letters(&format!("{} slice {number}", self.name), 5))
    }

    fn slice(&self, number: usize, endpoints: Vec<Value>, owner: &str) -> Value {
        let name = self.slice_name(number);
        json!({
            "kind": "EndpointSlice",
            "metadata": {"name": name, "generateName": format!("{}-", self.name), "generation": 1,
                "creationTimestamp": self.created.to_string(),
                "labels": {"app": self.app, "endpointslice.kubernetes.io/managed-by": "endpointslice-controller.k8s.io",
                    "kubernetes.io/service-name": self.name},
                "ownerReferences": [{"apiVersion": "v1", "kind": "Service", "name": self.name, "uid": owner,
                    "controller": true, "blockOwnerDeletion": true}]},
            "addressType": "IPv4",
            "endpoints": endpoints,
            "ports": [{"name": "http", "protocol": "TCP", "port": self.port}],
        })
    }

    /// The old object knows no terminating addresses: they are left out.
    fn endpoints(&self, pods: &[&PodSpec], cluster: &Cluster) -> Value {
        let of = |ready: bool| {
            let lasting = pods.iter().filter(|pod| pod.state != PodState::Terminating);
            let members = lasting.filter(|pod| pod.state.takes_traffic() == ready).take(PER_ENDPOINTS);
            members
                .map(|pod| json!({"ip": pod.ip, "nodeName": pod.node, "targetRef": target(pod, cluster)}))
                .collect::<Vec<_>>()
        };
        let (mut ready, unready) = (of(true), of(false));
        ready.extend(self.foreign.iter().map(|ip| json!({"ip": ip})));
        let mut subset = json!({"ports": [{"name": "http", "port": self.port, "protocol": "TCP"}]});
        if !ready.is_empty() {
            subset["addresses"] = ready.into();
        }
        if !unready.is_empty() {
            subset["notReadyAddresses"] = unready.into();
        }
        let mut metadata = json!({"name": self.name, "creationTimestamp": self.created.to_string(), "labels": self.labels()});
        if pods.len() > PER_ENDPOINTS {
            metadata["annotations"] = json!({"endpoints.kubernetes.io/over-capacity": "truncated"});
        }
        let subsets = if pods.is_empty() && self.foreign.is_empty() { json!([]) } else { json!([subset]) };
        json!({"kind": "Endpoints", "metadata": metadata, "subsets": subsets})
    }
}

fn endpoint(pod: &PodSpec, cluster: &Cluster) -> Value {
    json!({
        "addresses": [pod.ip],
        "conditions": {"ready": pod.state.takes_traffic(), "serving": pod.state.is_ready(),
            "terminating": pod.state == PodState::Terminating},
        "targetRef": target(pod, cluster),
        "nodeName": pod.node,
        "zone": "us-east1-c",
    })
}

/// An address that somebody wrote by hand, or that was left behind.
fn foreign(ip: &str) -> Value {
    json!({"addresses": [ip], "conditions": {"ready": true, "serving": true, "terminating": false}})
}

fn target(pod: &PodSpec, cluster: &Cluster) -> Value {
    json!({"kind": "Pod", "namespace": cluster.namespace(), "name": pod.name, "uid": uid_of(cluster, "Pod", &pod.name)})
}
