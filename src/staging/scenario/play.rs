//! Has the servers of staging show what a scenario says, step by step.

use std::net::Ipv4Addr;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use super::environment::{INGRESS, SERVICE, layouts};
use super::file::Scenario;
use super::logs;
use super::situation::Situation;
use crate::staging::haproxy::Balancer;
use crate::staging::kubernetes::{Cluster, Workload};
use crate::staging::registry::FrontDoor;

/// The servers that a scenario is played on.
#[derive(Clone)]
pub struct Stage {
    pub cluster: Cluster,
    /// By node.
    pub balancers: Vec<(String, Balancer)>,
    pub front_door: FrontDoor,
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
        let demand =
            layouts().first().and_then(|layout| Some(layout.backends.first()?.demand)).unwrap_or_default();
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
        self.stage.front_door.behave(situation.front_door.clone());
        for (node, balancer) in &self.stage.balancers {
            balancer.now(|instance, _| {
                for backend in &mut instance.backends {
                    backend.demand = self.demand * situation.demand;
                    for server in &mut backend.servers {
                        let wish = situation
                            .servers
                            .iter()
                            .find(|((on, name), _)| on == node && *name == server.layout.name);
                        let wish = wish.map(|(_, wish)| *wish).unwrap_or_default();
                        (server.check, server.errors) = (wish.check, wish.errors);
                    }
                }
            });
            balancer.behave(situation.balancers.get(node.as_str()).copied().unwrap_or_default());
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
    workload.ingress = INGRESS.iter().map(|address| Ipv4Addr::from(*address).to_string()).collect();
    for (number, wish) in &situation.pods {
        let Some(pod) = workload.pods.get_mut(*number as usize) else { continue };
        pod.state = wish.state;
        (pod.restarts, pod.exit, pod.message) = (wish.restarts, wish.exit.clone(), wish.message.clone());
        let since = SignedDuration::try_from(wish.since).unwrap_or_default();
        pod.since = started.checked_add(since).unwrap_or(started);
    }
    workload.pods.truncate(situation.replicas as usize);
    if let Some(autoscaler) = &mut workload.autoscaler {
        (autoscaler.min, autoscaler.max) = (4, scenario.baseline * 2);
        autoscaler.current = Some(if situation.demand < 0.5 { 6 } else { 48 });
    }
    workload
}

/// The name of the pod that is always there; names do not depend on the time.
pub fn first_pod(scenario: &Scenario) -> String {
    let workload = Workload::registry(scenario.pods, Timestamp::UNIX_EPOCH);
    workload.pods.first().map(|pod| pod.name.clone()).unwrap_or_default()
}
