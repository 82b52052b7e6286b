//! Horizontal pod autoscalers in a table.

use jiff::Timestamp;
use serde_json::Value;

use super::{NONE, Printer, shown, since};
use crate::staging::kubernetes::object::{Object, text};

pub const PRINTER: Printer = Printer {
    columns: &[
        shown("Name"),
        shown("Reference"),
        shown("Targets"),
        shown("MinPods"),
        shown("MaxPods"),
        shown("Replicas"),
        shown("Age"),
    ],
    cells,
};

/// Metrics that a cell names before it says how many more there are.
const NAMED: usize = 2;

fn cells(autoscaler: &Object, now: Timestamp) -> Vec<Value> {
    let reference = format!(
        "{}/{}",
        autoscaler.text("/spec/scaleTargetRef/kind"),
        autoscaler.text("/spec/scaleTargetRef/name")
    );
    let count = |pointer: &str| autoscaler.number(pointer).unwrap_or_default().to_string();
    let min = autoscaler.number("/spec/minReplicas").map_or("<unset>".to_owned(), |min| min.to_string());
    vec![
        autoscaler.name.as_str().into(),
        reference.into(),
        targets(autoscaler).into(),
        min.into(),
        count("/spec/maxReplicas").into(),
        count("/status/currentReplicas").into(),
        since(autoscaler, "/metadata/creationTimestamp", now),
    ]
}

fn targets(autoscaler: &Object) -> String {
    let metrics = autoscaler.list("/spec/metrics");
    let current = autoscaler.list("/status/currentMetrics");
    if metrics.is_empty() {
        return NONE.to_owned();
    }
    let shown: Vec<String> = metrics
        .iter()
        .enumerate()
        .take(NAMED)
        .map(|(number, metric)| target(metric, current.get(number)))
        .collect();
    let shown = shown.join(", ");
    match metrics.len().saturating_sub(NAMED) {
        0 => shown,
        more => format!("{shown} + {more} more..."),
    }
}

/// A metric of a resource; others are named by their type alone.
fn target(metric: &Value, current: Option<&Value>) -> String {
    let per_cent = |value: &Value, pointer: &str| value.pointer(pointer).and_then(Value::as_i64);
    let name = match text(metric, "/resource/name") {
        "" => return format!("{}: <unknown>", text(metric, "/type")),
        name => name,
    };
    if let Some(wanted) = per_cent(metric, "/resource/target/averageUtilization") {
        let used = current.and_then(|current| per_cent(current, "/resource/current/averageUtilization"));
        let used = used.map_or("<unknown>".to_owned(), |used| format!("{used}%"));
        return format!("{name}: {used}/{wanted}%");
    }
    let used = current
        .map(|current| text(current, "/resource/current/averageValue"))
        .filter(|used| !used.is_empty());
    format!("{name}: {}/{}", used.unwrap_or("<unknown>"), text(metric, "/resource/target/averageValue"))
}
