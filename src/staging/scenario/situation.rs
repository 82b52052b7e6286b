//! How everything stands at a moment of a scenario, as a pure function of the time since its start.

use std::collections::BTreeMap;
use std::net::Ipv4Addr;
use std::time::Duration;

use super::environment::{INGRESS, NODES};
use super::fault::{Endpoints, Errors, ServerHealth, ServerState, StoreManner};
use super::file::{Pods, Scenario, Step};
use crate::registry::reference::Reference;
use crate::staging::haproxy::{Check, Manner as BalancerManner};
use crate::staging::registry::Manner as DoorManner;

/// How everything stands.
#[derive(Clone, Debug, PartialEq)]
pub struct Situation {
    /// How many pods there are.
    pub replicas: u32,
    /// Those that are not simply running, by number.
    pub pods: BTreeMap<u32, PodWish>,
    /// What is not as usual, by instance and server.
    pub servers: BTreeMap<(&'static str, String), ServerWish>,
    pub balancers: BTreeMap<&'static str, BalancerManner>,
    pub front_door: DoorManner,
    /// Requests, as a multiple of an ordinary day's.
    pub demand: f64,
    /// What is broken in the store by now, in the order in which it broke.
    pub damage: Vec<(Damage, Reference)>,
    /// Addresses of the Service's load balancer.
    pub ingress: Vec<Ipv4Addr>,
    pub endpoints: Endpoints,
    /// Per cent of their processors that the pods use, where that was said.
    pub used: Option<u32>,
    /// How the cloud sees the servers that are not healthy.
    pub cloud: BTreeMap<String, ServerHealth>,
    /// What the provider says of an incident, and since when after the start.
    pub incident: Option<(Duration, String)>,
    pub errors: Vec<Errors>,
    pub store: StoreManner,
    pub forgets_blobs: bool,
    pub writes_links: bool,
    /// In how long a log would fill its disk.
    pub fills: Option<Duration>,
}

/// What an object of a tag can suffer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Damage {
    /// Its `current/link` is empty.
    EmptyLink,
    /// Its manifest's blob is empty.
    EmptyManifest,
    /// Its manifest's blob is gone.
    NoManifest,
}

/// What a pod is to show, and since when after the start.
#[derive(Clone, Debug, PartialEq)]
pub struct PodWish {
    pub since: Duration,
    /// How long it had been so by then.
    pub already: Duration,
    pub state: crate::staging::kubernetes::PodState,
    pub restarts: Option<u32>,
    pub exit: Option<(i32, String)>,
    pub message: Option<String>,
    pub last_words: Vec<String>,
}

/// How a server is to fare.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct ServerWish {
    pub check: Check,
    pub errors: f64,
    pub state: Option<ServerState>,
}

impl Scenario {
    /// How everything stands so long after the start.
    pub fn at(&self, elapsed: Duration) -> Situation {
        let mut situation = Situation {
            replicas: self.pods,
            pods: BTreeMap::new(),
            servers: BTreeMap::new(),
            balancers: BTreeMap::new(),
            front_door: DoorManner::Well,
            demand: 1.0,
            damage: Vec::new(),
            ingress: INGRESS.map(Ipv4Addr::from).to_vec(),
            endpoints: Endpoints::default(),
            used: None,
            cloud: BTreeMap::new(),
            incident: None,
            errors: Vec::new(),
            store: StoreManner::default(),
            forgets_blobs: false,
            writes_links: false,
            fills: None,
        };
        let due = self.steps.iter().map(|(step, _)| step).take_while(|step| step.at <= elapsed);
        due.for_each(|step| situation.take(step));
        situation
    }
}

impl Situation {
    fn take(&mut self, step: &Step) {
        self.replicas = step.replicas.unwrap_or(self.replicas);
        self.demand = step.demand.unwrap_or(self.demand);
        self.front_door = step.front_door.clone().unwrap_or_else(|| self.front_door.clone());
        let damage = [
            (Damage::EmptyLink, &step.empties),
            (Damage::EmptyManifest, &step.zeroes),
            (Damage::NoManifest, &step.dangles),
        ];
        for (damage, tags) in damage {
            self.damage.extend(tags.iter().map(|tag| (damage, tag.clone())));
        }
        self.take_registry(step);
        self.take_surroundings(step);
        for pods in &step.pods {
            let wish = wish(pods, step.at);
            self.pods.extend(pods.numbers.iter().map(|number| (*number, wish.clone())));
        }
        for server in &step.servers {
            for node in NODES.into_iter().filter(|node| server.on.as_deref().is_none_or(|on| on == *node)) {
                let wish = self.servers.entry((node, server.server.clone())).or_default();
                wish.check = server.check.unwrap_or(wish.check);
                wish.errors = server.errors.unwrap_or(wish.errors);
                wish.state = server.state.or(wish.state);
            }
        }
        for balancer in &step.balancers {
            let node = NODES.into_iter().find(|node| balancer.on == *node);
            self.balancers.extend(node.zip(balancer.manner));
        }
    }
}

impl Situation {
    fn take_registry(&mut self, step: &Step) {
        self.errors.extend(step.errors.iter().cloned());
        self.store = step.store.unwrap_or(self.store);
        self.forgets_blobs = step.forgets_blobs.unwrap_or(self.forgets_blobs);
        self.writes_links = step.writes_links.unwrap_or(self.writes_links);
        self.fills = step.fills.or(self.fills);
    }

    fn take_surroundings(&mut self, step: &Step) {
        self.ingress = step.ingress.clone().unwrap_or_else(|| std::mem::take(&mut self.ingress));
        self.endpoints = step.endpoints.clone().unwrap_or_else(|| std::mem::take(&mut self.endpoints));
        self.used = step.used.or(self.used);
        self.cloud.extend(step.cloud.iter().map(|it| (it.server.clone(), it.health)));
        self.incident = step.incident.clone().map(|text| (step.at, text)).or_else(|| self.incident.take());
    }
}

fn wish(pods: &Pods, since: Duration) -> PodWish {
    PodWish {
        since,
        already: pods.already,
        state: pods.state,
        restarts: pods.restarts,
        exit: pods.exit.clone(),
        message: pods.message.clone(),
        last_words: pods.last_words.clone(),
    }
}
