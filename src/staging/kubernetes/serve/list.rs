//! Lists, whole or in pages.

use base64::Engine;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use serde::Serialize;
use serde_json::{Map, Value, json};

use super::accept::Form;
use super::selector::Selector;
use super::status::Problem;
use super::target::{Asked, Query};
use super::{Answer, json_answer, warned};
use crate::staging::kubernetes::cluster::Cluster;
use crate::staging::kubernetes::table;

/// What is said about a list as a whole.
#[derive(Debug, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ListMeta {
    pub resource_version: String,
    #[serde(rename = "continue", skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub remaining_item_count: Option<usize>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct List<'a> {
    kind: String,
    api_version: String,
    metadata: ListMeta,
    items: Vec<&'a Map<String, Value>>,
}

/// Where a page begins, and which version of the list it belongs to.
struct Start {
    version: u64,
    after: (String, String),
}

/// A list of objects, or a page of it. Later pages show objects as they are by then; a watch from the list's version
/// tells the rest.
pub fn answer(cluster: &Cluster, asked: &Asked, query: &Query, selector: &Selector, form: Form) -> Answer {
    let start = query.get("continue").map(Start::parse).transpose()?;
    check_version(cluster, query, start.as_ref())?;
    let (mut found, version) = cluster.list(asked.resource, asked.namespace.as_deref());
    found.retain(|object| selector.matches(object));
    if let Some(start) = &start {
        found.retain(|object| (&object.namespace, &object.name) > (&start.after.0, &start.after.1));
    }
    let version = start.map_or(version, |start| start.version);
    let mut metadata = ListMeta { resource_version: version.to_string(), ..ListMeta::default() };
    let limit =
        query.number("limit").and_then(|limit| usize::try_from(limit).ok()).filter(|limit| *limit > 0);
    if let Some(limit) = limit.filter(|limit| *limit < found.len()) {
        // A selected rest is not counted, as its objects would have to be looked at.
        metadata.remaining_item_count = selector.is_empty().then_some(found.len() - limit);
        found.truncate(limit);
        metadata.next = found.last().map(|last| Start::token(version, &last.namespace, &last.name));
    }
    let answer = match form {
        Form::Table(form) => json_answer(&table::table(asked.resource, &found, form, Some(metadata))),
        Form::Plain => json_answer(&List {
            kind: format!("{}List", asked.resource.kind),
            api_version: asked.resource.api_version(),
            metadata,
            items: found.iter().map(|object| &object.body).collect(),
        }),
    };
    Ok(warned(asked.resource, answer))
}

/// Whether what is asked for is still remembered.
fn check_version(cluster: &Cluster, query: &Query, start: Option<&Start>) -> Result<(), Problem> {
    let (oldest, _) = cluster.versions();
    if start.is_some_and(|start| start.version < oldest) {
        return Err(Problem::token_too_old());
    }
    let exact = query.get("resourceVersionMatch") == Some("Exact");
    match query.number("resourceVersion") {
        Some(asked) if exact && asked < oldest => Err(Problem::too_old(asked, oldest)),
        _ => Ok(()),
    }
}

impl Start {
    fn token(version: u64, namespace: &str, name: &str) -> String {
        let start = json!({"v": "meta.k8s.io/v1", "rv": version, "start": format!("{namespace}/{name}\0")});
        STANDARD_NO_PAD.encode(start.to_string())
    }

    fn parse(token: &str) -> Result<Self, Problem> {
        let invalid = || Problem::bad_request("continue key is not valid");
        let bytes = STANDARD_NO_PAD.decode(token.trim_end_matches('=')).map_err(|_| invalid())?;
        let token: Value = serde_json::from_slice(&bytes).map_err(|_| invalid())?;
        let version = token.get("rv").and_then(Value::as_u64).ok_or_else(invalid)?;
        let start = token.get("start").and_then(Value::as_str).ok_or_else(invalid)?;
        let (namespace, name) = start.trim_end_matches('\0').split_once('/').ok_or_else(invalid)?;
        Ok(Self { version, after: (namespace.to_owned(), name.to_owned()) })
    }
}
