//! Documents of search engines and of clouds' logging, as the line that was written.

use std::borrow::Cow;

use serde_json::{Map, Value};

/// What a collector puts around the fields of a line.
const OBJECTS: [&str; 3] = ["_source", "json", "jsonPayload"];
/// Where the line itself is, where it is a text.
const TEXTS: [&str; 4] = ["textPayload", "log", "message", "event.original"];
/// What a cloud's load balancer says of a request, and how lines call it.
const OF_REQUEST: [(&str, &str); 7] = [
    ("requestMethod", "method"),
    ("requestUrl", "uri"),
    ("status", "status"),
    ("responseSize", "written_bytes"),
    ("remoteIp", "remote_addr"),
    ("userAgent", "user_agent"),
    ("latency", "duration"),
];

/// The line that is wrapped in a document; the document itself where none is.
pub fn document_line(document: &Value) -> Cow<'_, str> {
    if let Some(request) = document.get("httpRequest").and_then(Value::as_object) {
        let empty = Map::new();
        let payload = document.get("jsonPayload").and_then(Value::as_object).unwrap_or(&empty);
        if document.get("textPayload").is_none() && !has_request(payload) {
            return Cow::Owned(with_request(document, payload, request).to_string());
        }
    }
    let inner = OBJECTS.iter().find_map(|name| document.get(name)).filter(|inner| inner.is_object());
    if let Some(inner) = inner {
        return document_line(inner);
    }
    let has_own = document.get("msg").is_some();
    match TEXTS.iter().find_map(|name| document.get(name)?.as_str()).filter(|_| !has_own) {
        Some(text) => Cow::Borrowed(text),
        None => Cow::Owned(document.to_string()),
    }
}

fn has_request(payload: &Map<String, Value>) -> bool {
    payload.keys().any(|name| matches!(name.as_str(), "uri" | "http") || name.starts_with("http."))
}

/// One object with what stands beside a request and what is said of it.
fn with_request(document: &Value, payload: &Map<String, Value>, request: &Map<String, Value>) -> Value {
    let mut line = payload.clone();
    line.insert("system".to_owned(), "http".into());
    if let Some(severity) = document.get("severity") {
        line.insert("severity".to_owned(), severity.clone());
    }
    for (theirs, ours) in OF_REQUEST {
        let Some(value) = request.get(theirs) else { continue };
        match value.as_str().and_then(|url| url.split_once("://")).filter(|_| ours == "uri") {
            Some((_, rest)) => {
                let path = rest.find('/').unwrap_or(rest.len());
                line.insert("host".to_owned(), rest[..path].into());
                line.insert(ours.to_owned(), if path < rest.len() { &rest[path..] } else { "/" }.into());
            }
            None => {
                line.insert(ours.to_owned(), value.clone());
            }
        }
    }
    Value::Object(line)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::logs::{Fields, Layer};

    #[test]
    fn what_a_load_balancer_of_a_cloud_says_of_a_request_is_a_line() {
        let entry = json!({
            "severity": "WARNING",
            "jsonPayload": { "statusDetails": "backend_timeout" },
            "httpRequest": {
                "requestMethod": "GET",
                "requestUrl": "https://registry.example.com/v2/g/p/manifests/v1?ns=a",
                "status": 502,
                "remoteIp": "192.0.2.7",
                "latency": "0.250s",
            },
        });
        let line = document_line(&entry);
        let fields = Fields::of(&line);
        assert_eq!(fields.uri.as_deref(), Some("/v2/g/p/manifests/v1?ns=a"));
        assert_eq!(fields.host.as_deref(), Some("registry.example.com"));
        assert_eq!((fields.status, fields.layer), (Some(502), Layer::Access));
        assert_eq!(fields.took, Some(std::time::Duration::from_millis(250)));
        assert!(line.contains("backend_timeout"));
    }

    #[test]
    fn a_line_that_tells_of_its_request_itself_stays_as_it_is() {
        let payload = json!({ "msg": "response completed", "http.request.uri": "/v2/" });
        let entry = json!({ "jsonPayload": payload, "httpRequest": { "status": 500 } });
        assert_eq!(document_line(&entry), payload.to_string());
    }
}
