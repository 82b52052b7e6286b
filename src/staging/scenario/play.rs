//! Has the servers of staging show what a scenario says, step by step.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use super::environment::{SERVICE, layouts};
use super::fault::{Errors, ServerState, StoreManner};
use super::file::Scenario;
use super::logs;
use super::situation::{ServerWish, Situation};
use crate::staging::google::{Cloud, Incident};
use crate::staging::haproxy::{Balancer, DRAIN, MAINTENANCE, Server};
use crate::staging::kubernetes::{Cluster, Workload};
use crate::staging::registry::{Failing, FrontDoor, Opener, Troubles};

/// The servers that a scenario is played on.
#[derive(Clone)]
pub struct Stage {
    pub cluster: Cluster,
    /// By node.
    pub balancers: Vec<(String, Balancer)>,
    pub front_door: FrontDoor,
    pub cloud: Cloud,
    /// Opens the bucket, which need not hold all that the registry knows.
    pub bucket: Opener,
}

/// A scenario on its stage.
pub struct Player {
    scenario: Scenario,
    stage: Stage,
    started: Timestamp,
    /// Steps that have happened.
    happened: usize,
    shown: Option<Situation>,
    /// Requests per second of an ordinary day, by HAProxy.
    demand: f64,
}

impl Player {
    /// Sets the stage as it is at the start.
    pub fn new(scenario: Scenario, stage: Stage, started: Timestamp) -> Self {
        let demand = layouts(scenario.servers_are)
            .first()
            .and_then(|layout| Some(layout.backends.first()?.demand))
            .unwrap_or_default();
        let mut player = Self { scenario, stage, started, happened: 0, shown: None, demand };
        player.play(started);
        let workload = workload(&player.scenario, &player.scenario.at(Duration::ZERO), started);
        logs::before(&player.stage.cluster, &workload, player.scenario.log_format, started);
        player
    }

    /// Brings the stage to `now`, and gives what has happened since it was last asked.
    pub fn play(&mut self, now: Timestamp) -> Vec<String> {
        let elapsed = Duration::try_from(self.started.duration_until(now)).unwrap_or_default();
        let situation = self.scenario.at(elapsed);
        if self.shown.as_ref() != Some(&situation) {
            self.show(&situation, now);
            self.shown = Some(situation);
        }
        let due = self.scenario.steps.iter().filter(|(step, _)| step.at <= elapsed).count();
        let new = self.scenario.steps.get(self.happened..due).unwrap_or_default();
        self.happened = due;
        for reloaded in new.iter().flat_map(|(step, _)| &step.balancers).filter(|it| it.reload) {
            let balancer = self.stage.balancers.iter().find(|(name, _)| *name == reloaded.on);
            if let Some((_, balancer)) = balancer {
                balancer.now(|instance, now| instance.reload(now));
            }
        }
        new.iter().map(|(step, _)| step.says.clone()).collect()
    }

    /// Plays until it is dropped; tells what happens.
    pub async fn run(mut self, clock: fn() -> Timestamp, tell: impl Fn(&str)) {
        loop {
            let now = clock();
            self.play(now).iter().for_each(|what| tell(what));
            tokio::time::sleep(Duration::from_secs(1)).await;
        }
    }

    fn show(&self, situation: &Situation, now: Timestamp) {
        self.show_pods(situation, now);
        let troubles = troubles(situation, &workload(&self.scenario, situation, self.started));
        let failing = troubles.share();
        self.stage.front_door.behave(situation.front_door.clone());
        self.stage.front_door.trouble(troubles);
        let incident = situation.incident.clone().map(|(since, text)| {
            let since = SignedDuration::try_from(since).unwrap_or_default();
            Incident { began: self.started.checked_add(since).unwrap_or(self.started), text }
        });
        self.stage.cloud.show(&situation.cloud, incident);
        for (node, balancer) in &self.stage.balancers {
            balancer.now(|instance, now| {
                for backend in &mut instance.backends {
                    backend.demand = self.demand * situation.demand;
                    for server in &mut backend.servers {
                        let mut wishes = situation.servers.iter();
                        let wish = wishes.find(|((on, name), _)| on == node && *name == server.layout.name);
                        let wish = wish.map(|(_, wish)| *wish).unwrap_or_default();
                        (server.failing, server.slowness) = (failing, slowness(situation.store));
                        self.show_server(server, wish, now);
                    }
                }
            });
            balancer.behave(situation.balancers.get(node.as_str()).copied().unwrap_or_default());
        }
    }

    fn show_server(&self, server: &mut Server, wish: ServerWish, now: Timestamp) {
        (server.check, server.errors) = (wish.check, wish.errors);
        // What the operator sets meanwhile stays as it is.
        match wish.state {
            None => {}
            Some(ServerState::Ready) => server.administer(0, now),
            Some(ServerState::Drain) => server.administer(DRAIN, now),
            Some(ServerState::Maintenance) => server.administer(MAINTENANCE, now),
        }
    }

    fn show_pods(&self, situation: &Situation, now: Timestamp) {
        let workload = workload(&self.scenario, situation, self.started);
        workload.apply_to(&self.stage.cluster);
        let before = self.shown.as_ref().map(|shown| &shown.pods);
        for (number, wish) in &situation.pods {
            let is_new = before.and_then(|pods| pods.get(number)) != Some(wish);
            if let Some(pod) = workload.pods.get(*number as usize).filter(|_| is_new) {
                logs::end(&self.stage.cluster, pod, &wish.last_words, now);
            }
        }
    }
}

/// The registry on Kubernetes as it stands.
pub fn workload(scenario: &Scenario, situation: &Situation, started: Timestamp) -> Workload {
    let mut workload = Workload::registry(scenario.pods.max(situation.replicas), started);
    workload.name = SERVICE.to_owned();
    workload.replicas = situation.replicas;
    workload.ingress = situation.ingress.iter().map(ToString::to_string).collect();
    let endpoints = &situation.endpoints;
    let is_out = |number: u32| endpoints.none || endpoints.missing.contains(&number);
    let outside = workload.pods.iter().zip(0..).filter(|(_, number)| is_out(*number));
    workload.outside = outside.map(|(pod, _)| pod.name.clone()).collect();
    workload.foreign = endpoints.foreign.iter().map(ToString::to_string).collect();
    for (number, wish) in &situation.pods {
        let Some(pod) = workload.pods.get_mut(*number as usize) else { continue };
        pod.state = wish.state;
        (pod.restarts, pod.exit, pod.message) = (wish.restarts, wish.exit.clone(), wish.message.clone());
        let span = |span| SignedDuration::try_from(span).unwrap_or_default();
        pod.since = started.checked_add(span(wish.since) - span(wish.already)).unwrap_or(started);
    }
    workload.pods.truncate(situation.replicas as usize);
    if let Some(autoscaler) = &mut workload.autoscaler {
        (autoscaler.min, autoscaler.max) = (4, scenario.baseline * 2);
        let usual = if situation.demand < 0.5 { 6 } else { 70 };
        autoscaler.current = Some(situation.used.unwrap_or(usual));
    }
    workload
}

/// What is wrong behind the front door.
fn troubles(situation: &Situation, workload: &Workload) -> Troubles {
    let pod = |number: &u32| Some(workload.pods.get(*number as usize)?.name.clone());
    let failing = |errors: &Errors| Failing {
        says: errors.says.clone(),
        share: errors.share,
        pods: errors.pods.iter().filter_map(pod).collect(),
        images: errors.images.clone(),
    };
    let takes = workload.pods.iter().filter(|pod| pod.state.takes_traffic());
    Troubles {
        failing: situation.errors.iter().map(failing).collect(),
        store: situation.store,
        forgets_blobs: situation.forgets_blobs,
        pods: takes.map(|pod| pod.name.clone()).collect(),
    }
}

fn slowness(store: StoreManner) -> u64 {
    match store {
        StoreManner::Slow(wait) => u64::try_from(wait.as_millis()).unwrap_or(u64::MAX),
        _ => 0,
    }
}

/// The name of the pod that is always there; names do not depend on the time.
pub fn first_pod(scenario: &Scenario) -> String {
    let workload = Workload::registry(scenario.pods, Timestamp::UNIX_EPOCH);
    workload.pods.first().map(|pod| pod.name.clone()).unwrap_or_default()
}
