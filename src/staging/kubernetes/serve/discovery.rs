//! What this API has: the aggregated documents of today's clients, and the legacy ones.

use axum::response::Response;
use serde_json::{Value, json};

use super::rights::VERBS;
use super::target::Documents;
use super::{json_answer, typed_answer};
use crate::staging::kubernetes::kinds::{RESOURCES, REVIEWS, Resource};

/// The version that this server says it is.
pub fn version() -> Value {
    json!({"major": "1", "minor": "36", "gitVersion": "v1.36.0-quarterdeck-staging", "gitCommit": "", "gitTreeState": "",
        "buildDate": "1970-01-01T00:00:00Z", "goVersion": "none", "compiler": "rustc", "platform": "linux/amd64"})
}

/// One of the documents; none if there is no such group or version.
pub fn answer(asked: Documents, accept: &str) -> Option<Response> {
    let aggregated = aggregated_version(accept);
    match (asked, aggregated) {
        (Documents::Core, Some(version)) => Some(aggregate(version, &[""])),
        (Documents::Groups, Some(version)) => Some(aggregate(version, &groups())),
        (Documents::Core, None) => Some(json_answer(&json!({"kind": "APIVersions", "versions": ["v1"],
            "serverAddressByClientCIDRs": []}))),
        (Documents::Groups, None) => {
            let groups: Vec<Value> = groups().into_iter().map(group).collect();
            Some(json_answer(&json!({"kind": "APIGroupList", "apiVersion": "v1", "groups": groups})))
        }
        (Documents::Group(name), _) => {
            let mut found = group(groups().into_iter().find(|group| *group == name)?);
            found["kind"] = "APIGroup".into();
            found["apiVersion"] = "v1".into();
            Some(json_answer(&found))
        }
        (Documents::Resources { group, version }, _) => {
            resources(&group, &version).map(|list| json_answer(&list))
        }
    }
}

/// The version of aggregated discovery that the client prefers among those that are served.
fn aggregated_version(accept: &str) -> Option<&'static str> {
    let wants =
        |range: &&str| range.contains("as=APIGroupDiscoveryList") && range.contains("g=apidiscovery.k8s.io");
    accept.split(',').filter(wants).find_map(|range| {
        let has = |version: &str| range.split(';').any(|part| part.trim() == version);
        if has("v=v2") { Some("v2") } else { has("v=v2beta1").then_some("v2beta1") }
    })
}

fn rows() -> impl Iterator<Item = &'static Resource> {
    RESOURCES.iter().chain(REVIEWS)
}

/// The groups beside the core, each once.
fn groups() -> Vec<&'static str> {
    let mut groups: Vec<&str> = rows().map(|row| row.group).filter(|group| !group.is_empty()).collect();
    groups.sort_unstable();
    groups.dedup();
    groups
}

fn verbs(row: &Resource) -> Vec<&'static str> {
    if REVIEWS.contains(row) { vec!["create"] } else { VERBS.to_vec() }
}

fn group(name: &str) -> Value {
    let version = rows().find(|row| row.group == name).map_or("v1", |row| row.version);
    let version = json!({"groupVersion": format!("{name}/{version}"), "version": version});
    json!({"name": name, "versions": [version], "preferredVersion": version})
}

fn resources(group: &str, version: &str) -> Option<Value> {
    let mut list = Vec::new();
    for row in rows().filter(|row| row.group == group && row.version == version) {
        let mut entry = json!({"name": row.plural, "singularName": row.singular, "namespaced": row.namespaced,
            "kind": row.kind, "verbs": verbs(row)});
        name_more(&mut entry, row);
        list.push(entry);
        list.extend(row.below.iter().map(|below| {
            json!({"name": format!("{}/{below}", row.plural), "singularName": "", "namespaced": row.namespaced,
                "kind": row.kind, "verbs": ["get"]})
        }));
    }
    let name = if group.is_empty() { version.to_owned() } else { format!("{group}/{version}") };
    (!list.is_empty()).then(
        || json!({"kind": "APIResourceList", "apiVersion": "v1", "groupVersion": name, "resources": list}),
    )
}

fn name_more(entry: &mut Value, row: &Resource) {
    for (field, names) in [("shortNames", row.short), ("categories", row.categories)] {
        if !names.is_empty() {
            entry[field] = json!(names);
        }
    }
}

fn aggregate(version: &str, groups: &[&str]) -> Response {
    let items: Vec<Value> = groups.iter().map(|group| aggregated_group(group)).collect();
    let list = json!({"kind": "APIGroupDiscoveryList", "apiVersion": format!("apidiscovery.k8s.io/{version}"),
        "metadata": {}, "items": items});
    typed_answer(
        &list,
        &format!("application/json;g=apidiscovery.k8s.io;v={version};as=APIGroupDiscoveryList"),
    )
}

fn aggregated_group(name: &str) -> Value {
    let rows: Vec<&Resource> = rows().filter(|row| row.group == name).collect();
    let version = rows.first().map_or("v1", |row| row.version);
    let resources: Vec<Value> = rows.into_iter().map(aggregated).collect();
    let metadata = if name.is_empty() { json!({}) } else { json!({"name": name}) };
    json!({"metadata": metadata, "versions": [{"version": version, "resources": resources, "freshness": "Current"}]})
}

fn aggregated(row: &Resource) -> Value {
    let kind = json!({"group": row.group, "version": row.version, "kind": row.kind});
    let mut entry = json!({"resource": row.plural, "responseKind": kind, "singularResource": row.singular,
        "scope": if row.namespaced { "Namespaced" } else { "Cluster" }, "verbs": verbs(row)});
    name_more(&mut entry, row);
    if !row.below.is_empty() {
        let below = |name: &&str| json!({"subresource": name, "responseKind": kind, "verbs": ["get"]});
        entry["subresources"] = row.below.iter().map(below).collect();
    }
    entry
}
