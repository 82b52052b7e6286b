//! What is there: the base of the API, tags of a repository, repositories.

use axum::http::header;
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

use super::answers::Refusal;
use crate::registry::layout::{LAYERS_FOLDER, REPOSITORIES, tags_prefix};
use crate::registry::reference::Repository;
use crate::storage::{Delimiter, ObjectStore, Page, StoreError};

/// Names in a page of the catalogue when nobody says how many.
const CATALOG: usize = 100;
const JSON: &str = "application/json; charset=utf-8";

/// `GET /v2/`: this is a registry, and everybody may use it.
pub fn base() -> Response {
    ([(header::CONTENT_TYPE, JSON)], "{}").into_response()
}

/// `GET /v2/<name>/tags/list`: names of what lies in the folder of tags, whatever it is.
pub async fn tags(
    store: &dyn ObjectStore,
    repository: &Repository,
    query: Option<&str>,
) -> Result<Response, Refusal> {
    let prefix = tags_prefix(repository);
    let names = match level(store, &prefix).await {
        Ok(page) => names(&page, &prefix),
        Err(error) if error.is_gone() => return Err(Refusal::no_repository(repository.as_str())),
        Err(error) => return Err(error.into()),
    };
    let (names, next) = paged(names, query, None);
    let tags = if names.is_empty() { Value::Null } else { json!(names) };
    let path = format!("/v2/{repository}/tags/list");
    Ok(listed(&json!({ "name": repository.as_str(), "tags": tags }), next.map(|it| format!("{path}?{it}"))))
}

/// `GET /v2/_catalog`: all repositories that have layers.
pub async fn catalog(store: &dyn ObjectStore, query: Option<&str>) -> Result<Response, Refusal> {
    let mut found = Vec::new();
    let mut folders = vec![REPOSITORIES.to_owned()];
    while let Some(folder) = folders.pop() {
        let page = match level(store, &folder).await {
            Ok(page) => page,
            Err(error) if error.is_gone() => continue,
            Err(error) => return Err(error.into()),
        };
        for prefix in page.prefixes {
            let name = prefix.trim_end_matches('/').rsplit('/').next().unwrap_or_default();
            if name == LAYERS_FOLDER {
                found.push(folder[REPOSITORIES.len()..].trim_end_matches('/').to_owned());
            } else if !name.starts_with('_') {
                folders.push(prefix);
            }
        }
    }
    found.sort();
    let (names, next) = paged(found, query, Some(CATALOG));
    Ok(listed(&json!({ "repositories": names }), next.map(|next| format!("/v2/_catalog?{next}"))))
}

fn listed(body: &Value, next: Option<String>) -> Response {
    let mut response = ([(header::CONTENT_TYPE, JSON)], format!("{body}\n")).into_response();
    let link = next.and_then(|next| format!("<{next}>; rel=\"next\"").parse().ok());
    if let Some(link) = link {
        response.headers_mut().insert(header::LINK, link);
    }
    response
}

/// The names that `n` and `last` ask for, and the query of the next page if there are more.
fn paged(names: Vec<String>, query: Option<&str>, usual: Option<usize>) -> (Vec<String>, Option<String>) {
    let asked: Vec<_> = url::form_urlencoded::parse(query.unwrap_or_default().as_bytes()).collect();
    let value = |name: &str| asked.iter().find(|(key, _)| key == name).map(|(_, value)| value.to_string());
    let (last, count) =
        (value("last").unwrap_or_default(), value("n").and_then(|n| n.parse().ok()).or(usual));
    let mut rest = names.into_iter().filter(|name| *name > last);
    let page: Vec<_> = rest.by_ref().take(count.unwrap_or(usize::MAX)).collect();
    let more = rest.next().and(page.last()).zip(count);
    let next = more.map(|(last, count)| {
        url::form_urlencoded::Serializer::new(String::new())
            .append_pair("last", last)
            .append_pair("n", &count.to_string())
            .finish()
    });
    (page, next)
}

/// One level of the store, all pages of it.
async fn level(store: &dyn ObjectStore, prefix: &str) -> Result<Page, StoreError> {
    let mut whole = store.list(prefix, Delimiter::Slash, None).await?;
    while let Some(token) = whole.next.take() {
        let page = store.list(prefix, Delimiter::Slash, Some(&token)).await?;
        whole.entries.extend(page.entries);
        whole.prefixes.extend(page.prefixes);
        whole.next = page.next;
    }
    Ok(whole)
}

fn names(page: &Page, prefix: &str) -> Vec<String> {
    let keys = page.entries.iter().map(|entry| &entry.key).chain(&page.prefixes);
    let mut names: Vec<_> = keys.map(|key| key[prefix.len()..].trim_end_matches('/').to_owned()).collect();
    names.sort();
    names
}
