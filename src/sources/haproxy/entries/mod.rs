//! Frontends, backends and servers as all instances see them, side by side.

use std::collections::HashMap;
use std::ops::Deref;

use indexmap::IndexMap;

use crate::sources::haproxy::Condition;
use crate::sources::haproxy::facts::{Look, Role, ServerState, Stat};
use crate::sources::haproxy::picture::{Instance, Picture, admin};

/// A frontend, a backend or a server, on all instances that have it.
#[derive(Clone, Debug)]
pub struct Entry<'p> {
    /// The frontend's or backend's name.
    pub proxy: &'p str,
    /// The server's name; FRONTEND and BACKEND for the others.
    pub name: &'p str,
    pub role: Role,
    /// In the order of the instances, never empty.
    pub seen: Vec<Seen<'p>>,
    /// Instances that answer and do not have it.
    pub absent: Vec<&'p str>,
}

/// What one instance says of it.
#[derive(Clone, Copy, Debug)]
pub struct Seen<'p> {
    pub instance: &'p str,
    /// Whether the instance answers now; if not, this is what it said last.
    pub is_live: bool,
    pub stat: &'p Stat,
    pub state: Option<&'p ServerState>,
    pub condition: Condition,
    pub rates: Rates,
}

/// What happens per second, between the last two looks at the same worker; none where that is not known.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Rates {
    pub sessions: Option<f64>,
    pub answers_5xx: Option<f64>,
    pub connect_errors: Option<f64>,
    pub response_errors: Option<f64>,
    pub retries: Option<f64>,
}

type Key<'p> = (&'p str, &'p str);

impl Picture {
    /// Everything that the instances have, the proxies of `first` first, then in the order of the configuration files.
    pub fn entries(&self, first: &[String]) -> Vec<Entry<'_>> {
        let mut proxies: IndexMap<&str, IndexMap<&str, Entry<'_>>> = IndexMap::new();
        for (name, instance) in &self.instances {
            for seen in instance.seen(name) {
                let proxy = proxies.entry(seen.stat.proxy.as_str()).or_default();
                proxy.entry(seen.stat.name.as_str()).or_insert_with(|| Entry::new(seen.stat)).seen.push(seen);
            }
        }
        let place = |proxy: &str| first.iter().position(|name| name == proxy).unwrap_or(usize::MAX);
        let mut proxies: Vec<_> = proxies.into_iter().collect();
        proxies.sort_by_key(|(proxy, _)| place(proxy));
        let mut entries: Vec<_> =
            proxies.into_iter().flat_map(|(_, entries)| entries.into_values()).collect();
        entries.iter_mut().for_each(|entry| entry.note_absent(self));
        note_warm_up(&mut entries);
        entries
    }

    /// The servers that follow this one, directly or by another, as `backend/server`: what is done to it is done to
    /// them.
    pub fn followers(&self, backend: &str, server: &str) -> Vec<String> {
        let looks = || self.instances.values().filter_map(|instance| instance.look.as_deref());
        let rows: Vec<&Stat> =
            looks().flat_map(|look: &Look| &look.rows).filter(|row| !row.tracked.is_empty()).collect();
        let mut found = vec![format!("{backend}/{server}")];
        let mut at = 0;
        while let Some(leader) = found.get(at).cloned() {
            for row in rows.iter().filter(|row| row.tracked == leader) {
                let follower = format!("{}/{}", row.proxy, row.name);
                if !found.contains(&follower) {
                    found.push(follower);
                }
            }
            at += 1;
        }
        found.remove(0);
        found
    }
}

impl Instance {
    /// What this instance says, row by row.
    fn seen<'p>(&'p self, name: &'p str) -> impl Iterator<Item = Seen<'p>> {
        let look = self.look.as_deref();
        let states: HashMap<Key<'p>, &ServerState> = look
            .and_then(|look| look.servers.as_ref())
            .into_iter()
            .flatten()
            .map(|state| ((state.backend.as_str(), state.server.as_str()), state))
            .collect();
        let before = self.before.as_ref().filter(|_| self.health.is_live());
        let seconds = before.zip(self.looked).map(|((then, _), now)| now.duration_since(*then).as_secs_f64());
        let old: HashMap<Key<'p>, &Stat> = before
            .into_iter()
            .flat_map(|(_, look)| &look.deref().rows)
            .map(|row| ((row.proxy.as_str(), row.name.as_str()), row))
            .collect();
        let uptime = self.uptime();
        let rows = look.into_iter().flat_map(|look| &look.rows).filter(|row| row.role != Role::Listener);
        rows.map(move |stat| {
            let key = (stat.proxy.as_str(), stat.name.as_str());
            let rates = old.get(&key).zip(seconds).map(|(old, seconds)| Rates::between(old, stat, seconds));
            Seen {
                instance: name,
                is_live: self.health.is_live(),
                stat,
                state: states.get(&key).copied(),
                condition: Condition::of(stat, uptime),
                rates: rates.unwrap_or_default(),
            }
        })
    }
}

/// While none of the servers that it sends to is known to be up, a backend is not either.
fn note_warm_up(entries: &mut [Entry<'_>]) {
    let mut warm: HashMap<Key<'_>, bool> = HashMap::new();
    for entry in entries.iter().filter(|entry| entry.role == Role::Server) {
        for seen in entry.seen.iter().filter(|seen| seen.condition.takes_requests()) {
            let known = warm.entry((entry.proxy, seen.instance)).or_default();
            *known |= seen.condition != Condition::Unknown;
        }
    }
    for entry in entries.iter_mut().filter(|entry| entry.role == Role::Backend) {
        for seen in entry.seen.iter_mut().filter(|seen| seen.condition == Condition::Up) {
            if warm.get(&(entry.proxy, seen.instance)) == Some(&false) {
                seen.condition = Condition::Unknown;
            }
        }
    }
}

impl Rates {
    fn between(old: &Stat, new: &Stat, seconds: f64) -> Self {
        let rate = |get: fn(&Stat) -> Option<u64>| {
            // Somebody can set counters to nothing.
            let more = get(new)?.checked_sub(get(old)?)?;
            (seconds > 0.0).then(|| more as f64 / seconds)
        };
        Self {
            sessions: rate(|stat| stat.sessions_total),
            answers_5xx: rate(|stat| stat.answers[4]),
            connect_errors: rate(|stat| stat.connect_errors),
            response_errors: rate(|stat| stat.response_errors),
            retries: rate(|stat| stat.retries),
        }
    }

    /// Connections and answers that failed.
    pub fn errors(&self) -> Option<f64> {
        match (self.connect_errors, self.response_errors) {
            (None, None) => None,
            (connects, answers) => Some(connects.unwrap_or_default() + answers.unwrap_or_default()),
        }
    }
}

impl<'p> Entry<'p> {
    fn new(stat: &'p Stat) -> Self {
        Self { proxy: &stat.proxy, name: &stat.name, role: stat.role, seen: Vec::new(), absent: Vec::new() }
    }

    fn note_absent(&mut self, picture: &'p Picture) {
        let has = |name: &str| self.seen.iter().any(|seen| seen.instance == name);
        let live = picture.instances.iter().filter(|(_, instance)| instance.health.is_live());
        self.absent = live.map(|(name, _)| name.as_str()).filter(|name| !has(name)).collect();
    }

    /// What the instances say that answer now; what was said last, if none of them does.
    pub fn current(&self) -> impl Iterator<Item = &Seen<'p>> {
        let any = self.seen.iter().any(|seen| seen.is_live);
        self.seen.iter().filter(move |seen| seen.is_live || !any)
    }

    /// Whether an instance that has it answers now.
    pub fn is_live(&self) -> bool {
        self.seen.iter().any(|seen| seen.is_live)
    }

    /// The worst that is said of it.
    pub fn condition(&self) -> Condition {
        self.current().map(|seen| seen.condition).max().unwrap_or(Condition::Unknown)
    }

    /// The instance that says the worst.
    pub fn worst(&self) -> Option<&Seen<'p>> {
        let worst = self.condition();
        self.current().find(|seen| seen.condition == worst)
    }

    /// A number over all instances; none if none of them says it.
    pub fn sum(&self, get: impl Fn(&Stat) -> Option<u64>) -> Option<u64> {
        self.current().filter_map(|seen| get(seen.stat)).reduce(u64::saturating_add)
    }

    /// What happens per second over all instances; none if none of them says it.
    pub fn rate(&self, get: impl Fn(&Rates) -> Option<f64>) -> Option<f64> {
        self.current().filter_map(|seen| get(&seen.rates)).reduce(|one, other| one + other)
    }

    /// How the instances disagree on it, in words.
    pub fn difference(&self) -> Option<String> {
        let seen: Vec<_> = self.current().collect();
        let (first, others) = seen.split_first()?;
        let told = |words: &dyn Fn(&Seen<'p>) -> String| {
            let each: Vec<_> = seen.iter().map(|seen| format!("{} {}", seen.instance, words(seen))).collect();
            Some(format!("differs: {}", each.join(", ")))
        };
        let weight = |seen: &Seen<'p>| seen.stat.user_weight.or(seen.stat.weight);
        if others.iter().any(|other| !first.condition.agrees_with(other.condition)) {
            return told(&|seen| seen.condition.name().to_owned());
        }
        if self.role != Role::Server {
            return self.lacking();
        }
        // What an instance does not tell is no disagreement: a statistics page need not show addresses.
        if differ(seen.iter().copied().filter_map(weight)) {
            return told(&|seen| {
                weight(seen).map_or("not told".to_owned(), |weight| format!("weight {weight}"))
            });
        }
        if differ(seen.iter().map(|seen| seen.stat.address.as_str()).filter(|address| !address.is_empty())) {
            let address = |seen: &Seen<'p>| match seen.stat.address.as_str() {
                "" => "not told".to_owned(),
                address => address.to_owned(),
            };
            return told(&address);
        }
        self.lacking()
    }

    fn lacking(&self) -> Option<String> {
        (!self.absent.is_empty() && self.is_live())
            .then(|| format!("differs: not on {}", self.absent.join(", ")))
    }
}

/// Whether not all of these are the same.
fn differ<T: PartialEq>(mut all: impl Iterator<Item = T>) -> bool {
    all.next().is_some_and(|first| all.any(|other| other != first))
}

impl Seen<'_> {
    /// What of it was changed while HAProxy ran, so that the next reload undoes it, in words.
    pub fn changed(&self) -> Vec<String> {
        let Some(state) = self.state else { return Vec::new() };
        let mut found = Vec::new();
        if state.user_weight != state.initial_weight {
            // An agent changes weights all the time.
            let by = if self.stat.agent_status.is_empty() { "" } else { " by its agent" };
            found.push(format!("weight {}{by}, configured {}", state.user_weight, state.initial_weight));
        }
        match state.admin & (admin::FORCED_MAINTENANCE | admin::CONFIGURED_MAINTENANCE) {
            admin::FORCED_MAINTENANCE => found.push("maintenance by hand".to_owned()),
            admin::CONFIGURED_MAINTENANCE => found.push("enabled by hand".to_owned()),
            _ => {}
        }
        if state.admin & admin::FORCED_DRAIN != 0 {
            found.push("drain by hand".to_owned());
        }
        if state.admin & admin::NAMED_BY_HAND != 0 {
            found.push("name set by hand".to_owned());
        }
        found
    }
}

#[cfg(test)]
mod tests;
