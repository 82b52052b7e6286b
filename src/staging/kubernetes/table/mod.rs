//! Tables: what the server itself makes of objects for `kubectl get`, one file for the words of each family of kinds.

mod age;
mod autoscalers;
mod network;
mod nodes;
mod pods;
mod sets;

use std::sync::Arc;

use jiff::Timestamp;
use serde_json::{Value, json};

use super::kinds::Resource;
use super::object::Object;
use super::serve::{Include, ListMeta, TableForm};

/// A column: its name and type, and whether only `-o wide` shows it.
struct Column {
    name: &'static str,
    kind: &'static str,
    wide: bool,
}

const fn shown(name: &'static str) -> Column {
    Column { name, kind: "string", wide: false }
}

const fn number(name: &'static str) -> Column {
    Column { name, kind: "integer", wide: false }
}

const fn wide(name: &'static str) -> Column {
    Column { name, kind: "string", wide: true }
}

/// How objects of a kind become rows.
struct Printer {
    columns: &'static [Column],
    cells: fn(&Object, Timestamp) -> Vec<Value>,
}

const PRINTERS: &[(&str, Printer)] = &[
    ("Pod", pods::PRINTER),
    ("Service", network::SERVICES),
    ("Endpoints", network::ENDPOINTS),
    ("EndpointSlice", network::SLICES),
    ("Deployment", sets::DEPLOYMENTS),
    ("ReplicaSet", sets::REPLICA_SETS),
    ("HorizontalPodAutoscaler", autoscalers::PRINTER),
    ("Event", nodes::EVENTS),
    ("Node", nodes::NODES),
    ("Namespace", nodes::NAMESPACES),
];

/// The table of these objects.
pub fn table(resource: &Resource, objects: &[Arc<Object>], form: TableForm, list: Option<ListMeta>) -> Value {
    let now = Timestamp::now();
    let Some((_, printer)) = PRINTERS.iter().find(|(kind, _)| *kind == resource.kind) else {
        return Value::Null;
    };
    let columns: Vec<Value> = printer.columns.iter().map(definition).collect();
    let rows: Vec<Value> = objects.iter().map(|object| row(object, printer, form, now)).collect();
    let version = objects.first().map_or_else(String::new, |object| object.version.to_string());
    let metadata = match list {
        Some(list) => serde_json::to_value(list).unwrap_or_default(),
        None => json!({"resourceVersion": version}),
    };
    json!({"kind": "Table", "apiVersion": form.version, "metadata": metadata, "columnDefinitions": columns, "rows": rows})
}

fn definition(column: &Column) -> Value {
    let format = if column.name == "Name" { "name" } else { "" };
    json!({"name": column.name, "type": column.kind, "format": format, "description": "",
        "priority": i32::from(column.wide)})
}

fn row(object: &Object, printer: &Printer, form: TableForm, now: Timestamp) -> Value {
    let mut row = json!({"cells": (printer.cells)(object, now)});
    if let Some(condition) = pods::finished(object) {
        row["conditions"] = json!([condition]);
    }
    match form.include {
        Include::Nothing => {}
        Include::Object => row["object"] = serde_json::to_value(object.whole()).unwrap_or_default(),
        Include::Metadata => {
            row["object"] = json!({"kind": "PartialObjectMetadata", "apiVersion": form.version,
                "metadata": object.at("/metadata")});
        }
    }
    row
}

/// What stands for nothing.
const NONE: &str = "<none>";

/// The text, or the word for nothing.
fn or_none(text: &str) -> Value {
    if text.is_empty() { NONE.into() } else { text.into() }
}

/// How long ago the time at this place was.
fn since(object: &Object, pointer: &str, now: Timestamp) -> Value {
    age::ago(object.text(pointer), now).into()
}

/// Labels as a selector would name them.
fn labels(value: Option<&Value>) -> Value {
    let labels = value.and_then(Value::as_object).into_iter().flatten();
    let terms: Vec<String> =
        labels.map(|(key, value)| format!("{key}={}", value.as_str().unwrap_or_default())).collect();
    or_none(&terms.join(","))
}
