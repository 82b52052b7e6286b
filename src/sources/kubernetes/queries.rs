//! What panels and rules ask the picture of Kubernetes: pods by complaint, addresses of a service, what scales what.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

use jiff::Timestamp;

use super::objects::{Address, Autoscaler, Container, Deployment, Ended, Happening, Phase, Pod};
use super::picture::Picture;

/// Pods that complain of the same.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Complaint<'a> {
    /// In a few words: OOMKilled, ImagePullBackOff, not ready …
    pub what: String,
    /// The pods, by name.
    pub pods: Vec<&'a str>,
    pub images: BTreeSet<&'a str>,
    /// Nodes they are on; a pod may be on none.
    pub nodes: BTreeSet<&'a str>,
    /// All pods there are.
    pub of: usize,
}

impl Complaint<'_> {
    /// `17 of 20: OOMKilled, one image, 2 nodes`.
    pub fn text(&self) -> String {
        let count = |number: usize, one: &str, many: &str| match number {
            0 => format!("no {one}"),
            1 => format!("one {one}"),
            number => format!("{number} {many}"),
        };
        let images = count(self.images.len(), "image", "images");
        let nodes = count(self.nodes.len(), "node", "nodes");
        format!("{} of {}: {}, {images}, {nodes}", self.pods.len(), self.of, self.what)
    }
}

impl Pod {
    /// What is wrong with it, in a few words; nothing if it serves, is done, or is on its way out.
    pub fn complaint(&self) -> Option<String> {
        let is_done = self.phase == Phase::Succeeded;
        let is_fine = self.is_ready && self.status == "Running";
        if is_fine || is_done || self.status == "Terminating" {
            return None;
        }
        let words = match self.status.as_str() {
            "Running" => "not ready".to_owned(),
            "CrashLoopBackOff" | "Init:CrashLoopBackOff" | "Error" | "Init:Error" => self.crash(),
            status => status.to_owned(),
        };
        Some(words)
    }

    /// How the last run of its worst container ended.
    fn crash(&self) -> String {
        match self.last_end() {
            Some(ended) if !matches!(ended.reason.as_str(), "" | "Error" | "Completed") => {
                ended.reason.clone()
            }
            Some(ended) => format!("{}, exit {}", self.status, ended.exit_code),
            None => self.status.clone(),
        }
    }

    /// The newest end of a run of one of its containers, of those that are not ready first.
    pub fn last_end(&self) -> Option<&Ended> {
        let end = |container: &Container| {
            container.ended.as_ref().or(container.last.as_ref()).map(|ended| ended.at)
        };
        let ended =
            self.containers.iter().filter(|container| container.ended.is_some() || container.last.is_some());
        // Init containers that are done have ended well, and are not what anybody asks for.
        let ended = ended.filter(|container| !(container.is_init && container.is_ready));
        let worst = ended.max_by_key(|container| (!container.is_ready, end(container)))?;
        worst.ended.as_ref().or(worst.last.as_ref())
    }
}

impl Picture {
    /// Pods that complain, grouped by what they complain of, the largest group first.
    pub fn complaints(&self) -> Vec<Complaint<'_>> {
        let mut groups: BTreeMap<String, Complaint<'_>> = BTreeMap::new();
        for pod in self.pods.values() {
            let Some(what) = pod.complaint() else { continue };
            let group = groups.entry(what.clone()).or_insert_with(|| Complaint {
                what,
                pods: Vec::new(),
                images: BTreeSet::new(),
                nodes: BTreeSet::new(),
                of: self.pods.len(),
            });
            group.pods.push(&pod.name);
            group.images.extend(pod.images.iter().map(String::as_str));
            group.nodes.extend(pod.node.as_deref());
        }
        let mut groups: Vec<_> = groups.into_values().collect();
        groups.sort_by_key(|group| std::cmp::Reverse(group.pods.len()));
        groups
    }

    /// Pods whose phase is Running and that are not on their way out.
    pub fn running(&self) -> impl Iterator<Item = &Pod> {
        self.pods.values().filter(|pod| pod.phase == Phase::Running && pod.deleting.is_none())
    }

    /// What happened to an object, the newest first.
    pub fn happenings_of(&self, kind: &str, name: &str) -> Vec<&Happening> {
        let about = |one: &&Happening| one.about.0 == kind && one.about.1 == name;
        let mut happenings: Vec<_> = self.happenings.values().filter(about).collect();
        let key = |one: &&Happening| std::cmp::Reverse((one.last, one.name.clone()));
        happenings.sort_by_key(key);
        happenings
    }

    /// The addresses of a service over all its slices, each once, in order. The better word counts where slices differ.
    pub fn addresses(&self, service: &str) -> Vec<&Address> {
        let mut addresses: BTreeMap<(Option<IpAddr>, &str), &Address> = BTreeMap::new();
        let slices = self.slices.values().filter(|slice| slice.service == service);
        for address in slices.flat_map(|slice| &slice.addresses) {
            let key = (address.ip.parse().ok(), address.ip.as_str());
            let known = addresses.entry(key).or_insert(address);
            if address.ready && !known.ready {
                *known = address;
            }
        }
        addresses.into_values().collect()
    }

    /// The deployment that most of the pods belong to.
    pub fn deployment(&self) -> Option<&Deployment> {
        let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
        for pod in self.pods.values() {
            let set = pod.owner.as_ref().and_then(|owner| self.replica_sets.get(owner));
            if let Some(owner) = set.and_then(|set| set.owner.as_deref()) {
                *counts.entry(owner).or_default() += 1;
            }
        }
        let most = counts.into_iter().max_by_key(|(_, count)| *count).map(|(name, _)| name);
        match most {
            Some(name) => self.deployments.get(name),
            None => self.deployments.values().next(),
        }
    }

    /// What scales that deployment.
    pub fn autoscaler(&self) -> Option<&Autoscaler> {
        let target = format!("Deployment/{}", self.deployment()?.name);
        self.autoscalers.values().find(|autoscaler| autoscaler.target == target)
    }

    /// When a kind was last heard of, where that is known.
    pub fn seen(&self, kind: super::objects::Kind) -> Option<Timestamp> {
        self.kinds.get(&kind).and_then(crate::sources::Health::seen)
    }
}
