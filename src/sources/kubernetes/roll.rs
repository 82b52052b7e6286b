//! Which pods there are and how their containers fare: what whoever follows their logs needs to know, told by the watch.

use std::collections::BTreeMap;
use std::sync::Arc;

use tokio::sync::watch;

use super::objects::{Phase, Pod};

/// Where the pods of the watch are told. All clones are the same one.
#[derive(Clone, Debug, Default)]
pub struct Roll(Arc<watch::Sender<Members>>);

impl PartialEq for Roll {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}

impl Eq for Roll {}

/// The pods by name.
#[derive(Clone, Debug, Default)]
pub struct Members {
    pub pods: BTreeMap<String, Member>,
    /// Whether they were asked for, with success or without.
    pub is_known: bool,
}

/// A pod.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Member {
    pub uid: String,
    /// In the order of the specification, without init containers.
    pub containers: Vec<Run>,
}

/// A container, and how often it was begun.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Run {
    pub name: String,
    pub restarts: u32,
    /// It has a log.
    pub has_begun: bool,
    pub is_running: bool,
    pub is_ready: bool,
}

impl Roll {
    /// Hears of every change.
    pub fn listen(&self) -> watch::Receiver<Members> {
        self.0.subscribe()
    }

    /// All pods that there are.
    pub(super) fn list<'a>(&self, pods: impl Iterator<Item = &'a Pod>) {
        let pods = pods.map(|pod| (pod.name.clone(), Member::of(pod))).collect();
        self.0.send_replace(Members { pods, is_known: true });
    }

    /// A pod is new or has changed.
    pub(super) fn change(&self, pod: &Pod) {
        let member = Member::of(pod);
        self.0.send_if_modified(|members| {
            let is_new = members.pods.get(&pod.name) != Some(&member);
            members.pods.insert(pod.name.clone(), member);
            is_new
        });
    }

    /// A pod is gone.
    pub(super) fn lose(&self, name: &str) {
        self.0.send_if_modified(|members| members.pods.remove(name).is_some());
    }

    /// They were asked for, and could not be had.
    pub(super) fn settle(&self) {
        self.0.send_if_modified(|members| !std::mem::replace(&mut members.is_known, true));
    }
}

impl Member {
    fn of(pod: &Pod) -> Self {
        let containers = pod.containers.iter().filter(|container| !container.is_init).map(|container| {
            let has_run = container.restarts > 0 || container.last.is_some() || container.ended.is_some();
            let is_running =
                container.waiting.is_none() && container.ended.is_none() && pod.phase == Phase::Running;
            Run {
                name: container.name.clone(),
                restarts: container.restarts,
                has_begun: has_run || is_running,
                is_running,
                is_ready: container.is_ready,
            }
        });
        Self { uid: pod.uid.clone(), containers: containers.collect() }
    }
}
