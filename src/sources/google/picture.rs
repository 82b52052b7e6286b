//! What is known of Google Cloud: the fold of its own facts.

use std::collections::BTreeMap;

use indexmap::IndexMap;
use jiff::Timestamp;

use super::facts::{BalancerKind, Fact, Incident, Server, ServerHealth};
use crate::sources::Health;

/// What is known of Google Cloud.
#[derive(Debug, Default)]
pub struct Picture {
    /// By name, in the configured order.
    pub balancers: IndexMap<String, Balancer>,
    /// Whether the provider's incidents can be read.
    pub status: Health,
    /// Those that go on now, newest first.
    pub incidents: Vec<Incident>,
}

/// What is known of one load balancer.
#[derive(Debug, Default)]
pub struct Balancer {
    pub health: Health,
    pub kind: Option<BalancerKind>,
    pub servers: Vec<Server>,
    /// Since when servers have been unhealthy, by name.
    pub failing: BTreeMap<String, Timestamp>,
}

impl Picture {
    /// Takes in one fact, seen at `at`.
    pub fn fold(&mut self, fact: &Fact, at: Timestamp) {
        match fact {
            Fact::Configured { balancers, incidents } => self.configured(balancers, *incidents),
            Fact::Looked { balancer, kind, servers } => {
                let known = self.balancers.entry(balancer.clone()).or_default();
                known.health.answered(at);
                known.kind = Some(*kind);
                let failing = servers.iter().filter(|server| server.health == ServerHealth::Unhealthy);
                let since = |server: &Server| known.failing.get(&server.name).copied().unwrap_or(at);
                known.failing = failing.map(|server| (server.name.clone(), since(server))).collect();
                known.servers.clone_from(servers);
            }
            Fact::NotLooked { balancer, trouble } => {
                self.balancers.entry(balancer.clone()).or_default().health.failed(trouble.clone(), at);
            }
            Fact::Incidents(incidents) => {
                self.status.answered(at);
                self.incidents.clone_from(incidents);
            }
            Fact::NoIncidents { trouble } => self.status.failed(trouble.clone(), at),
        }
    }

    /// What was seen before is kept: a source that failed is begun again.
    fn configured(&mut self, balancers: &[String], incidents: bool) {
        let kept = |name: &String| {
            let waiting = || Balancer { health: Health::Waiting, ..Balancer::default() };
            (name.clone(), self.balancers.shift_remove(name).unwrap_or_else(waiting))
        };
        self.balancers = balancers.iter().map(kept).collect();
        if incidents && self.status == Health::Off {
            self.status = Health::Waiting;
        }
    }
}

impl Balancer {
    /// How many of its servers are healthy, and how many there are.
    pub fn healthy(&self) -> (usize, usize) {
        let healthy = self.servers.iter().filter(|server| server.health == ServerHealth::Healthy);
        (healthy.count(), self.servers.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sources::{Trouble, TroubleKind};

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    fn looked(health: ServerHealth) -> Fact {
        let server =
            |name: &str, health| Server { name: name.to_owned(), address: None, place: None, health };
        let servers = vec![server("lb-01", ServerHealth::Healthy), server("lb-02", health)];
        Fact::Looked { balancer: "pool".to_owned(), kind: BalancerKind::TargetPool, servers }
    }

    #[test]
    fn a_server_fails_since_it_was_first_seen_so_and_is_kept_while_nobody_answers() {
        let mut picture = Picture::default();
        let configured = || Fact::Configured { balancers: vec!["pool".to_owned()], incidents: true };
        picture.fold(&configured(), at(0));
        assert_eq!(
            (&picture.balancers["pool"].health, &picture.status),
            (&Health::Waiting, &Health::Waiting)
        );
        picture.fold(&looked(ServerHealth::Unhealthy), at(1));
        picture.fold(&looked(ServerHealth::Unhealthy), at(2));
        let trouble = Trouble::new(TroubleKind::Denied, "compute.targetPools.get");
        picture.fold(&Fact::NotLooked { balancer: "pool".to_owned(), trouble }, at(3));
        picture.fold(&configured(), at(4));
        let pool = &picture.balancers["pool"];
        assert_eq!((pool.healthy(), pool.failing.get("lb-02")), ((1, 2), Some(&at(1))));
        assert!(matches!(pool.health, Health::Down { since, .. } if since == at(3)));
        picture.fold(&looked(ServerHealth::Healthy), at(5));
        assert!(picture.balancers["pool"].failing.is_empty());
    }
}
