//! What can be wrong with an API server; each is set and cleared while it serves.

use std::time::Duration;

/// A way for the API server to fail.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fault {
    /// Every request is answered 401, as if the token had expired; watches end.
    Refuse401,
    /// This verb (`get`, `list`, `watch`; `*` for all) on this resource (`pods`, `pods/log`; `*` for all) is forbidden.
    Deny { verb: String, resource: String },
    /// Every answer waits this long.
    Slow(Duration),
    /// Watches stay open and say nothing, as behind a connection that is half closed.
    HangWatches,
    /// Every request is answered 429, with the seconds to wait.
    Throttle { retry_after: u32 },
    /// Connections, open ones included, end without a word, as if the server were gone.
    DropConnections,
}

/// The faults that are set.
#[derive(Clone, Debug, Default)]
pub struct Faults(Vec<Fault>);

impl Faults {
    /// Sets a fault; one of its sort that was there is replaced, except for denials, of which there may be several.
    pub fn set(&mut self, fault: Fault) {
        let same = |old: &Fault| match (&fault, old) {
            (Fault::Deny { .. }, _) => *old == fault,
            _ => std::mem::discriminant(old) == std::mem::discriminant(&fault),
        };
        self.0.retain(|old| !same(old));
        self.0.push(fault);
    }

    /// Clears one fault.
    pub fn clear(&mut self, fault: &Fault) {
        self.0.retain(|old| old != fault);
    }

    /// Clears all.
    pub fn clear_all(&mut self) {
        self.0.clear();
    }

    pub fn has(&self, fault: &Fault) -> bool {
        self.0.contains(fault)
    }

    /// How long an answer waits.
    pub fn delay(&self) -> Option<Duration> {
        self.0.iter().find_map(|fault| if let Fault::Slow(delay) = fault { Some(*delay) } else { None })
    }

    /// The seconds to wait that a throttled request is told.
    pub fn retry_after(&self) -> Option<u32> {
        self.0.iter().find_map(|fault| match fault {
            Fault::Throttle { retry_after } => Some(*retry_after),
            _ => None,
        })
    }

    /// Whether a verb on a resource is forbidden.
    pub fn denies(&self, verb: &str, resource: &str) -> bool {
        let covers = |pattern: &str, word: &str| pattern == "*" || pattern == word;
        self.0.iter().any(|fault| match fault {
            Fault::Deny { verb: v, resource: r } => covers(v, verb) && covers(r, resource),
            _ => false,
        })
    }

    /// Whether anything is forbidden.
    pub fn deny_something(&self) -> bool {
        self.0.iter().any(|fault| matches!(fault, Fault::Deny { .. }))
    }
}
