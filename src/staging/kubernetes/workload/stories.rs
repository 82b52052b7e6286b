//! The events that go with a pod's state.

use serde_json::{Value, json};

use super::pod::PodSpec;
use super::state::PodState;
use super::{CONTAINER, INIT_CONTAINER, letters};
use crate::staging::kubernetes::cluster::Cluster;

/// Type, reason, message, who says so, how often.
type Story = (&'static str, &'static str, String, &'static str, u32);

/// The events about a pod in its state of now. Those of earlier states stay in the cluster until the pod goes.
pub fn events(pod: &PodSpec, namespace: &str, uid: &str) -> Vec<Value> {
    stories(pod, namespace).into_iter().map(|story| event(pod, namespace, uid, story)).collect()
}

fn stories(pod: &PodSpec, namespace: &str) -> Vec<Story> {
    let warning = |reason, message: String, count| ("Warning", reason, message, "kubelet", count);
    let back_off =
        |container: &str| format!("Back-off restarting failed container {container} in pod {}", pod.name);
    let times = pod.restart_count().max(1);
    match pod.state {
        PodState::NotReady => vec![warning("Unhealthy", pod.words(), 27)],
        PodState::CrashLoop | PodState::Error => vec![warning("BackOff", back_off(CONTAINER), times * 6)],
        PodState::Init => vec![warning("FailedMount", pod.words(), 27)],
        PodState::InitCrashLoop => vec![warning("BackOff", back_off(INIT_CONTAINER), times * 6)],
        PodState::ImagePull => vec![
            warning("Failed", pod.words(), 4),
            ("Normal", "BackOff", format!("Back-off pulling image {:?}", pod.image), "kubelet", 18),
        ],
        PodState::Unschedulable => vec![("Warning", "FailedScheduling", pod.words(), "default-scheduler", 9)],
        PodState::Evicted => vec![warning("Evicted", pod.words(), 1)],
        PodState::Terminating => {
            vec![("Normal", "Killing", format!("Stopping container {CONTAINER}"), "kubelet", 1)]
        }
        PodState::Creating => vec![(
            "Normal",
            "Scheduled",
            format!("Successfully assigned {namespace}/{} to {}", pod.name, pod.node),
            "default-scheduler",
            1,
        )],
        PodState::Running | PodState::OomKilled => Vec::new(),
    }
}

fn event(pod: &PodSpec, namespace: &str, uid: &str, (kind, reason, message, source, count): Story) -> Value {
    let about_container = source == "kubelet" && !matches!(pod.state, PodState::Init | PodState::Evicted);
    let container = if pod.state == PodState::InitCrashLoop { INIT_CONTAINER } else { CONTAINER };
    let mut about =
        json!({"kind": "Pod", "namespace": namespace, "name": pod.name, "uid": uid, "apiVersion": "v1"});
    if about_container {
        let field = if container == INIT_CONTAINER { "initContainers" } else { "containers" };
        about["fieldPath"] = format!("spec.{field}{{{container}}}").into();
    }
    let mut from = json!({"component": source});
    if source == "kubelet" {
        from["host"] = pod.node.as_str().into();
    }
    let name = format!("{}.{}", pod.name, letters(&format!("{reason} {}", pod.name), 16));
    json!({
        "kind": "Event",
        "metadata": {"name": name, "creationTimestamp": pod.since.to_string()},
        "involvedObject": about, "reason": reason, "message": message, "source": from, "type": kind, "count": count,
        "firstTimestamp": pod.since.to_string(), "lastTimestamp": pod.since.to_string(), "eventTime": null,
        "reportingComponent": source, "reportingInstance": from.get("host").cloned().unwrap_or_else(|| "".into()),
    })
}

/// Deletes the events about a pod that is gone.
pub fn forget(cluster: &Cluster, pod: &str) {
    let its = format!("{pod}.");
    for name in cluster.names("Event").into_iter().filter(|name| name.starts_with(&its)) {
        cluster.delete("Event", &name);
    }
}
