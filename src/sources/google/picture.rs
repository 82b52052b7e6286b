//! What is known of Google Cloud: the fold of its own facts.

use indexmap::IndexMap;
use jiff::Timestamp;

use super::facts::{BalancerKind, Fact, Incident, Server};
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
}

impl Picture {
    /// Takes in one fact, seen at `at`.
    pub fn fold(&mut self, fact: &Fact, at: Timestamp) {
        let _ = (fact, at);
    }
}
