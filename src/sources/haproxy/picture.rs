//! What is known of HAProxy: the fold of its own facts, several instances side by side.

use std::sync::Arc;

use indexmap::IndexMap;
use jiff::{SignedDuration, Timestamp};

use super::facts::{Fact, Info, Look};
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
    /// When that was.
    pub looked: Option<Timestamp>,
    /// The answer before, of the same worker, and when it was seen, for what happens per second.
    pub before: Option<(Timestamp, Arc<Look>)>,
    /// When the worker began that took the place of one that had been seen.
    pub reloaded: Option<Timestamp>,
}

/// Admin bits of `show servers state`.
pub mod admin {
    /// In maintenance, set by hand, or by the configuration file at the start.
    pub const FORCED_MAINTENANCE: u8 = 0x01;
    /// In maintenance because the server that it tracks is.
    pub const INHERITED_MAINTENANCE: u8 = 0x02;
    /// Disabled in the configuration file; stays set when somebody enables it.
    pub const CONFIGURED_MAINTENANCE: u8 = 0x04;
    /// Draining, set by hand.
    pub const FORCED_DRAIN: u8 = 0x08;
    /// Draining because the server that it tracks is.
    pub const INHERITED_DRAIN: u8 = 0x10;
    /// In maintenance because its name does not resolve.
    pub const NO_ADDRESS: u8 = 0x20;
    /// Its name was set by hand.
    pub const NAMED_BY_HAND: u8 = 0x40;
}

/// Why a server is in maintenance or draining, or what else was done to it by hand.
pub fn reasons(bits: u8) -> Vec<&'static str> {
    use admin::{
        CONFIGURED_MAINTENANCE, FORCED_DRAIN, FORCED_MAINTENANCE, INHERITED_DRAIN, INHERITED_MAINTENANCE,
        NAMED_BY_HAND, NO_ADDRESS,
    };
    const BITS: [(u8, &str); 5] = [
        (INHERITED_MAINTENANCE, "in maintenance as the server that it tracks"),
        (FORCED_DRAIN, "draining, set by hand"),
        (INHERITED_DRAIN, "draining as the server that it tracks"),
        (NO_ADDRESS, "in maintenance because its name does not resolve"),
        (NAMED_BY_HAND, "its name was set by hand"),
    ];
    let configured = match bits & (FORCED_MAINTENANCE | CONFIGURED_MAINTENANCE) {
        0 => None,
        FORCED_MAINTENANCE => Some("in maintenance, set by hand"),
        CONFIGURED_MAINTENANCE => Some("enabled by hand, though the configuration file disables it"),
        _ => Some("in maintenance by the configuration file"),
    };
    let others = BITS.iter().filter(|(bit, _)| bits & bit != 0).map(|(_, words)| *words);
    configured.into_iter().chain(others).collect()
}

impl Picture {
    /// Takes in one fact, seen at `at`.
    pub fn fold(&mut self, fact: &Fact, at: Timestamp) {
        match fact {
            Fact::Configured { instances } => self.configure(instances),
            Fact::Looked { instance, look } => self.instance(instance).looked(look, at),
            Fact::NotLooked { instance, trouble } => {
                self.instance(instance).health.failed(trouble.clone(), at)
            }
        }
    }

    /// What is known of an instance stays known when the source begins anew.
    fn configure(&mut self, names: &[String]) {
        let mut known = std::mem::take(&mut self.instances);
        for name in names {
            let mut instance = known.swap_remove(name).unwrap_or_default();
            if instance.health == Health::Off {
                instance.health = Health::Waiting;
            }
            self.instances.insert(name.clone(), instance);
        }
    }

    fn instance(&mut self, name: &str) -> &mut Instance {
        self.instances.entry(name.to_owned()).or_default()
    }
}

impl Instance {
    fn looked(&mut self, look: &Arc<Look>, at: Timestamp) {
        self.health.answered(at);
        let Some((old, seen)) = self.look.as_ref().zip(self.looked) else {
            return self.renew(look, at);
        };
        match succession(&old.info, &look.info, at.duration_since(seen)) {
            // While it finishes what it had, an old worker can answer in the place of the new one.
            Succession::Leaving => {}
            Succession::Same => {
                let before = Some((seen, Arc::clone(old)));
                self.renew(look, at);
                self.before = before;
            }
            Succession::Sibling => self.renew(look, at),
            Succession::Reloaded => {
                self.reloaded = Some(began(&look.info, at));
                self.renew(look, at);
            }
        }
    }

    /// Counters of another worker have nothing to do with those before.
    fn renew(&mut self, look: &Arc<Look>, at: Timestamp) {
        self.before = None;
        self.look = Some(Arc::clone(look));
        self.looked = Some(at);
    }

    /// Seconds since its worker began, if it says so.
    pub fn uptime(&self) -> Option<u64> {
        self.look.as_ref()?.info.uptime
    }
}

/// What a worker is to the one that answered before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Succession {
    Same,
    /// Another process of the same start: they share a socket, and whichever is free answers.
    Sibling,
    /// One that began later.
    Reloaded,
    /// One that is on its way out, after its successor was seen.
    Leaving,
}

/// Starts are known to the second, and answers travel.
const SLACK: SignedDuration = SignedDuration::from_secs(2);

fn succession(old: &Info, new: &Info, elapsed: SignedDuration) -> Succession {
    let seconds = |uptime: u64| SignedDuration::from_secs(i64::try_from(uptime).unwrap_or(i64::MAX));
    let uptimes = old.uptime.zip(new.uptime);
    if old.pid == new.pid {
        let fell = uptimes.is_some_and(|(old, new)| new < old);
        return if fell { Succession::Reloaded } else { Succession::Same };
    }
    let began_earlier = uptimes
        .is_some_and(|(old, new)| seconds(new) > seconds(old).saturating_add(elapsed).saturating_add(SLACK));
    let began_later = uptimes
        .is_none_or(|(old, new)| seconds(new).saturating_add(SLACK) < seconds(old).saturating_add(elapsed));
    let has_siblings = new.processes.is_some_and(|processes| processes > 1);
    match () {
        () if began_earlier || new.is_stopping && !old.is_stopping => Succession::Leaving,
        () if has_siblings && !began_later => Succession::Sibling,
        () => Succession::Reloaded,
    }
}

fn began(info: &Info, at: Timestamp) -> Timestamp {
    let uptime = info.uptime.and_then(|uptime| i64::try_from(uptime).ok()).unwrap_or_default();
    at.checked_sub(SignedDuration::from_secs(uptime)).unwrap_or(at)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sources::{Trouble, TroubleKind};

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    fn looked(pid: u32, uptime: u64, is_stopping: bool) -> Fact {
        let info = Info { pid: Some(pid), uptime: Some(uptime), is_stopping, ..Info::default() };
        Fact::Looked { instance: "fe-01".into(), look: Arc::new(Look { info, ..Look::default() }) }
    }

    fn seen(facts: &[(i64, Fact)]) -> Picture {
        let mut picture = Picture::default();
        picture.fold(&Fact::Configured { instances: vec!["fe-01".into(), "fe-02".into()] }, at(0));
        facts.iter().for_each(|(second, fact)| picture.fold(fact, at(*second)));
        picture
    }

    #[test]
    fn an_instance_waits_answers_fails_and_keeps_what_it_told() {
        let trouble = Trouble::new(TroubleKind::Slow, "no answer");
        let failed = Fact::NotLooked { instance: "fe-01".into(), trouble: trouble.clone() };
        let picture = seen(&[(1, looked(7, 100, false)), (3, looked(7, 102, false)), (9, failed)]);
        let instance = &picture.instances["fe-01"];
        assert_eq!(instance.health, Health::Down { trouble, since: at(9), seen: Some(at(3)) });
        assert_eq!(instance.uptime(), Some(102));
        assert_eq!(
            instance.before.as_ref().map(|(at, look)| (*at, look.info.uptime)),
            Some((at(1), Some(100)))
        );
        assert_eq!(picture.instances["fe-02"].health, Health::Waiting);
        assert_eq!(picture.instances.keys().collect::<Vec<_>>(), ["fe-01", "fe-02"]);
    }

    #[test]
    fn a_reload_and_a_restart_are_told_and_have_no_answer_before() {
        for (pid, uptime) in [(8, 4), (7, 4)] {
            let picture = seen(&[(10, looked(7, 100, false)), (20, looked(pid, uptime, false))]);
            let instance = &picture.instances["fe-01"];
            assert_eq!((instance.reloaded, instance.before.is_none()), (Some(at(16)), true), "{pid}");
        }
        let steady = seen(&[(10, looked(7, 100, false)), (20, looked(7, 110, false))]);
        assert_eq!(steady.instances["fe-01"].reloaded, None);
    }

    #[test]
    fn the_old_worker_that_answers_once_more_changes_nothing_and_a_sibling_is_no_reload() {
        let picture =
            seen(&[(10, looked(8, 4, false)), (12, looked(7, 104, true)), (14, looked(8, 8, false))]);
        let instance = &picture.instances["fe-01"];
        assert_eq!((instance.reloaded, instance.uptime()), (None, Some(8)));
        assert!(instance.before.is_some());
        let sibling = |pid, uptime| {
            let info = Info { pid: Some(pid), uptime: Some(uptime), processes: Some(2), ..Info::default() };
            Fact::Looked { instance: "fe-01".into(), look: Arc::new(Look { info, ..Look::default() }) }
        };
        let siblings = seen(&[(10, sibling(7, 100)), (12, sibling(8, 102))]);
        assert_eq!(siblings.instances["fe-01"].reloaded, None);
        assert!(siblings.instances["fe-01"].before.is_none());
        let reloaded = seen(&[(10, sibling(7, 100)), (12, sibling(9, 1))]);
        assert_eq!(reloaded.instances["fe-01"].reloaded, Some(at(11)));
        let at_once = seen(&[(10, looked(7, 0, false)), (11, looked(8, 0, false))]);
        assert_eq!(at_once.instances["fe-01"].reloaded, Some(at(11)));
    }

    #[test]
    fn the_admin_bits_are_told_in_words() {
        for (bits, words) in [
            (0x00, vec![]),
            (0x01, vec!["in maintenance, set by hand"]),
            (0x05, vec!["in maintenance by the configuration file"]),
            (0x04, vec!["enabled by hand, though the configuration file disables it"]),
            (0x02, vec!["in maintenance as the server that it tracks"]),
            (0x48, vec!["draining, set by hand", "its name was set by hand"]),
            (0x20, vec!["in maintenance because its name does not resolve"]),
        ] {
            assert_eq!(reasons(bits), words, "{bits:#x}");
        }
    }
}
