//! What is known of Kubernetes: the fold of its own facts.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::facts::{Batch, Cluster, Fact, Right, Watch};
use super::objects::{Autoscaler, Deployment, Happening, Kind, Pod, ReplicaSet, Service, Slice};
use crate::sources::Health;

/// What is known of Kubernetes.
#[derive(Debug, Default)]
pub struct Picture {
    /// Whether there is an API server to ask; `Off` where no profile names one.
    pub health: Health,
    pub cluster: Cluster,
    /// How each kind stands.
    pub kinds: BTreeMap<Kind, Health>,
    /// Kinds that may be listed and not watched.
    pub polled: BTreeMap<Kind, String>,
    pub rights: Vec<Right>,
    pub pods: BTreeMap<String, Pod>,
    pub services: BTreeMap<String, Service>,
    /// Endpoint slices, or one for each old Endpoints object.
    pub slices: BTreeMap<String, Slice>,
    pub deployments: BTreeMap<String, Deployment>,
    pub replica_sets: BTreeMap<String, ReplicaSet>,
    pub autoscalers: BTreeMap<String, Autoscaler>,
    pub happenings: BTreeMap<String, Happening>,
}

impl Picture {
    /// Takes in one fact, seen at `at`.
    pub fn fold(&mut self, fact: &Fact, at: Timestamp) {
        let _ = (fact, at, Batch::Pods(Vec::new()), Watch::Live);
    }
}
