//! How everything stands at a moment of a scenario, as a pure function of the time since its start.

use std::collections::BTreeMap;
use std::time::Duration;

use super::environment::NODES;
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
    /// Tags whose `current/link` is empty by now.
    pub empty: Vec<Reference>,
}

/// What a pod is to show, and since when after the start.
#[derive(Clone, Debug, PartialEq)]
pub struct PodWish {
    pub since: Duration,
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
            empty: Vec::new(),
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
        self.empty.extend(step.empties.iter().cloned());
        for pods in &step.pods {
            let wish = wish(pods, step.at);
            self.pods.extend(pods.numbers.iter().map(|number| (*number, wish.clone())));
        }
        for server in &step.servers {
            for node in NODES.into_iter().filter(|node| server.on.as_deref().is_none_or(|on| on == *node)) {
                let wish = self.servers.entry((node, server.server.clone())).or_default();
                wish.check = server.check.unwrap_or(wish.check);
                wish.errors = server.errors.unwrap_or(wish.errors);
            }
        }
        for balancer in &step.balancers {
            let node = NODES.into_iter().find(|node| balancer.on == *node);
            self.balancers.extend(node.zip(balancer.manner));
        }
    }
}

fn wish(pods: &Pods, since: Duration) -> PodWish {
    PodWish {
        since,
        state: pods.state,
        restarts: pods.restarts,
        exit: pods.exit.clone(),
        message: pods.message.clone(),
        last_words: pods.last_words.clone(),
    }
}
