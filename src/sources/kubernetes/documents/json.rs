//! Looking into JSON of which nothing is certain.

use std::borrow::Cow;

use jiff::Timestamp;
use serde_json::{Map, Value};

/// The text at a path; empty where there is none.
pub fn text<'a>(value: &'a Value, path: &str) -> &'a str {
    value.pointer(path).and_then(Value::as_str).unwrap_or_default()
}

/// A text, number or truth value at a path, as it is written; empty where there is none.
pub fn scalar<'a>(value: &'a Value, path: &str) -> Cow<'a, str> {
    match value.pointer(path) {
        Some(Value::String(text)) => Cow::Borrowed(text),
        Some(other @ (Value::Number(_) | Value::Bool(_))) => Cow::Owned(other.to_string()),
        _ => Cow::Borrowed(""),
    }
}

/// The list at a path; empty where there is none.
pub fn list<'a>(value: &'a Value, path: &str) -> &'a [Value] {
    value.pointer(path).and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

/// The object at a path, unless there is none or it is empty.
pub fn object<'a>(value: &'a Value, path: &str) -> Option<&'a Map<String, Value>> {
    value.pointer(path).and_then(Value::as_object).filter(|object| !object.is_empty())
}

/// The number at a path; 0 where there is none.
pub fn number(value: &Value, path: &str) -> i64 {
    value.pointer(path).and_then(Value::as_i64).unwrap_or_default()
}

/// Whether it is true at a path.
pub fn truth(value: &Value, path: &str) -> bool {
    value.pointer(path).and_then(Value::as_bool).unwrap_or_default()
}

/// The time at a path.
pub fn time(value: &Value, path: &str) -> Option<Timestamp> {
    text(value, path).parse().ok()
}
