//! A pod as the API has it.

use super::super::objects::{self, Ended, Phase, Said};
use super::super::words;
use super::{Condition, Meta, Stamp, count, message, safe, some, wire};

wire! {
    struct Pod {
        metadata: Meta,
        spec: PodSpec,
        status: PodStatus,
    }

    struct PodSpec {
        node_name: String,
        containers: Vec<Container>,
        init_containers: Vec<Container>,
    }

    struct Container {
        name: String,
        image: String,
        restart_policy: String,
    }

    struct PodStatus {
        phase: String,
        reason: String,
        message: String,
        #[serde(rename = "podIP")]
        pod_ip: String,
        conditions: Vec<Condition>,
        container_statuses: Vec<ContainerStatus>,
        init_container_statuses: Vec<ContainerStatus>,
    }

    struct ContainerStatus {
        name: String,
        image: String,
        ready: bool,
        started: bool,
        restart_count: i64,
        state: ContainerState,
        last_state: ContainerState,
    }

    struct ContainerState {
        waiting: Option<Waiting>,
        running: Option<Running>,
        terminated: Option<Terminated>,
    }

    struct Waiting {
        reason: String,
        message: String,
    }

    struct Running {
        started_at: Stamp,
    }

    struct Terminated {
        exit_code: i32,
        signal: i32,
        reason: String,
        message: String,
        finished_at: Stamp,
    }
}

impl Pod {
    /// Whether a condition of this kind holds.
    pub fn holds(&self, kind: &str) -> bool {
        self.condition(kind).is_some_and(|condition| condition.status == "True")
    }

    fn condition(&self, kind: &str) -> Option<&Condition> {
        self.status.conditions.iter().find(|condition| condition.kind == kind)
    }

    pub(super) fn slim(&self) -> objects::Pod {
        let words = words::of(self);
        let status = &self.status;
        objects::Pod {
            name: safe(&self.metadata.name),
            uid: safe(&self.metadata.uid),
            node: some(&self.spec.node_name),
            ip: some(&status.pod_ip),
            status: safe(&words.status),
            phase: phase(&status.phase),
            ready: words.ready,
            is_ready: self.holds("Ready"),
            ready_changed: self.condition("Ready").and_then(|ready| ready.last_transition_time.0),
            restarts: words.restarts,
            restarted: words.restarted,
            created: self.metadata.creation_timestamp.0,
            deleting: self.metadata.deletion_timestamp.0,
            images: self.spec.containers.iter().map(|container| safe(&container.image)).collect(),
            containers: self.containers(),
            owner: self.metadata.controller().map(|owner| safe(&owner.name)),
            message: self.message(),
        }
    }

    /// In the order of the specification; those of the status alone where there is none.
    fn containers(&self) -> Vec<objects::Container> {
        let of = |specified: &[Container], statuses: &[ContainerStatus], is_init| {
            let known = specified.iter().map(|container| {
                let status = statuses.iter().find(|status| status.name == container.name);
                status.map_or_else(|| not_begun(&container.name, is_init), |status| status.slim(is_init))
            });
            let unknown =
                statuses.iter().filter(|status| specified.iter().all(|one| one.name != status.name));
            known.chain(unknown.map(|status| status.slim(is_init))).collect::<Vec<_>>()
        };
        let mut all = of(&self.spec.containers, &self.status.container_statuses, false);
        all.extend(of(&self.spec.init_containers, &self.status.init_container_statuses, true));
        all
    }

    fn message(&self) -> Option<String> {
        if !self.status.message.is_empty() {
            return Some(message(&self.status.message));
        }
        let unscheduled = self.status.conditions.iter().find(|condition| {
            condition.kind == "PodScheduled" && condition.status == "False" && !condition.message.is_empty()
        });
        unscheduled.map(|condition| message(&condition.message))
    }
}

impl ContainerStatus {
    fn slim(&self, is_init: bool) -> objects::Container {
        let said =
            |waiting: &Waiting| Said { reason: safe(&waiting.reason), message: message(&waiting.message) };
        objects::Container {
            name: safe(&self.name),
            is_init,
            is_ready: self.ready,
            restarts: count(self.restart_count),
            waiting: self.state.waiting.as_ref().map(said),
            ended: self.state.terminated.as_ref().map(Terminated::slim),
            last: self.last_state.terminated.as_ref().map(Terminated::slim),
        }
    }
}

impl Terminated {
    fn slim(&self) -> Ended {
        Ended {
            reason: safe(&self.reason),
            exit_code: self.exit_code,
            signal: (self.signal != 0).then_some(self.signal),
            at: self.finished_at.0,
            message: message(&self.message),
        }
    }
}

fn not_begun(name: &str, is_init: bool) -> objects::Container {
    objects::Container {
        name: safe(name),
        is_init,
        is_ready: false,
        restarts: 0,
        waiting: None,
        ended: None,
        last: None,
    }
}

fn phase(word: &str) -> Phase {
    match word {
        "Pending" => Phase::Pending,
        "Running" => Phase::Running,
        "Succeeded" => Phase::Succeeded,
        "Failed" => Phase::Failed,
        _ => Phase::Unknown,
    }
}
