//! The objects of Kubernetes as far as they matter here; nothing else of them is kept.
//!
//! All text in them came from outside and was made safe to show.

use std::collections::BTreeMap;

use jiff::Timestamp;

/// What is watched.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    Pod,
    Service,
    EndpointSlice,
    /// Only where endpoint slices cannot be had.
    Endpoints,
    Deployment,
    ReplicaSet,
    Autoscaler,
    Event,
}

impl Kind {
    pub const ALL: [Self; 8] = [
        Self::Pod,
        Self::Service,
        Self::EndpointSlice,
        Self::Endpoints,
        Self::Deployment,
        Self::ReplicaSet,
        Self::Autoscaler,
        Self::Event,
    ];

    /// The resource's name in the API, as in roles and in `kubectl auth can-i`.
    pub const fn resource(self) -> &'static str {
        match self {
            Self::Pod => "pods",
            Self::Service => "services",
            Self::EndpointSlice => "endpointslices",
            Self::Endpoints => "endpoints",
            Self::Deployment => "deployments",
            Self::ReplicaSet => "replicasets",
            Self::Autoscaler => "horizontalpodautoscalers",
            Self::Event => "events",
        }
    }

    /// The resource's group in the API, as in roles.
    pub const fn group(self) -> &'static str {
        match self {
            Self::Pod | Self::Service | Self::Endpoints | Self::Event => "",
            Self::EndpointSlice => "discovery.k8s.io",
            Self::Deployment | Self::ReplicaSet => "apps",
            Self::Autoscaler => "autoscaling",
        }
    }
}

/// A pod.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pod {
    pub name: String,
    pub uid: String,
    pub node: Option<String>,
    pub ip: Option<String>,
    /// What `kubectl get pods` has under STATUS: Running, CrashLoopBackOff, Init:0/1, Terminating …
    pub status: String,
    pub phase: Phase,
    /// Containers that are ready, and all of them.
    pub ready: (u16, u16),
    /// Whether the pod's Ready condition holds: only then does its service send to it.
    pub is_ready: bool,
    /// When it last became ready or ceased to be, where the pod says so.
    pub ready_changed: Option<Timestamp>,
    /// As kubectl counts them.
    pub restarts: u32,
    /// When a container was last restarted.
    pub restarted: Option<Timestamp>,
    pub created: Option<Timestamp>,
    /// When its deletion was asked for.
    pub deleting: Option<Timestamp>,
    /// Images of its containers, in order.
    pub images: Vec<String>,
    /// Its containers, in order; then its init containers.
    pub containers: Vec<Container>,
    /// Its ReplicaSet, or whatever else owns it, by name.
    pub owner: Option<String>,
    /// Why it is not scheduled, evicted and the like, if the pod itself says.
    pub message: Option<String>,
}

/// The phase of a pod.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Phase {
    Pending,
    Running,
    Succeeded,
    Failed,
    #[default]
    Unknown,
}

/// A container of a pod.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Container {
    pub name: String,
    pub is_init: bool,
    pub is_ready: bool,
    pub restarts: u32,
    /// Why it waits, if it does.
    pub waiting: Option<Said>,
    /// How it ended, if it is over now.
    pub ended: Option<Ended>,
    /// How the run before this one ended.
    pub last: Option<Ended>,
}

/// A reason in a word, and more words about it, perhaps none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Said {
    pub reason: String,
    pub message: String,
}

/// How a container's run ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ended {
    /// OOMKilled, Error, Completed …
    pub reason: String,
    pub exit_code: i32,
    pub signal: Option<i32>,
    pub at: Option<Timestamp>,
    /// Its last words, if it left any.
    pub message: String,
}

/// A service.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Service {
    pub name: String,
    /// ClusterIP, NodePort, LoadBalancer, ExternalName.
    pub kind: String,
    pub cluster_ip: Option<String>,
    /// Addresses or names of its load balancer.
    pub ingress: Vec<String>,
    pub ports: Vec<Port>,
    pub selector: BTreeMap<String, String>,
    pub created: Option<Timestamp>,
}

/// A port of a service or of an endpoint slice.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Port {
    pub name: String,
    pub port: u16,
    pub protocol: String,
    pub node_port: Option<u16>,
}

/// A part of a service's endpoints; an old Endpoints object is taken for one slice.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Slice {
    pub name: String,
    /// The service it belongs to.
    pub service: String,
    pub ports: Vec<Port>,
    pub addresses: Vec<Address>,
}

/// One address of a slice.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Address {
    pub ip: String,
    /// Whether it takes new connections. The API takes "not said" for true.
    pub ready: bool,
    /// Whether it answers, terminating or not. None where the API does not say.
    pub serving: Option<bool>,
    pub terminating: Option<bool>,
    /// The pod that the slice names for it.
    pub pod: Option<String>,
    pub node: Option<String>,
}

/// A deployment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Deployment {
    pub name: String,
    pub wanted: u32,
    pub ready: u32,
    pub updated: u32,
    pub available: u32,
    pub created: Option<Timestamp>,
    /// Conditions that do not hold, or that say why a rollout hangs.
    pub complaints: Vec<Said>,
}

/// A ReplicaSet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReplicaSet {
    pub name: String,
    /// Its deployment.
    pub owner: Option<String>,
    pub wanted: u32,
    pub ready: u32,
    pub images: Vec<String>,
    pub created: Option<Timestamp>,
}

/// A horizontal pod autoscaler.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Autoscaler {
    pub name: String,
    /// What it scales, as `Deployment/name`.
    pub target: String,
    pub min: u32,
    pub max: u32,
    pub current: u32,
    pub desired: u32,
    /// As kubectl shows them: `cpu: 142%/75%`.
    pub metrics: String,
    /// Conditions such as ScalingLimited, AbleToScale, ScalingActive: their reason while they trouble.
    pub complaints: Vec<Said>,
}

impl Autoscaler {
    /// Whether it may not add another pod. One whose bounds are equal scales nothing.
    pub const fn is_at_maximum(&self) -> bool {
        self.max > self.min && self.current >= self.max
    }
}

/// An event of Kubernetes about one of the objects above.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Happening {
    /// The event object's own name, which is its key.
    pub name: String,
    /// Kind and name of what it is about.
    pub about: (String, String),
    pub is_warning: bool,
    pub reason: String,
    pub message: String,
    pub count: u32,
    pub first: Option<Timestamp>,
    pub last: Option<Timestamp>,
    /// Who says so: kubelet, default-scheduler …
    pub source: String,
}
