//! Deployments and ReplicaSets in tables.

use jiff::Timestamp;
use serde_json::Value;

use super::{Printer, labels, number, shown, since, wide};
use crate::staging::kubernetes::object::{Object, text};

pub const DEPLOYMENTS: Printer = Printer {
    columns: &[
        shown("Name"),
        shown("Ready"),
        shown("Up-to-date"),
        shown("Available"),
        shown("Age"),
        wide("Containers"),
        wide("Images"),
        wide("Selector"),
    ],
    cells: deployment,
};

pub const REPLICA_SETS: Printer = Printer {
    columns: &[
        shown("Name"),
        number("Desired"),
        number("Current"),
        number("Ready"),
        shown("Age"),
        wide("Containers"),
        wide("Images"),
        wide("Selector"),
    ],
    cells: replica_set,
};

fn deployment(deployment: &Object, now: Timestamp) -> Vec<Value> {
    let count = |pointer: &str| deployment.number(pointer).unwrap_or_default();
    let ready = format!("{}/{}", count("/status/readyReplicas"), count("/spec/replicas"));
    let mut cells = vec![
        deployment.name.as_str().into(),
        ready.into(),
        count("/status/updatedReplicas").into(),
        count("/status/availableReplicas").into(),
        since(deployment, "/metadata/creationTimestamp", now),
    ];
    cells.extend(template(deployment));
    cells
}

fn replica_set(set: &Object, now: Timestamp) -> Vec<Value> {
    let count = |pointer: &str| set.number(pointer).unwrap_or_default().into();
    let mut cells = vec![
        set.name.as_str().into(),
        count("/spec/replicas"),
        count("/status/replicas"),
        count("/status/readyReplicas"),
        since(set, "/metadata/creationTimestamp", now),
    ];
    cells.extend(template(set));
    cells
}

/// Containers, images and selector.
fn template(object: &Object) -> [Value; 3] {
    let containers = object.list("/spec/template/spec/containers");
    let names =
        |field: &str| containers.iter().map(|container| text(container, field)).collect::<Vec<_>>().join(",");
    [names("/name").into(), names("/image").into(), labels(object.at("/spec/selector/matchLabels"))]
}
