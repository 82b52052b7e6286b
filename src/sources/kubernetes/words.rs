//! READY, STATUS and RESTARTS of a pod, in the words and by the reckoning of `kubectl get pods`.

use jiff::Timestamp;

use super::wire::{ContainerStatus, Pod, Terminated};

/// The reason that a pod of a node nobody hears of has.
const NODE_LOST: &str = "NodeLost";

/// What `kubectl get pods` says of a pod.
#[derive(Debug, Default)]
pub struct Words {
    pub ready: (u16, u16),
    pub status: String,
    pub restarts: u32,
    pub restarted: Option<Timestamp>,
}

/// Restarts of some containers, and when the last of them was.
#[derive(Clone, Copy, Default)]
struct Restarts {
    count: u32,
    last: Option<Timestamp>,
}

impl Restarts {
    fn add(&mut self, container: &ContainerStatus) {
        self.count = self.count.saturating_add(u32::try_from(container.restart_count).unwrap_or(0));
        let ended = container.last_state.terminated.as_ref().and_then(|ended| ended.finished_at.0);
        self.last = self.last.max(ended);
    }
}

/// What initialising came to.
#[derive(Default)]
struct Initialised {
    /// Why it is not over.
    reason: Option<String>,
    ready: u16,
    all: Restarts,
    sidecars: Restarts,
}

/// What `kubectl get pods` says of this pod.
pub fn of(pod: &Pod) -> Words {
    let init = initialised(pod);
    let sidecars = pod.spec.init_containers.iter().filter(|container| container.restart_policy == "Always");
    let total = count(pod.spec.containers.len() + sidecars.count());
    let mut words = Words {
        ready: (init.ready, total),
        status: init.reason.clone().unwrap_or_else(|| of_the_whole(pod)),
        restarts: init.all.count,
        restarted: init.all.last,
    };
    if init.reason.is_none() || pod.holds("Initialized") {
        running(pod, init.sidecars, &mut words);
    }
    let is_over = matches!(pod.status.phase.as_str(), "Succeeded" | "Failed");
    if pod.metadata.deletion_timestamp.0.is_some() {
        if pod.status.reason == NODE_LOST {
            words.status = "Unknown".to_owned();
        } else if !is_over {
            words.status = "Terminating".to_owned();
        }
    }
    words
}

/// What the pod says of itself, leaving its containers aside.
fn of_the_whole(pod: &Pod) -> String {
    let gated = "SchedulingGated";
    if pod.status.conditions.iter().any(|one| one.kind == "PodScheduled" && one.reason == gated) {
        return gated.to_owned();
    }
    let said = [&pod.status.reason, &pod.status.phase].into_iter().find(|word| !word.is_empty());
    said.cloned().unwrap_or_else(|| "Unknown".to_owned())
}

fn initialised(pod: &Pod) -> Initialised {
    let mut so_far = Initialised::default();
    for (at, container) in pod.status.init_container_statuses.iter().enumerate() {
        let specified = pod.spec.init_containers.iter().find(|one| one.name == container.name);
        let is_sidecar = specified.is_some_and(|one| one.restart_policy == "Always");
        so_far.all.add(container);
        if is_sidecar {
            so_far.sidecars.add(container);
        }
        let ended = container.state.terminated.as_ref();
        let waiting = container.state.waiting.as_ref().map_or("", |waiting| waiting.reason.as_str());
        so_far.reason = match ended {
            Some(ended) if ended.exit_code == 0 => continue,
            _ if is_sidecar && container.started => {
                so_far.ready += u16::from(container.ready);
                continue;
            }
            Some(ended) => Some(format!("Init:{}", how(ended))),
            None if !waiting.is_empty() && waiting != "PodInitializing" => Some(format!("Init:{waiting}")),
            None => Some(format!("Init:{at}/{}", pod.spec.init_containers.len())),
        };
        break;
    }
    so_far
}

fn running(pod: &Pod, sidecars: Restarts, words: &mut Words) {
    let mut restarts = sidecars;
    let mut is_running = false;
    for container in pod.status.container_statuses.iter().rev() {
        restarts.add(container);
        let state = &container.state;
        let waiting = state.waiting.as_ref().map_or("", |waiting| waiting.reason.as_str());
        if !waiting.is_empty() {
            words.status = waiting.to_owned();
        } else if let Some(ended) = &state.terminated {
            words.status = how(ended);
        } else if container.ready && state.running.is_some() {
            is_running = true;
            words.ready.0 = words.ready.0.saturating_add(1);
        }
    }
    (words.restarts, words.restarted) = (restarts.count, restarts.last);
    if words.status == "Completed" && is_running {
        words.status = if pod.holds("Ready") { "Running" } else { "NotReady" }.to_owned();
    }
}

/// How a container ended, in one word.
fn how(ended: &Terminated) -> String {
    match (ended.reason.as_str(), ended.signal) {
        ("", 0) => format!("ExitCode:{}", ended.exit_code),
        ("", signal) => format!("Signal:{signal}"),
        (reason, _) => reason.to_owned(),
    }
}

fn count(number: usize) -> u16 {
    u16::try_from(number).unwrap_or(u16::MAX)
}
