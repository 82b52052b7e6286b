//! What one may do: the answers to `kubectl auth can-i` and `whoami`. All reading is allowed but what a fault denies.

use axum::http::StatusCode;
use axum::response::IntoResponse;
use serde_json::{Value, json};

use super::status::{Problem, USER};
use super::{Answer, Cluster, json_answer, posted};
use crate::staging::kubernetes::fault::Faults;
use crate::staging::kubernetes::kinds::{RESOURCES, Resource};
use crate::staging::kubernetes::object::text;

/// What this API does with objects.
pub const VERBS: [&str; 3] = ["get", "list", "watch"];

/// Answers a posted question about rights.
pub fn review(cluster: &Cluster, review: &Resource, body: &[u8]) -> Answer {
    let unreadable = || Problem::bad_request("the body of the review is neither JSON nor protobuf");
    let asked = posted::review(body).ok_or_else(unreadable)?;
    let faults = cluster.faults();
    let (spec, status) = match review.kind {
        "SelfSubjectAccessReview" => access(&faults, asked.get("spec")),
        "SelfSubjectRulesReview" => (json!({}), rules(&faults)),
        _ => (Value::Null, json!({"userInfo": {"username": USER, "groups": ["system:authenticated"]}})),
    };
    let mut answer =
        json!({"kind": review.kind, "apiVersion": review.api_version(), "metadata": {}, "status": status});
    if !spec.is_null() {
        answer["spec"] = spec;
    }
    Ok((StatusCode::CREATED, json_answer(&answer)).into_response())
}

fn access(faults: &Faults, spec: Option<&Value>) -> (Value, Value) {
    let spec = spec.cloned().unwrap_or_else(|| json!({}));
    let Some(wanted) = spec.get("resourceAttributes") else {
        let reads = text(&spec, "/nonResourceAttributes/verb") == "get";
        return (spec, json!({"allowed": reads}));
    };
    let (verb, resource) = (text(wanted, "/verb"), text(wanted, "/resource"));
    let path = match text(wanted, "/subresource") {
        "" => resource.to_owned(),
        below => format!("{resource}/{below}"),
    };
    let known = RESOURCES.iter().any(|row| row.plural == resource && row.group == text(wanted, "/group"));
    let mut status = match verb {
        verb if VERBS.contains(&verb) => json!({"allowed": !faults.denies(verb, &path)}),
        _ => json!({"allowed": false, "reason": "staging is read-only"}),
    };
    if !known {
        status = json!({"allowed": false, "reason": format!("staging has no {path}")});
    }
    (spec, status)
}

/// What may be done with each resource.
fn rules(faults: &Faults) -> Value {
    let rule = |group: &str, path: String| {
        let verbs: Vec<&str> = VERBS.into_iter().filter(|verb| !faults.denies(verb, &path)).collect();
        json!({"verbs": verbs, "apiGroups": [group], "resources": [path]})
    };
    let mut rules = vec![
        json!({"verbs": ["create"], "apiGroups": ["authorization.k8s.io"],
            "resources": ["selfsubjectaccessreviews", "selfsubjectrulesreviews"]}),
        json!({"verbs": ["create"], "apiGroups": ["authentication.k8s.io"], "resources": ["selfsubjectreviews"]}),
    ];
    for row in RESOURCES {
        rules.push(rule(row.group, row.plural.to_owned()));
        rules.extend(row.below.iter().map(|below| rule(row.group, format!("{}/{below}", row.plural))));
    }
    rules.retain(|rule| rule.get("verbs").and_then(Value::as_array).is_some_and(|verbs| !verbs.is_empty()));
    let open =
        ["/api", "/api/*", "/apis", "/apis/*", "/healthz", "/livez", "/readyz", "/version", "/version/"];
    let paths = json!([{"verbs": ["get"], "nonResourceURLs": open}]);
    json!({"resourceRules": rules, "nonResourceRules": paths, "incomplete": false})
}
