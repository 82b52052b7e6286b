//! One stored object, and how to look into JSON.

use serde::Serialize;
use serde_json::{Map, Value};

use super::kinds::Resource;

/// An object as it is stored: without its kind and version, which lists leave out.
#[derive(Debug)]
pub struct Object {
    pub resource: &'static Resource,
    /// Empty for kinds that live outside of namespaces.
    pub namespace: String,
    pub name: String,
    /// The resource version of its last change.
    pub version: u64,
    /// metadata, spec, status …
    pub body: Map<String, Value>,
}

impl Object {
    /// The text at a JSON pointer below the object, or nothing.
    pub fn text(&self, pointer: &str) -> &str {
        self.at(pointer).and_then(Value::as_str).unwrap_or_default()
    }

    /// The number at a JSON pointer.
    pub fn number(&self, pointer: &str) -> Option<i64> {
        self.at(pointer).and_then(Value::as_i64)
    }

    /// The list at a JSON pointer; empty if there is none.
    pub fn list(&self, pointer: &str) -> &[Value] {
        self.at(pointer).map(entries).unwrap_or_default()
    }

    /// What is at a JSON pointer.
    pub fn at(&self, pointer: &str) -> Option<&Value> {
        let path = pointer.strip_prefix('/')?;
        let (first, rest) = path.split_once('/').unwrap_or((path, ""));
        let value = self.body.get(first)?;
        if rest.is_empty() { Some(value) } else { value.pointer(&pointer[first.len() + 1..]) }
    }

    /// With kind and version, as a single object is answered.
    pub fn whole(&self) -> Whole<'_> {
        Whole { kind: self.resource.kind, api_version: self.resource.api_version(), body: &self.body }
    }

    /// The object's unique id.
    pub fn uid(&self) -> &str {
        self.text("/metadata/uid")
    }
}

/// An object with its kind and version.
#[derive(Debug, Serialize)]
pub struct Whole<'a> {
    kind: &'static str,
    #[serde(rename = "apiVersion")]
    api_version: String,
    #[serde(flatten)]
    body: &'a Map<String, Value>,
}

/// The entries of a list, none if it is not one.
pub fn entries(value: &Value) -> &[Value] {
    value.as_array().map(Vec::as_slice).unwrap_or_default()
}

/// The text at a JSON pointer, or nothing.
pub fn text<'a>(value: &'a Value, pointer: &str) -> &'a str {
    value.pointer(pointer).and_then(Value::as_str).unwrap_or_default()
}
