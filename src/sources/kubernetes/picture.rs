//! What is known of Kubernetes: the fold of its own facts.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;

use super::facts::{Batch, Cluster, Fact, Right, Watch};
use super::objects::{Autoscaler, Deployment, Happening, Kind, Pod, ReplicaSet, Service, Slice};
use crate::sources::{Health, Trouble};

/// What is known of Kubernetes.
#[derive(Debug, Default)]
pub struct Picture {
    /// Whether there is an API server to ask, and it answers for anything at all; `Off` where no profile names one.
    pub health: Health,
    pub cluster: Cluster,
    /// How each kind stands. What was known of one that is down is kept.
    pub kinds: BTreeMap<Kind, Health>,
    /// Kinds that may be listed and not watched, and why.
    pub polled: BTreeMap<Kind, String>,
    /// Kinds of which some objects could not be read, and what was odd about them.
    pub odd: BTreeMap<Kind, Trouble>,
    pub rights: Vec<Right>,
    pub pods: BTreeMap<String, Pod>,
    pub services: BTreeMap<String, Service>,
    /// Endpoint slices, or one for each old Endpoints object.
    pub slices: BTreeMap<String, Slice>,
    /// When each slice was last seen to be another than before.
    pub moved: BTreeMap<String, Timestamp>,
    /// When a pod was last seen to be gone.
    pub lost: Option<Timestamp>,
    pub deployments: BTreeMap<String, Deployment>,
    pub replica_sets: BTreeMap<String, ReplicaSet>,
    pub autoscalers: BTreeMap<String, Autoscaler>,
    pub happenings: BTreeMap<String, Happening>,
}

impl Picture {
    /// Takes in one fact, seen at `at`.
    pub fn fold(&mut self, fact: &Fact, at: Timestamp) {
        match fact {
            Fact::Configured(cluster) => {
                self.cluster = cluster.clone();
                self.health = Health::Waiting;
            }
            Fact::NotConfigured { trouble } => self.health.failed(trouble.clone(), at),
            Fact::Listed(batch) => {
                self.odd.remove(&batch.kind());
                self.note(batch, at);
                self.note_lost(batch, at);
                self.forget(batch);
                self.take(batch);
                self.answered(batch.kind(), at);
            }
            Fact::Changed(batch) => {
                self.note(batch, at);
                self.take(batch);
                self.answered(batch.kind(), at);
            }
            Fact::Gone { kind, names } => {
                names.iter().for_each(|name| self.lose(*kind, name));
                if *kind == Kind::Pod {
                    self.lost = Some(at);
                }
                self.answered(*kind, at);
            }
            Fact::Watched { kind, watch } => self.watched(*kind, watch, at),
            Fact::Odd { kind, trouble } => {
                self.odd.insert(*kind, trouble.clone());
            }
            Fact::Rights(rights) => self.rights.clone_from(rights),
        }
    }

    /// Notes which slices are about to be others than before. Those that are the first of which anything is known have
    /// been so for nobody knows how long.
    fn note(&mut self, batch: &Batch, at: Timestamp) {
        let Batch::Slices(_, slices) = batch else { return };
        let is_first = self.slices.is_empty();
        for slice in slices.iter().filter(|slice| !is_first && self.slices.get(&slice.name) != Some(slice)) {
            self.moved.insert(slice.name.clone(), at);
        }
    }

    fn note_lost(&mut self, batch: &Batch, at: Timestamp) {
        let Batch::Pods(pods) = batch else { return };
        let there: BTreeSet<_> = pods.iter().map(|pod| pod.name.as_str()).collect();
        if self.pods.keys().any(|name| !there.contains(name.as_str())) {
            self.lost = Some(at);
        }
    }

    fn answered(&mut self, kind: Kind, at: Timestamp) {
        self.kinds.entry(kind).or_default().answered(at);
        self.health.answered(at);
    }

    fn watched(&mut self, kind: Kind, watch: &Watch, at: Timestamp) {
        if !matches!(watch, Watch::Polled { .. }) {
            self.polled.remove(&kind);
        }
        match watch {
            Watch::Listing => {
                let health = self.kinds.entry(kind).or_default();
                if *health == Health::Off {
                    *health = Health::Waiting;
                }
            }
            Watch::Live => self.answered(kind, at),
            Watch::Polled { trouble } => {
                self.polled.insert(kind, trouble.why.clone());
                self.answered(kind, at);
            }
            Watch::Down { trouble } => {
                self.kinds.entry(kind).or_default().failed(trouble.clone(), at);
                self.failed(kind, trouble, at);
            }
        }
    }

    /// The whole is down when nothing answers; the reason that pods give counts most.
    fn failed(&mut self, kind: Kind, trouble: &Trouble, at: Timestamp) {
        let is_any_live = self.kinds.values().any(Health::is_live);
        let is_said = matches!(self.health, Health::Down { .. }) && kind != Kind::Pod;
        if !is_any_live && !is_said {
            self.health.failed(trouble.clone(), at);
        }
    }

    /// Everything of a kind, as it is about to be told anew.
    fn forget(&mut self, batch: &Batch) {
        match batch {
            Batch::Pods(_) => self.pods.clear(),
            Batch::Services(_) => self.services.clear(),
            Batch::Slices(..) => self.slices.clear(),
            Batch::Deployments(_) => self.deployments.clear(),
            Batch::ReplicaSets(_) => self.replica_sets.clear(),
            Batch::Autoscalers(_) => self.autoscalers.clear(),
            Batch::Happenings(_) => self.happenings.clear(),
        }
    }

    fn take(&mut self, batch: &Batch) {
        macro_rules! into {
            ($objects:ident, $map:ident) => {
                self.$map.extend($objects.iter().map(|object| (object.name.clone(), object.clone())))
            };
        }
        match batch {
            Batch::Pods(pods) => into!(pods, pods),
            Batch::Services(services) => into!(services, services),
            Batch::Slices(_, slices) => into!(slices, slices),
            Batch::Deployments(deployments) => into!(deployments, deployments),
            Batch::ReplicaSets(sets) => into!(sets, replica_sets),
            Batch::Autoscalers(autoscalers) => into!(autoscalers, autoscalers),
            Batch::Happenings(happenings) => into!(happenings, happenings),
        }
    }

    fn lose(&mut self, kind: Kind, name: &str) {
        match kind {
            Kind::Pod => drop(self.pods.remove(name)),
            Kind::Service => drop(self.services.remove(name)),
            Kind::EndpointSlice | Kind::Endpoints => {
                self.slices.remove(name);
                self.moved.remove(name);
            }
            Kind::Deployment => drop(self.deployments.remove(name)),
            Kind::ReplicaSet => drop(self.replica_sets.remove(name)),
            Kind::Autoscaler => drop(self.autoscalers.remove(name)),
            Kind::Event => drop(self.happenings.remove(name)),
        }
    }
}
