//! A registry on Kubernetes: from the states of its pods follow all objects about it, consistent with each other.

mod addresses;
mod controllers;
mod pod;
mod state;
mod stories;

use std::collections::{BTreeMap, BTreeSet};

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

pub use pod::PodSpec;
pub use state::PodState;

use super::cluster::Cluster;

/// The one container that serves, and the one that writes its configuration before.
pub const CONTAINER: &str = "registry";
pub const INIT_CONTAINER: &str = "configure";

/// Letters of generated names: no vowels, nothing that looks like something else.
const ALPHABET: &[u8] = b"bcdfghjklmnpqrstvwxz2456789";

/// A registry workload: Deployment, ReplicaSets, autoscaler, Service, endpoints, pods and events.
#[derive(Clone, Debug)]
pub struct Workload {
    /// Of the Deployment, the Service and the autoscaler.
    pub name: String,
    /// The value of the pods' label `app`.
    pub app: String,
    /// The image that the Deployment wants now; pods with another one belong to an older ReplicaSet.
    pub image: String,
    /// How many pods the Deployment wants.
    pub replicas: u32,
    pub autoscaler: Option<Autoscaler>,
    pub cluster_ip: String,
    /// The addresses of the Service's load balancer, once it has any.
    pub ingress: Vec<String>,
    pub port: u16,
    pub created: Timestamp,
    pub pods: Vec<PodSpec>,
    /// Names of pods that are missing among the Service's endpoints.
    pub outside: Vec<String>,
    /// Addresses among them that no pod has.
    pub foreign: Vec<String>,
}

/// A horizontal pod autoscaler that looks at the processor.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Autoscaler {
    pub min: u32,
    pub max: u32,
    /// Per cent of what the pods asked for.
    pub target: u32,
    /// What the pods use; none while metrics are missing.
    pub current: Option<u32>,
}

impl Workload {
    /// A healthy registry with this many pods on a few nodes, at work since a day before `now`.
    pub fn registry(pods: u32, now: Timestamp) -> Self {
        let created = now - SignedDuration::from_hours(24 * 40);
        let mut workload = Self {
            name: "gitlab-registry".to_owned(),
            app: "registry".to_owned(),
            image: "registry.example.com/gitlab-container-registry:v4.5.0-gitlab".to_owned(),
            replicas: pods,
            autoscaler: Some(Autoscaler { min: 2.min(pods), max: pods * 2, target: 75, current: Some(48) }),
            cluster_ip: "10.0.200.99".to_owned(),
            ingress: vec!["10.220.9.1".to_owned()],
            port: 5000,
            created,
            pods: Vec::new(),
            outside: Vec::new(),
            foreign: Vec::new(),
        };
        let nodes = (pods / 30).clamp(3, 100);
        let yesterday = now - SignedDuration::from_hours(24);
        // Of thousands of names two may well be the same.
        let mut taken = BTreeSet::new();
        let names = (0..).map(|number| workload.pod_name(&workload.image, number));
        let names = names.filter(|name| taken.insert(name.clone()));
        workload.pods =
            (0..pods).zip(names).map(|(index, name)| workload.pod(index, name, nodes, yesterday)).collect();
        workload
    }

    fn pod(&self, index: u32, name: String, nodes: u32, created: Timestamp) -> PodSpec {
        let ip = format!("10.{}.{}.{}", 64 + index / 62_500, index / 250 % 250, index % 250 + 2);
        PodSpec {
            name,
            state: PodState::Running,
            node: format!("gke-registry-{:02}", index % nodes),
            ip,
            image: self.image.clone(),
            restarts: None,
            exit: None,
            message: None,
            created,
            since: created + SignedDuration::from_secs(4),
        }
    }

    /// The name of the ReplicaSet for an image.
    pub fn replica_set(&self, image: &str) -> String {
        format!("{}-{}", self.name, letters(image, 10))
    }

    /// A name for the pod with this number, as its ReplicaSet would make one up.
    pub fn pod_name(&self, image: &str, index: u32) -> String {
        format!("{}-{}", self.replica_set(image), letters(&format!("{image} {index}"), 5))
    }

    /// Brings the cluster to what this workload says: changes only what differs, deletes what is no longer there.
    pub fn apply_to(&self, cluster: &Cluster) {
        self.apply_nodes(cluster);
        self.apply_counts(cluster);
        put(cluster, self.service());
        self.remove_stale(cluster);
        for pod in &self.pods {
            self.apply_pod(cluster, pod);
        }
        self.apply_addresses(cluster);
    }

    /// One pod and its events. Endpoints and counts follow with [`Self::apply_addresses`] and [`Self::apply_counts`].
    pub fn apply_pod(&self, cluster: &Cluster, pod: &PodSpec) {
        let owner = uid_of(cluster, "ReplicaSet", &self.replica_set(&pod.image));
        put(cluster, pod.object(self, cluster.namespace(), &owner));
        let uid = uid_of(cluster, "Pod", &pod.name);
        for event in stories::events(pod, cluster.namespace(), &uid) {
            put(cluster, event);
        }
    }

    fn apply_nodes(&self, cluster: &Cluster) {
        let nodes: BTreeSet<&str> =
            self.pods.iter().filter(|pod| pod.state.is_scheduled()).map(|pod| &*pod.node).collect();
        for (number, name) in nodes.into_iter().enumerate() {
            put(cluster, controllers::node(name, number, self.created));
        }
    }

    /// What the cluster has of this workload and the workload has no longer.
    fn remove_stale(&self, cluster: &Cluster) {
        let pods: BTreeSet<&str> = self.pods.iter().map(|pod| &*pod.name).collect();
        let sets: BTreeSet<String> = self.images().map(|image| self.replica_set(image)).collect();
        let ours = format!("{}-", self.name);
        for name in
            cluster.names("Pod").into_iter().filter(|name| name.starts_with(&ours) && !pods.contains(&**name))
        {
            cluster.delete("Pod", &name);
            stories::forget(cluster, &name);
        }
        for name in cluster
            .names("ReplicaSet")
            .into_iter()
            .filter(|name| name.starts_with(&ours) && !sets.contains(name))
        {
            cluster.delete("ReplicaSet", &name);
        }
    }

    /// The images in use, and the wanted one.
    fn images(&self) -> impl Iterator<Item = &str> {
        let images: BTreeSet<&str> = self.pods.iter().map(|pod| &*pod.image).chain([&*self.image]).collect();
        images.into_iter()
    }

    fn labels(&self) -> Value {
        json!({"app": self.app, "release": "gitlab"})
    }

    /// The container as the pod template has it.
    fn template(&self, image: &str) -> Value {
        json!({
            "initContainers": [{"name": INIT_CONTAINER, "image": "registry.example.com/kubectl:1.32", "resources": {},
                "terminationMessagePath": "/dev/termination-log", "terminationMessagePolicy": "File",
                "imagePullPolicy": "IfNotPresent"}],
            "containers": [{"name": CONTAINER, "image": image,
                "ports": [{"name": "http", "containerPort": self.port, "protocol": "TCP"}],
                "resources": {"limits": {"memory": "512Mi"}, "requests": {"cpu": "500m", "memory": "256Mi"}},
                "readinessProbe": {"httpGet": {"path": "/debug/health", "port": 5001, "scheme": "HTTP"},
                    "timeoutSeconds": 1, "periodSeconds": 10, "successThreshold": 1, "failureThreshold": 3},
                "terminationMessagePath": "/dev/termination-log", "terminationMessagePolicy": "File",
                "imagePullPolicy": "IfNotPresent"}],
            "restartPolicy": "Always", "terminationGracePeriodSeconds": 30, "dnsPolicy": "ClusterFirst",
            "securityContext": {}, "schedulerName": "default-scheduler",
        })
    }

    /// Pods that count for their controllers, by image.
    fn counts(&self) -> BTreeMap<&str, controllers::Count> {
        let mut counts: BTreeMap<&str, controllers::Count> =
            self.images().map(|image| (image, Default::default())).collect();
        for pod in self.pods.iter().filter(|pod| pod.state.counts()) {
            let count = counts.entry(&pod.image).or_default();
            count.pods += 1;
            count.ready += u32::from(pod.state.takes_traffic());
        }
        counts
    }
}

/// Letters that follow from a text, as generated names have them.
fn letters(text: &str, length: usize) -> String {
    let digest = Sha256::digest(text.as_bytes());
    let letter = |byte: &u8| ALPHABET.get(usize::from(*byte) % ALPHABET.len()).copied().unwrap_or(b'x');
    digest.iter().take(length).map(|byte| char::from(letter(byte))).collect()
}

/// Applies an object that is well formed by construction.
fn put(cluster: &Cluster, object: Value) {
    let taken = cluster.apply(object);
    debug_assert!(taken.is_ok(), "a made object is refused: {taken:?}");
}

fn uid_of(cluster: &Cluster, kind: &str, name: &str) -> String {
    let resource = super::kinds::of_kind(kind);
    let object = resource.and_then(|resource| cluster.get(resource, cluster.namespace(), name));
    object.map(|object| object.uid().to_owned()).unwrap_or_default()
}
