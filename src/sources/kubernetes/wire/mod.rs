//! What is read of the API's JSON: only the fields that are needed, none of them required.

mod event;
pub(super) mod lenient;
mod network;
mod pod;
mod workload;

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::value::RawValue;

pub use lenient::Stamp;
use lenient::wire;
pub use pod::{ContainerStatus, Pod, Terminated};

use super::objects::{self, Kind};
use crate::model::text::clean;

/// Longest text of a message that is kept, in characters.
const MESSAGE: usize = 512;

wire! {
    /// What every object has.
    struct Meta {
        name: String,
        namespace: String,
        uid: String,
        resource_version: String,
        creation_timestamp: Stamp,
        deletion_timestamp: Stamp,
        labels: BTreeMap<String, String>,
        owner_references: Vec<Owner>,
    }

    /// What an object belongs to.
    struct Owner {
        kind: String,
        name: String,
        controller: bool,
    }

    /// A condition of any object.
    struct Condition {
        #[serde(rename = "type")]
        kind: String,
        status: String,
        reason: String,
        message: String,
        last_transition_time: Stamp,
    }

    /// What the API says instead of an answer.
    struct Status {
        message: String,
        reason: String,
        code: u16,
        details: StatusDetails,
    }

    struct StatusDetails {
        retry_after_seconds: u64,
    }

    struct ListMeta {
        resource_version: String,
        #[serde(rename = "continue")]
        next: String,
    }

    struct Named {
        metadata: Meta,
    }
}

/// A page of a list; its objects are read one by one, so that an odd one does not spoil the rest.
#[derive(Deserialize)]
pub struct Page<'a> {
    #[serde(default, deserialize_with = "lenient::or_default")]
    pub metadata: ListMeta,
    #[serde(borrow, default)]
    pub items: Option<Vec<&'a RawValue>>,
}

/// A line of a watch.
#[derive(Deserialize)]
pub struct Line<'a> {
    #[serde(rename = "type")]
    pub kind: String,
    #[serde(borrow)]
    pub object: &'a RawValue,
}

/// An object of any kind, as far as it matters here.
#[derive(Clone, Debug, PartialEq)]
pub enum Object {
    Pod(objects::Pod),
    Service(objects::Service),
    Slice(Kind, objects::Slice),
    Deployment(objects::Deployment),
    ReplicaSet(objects::ReplicaSet),
    Autoscaler(objects::Autoscaler),
    Happening(objects::Happening),
}

impl Object {
    /// Its name, which is its key within its kind.
    pub fn name(&self) -> &str {
        match self {
            Self::Pod(object) => &object.name,
            Self::Service(object) => &object.name,
            Self::Slice(_, object) => &object.name,
            Self::Deployment(object) => &object.name,
            Self::ReplicaSet(object) => &object.name,
            Self::Autoscaler(object) => &object.name,
            Self::Happening(object) => &object.name,
        }
    }
}

/// An object that was read, or what was odd about it.
#[derive(Debug)]
pub struct Heard {
    /// Empty where even that could not be read.
    pub name: String,
    pub version: String,
    /// None where the object is of no concern here.
    pub object: Result<Option<Object>, String>,
}

/// Reads an object of this kind. `selector` says which pods matter.
pub fn read(kind: Kind, json: &str, selector: &super::selector::Selector) -> Heard {
    let meta = serde_json::from_str::<Named>(json).unwrap_or_default().metadata;
    let object = match object(kind, json, selector) {
        Ok(_) if meta.name.is_empty() => Err("it has no name".to_owned()),
        Ok(object) => Ok(object),
        Err(error) => Err(clean(&error.to_string()).into_owned()),
    };
    Heard { name: clean(&meta.name).into_owned(), version: meta.resource_version, object }
}

fn object(
    kind: Kind,
    json: &str,
    selector: &super::selector::Selector,
) -> serde_json::Result<Option<Object>> {
    use serde_json::from_str;
    Ok(match kind {
        Kind::Pod => Some(Object::Pod(from_str::<Pod>(json)?.slim())),
        Kind::Service => from_str::<network::Service>(json)?.slim(selector).map(Object::Service),
        Kind::EndpointSlice => {
            from_str::<network::EndpointSlice>(json)?.slim().map(|s| Object::Slice(kind, s))
        }
        Kind::Endpoints => Some(Object::Slice(kind, from_str::<network::Endpoints>(json)?.slim())),
        Kind::Deployment => from_str::<workload::Deployment>(json)?.slim(selector).map(Object::Deployment),
        Kind::ReplicaSet => Some(Object::ReplicaSet(from_str::<workload::ReplicaSet>(json)?.slim())),
        Kind::Autoscaler => Some(Object::Autoscaler(from_str::<workload::Autoscaler>(json)?.slim())),
        Kind::Event => Some(Object::Happening(from_str::<event::Event>(json)?.slim())),
    })
}

impl Meta {
    fn controller(&self) -> Option<&Owner> {
        self.owner_references.iter().find(|owner| owner.controller).or(self.owner_references.first())
    }
}

/// Text from outside, safe to show.
fn safe(text: &str) -> String {
    clean(text).into_owned()
}

/// The same, or nothing where there is none.
fn some(text: &str) -> Option<String> {
    (!text.is_empty()).then(|| safe(text))
}

/// A message, safe to show and not longer than anybody reads.
fn message(text: &str) -> String {
    let text = clean(text.trim());
    match text.char_indices().nth(MESSAGE) {
        Some((at, _)) => format!("{}…", &text[..at]),
        None => text.into_owned(),
    }
}

/// A count that the API never means to be negative.
fn count(number: i64) -> u32 {
    u32::try_from(number.max(0)).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::Value;

    use super::*;
    use crate::sources::kubernetes::selector::Selector;

    /// Names that the API uses, so that odd values end up where something else is expected.
    const KEYS: &[&str] = &[
        "metadata",
        "name",
        "labels",
        "ownerReferences",
        "spec",
        "status",
        "containers",
        "initContainers",
        "containerStatuses",
        "initContainerStatuses",
        "state",
        "lastState",
        "terminated",
        "waiting",
        "exitCode",
        "conditions",
        "type",
        "endpoints",
        "addresses",
        "subsets",
        "ports",
        "port",
        "metrics",
        "resource",
        "target",
        "replicas",
        "count",
        "series",
        "restartCount",
        "deletionTimestamp",
        "template",
        "selector",
    ];

    fn any_json() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            ".{0,12}".prop_map(Value::from),
            Just(Value::from("2026-11-20T20:00:00Z")),
        ];
        leaf.prop_recursive(6, 96, 8, |inner| {
            let key = proptest::sample::select(KEYS).prop_map(str::to_owned);
            prop_oneof![
                proptest::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
                proptest::collection::btree_map(key, inner, 0..8)
                    .prop_map(|fields| Value::Object(fields.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #[test]
        fn any_json_is_read_or_refused(json in any_json()) {
            let selector = Selector::new("app=registry", None);
            for kind in Kind::ALL {
                let heard = read(kind, &json.to_string(), &selector);
                if let Ok(Some(object)) = heard.object {
                    prop_assert_eq!(object.name(), heard.name);
                }
            }
        }

        #[test]
        fn any_bytes_are_read_or_refused(text in ".{0,64}") {
            let heard = read(Kind::Pod, &text, &Selector::new("", None));
            prop_assert!(heard.object.is_err() || !heard.name.is_empty());
        }
    }
}
