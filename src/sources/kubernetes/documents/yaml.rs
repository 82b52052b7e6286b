//! An object as `kubectl get -o yaml` shows it, without who wrote which field, and without secrets.

use serde_json::Value;

use super::Refusal;
use crate::model::text::clean;
use crate::sources::TroubleKind;

/// What stands in for a secret.
const REDACTED: &str = "[redacted]";

/// Repeats the object, secrets included.
const LAST_APPLIED: &str = "kubectl.kubernetes.io/last-applied-configuration";

/// Parts of names of environment variables whose values are secrets.
const SECRET: &[&str] =
    &["secret", "password", "passwd", "token", "apikey", "api_key", "credential", "private", "_key"];

/// The lines of an object.
pub fn text(mut object: Value) -> Result<Vec<String>, Refusal> {
    if let Some(metadata) = object.pointer_mut("/metadata").and_then(Value::as_object_mut) {
        metadata.remove("managedFields");
        if let Some(last) = metadata.get_mut("annotations").and_then(|all| all.get_mut(LAST_APPLIED)) {
            *last = Value::String("(left out: it repeats the object)".to_owned());
        }
    }
    redact(&mut object);
    let options = serde_saphyr::ser_options! { folded_wrap_chars: usize::MAX };
    let text = serde_saphyr::to_string_with_options(&object, options)
        .map_err(|error| Refusal::of(TroubleKind::Broken, &format!("it cannot be shown as YAML: {error}")))?;
    Ok(text.lines().map(|line| clean(line).into_owned()).collect())
}

/// Whether the value of a variable of this name is a secret.
pub fn is_secret(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    SECRET.iter().any(|part| name.contains(part))
}

/// Values of environment variables that look like secrets by their name.
fn redact(value: &mut Value) {
    match value {
        Value::Array(items) => items.iter_mut().for_each(redact),
        Value::Object(fields) => {
            let is_variable = fields.get("name").and_then(Value::as_str).is_some_and(is_secret);
            if let Some(secret) = fields.get_mut("value").filter(|secret| is_variable && secret.is_string()) {
                *secret = Value::String(REDACTED.to_owned());
            }
            fields.values_mut().for_each(redact);
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_as_kubectl_shows_it_and_without_secrets() {
        let object = serde_json::json!({
            "kind": "Pod",
            "metadata": {"name": "a", "managedFields": [{"manager": "x"}]},
            "spec": {"containers": [{"args": ["--port", "5000"], "env": [
                {"name": "DB_PASSWORD", "value": "hunter2"}, {"name": "LEVEL", "value": "info"}]}]},
            "status": {"message": "one\ntwo"},
        });
        let text = text(object).unwrap().join("\n");
        assert!(!text.contains("hunter2") && !text.contains("managedFields"), "{text}");
        let wanted = "spec:\n  containers:\n  - args:\n    - --port\n    - \"5000\"\n    env:\n    - name: DB_PASSWORD";
        assert!(text.replace('\'', "\"").contains(wanted), "{text}");
        assert!(text.contains("level: info") || text.contains("value: info"), "{text}");
        assert!(text.contains("|-\n    one\n    two"), "{text}");
    }
}
