//! Nodes, namespaces and events in tables.

use jiff::Timestamp;
use serde_json::Value;

use super::{NONE, Printer, age, or_none, shown, since, wide};
use crate::staging::kubernetes::object::{Object, text};

pub const NODES: Printer = Printer {
    columns: &[
        shown("Name"),
        shown("Status"),
        shown("Roles"),
        shown("Age"),
        shown("Version"),
        wide("Internal-IP"),
        wide("External-IP"),
        wide("OS-Image"),
        wide("Kernel-Version"),
        wide("Container-Runtime"),
    ],
    cells: node,
};

pub const NAMESPACES: Printer =
    Printer { columns: &[shown("Name"), shown("Status"), shown("Age")], cells: namespace };

pub const EVENTS: Printer = Printer {
    columns: &[
        shown("Last Seen"),
        shown("Type"),
        shown("Reason"),
        shown("Object"),
        wide("Subobject"),
        wide("Source"),
        shown("Message"),
        wide("First Seen"),
        wide("Count"),
        wide("Name"),
    ],
    cells: event,
};

fn node(node: &Object, now: Timestamp) -> Vec<Value> {
    let ready = node.list("/status/conditions").iter().find(|condition| text(condition, "/type") == "Ready");
    let mut status = match ready.map(|condition| text(condition, "/status")) {
        Some("True") => "Ready",
        Some(_) => "NotReady",
        None => "Unknown",
    }
    .to_owned();
    if node.at("/spec/unschedulable").and_then(Value::as_bool) == Some(true) {
        status.push_str(",SchedulingDisabled");
    }
    let address = |kind: &str| {
        let found = node.list("/status/addresses").iter().find(|address| text(address, "/type") == kind);
        or_none(found.map_or("", |address| text(address, "/address")))
    };
    let info = |field: &str| match node.text(&format!("/status/nodeInfo/{field}")) {
        "" => "<unknown>".into(),
        text => Value::from(text),
    };
    vec![
        node.name.as_str().into(),
        status.into(),
        roles(node),
        since(node, "/metadata/creationTimestamp", now),
        node.text("/status/nodeInfo/kubeletVersion").into(),
        address("InternalIP"),
        address("ExternalIP"),
        info("osImage"),
        info("kernelVersion"),
        info("containerRuntimeVersion"),
    ]
}

fn roles(node: &Object) -> Value {
    let labels = node.at("/metadata/labels").and_then(Value::as_object).into_iter().flatten();
    let roles = labels.filter_map(|(key, _)| key.strip_prefix("node-role.kubernetes.io/"));
    or_none(&roles.collect::<Vec<_>>().join(","))
}

fn namespace(namespace: &Object, now: Timestamp) -> Vec<Value> {
    let status = namespace.text("/status/phase").into();
    vec![namespace.name.as_str().into(), status, since(namespace, "/metadata/creationTimestamp", now)]
}

fn event(event: &Object, now: Timestamp) -> Vec<Value> {
    let time = |places: &[&str]| {
        let found = places.iter().map(|place| event.text(place)).find(|time| !time.is_empty());
        age::ago(found.unwrap_or_default(), now)
    };
    let first = time(&["/firstTimestamp", "/eventTime"]);
    let last = time(&["/series/lastObservedTime", "/lastTimestamp", "/firstTimestamp", "/eventTime"]);
    let kind = event.text("/involvedObject/kind").to_lowercase();
    let about = match event.text("/involvedObject/name") {
        "" => kind,
        name => format!("{kind}/{name}"),
    };
    vec![
        last.into(),
        event.text("/type").into(),
        event.text("/reason").into(),
        about.into(),
        event.text("/involvedObject/fieldPath").into(),
        source(event),
        event.text("/message").trim().into(),
        first.into(),
        event.number("/series/count").or_else(|| event.number("/count")).unwrap_or(1).into(),
        event.name.as_str().into(),
    ]
}

fn source(event: &Object) -> Value {
    let component = match event.text("/source/component") {
        "" => event.text("/reportingComponent"),
        component => component,
    };
    match (component, event.text("/source/host")) {
        ("", _) => NONE.into(),
        (component, "") => component.into(),
        (component, host) => format!("{component}, {host}").into(),
    }
}
