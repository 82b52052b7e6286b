//! The API server: what each request is answered.

mod accept;
mod connection;
mod discovery;
mod list;
mod log;
mod posted;
mod rights;
mod selector;
mod status;
mod target;
mod watch;

use std::io;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::{Method, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use serde_json::json;
use tokio::net::TcpListener;

pub use self::accept::{Include, TableForm};
pub use self::list::ListMeta;

use self::accept::Form;
use self::connection::Guarded;
use self::selector::Selector;
use self::status::Problem;
use self::target::{Asked, Query, Target};
use super::cluster::Cluster;
use super::fault::Fault;
use super::kinds::Resource;
use super::table;

/// What a request is answered, or the `Status` that says why not.
type Answer = Result<Response, Problem>;

/// Serves the cluster's API until it is dropped.
pub async fn serve(cluster: Cluster, listener: TcpListener) -> io::Result<()> {
    axum::serve(Guarded::new(listener, cluster.clone()), router(cluster)).await
}

/// What is served, for those who answer some of it otherwise.
pub fn router(cluster: Cluster) -> Router {
    Router::new().fallback(answer).with_state(cluster)
}

async fn answer(
    State(cluster): State<Cluster>,
    method: Method,
    uri: Uri,
    headers: axum::http::HeaderMap,
    body: Bytes,
) -> Response {
    let faults = cluster.faults();
    if let Some(delay) = faults.delay() {
        tokio::time::sleep(delay).await;
    }
    if let Some(seconds) = faults.retry_after() {
        return status::too_many_requests(seconds);
    }
    if faults.has(&Fault::Refuse401) {
        return Problem::unauthorized().into_response();
    }
    let target = Target::parse(uri.path());
    let query = Query::parse(uri.query().unwrap_or_default());
    let accept = headers.get(header::ACCEPT).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let answer = match (&method, target) {
        (&Method::POST, Target::Review(review)) => rights::review(&cluster, review, &body),
        (&Method::GET | &Method::HEAD, target) => read(&cluster, target, &query, accept, uri.path()),
        (_, target) => Err(Problem::read_only(method.as_str(), &target)),
    };
    answer.unwrap_or_else(IntoResponse::into_response)
}

fn read(cluster: &Cluster, target: Target, query: &Query, accept: &str, path: &str) -> Answer {
    match target {
        Target::Version => Ok(json_answer(&discovery::version())),
        Target::Healthy => Ok("ok".into_response()),
        Target::Discovery(asked) => discovery::answer(asked, accept).ok_or_else(Problem::no_such_path),
        Target::Objects(asked) => objects(cluster, &asked, query, Form::parse(accept)?),
        Target::Review(_) => Err(Problem::method_not_allowed()),
        Target::Unknown if path == "/" => {
            Ok(json_answer(&json!({"paths": ["/api", "/apis", "/healthz", "/version"]})))
        }
        Target::Unknown => Err(Problem::no_such_path()),
    }
}

fn objects(cluster: &Cluster, asked: &Asked, query: &Query, form: Form) -> Answer {
    let form = form.with_objects(query.get("includeObject"))?;
    let name = asked.name.as_deref();
    let verb = match (name, query.flag("watch")) {
        (Some(_), _) => "get",
        (None, true) => "watch",
        (None, false) => "list",
    };
    allow(cluster, asked, verb)?;
    let Some(name) = name else {
        let selector = Selector::parse(asked.resource, query)?;
        return if verb == "watch" {
            watch::answer(cluster, asked, query, selector, form)
        } else {
            list::answer(cluster, asked, query, &selector, form)
        };
    };
    let namespace = asked.namespace.as_deref().unwrap_or_default();
    let found = cluster.get(asked.resource, namespace, name);
    let object = found.ok_or_else(|| Problem::not_found(asked.resource, name))?;
    match asked.below.as_deref() {
        None if form.is_table() => {
            Ok(json_answer(&table::table(asked.resource, &[object], form.of_table(), None)))
        }
        None => Ok(json_answer(&object.whole())),
        Some("log") => log::answer(cluster, &object, query),
        Some(_) => Err(Problem::no_such_path()),
    }
}

/// Whether the verb is not forbidden just now.
fn allow(cluster: &Cluster, asked: &Asked, verb: &str) -> Result<(), Problem> {
    let below = asked.below.as_ref().map(|below| format!("{}/{below}", asked.resource.plural));
    let resource = below.as_deref().unwrap_or(asked.resource.plural);
    match cluster.faults().denies(verb, resource) {
        true => Err(Problem::forbidden(asked, verb, resource)),
        false => Ok(()),
    }
}

fn json_answer(value: &impl Serialize) -> Response {
    typed_answer(value, "application/json")
}

fn typed_answer(value: &impl Serialize, kind: &str) -> Response {
    match serde_json::to_vec(value) {
        Ok(bytes) => {
            let headers = [(header::CONTENT_TYPE, kind), (header::CACHE_CONTROL, "no-cache, private")];
            (headers, Body::from(bytes)).into_response()
        }
        Err(error) => (StatusCode::INTERNAL_SERVER_ERROR, error.to_string()).into_response(),
    }
}

/// The old Endpoints come with a word of warning, as from any server since 1.33.
fn warned(resource: &Resource, mut answer: Response) -> Response {
    const OLD: &str =
        r#"299 - "v1 Endpoints is deprecated in v1.33+; use discovery.k8s.io/v1 EndpointSlice""#;
    if resource.kind == "Endpoints" {
        answer.headers_mut().insert(header::WARNING, header::HeaderValue::from_static(OLD));
    }
    answer
}
