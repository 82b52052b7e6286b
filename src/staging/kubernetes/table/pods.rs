//! Pods in a table: READY, STATUS and RESTARTS as the API server words them.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::{NONE, Printer, age, or_none, shown, since, wide};
use crate::staging::kubernetes::object::{Object, entries, text};

pub const PRINTER: Printer = Printer {
    columns: &[
        shown("Name"),
        shown("Ready"),
        shown("Status"),
        shown("Restarts"),
        shown("Age"),
        wide("IP"),
        wide("Node"),
        wide("Nominated Node"),
        wide("Readiness Gates"),
    ],
    cells,
};

/// What the containers add up to.
#[derive(Default)]
struct Sum<'a> {
    ready: usize,
    restarts: i64,
    /// When a container last ended before it was restarted.
    last: Option<&'a str>,
    reason: String,
}

fn cells(pod: &Object, now: Timestamp) -> Vec<Value> {
    let sum = sum(pod);
    let sidecars = pod.list("/spec/initContainers").iter().filter(|container| is_sidecar(container)).count();
    let all = pod.list("/spec/containers").len() + sidecars;
    let restarts = match sum.last {
        Some(last) if sum.restarts > 0 => format!("{} ({} ago)", sum.restarts, age::ago(last, now)),
        _ => sum.restarts.to_string(),
    };
    vec![
        pod.name.as_str().into(),
        format!("{}/{all}", sum.ready).into(),
        sum.reason.into(),
        restarts.into(),
        since(pod, "/metadata/creationTimestamp", now),
        or_none(pod.list("/status/podIPs").first().map_or("", |ip| text(ip, "/ip"))),
        or_none(pod.text("/spec/nodeName")),
        or_none(pod.text("/status/nominatedNodeName")),
        gates(pod),
    ]
}

/// The condition that a row of a finished pod carries.
pub fn finished(object: &Object) -> Option<Value> {
    let (reason, message) = match (object.resource.kind, object.text("/status/phase")) {
        ("Pod", "Succeeded") => ("Succeeded", "The pod has completed successfully."),
        ("Pod", "Failed") => ("Failed", "The pod failed."),
        _ => return None,
    };
    Some(json!({"type": "Completed", "status": "True", "reason": reason, "message": message}))
}

fn sum(pod: &Object) -> Sum<'_> {
    let reason =
        [pod.text("/status/reason"), pod.text("/status/phase")].into_iter().find(|word| !word.is_empty());
    let mut sum = Sum { reason: reason.unwrap_or_default().to_owned(), ..Sum::default() };
    if condition(pod, "PodScheduled").is_some_and(|it| text(it, "/reason") == "SchedulingGated") {
        sum.reason = "SchedulingGated".to_owned();
    }
    let (sidecars, initializing) = add_init_containers(pod, &mut sum);
    if !initializing || holds(pod, "Initialized") {
        (sum.restarts, sum.last) = (sidecars.restarts, sidecars.last);
        add_containers(pod, &mut sum);
    }
    let is_over = matches!(pod.text("/status/phase"), "Succeeded" | "Failed");
    if pod.at("/metadata/deletionTimestamp").is_some() {
        if pod.text("/status/reason") == "NodeLost" {
            sum.reason = "Unknown".to_owned();
        } else if !is_over {
            sum.reason = "Terminating".to_owned();
        }
    }
    sum
}

/// Adds the init containers up to the one that is not through. Gives what its sidecars add up to, and whether one is
/// not through.
fn add_init_containers<'a>(pod: &'a Object, sum: &mut Sum<'a>) -> (Sum<'a>, bool) {
    let specs = pod.list("/spec/initContainers");
    let mut sidecars = Sum::default();
    for (number, status) in pod.list("/status/initContainerStatuses").iter().enumerate() {
        let sidecar =
            specs.iter().any(|spec| text(spec, "/name") == text(status, "/name") && is_sidecar(spec));
        add_restarts(sum, status);
        if sidecar {
            add_restarts(&mut sidecars, status);
        }
        let ended = status.pointer("/state/terminated");
        if ended.is_some_and(|ended| ended.get("exitCode").and_then(Value::as_i64) == Some(0)) {
            continue;
        }
        if sidecar && is_true(status, "/started") {
            sum.ready += usize::from(is_true(status, "/ready"));
            continue;
        }
        let waits = text(status, "/state/waiting/reason");
        sum.reason = match ended {
            Some(ended) => format!("Init:{}", end_word(ended)),
            None if !waits.is_empty() && waits != "PodInitializing" => format!("Init:{waits}"),
            None => format!("Init:{number}/{}", specs.len()),
        };
        return (sidecars, true);
    }
    (sidecars, false)
}

fn add_containers<'a>(pod: &'a Object, sum: &mut Sum<'a>) {
    let mut runs = false;
    for status in pod.list("/status/containerStatuses").iter().rev() {
        add_restarts(sum, status);
        let waits = text(status, "/state/waiting/reason");
        if !waits.is_empty() {
            sum.reason = waits.to_owned();
        } else if let Some(ended) = status.pointer("/state/terminated") {
            sum.reason = end_word(ended);
        } else if is_true(status, "/ready") && status.pointer("/state/running").is_some() {
            runs = true;
            sum.ready += 1;
        }
    }
    if sum.reason == "Completed" && runs {
        sum.reason = if holds(pod, "Ready") { "Running" } else { "NotReady" }.to_owned();
    }
}

fn add_restarts<'a>(sum: &mut Sum<'a>, status: &'a Value) {
    sum.restarts += status.get("restartCount").and_then(Value::as_i64).unwrap_or_default();
    let ended = Some(text(status, "/lastState/terminated/finishedAt")).filter(|time| !time.is_empty());
    sum.last = sum.last.max(ended);
}

fn end_word(ended: &Value) -> String {
    let number = |field: &str| ended.get(field).and_then(Value::as_i64).unwrap_or_default();
    match (text(ended, "/reason"), number("signal")) {
        ("", 0) => format!("ExitCode:{}", number("exitCode")),
        ("", signal) => format!("Signal:{signal}"),
        (reason, _) => reason.to_owned(),
    }
}

fn is_sidecar(container: &Value) -> bool {
    text(container, "/restartPolicy") == "Always"
}

fn is_true(value: &Value, pointer: &str) -> bool {
    value.pointer(pointer).and_then(Value::as_bool).unwrap_or_default()
}

fn condition<'a>(pod: &'a Object, kind: &str) -> Option<&'a Value> {
    pod.list("/status/conditions").iter().find(|condition| text(condition, "/type") == kind)
}

fn holds(pod: &Object, kind: &str) -> bool {
    condition(pod, kind).is_some_and(|condition| text(condition, "/status") == "True")
}

fn gates(pod: &Object) -> Value {
    let gates = pod.at("/spec/readinessGates").map(entries).unwrap_or_default();
    if gates.is_empty() {
        return NONE.into();
    }
    let open = gates.iter().filter(|gate| holds(pod, text(gate, "/conditionType"))).count();
    format!("{open}/{}", gates.len()).into()
}
