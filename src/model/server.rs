//! What can be set on a server of a load balancer, and what was set before.

use std::fmt;

use serde::{Deserialize, Serialize};

/// What an operator has a server do, in HAProxy's words.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum AdminState {
    /// It takes whatever it is sent, as far as its checks allow.
    Ready,
    /// It gets nothing new but from clients that stick to it; its checks go on.
    Drain,
    /// It gets nothing, and nobody checks it.
    Maint,
}

/// State and weight of a server on one instance, as somebody or the configuration file set them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Setting {
    pub state: AdminState,
    /// 0 to 256.
    pub weight: u32,
}

/// A weight as it is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Weight {
    To(u32),
    /// So much more, or less.
    By(i32),
    /// That of the configuration file.
    Configured,
}

/// The largest weight that HAProxy knows.
const HEAVIEST: u32 = 256;

impl Weight {
    /// What a server is to have that has `now`.
    pub fn of(self, now: u32, configured: u32) -> u32 {
        match self {
            Self::To(weight) => weight,
            Self::By(more) => now.saturating_add_signed(more).min(HEAVIEST),
            Self::Configured => configured,
        }
    }
}

impl std::str::FromStr for Weight {
    type Err = String;

    /// Reads `50`, `+10`, `-1` or `configured`.
    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || format!("want a weight of 0 to {HEAVIEST}, +10, -10 or configured, not {text:?}");
        match text {
            "configured" => Ok(Self::Configured),
            _ if text.starts_with(['+', '-']) => text.parse().map(Self::By).map_err(|_| wrong()),
            _ => match text.parse() {
                Ok(weight) if weight <= HEAVIEST => Ok(Self::To(weight)),
                Ok(_) | Err(_) => Err(wrong()),
            },
        }
    }
}

/// A change of one server on one instance. It lasts until that is reloaded.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SetServer {
    /// Name of the instance.
    pub instance: String,
    /// Its socket: a path, or `host:port`.
    pub socket: String,
    pub backend: String,
    pub server: String,
    /// Process that is asked; another one means that it was reloaded since. None where it does not tell.
    pub worker: Option<u32>,
    pub was: Setting,
    pub to: Setting,
    /// How many servers of the backend would still be sent something there; none where the change takes none away.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub left: Option<usize>,
}

impl AdminState {
    /// As HAProxy has it in `set server`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Ready => "ready",
            Self::Drain => "drain",
            Self::Maint => "maint",
        }
    }
}

impl fmt::Display for Setting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} at weight {}", self.state.name(), self.weight)
    }
}

impl SetServer {
    /// What the server is called on its instance, for journal and messages.
    pub fn key(&self) -> String {
        format!("{} {}/{}", self.instance, self.backend, self.server)
    }

    /// The commands for the instance's socket.
    pub fn commands(&self) -> Vec<String> {
        let set = |what: String| format!("set server {}/{} {what}", self.backend, self.server);
        let state = (self.was.state != self.to.state).then(|| set(format!("state {}", self.to.state.name())));
        let weight = (self.was.weight != self.to.weight).then(|| set(format!("weight {}", self.to.weight)));
        state.into_iter().chain(weight).collect()
    }

    /// What is different afterwards, in words.
    pub fn change(&self) -> String {
        let (was, to) = (&self.was, &self.to);
        let state =
            (was.state != to.state).then(|| format!("state {} to {}", was.state.name(), to.state.name()));
        let weight = (was.weight != to.weight).then(|| format!("weight {} to {}", was.weight, to.weight));
        state.into_iter().chain(weight).collect::<Vec<_>>().join(", ")
    }

    /// Whether a server has what this change leaves behind, whatever else was set on it.
    pub fn is_done_by(&self, now: Setting) -> bool {
        self.agrees(now, self.to)
    }

    /// Whether a server has what this change found, whatever else was set on it.
    pub fn is_undone_by(&self, now: Setting) -> bool {
        self.agrees(now, self.was)
    }

    fn agrees(&self, now: Setting, with: Setting) -> bool {
        let state = self.was.state == self.to.state || now.state == with.state;
        state && (self.was.weight == self.to.weight || now.weight == with.weight)
    }

    /// The change that takes this one back on a server that has `now`.
    pub fn back_from(&self, now: Setting, worker: Option<u32>) -> Self {
        let state = if self.was.state == self.to.state { now.state } else { self.was.state };
        let weight = if self.was.weight == self.to.weight { now.weight } else { self.was.weight };
        Self { worker, was: now, to: Setting { state, weight }, left: None, ..self.clone() }
    }

    /// Where it acts, as one part of a [`place`].
    pub fn part(&self) -> String {
        format!("{}={}", self.instance, self.socket)
    }
}

/// How the names of places that are load balancers begin.
const SCHEME: &str = "haproxy:";

/// The name of the place that these instances are, each as `name=socket`; it stands where the URL of a store does.
pub fn place(parts: impl IntoIterator<Item = String>) -> String {
    let mut known: Vec<String> = Vec::new();
    for part in parts {
        if !known.contains(&part) {
            known.push(part);
        }
    }
    format!("{SCHEME}{}", known.join(","))
}

/// Whether a name of [`place`] names load balancers.
pub fn is_balancers(place: &str) -> bool {
    place.starts_with(SCHEME)
}

/// Whether all instances of a place are among those of another one.
pub fn lies_in(part: &str, whole: &str) -> bool {
    let (Some(part), Some(whole)) = (part.strip_prefix(SCHEME), whole.strip_prefix(SCHEME)) else {
        return false;
    };
    let whole: Vec<&str> = whole.split(',').collect();
    part.split(',').all(|instance| whole.contains(&instance))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn setting(state: AdminState, weight: u32) -> Setting {
        Setting { state, weight }
    }

    fn change(was: Setting, to: Setting) -> SetServer {
        SetServer {
            instance: "lb-a".into(),
            socket: "/run/a.sock".into(),
            backend: "gke-registry".into(),
            server: "x".into(),
            worker: Some(7),
            was,
            to,
            left: None,
        }
    }

    #[test]
    fn only_what_changes_is_commanded_compared_and_taken_back() {
        use AdminState::{Drain, Maint, Ready};
        let drain = change(setting(Ready, 100), setting(Drain, 100));
        assert_eq!(drain.commands(), ["set server gke-registry/x state drain"]);
        assert_eq!(drain.change(), "state ready to drain");
        assert!(drain.is_done_by(setting(Drain, 5)) && !drain.is_done_by(setting(Maint, 100)));
        let back = drain.back_from(setting(Drain, 5), Some(8));
        assert_eq!((back.was, back.to), (setting(Drain, 5), setting(Ready, 5)));
        let weight = change(setting(Drain, 100), setting(Drain, 50));
        assert_eq!(weight.commands(), ["set server gke-registry/x weight 50"]);
        assert!(weight.is_undone_by(setting(Ready, 100)));
    }

    #[test]
    fn weights_are_read_and_stay_within_their_bounds() {
        for (text, of_100) in [("50", 50), ("0", 0), ("+10", 110), ("-1", 99), ("-500", 0), ("+500", 256)] {
            assert_eq!(text.parse::<Weight>().unwrap().of(100, 30), of_100, "{text}");
        }
        assert_eq!(Weight::Configured.of(100, 30), 30);
        for text in ["", "257", "half", "+", "1.5", "50%", "-"] {
            assert!(text.parse::<Weight>().is_err(), "{text}");
        }
    }

    #[test]
    fn a_place_is_known_by_its_instances() {
        let all = place(["a=/run/a".to_owned(), "b=h:1".to_owned(), "a=/run/a".to_owned()]);
        assert_eq!(all, "haproxy:a=/run/a,b=h:1");
        assert!(lies_in("haproxy:b=h:1", &all) && lies_in(&all, &all) && is_balancers(&all));
        for other in ["haproxy:b=h:2", "haproxy:", "gs://b", "haproxy:a=/run/a,c=/x"] {
            assert!(!lies_in(other, &all), "{other}");
        }
    }
}
