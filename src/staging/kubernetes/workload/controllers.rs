//! What controls the pods: Deployment, ReplicaSets, autoscaler, Service and nodes, with counts that follow from the pods.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::pod::host_address;
use super::{Autoscaler, Workload, put, uid_of};
use crate::staging::kubernetes::cluster::Cluster;

/// Pods of a controller.
#[derive(Clone, Copy, Debug, Default)]
pub struct Count {
    pub pods: u32,
    pub ready: u32,
}

impl Workload {
    /// Deployment, ReplicaSets and autoscaler, with the counts of the pods as they are now.
    pub fn apply_counts(&self, cluster: &Cluster) {
        put(cluster, self.deployment());
        let owner = uid_of(cluster, "Deployment", &self.name);
        for (image, count) in self.counts() {
            put(cluster, self.replica_set_object(image, count, &owner));
        }
        match &self.autoscaler {
            Some(autoscaler) => put(cluster, self.autoscaler_object(autoscaler)),
            None => drop(cluster.delete("HorizontalPodAutoscaler", &self.name)),
        }
    }

    fn deployment(&self) -> Value {
        let counts = self.counts();
        let all = counts.values().fold(Count::default(), |sum, count| Count {
            pods: sum.pods + count.pods,
            ready: sum.ready + count.ready,
        });
        let updated = counts.get(&*self.image).copied().unwrap_or_default();
        let mut status = json!({"observedGeneration": 3, "replicas": all.pods, "updatedReplicas": updated.pods,
            "conditions": self.deployment_conditions(all, updated)});
        // The API leaves out counts that are zero.
        let missing = self.replicas.saturating_sub(all.ready);
        for (field, count) in
            [("readyReplicas", all.ready), ("availableReplicas", all.ready), ("unavailableReplicas", missing)]
        {
            if count > 0 {
                status[field] = count.into();
            }
        }
        json!({
            "kind": "Deployment",
            "metadata": {"name": self.name, "generation": 3, "creationTimestamp": self.created.to_string(),
                "labels": self.labels(), "annotations": {"deployment.kubernetes.io/revision": "7"}},
            "spec": {"replicas": self.replicas, "selector": {"matchLabels": self.labels()},
                "template": {"metadata": {"labels": self.labels()}, "spec": self.template(&self.image)},
                "strategy": {"type": "RollingUpdate", "rollingUpdate": {"maxUnavailable": "25%", "maxSurge": "25%"}},
                "revisionHistoryLimit": 10, "progressDeadlineSeconds": 600},
            "status": status,
        })
    }

    fn deployment_conditions(&self, all: Count, updated: Count) -> Value {
        let at = self.created.to_string();
        let condition = |kind: &str, holds: bool, reason: &str, message: String| {
            json!({"type": kind, "status": if holds { "True" } else { "False" }, "lastUpdateTime": at,
                "lastTransitionTime": at, "reason": reason, "message": message})
        };
        // A quarter may be missing: the strategy above.
        let available = all.ready >= self.replicas - self.replicas / 4;
        let set = self.replica_set(&self.image);
        let available = match available {
            true => ("MinimumReplicasAvailable", "Deployment has minimum availability."),
            false => ("MinimumReplicasUnavailable", "Deployment does not have minimum availability."),
        };
        let rolled_out = updated.ready >= self.replicas;
        let progress = match rolled_out || updated.pods >= self.replicas {
            true => ("NewReplicaSetAvailable", format!("ReplicaSet {set:?} has successfully progressed.")),
            false => ("ReplicaSetUpdated", format!("ReplicaSet {set:?} is progressing.")),
        };
        json!([
            condition("Progressing", true, progress.0, progress.1),
            condition(
                "Available",
                available.0 == "MinimumReplicasAvailable",
                available.0,
                available.1.to_owned()
            ),
        ])
    }

    fn replica_set_object(&self, image: &str, count: Count, owner: &str) -> Value {
        let name = self.replica_set(image);
        let mut labels = self.labels();
        labels["pod-template-hash"] = name.rsplit('-').next().unwrap_or_default().into();
        let others: u32 = self
            .counts()
            .iter()
            .filter(|(other, _)| **other != self.image)
            .map(|(_, count)| count.pods)
            .sum();
        let wanted = if image == self.image { self.replicas.saturating_sub(others) } else { count.pods };
        let mut status =
            json!({"replicas": count.pods, "fullyLabeledReplicas": count.pods, "observedGeneration": 1});
        if count.ready > 0 {
            status["readyReplicas"] = count.ready.into();
            status["availableReplicas"] = count.ready.into();
        }
        json!({
            "kind": "ReplicaSet",
            "metadata": {"name": name, "generation": 1, "creationTimestamp": self.created.to_string(), "labels": labels,
                "annotations": {"deployment.kubernetes.io/desired-replicas": self.replicas.to_string()},
                "ownerReferences": [{"apiVersion": "apps/v1", "kind": "Deployment", "name": self.name, "uid": owner,
                    "controller": true, "blockOwnerDeletion": true}]},
            "spec": {"replicas": wanted, "selector": {"matchLabels": labels},
                "template": {"metadata": {"labels": labels}, "spec": self.template(image)}},
            "status": status,
        })
    }

    fn autoscaler_object(&self, autoscaler: &Autoscaler) -> Value {
        let current = self.counts().values().map(|count| count.pods).sum::<u32>();
        let wished =
            autoscaler.current.map_or(current, |used| (current * used).div_ceil(autoscaler.target.max(1)));
        let desired = wished.clamp(autoscaler.min, autoscaler.max);
        // The controller leaves a tenth of slack before it scales.
        let steady =
            autoscaler.current.is_none_or(|used| used.abs_diff(autoscaler.target) * 10 <= autoscaler.target);
        let desired = if steady { current.clamp(autoscaler.min, autoscaler.max) } else { desired };
        let mut status = json!({"currentReplicas": current, "desiredReplicas": desired,
            "lastScaleTime": self.created.to_string(), "conditions": self.autoscaler_conditions(autoscaler, wished)});
        if let Some(used) = autoscaler.current {
            status["currentMetrics"] = json!([{"type": "Resource", "resource": {"name": "cpu",
                "current": {"averageValue": format!("{}m", used * 5), "averageUtilization": used}}}]);
        }
        json!({
            "kind": "HorizontalPodAutoscaler",
            "metadata": {"name": self.name, "creationTimestamp": self.created.to_string(), "labels": self.labels()},
            "spec": {"scaleTargetRef": {"kind": "Deployment", "name": self.name, "apiVersion": "apps/v1"},
                "minReplicas": autoscaler.min, "maxReplicas": autoscaler.max,
                "metrics": [{"type": "Resource", "resource": {"name": "cpu",
                    "target": {"type": "Utilization", "averageUtilization": autoscaler.target}}}]},
            "status": status,
        })
    }

    fn autoscaler_conditions(&self, autoscaler: &Autoscaler, wished: u32) -> Value {
        let at = self.created.to_string();
        let condition = |kind: &str, status: bool, reason: &str, message: &str| {
            json!({"type": kind, "status": if status { "True" } else { "False" }, "lastTransitionTime": at,
                "reason": reason, "message": message})
        };
        let active = match autoscaler.current {
            Some(_) => condition(
                "ScalingActive",
                true,
                "ValidMetricFound",
                "the HPA was able to successfully calculate a replica count from cpu resource utilization (percentage of request)",
            ),
            None => condition(
                "ScalingActive",
                false,
                "FailedGetResourceMetric",
                "the HPA was unable to compute the replica count: failed to get cpu utilization: unable to get metrics for \
                 resource cpu: no metrics returned from resource metrics API",
            ),
        };
        let limited = if wished > autoscaler.max {
            (true, "TooManyReplicas", "the desired replica count is more than the maximum replica count")
        } else if wished < autoscaler.min {
            (true, "TooFewReplicas", "the desired replica count is less than the minimum replica count")
        } else {
            (false, "DesiredWithinRange", "the desired count is within the acceptable range")
        };
        json!([
            condition("AbleToScale", true, "ReadyForNewScale", "recommended size matches current size"),
            active,
            condition("ScalingLimited", limited.0, limited.1, limited.2),
        ])
    }

    pub(super) fn service(&self) -> Value {
        let ingress = self.ingress.iter().map(|ip| json!({"ip": ip, "ipMode": "VIP"})).collect::<Vec<_>>();
        let balancer = if ingress.is_empty() { json!({}) } else { json!({"ingress": ingress}) };
        json!({
            "kind": "Service",
            "metadata": {"name": self.name, "creationTimestamp": self.created.to_string(), "labels": self.labels()},
            "spec": {"ports": [{"name": "http", "protocol": "TCP", "port": self.port, "targetPort": self.port, "nodePort": 31998}],
                "selector": self.labels(), "clusterIP": self.cluster_ip, "clusterIPs": [self.cluster_ip],
                "type": "LoadBalancer", "sessionAffinity": "None", "externalTrafficPolicy": "Cluster",
                "ipFamilies": ["IPv4"], "ipFamilyPolicy": "SingleStack", "allocateLoadBalancerNodePorts": true,
                "internalTrafficPolicy": "Cluster"},
            "status": {"loadBalancer": balancer},
        })
    }
}

/// A node in good health.
pub fn node(name: &str, number: usize, created: Timestamp) -> Value {
    let at = created.to_string();
    json!({
        "kind": "Node",
        "metadata": {"name": name, "creationTimestamp": at, "labels": {"kubernetes.io/hostname": name,
            "kubernetes.io/os": "linux", "kubernetes.io/arch": "amd64"}},
        "spec": {"podCIDR": format!("10.64.{}.0/24", number % 256)},
        "status": {
            "capacity": {"cpu": "16", "memory": "65842012Ki", "pods": "110"},
            "allocatable": {"cpu": "15890m", "memory": "60045148Ki", "pods": "110"},
            "conditions": [{"type": "Ready", "status": "True", "lastHeartbeatTime": at, "lastTransitionTime": at,
                "reason": "KubeletReady", "message": "kubelet is posting ready status"}],
            "addresses": [{"type": "InternalIP", "address": host_address(name)}, {"type": "Hostname", "address": name}],
            "nodeInfo": {"machineID": "", "systemUUID": "", "bootID": "", "kernelVersion": "6.6.72+",
                "osImage": "Container-Optimized OS from Google", "containerRuntimeVersion": "containerd://1.7.24",
                "kubeletVersion": "v1.32.4", "kubeProxyVersion": "", "operatingSystem": "linux", "architecture": "amd64"},
        },
    })
}
