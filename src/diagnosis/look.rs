//! One look at everything that was seen, with what several rules need worked out once.

use std::cell::OnceCell;
use std::collections::BTreeSet;
use std::fmt;
use std::ops::Deref;

use super::Scene;
use super::endpoints::{Endpoint, endpoints};
use super::failures::Failures;
use super::pods::Pods;
use super::servers::{Behind, Server, behind, is_unused, resolved};
use super::storm::{Repetitions, repetitions};
use crate::model::Workload;
use crate::sources::Health;
use crate::sources::google::picture::Balancer;
use crate::sources::haproxy::Entry;
use crate::sources::haproxy::facts::Role;
use crate::sources::kubernetes::objects::{Kind, Pod};
use crate::sources::{bucket, logs};

/// What a rule lacks to judge.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Need {
    pub lack: Lack,
    /// What is needed: `pods`, `HAProxy`; with the reason where there is one.
    pub what: String,
}

/// Why it is lacking.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Lack {
    /// It could not be read.
    Blind,
    /// No answer yet, or not long enough watched.
    Waiting,
    /// Nobody configured it.
    Off,
}

impl Need {
    /// Nobody configured it.
    pub fn off(what: &str) -> Self {
        Self { lack: Lack::Off, what: what.to_owned() }
    }

    /// No answer yet, or not long enough watched.
    pub fn waiting(what: &str) -> Self {
        Self { lack: Lack::Waiting, what: what.to_owned() }
    }

    /// It could not be read, for this reason.
    pub fn blind(what: &str, why: &str) -> Self {
        Self { lack: Lack::Blind, what: format!("{what}: {why}") }
    }

    fn of(what: &str, health: &Health) -> Option<Self> {
        match health {
            Health::Off => Some(Self::off(what)),
            Health::Waiting => Some(Self::waiting(what)),
            Health::Down { trouble, .. } => {
                Some(Self::blind(what, &format!("{}: {}", trouble.kind.name(), trouble.why)))
            }
            Health::Live { .. } => None,
        }
    }
}

impl fmt::Display for Need {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.lack {
            Lack::Blind => write!(f, "{}", self.what),
            Lack::Waiting => write!(f, "{}: no answer yet", self.what),
            Lack::Off => write!(f, "{}: not watched", self.what),
        }
    }
}

/// A [`Scene`], and what is joined from it at the first wish.
pub struct Look<'a> {
    scene: Scene<'a>,
    states: OnceCell<Pods<'a>>,
    endpoints: OnceCell<Vec<Endpoint<'a>>>,
    entries: OnceCell<Vec<Entry<'a>>>,
    behind: OnceCell<Vec<Behind<'a>>>,
    failures: OnceCell<Failures<'a>>,
    known_storms: Option<&'a Repetitions>,
    storms: OnceCell<Repetitions>,
}

impl<'a> Deref for Look<'a> {
    type Target = Scene<'a>;

    fn deref(&self) -> &Scene<'a> {
        &self.scene
    }
}

impl<'a> Look<'a> {
    /// A look at this scene.
    pub const fn at(scene: Scene<'a>) -> Self {
        Self {
            scene,
            states: OnceCell::new(),
            endpoints: OnceCell::new(),
            entries: OnceCell::new(),
            behind: OnceCell::new(),
            failures: OnceCell::new(),
            known_storms: None,
            storms: OnceCell::new(),
        }
    }

    /// The same, with what is repeated worked out already: that is costly, and need not be done for every fact.
    #[must_use]
    pub fn with_storms(self, storms: &'a Repetitions) -> Self {
        Self { known_storms: Some(storms), ..self }
    }

    /// The registry's part of the cluster, once objects of all these kinds can be believed.
    ///
    /// # Errors
    ///
    /// One of them cannot; why.
    pub fn cluster(&self, kinds: &[Kind]) -> Result<&'a Workload, Need> {
        let workload = self.scene.watched.kubernetes.as_ref().ok_or_else(|| Need::off("Kubernetes"))?;
        let picture = self.scene.kubernetes;
        for kind in kinds {
            let own = picture.kinds.get(kind).unwrap_or(&Health::Waiting);
            let health = if matches!(picture.health, Health::Down { .. }) { &picture.health } else { own };
            Need::of(kind.resource(), health).map_or(Ok(()), Err)?;
            if let Some(trouble) = picture.odd.get(kind) {
                return Err(Need::blind(
                    kind.resource(),
                    &format!("{}: {}", trouble.kind.name(), trouble.why),
                ));
            }
        }
        Ok(workload)
    }

    /// The pods.
    ///
    /// # Errors
    ///
    /// They cannot be believed now; why.
    pub fn pods(&self) -> Result<impl Iterator<Item = &'a Pod> + Clone + use<'a>, Need> {
        self.cluster(&[Kind::Pod])?;
        Ok(self.scene.kubernetes.pods.values())
    }

    /// The pods, each with its state.
    ///
    /// # Errors
    ///
    /// They cannot be believed now; why.
    pub fn states(&self) -> Result<&Pods<'a>, Need> {
        self.cluster(&[Kind::Pod])?;
        Ok(self.states.get_or_init(|| Pods::of(self.scene.kubernetes, self.scene.now)))
    }

    /// Every address of the service against every pod.
    ///
    /// # Errors
    ///
    /// Pods or addresses cannot be believed now; why.
    pub fn endpoints(&self) -> Result<&[Endpoint<'a>], Need> {
        self.cluster(&[Kind::Pod])?;
        let workload = self.cluster(&[Kind::EndpointSlice]).or_else(|need| {
            // An old cluster has no slices.
            self.cluster(&[Kind::Endpoints]).map_err(|_| need)
        })?;
        Ok(self.last_endpoints(&workload.service))
    }

    /// The same as they were seen last, however long ago that is.
    pub fn last_endpoints(&self, service: &str) -> &[Endpoint<'a>] {
        self.endpoints.get_or_init(|| endpoints(self.scene.kubernetes, service))
    }

    /// Frontends, backends and servers of the registry's backends, as the instances that answer have them.
    ///
    /// # Errors
    ///
    /// No instance answers; why.
    pub fn balancers(&self) -> Result<&[Entry<'a>], Need> {
        let backends = self.scene.watched.backends.as_ref().ok_or_else(|| Need::off("HAProxy"))?;
        let instances = &self.scene.haproxy.instances;
        if !instances.values().any(|instance| instance.health.is_live()) {
            let needs = instances.values().find_map(|instance| Need::of("HAProxy", &instance.health));
            return Err(needs.unwrap_or_else(|| Need::waiting("HAProxy")));
        }
        Ok(self.last_balancers(backends))
    }

    /// The same as they were seen last, however long ago that is.
    pub fn last_balancers(&self, backends: &[String]) -> &[Entry<'a>] {
        self.entries.get_or_init(|| {
            let mut entries = self.scene.haproxy.entries(backends);
            entries.retain(|entry| backends.is_empty() || backends.iter().any(|name| name == entry.proxy));
            entries
        })
    }

    /// The servers of the registry's backends that an instance which answers has, each with what is behind it as far as
    /// that is known; without the slots of templates that nothing uses.
    ///
    /// # Errors
    ///
    /// No instance answers, or none has such a server; why.
    pub fn servers(&self) -> Result<Vec<Server<'_, 'a>>, Need> {
        let entries = self.balancers()?;
        let behind = self.behind.get_or_init(|| behind(&self.scene, entries, self.states().ok()));
        let all = entries.iter().zip(behind).map(|(entry, behind)| Server { entry, behind: *behind });
        let resolved = resolved(entries);
        let servers: Vec<_> = all
            .filter(|server| server.entry.role == Role::Server && server.entry.is_live())
            .filter(|server| !is_unused(server.entry, &resolved))
            .collect();
        match servers.is_empty() {
            true => Err(Need::blind("HAProxy", "no instance has a server of the registry's backends")),
            false => Ok(servers),
        }
    }

    /// The cloud's load balancers that answer, by name.
    ///
    /// # Errors
    ///
    /// None does; why.
    pub fn cloud_balancers(&self) -> Result<Vec<(&'a str, &'a Balancer)>, Need> {
        let all = &self.scene.google.balancers;
        if !self.scene.watched.google {
            return Err(Need::off("Google Cloud's load balancers"));
        }
        let live: Vec<_> = all
            .iter()
            .filter(|(_, one)| one.health.is_live())
            .map(|(name, one)| (name.as_str(), one))
            .collect();
        if live.is_empty() {
            let need = all.iter().find_map(|(name, one)| Need::of(name, &one.health));
            return Err(need.unwrap_or_else(|| Need::off("Google Cloud's load balancers")));
        }
        Ok(live)
    }

    /// What logs tell, once a stream is read.
    ///
    /// # Errors
    ///
    /// None is; why.
    pub fn logs(&self) -> Result<&'a logs::picture::Picture, Need> {
        if !self.scene.watched.logs {
            return Err(Need::off("logs"));
        }
        let streams = &self.scene.logs.streams.all;
        if streams.values().any(|stream| stream.is_over || stream.health.is_live()) {
            return Ok(self.scene.logs);
        }
        let need = streams.values().find_map(|stream| Need::of("logs", &stream.health));
        Err(need.unwrap_or_else(|| Need::waiting("logs")))
    }

    /// What fails by the logs.
    ///
    /// # Errors
    ///
    /// No stream is read; why.
    pub fn failures(&self) -> Result<&Failures<'a>, Need> {
        self.logs()?;
        Ok(self.failures.get_or_init(|| Failures::of(&self.scene)))
    }

    /// What is asked again and again without success.
    ///
    /// # Errors
    ///
    /// No stream is read; why.
    pub fn storms(&self) -> Result<&Repetitions, Need> {
        self.logs()?;
        Ok(self.known_storms.unwrap_or_else(|| self.storms.get_or_init(|| repetitions(&self.scene))))
    }

    /// What is watched and could not be read, however well others of its kind are: the rules go by those that answer.
    pub fn unread(&self) -> Vec<Need> {
        let (watched, cluster) = (self.scene.watched, self.scene.kubernetes);
        let instances = self.scene.haproxy.instances.iter().filter(|_| watched.backends.is_some());
        let instances = instances.map(|(name, one)| Need::of(&format!("HAProxy {name}"), &one.health));
        let google = self.scene.google.balancers.iter().filter(|_| watched.google);
        let google = google.map(|(name, one)| Need::of(&format!("load balancer {name}"), &one.health));
        // What does not serve has rules of its own, and need not write.
        let begins = |name: &str| {
            name.split_once('/').and_then(|(pod, _)| cluster.pods.get(pod)).is_some_and(|pod| !pod.is_ready)
        };
        let streams = self.scene.logs.streams.all.iter().filter(|(_, one)| watched.logs && !one.is_over);
        let streams = streams.filter(|(name, _)| !begins(name));
        let streams = streams.map(|(name, one)| Need::of(&format!("logs of {name}"), &one.health));
        let is_down = matches!(cluster.health, Health::Down { .. });
        let kinds = cluster.kinds.keys().filter(|_| watched.kubernetes.is_some() && !is_down);
        let kinds = kinds.map(|kind| match kind {
            // Either will do.
            Kind::EndpointSlice | Kind::Endpoints => self.endpoints().err(),
            kind => self.cluster(&[*kind]).err(),
        });
        let whole =
            (watched.kubernetes.is_some() && is_down).then(|| Need::of("Kubernetes", &cluster.health));
        let mut seen = BTreeSet::new();
        let needs = instances.chain(google).chain(streams).chain(kinds).chain(whole).flatten();
        needs.filter(|need| need.lack == Lack::Blind && seen.insert(need.what.clone())).collect()
    }

    /// The bucket, once it answers.
    ///
    /// # Errors
    ///
    /// It does not; why.
    pub fn bucket(&self) -> Result<&'a bucket::picture::Picture, Need> {
        match &self.scene.bucket.health {
            _ if self.scene.bucket.url.is_empty() => Err(Need::off("bucket")),
            bucket::picture::Health::Opening => Err(Need::waiting("bucket")),
            bucket::picture::Health::Live => Ok(self.scene.bucket),
            bucket::picture::Health::Down { trouble, .. } => {
                Err(Need::blind("bucket", &format!("{}: {}", trouble.kind.name(), trouble.why)))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnosis::world::*;
    use crate::sources::google::facts::{Fact as Cloud, ServerHealth};
    use crate::sources::logs::facts::{Fact as Told, Origin};

    #[test]
    fn what_is_silent_beside_others_that_answer_is_told_although_the_rules_go_by_those() {
        let up = [backed("a", "UP", "10.0.0.0")];
        let well = || World::healthy(2).instance("fe-01", &up, 9).cloud(&[("fe-01", ServerHealth::Healthy)]);
        let mut cloud = well();
        let balancer = "other".to_owned();
        cloud.google.fold(&Cloud::NotLooked { balancer, trouble: trouble() }, ago(5));
        let failed = |stream: &str| {
            let mut world = well();
            let (stream, origin) = (stream.into(), Origin::Kubernetes);
            world.logs.fold(&Told::Down { stream, origin, trouble: trouble() }, ago(5));
            world
        };
        let begins = failed("registry-1/registry").pods(vec![pod(0), unready(1, 30)]);
        for (what, world, unread) in [
            ("all is read", well(), vec![]),
            ("an instance", well().silent("fe-02"), vec!["HAProxy fe-02: no answer in time: no answer"]),
            ("a balancer", cloud, vec!["load balancer other: no answer in time: no answer"]),
            ("a log", failed("registry"), vec!["logs of registry: no answer in time: no answer"]),
            ("the log of a pod that begins", begins, vec![]),
            ("a kind", well().blind(Kind::Event), vec!["events: no answer in time: no answer"]),
            (
                "addresses",
                well().blind(Kind::EndpointSlice),
                vec!["endpointslices: no answer in time: no answer"],
            ),
            ("nothing is watched", World::default(), vec![]),
        ] {
            let diagnosis = world.diagnosis();
            let told: Vec<_> = diagnosis.unread.iter().map(|need| need.what.as_str()).collect();
            assert_eq!(told, unread, "{what}");
        }
    }
}
