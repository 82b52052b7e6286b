//! What is known of HAProxy: the fold of its own facts, several instances side by side.

use std::sync::Arc;

use indexmap::IndexMap;
use jiff::Timestamp;

use super::facts::{Fact, Look};
use crate::sources::Health;

/// What is known of HAProxy.
#[derive(Debug, Default)]
pub struct Picture {
    /// By name, in the configured order.
    pub instances: IndexMap<String, Instance>,
}

/// What is known of one instance.
#[derive(Debug, Default)]
pub struct Instance {
    pub health: Health,
    /// The newest answer, kept while it does not answer.
    pub look: Option<Arc<Look>>,
    /// The answer before, and when each was seen, for what happens per second.
    pub before: Option<(Timestamp, Arc<Look>)>,
    /// When this worker was seen to have been reloaded or restarted last.
    pub reloaded: Option<Timestamp>,
}

/// Why a server is in maintenance or draining, from the admin bits of `show servers state`.
pub fn reasons(admin: u8) -> Vec<&'static str> {
    const BITS: [(u8, &str); 7] = [
        (0x01, "set by hand"),
        (0x02, "as the server that it tracks"),
        (0x04, "from the configuration file"),
        (0x08, "draining, set by hand"),
        (0x10, "draining, as the server that it tracks"),
        (0x20, "its name does not resolve"),
        (0x40, "its name was set by hand"),
    ];
    BITS.iter().filter(|(bit, _)| admin & bit != 0).map(|(_, words)| *words).collect()
}

impl Picture {
    /// Takes in one fact, seen at `at`.
    pub fn fold(&mut self, fact: &Fact, at: Timestamp) {
        let _ = (fact, at);
    }
}
