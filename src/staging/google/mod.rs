//! Google Cloud on loopback, as far as it is asked: target pools with the health of their instances, and incidents.

use std::collections::BTreeMap;
use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::Router;
use axum::extract::{Json, Path, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::net::TcpListener;

/// How the cloud sees an instance.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ServerHealth {
    #[default]
    Healthy,
    Unhealthy,
    Draining,
}

impl ServerHealth {
    const fn word(self) -> &'static str {
        match self {
            Self::Healthy => "HEALTHY",
            Self::Unhealthy => "UNHEALTHY",
            Self::Draining => "DRAINING",
        }
    }
}

/// An incident of the provider's store that goes on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Incident {
    pub began: Timestamp,
    pub text: String,
}

/// A project with target pools in one region: cheap to clone, all clones are the same one.
#[derive(Clone, Debug)]
pub struct Cloud {
    shared: Arc<Mutex<Shared>>,
}

#[derive(Debug)]
struct Shared {
    project: String,
    region: String,
    pools: Vec<String>,
    /// The instances of every pool.
    instances: BTreeMap<String, ServerHealth>,
    incident: Option<Incident>,
}

/// Where the Compute API begins, below the address.
pub const COMPUTE: &str = "/compute/v1";
/// Where the feed of incidents is.
pub const FEED: &str = "/incidents.json";

/// What Google calls the address of its API in the links of its answers.
const API: &str = "https://www.googleapis.com/compute/v1";

impl Cloud {
    /// All is well.
    pub fn new(project: &str, region: &str, pools: &[&str], instances: &[&str]) -> Self {
        let text = |name: &&str| (*name).to_owned();
        let shared = Shared {
            project: project.to_owned(),
            region: region.to_owned(),
            pools: pools.iter().map(text).collect(),
            instances: instances.iter().map(|name| (text(name), ServerHealth::Healthy)).collect(),
            incident: None,
        };
        Self { shared: Arc::new(Mutex::new(shared)) }
    }

    /// How it is from now on; an instance that is not named is healthy.
    pub fn show(&self, health: &BTreeMap<String, ServerHealth>, incident: Option<Incident>) {
        let mut shared = self.lock();
        for (name, is) in &mut shared.instances {
            *is = health.get(name).copied().unwrap_or_default();
        }
        shared.incident = incident;
    }

    /// Answers for as long as the future is kept.
    pub async fn serve(self, listener: TcpListener) -> io::Result<()> {
        let pool = format!("{COMPUTE}/projects/{{project}}/regions/{{region}}/targetPools/{{pool}}");
        let router = Router::new()
            .route(&pool, get(target_pool))
            .route(&format!("{pool}/getHealth"), post(health))
            .route(FEED, get(incidents))
            .fallback(|| async { not_found("the requested URL") });
        axum::serve(listener, router.with_state(self)).await
    }

    fn lock(&self) -> MutexGuard<'_, Shared> {
        self.shared.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Shared {
    fn has(&self, (project, region, pool): &(String, String, String)) -> bool {
        *project == self.project && *region == self.region && self.pools.contains(pool)
    }

    fn place(&self) -> String {
        format!("{API}/projects/{}/regions/{}", self.project, self.region)
    }

    fn instance(&self, name: &str) -> String {
        format!("{API}/projects/{}/zones/{}-c/instances/{name}", self.project, self.region)
    }
}

type Named = Path<(String, String, String)>;

async fn target_pool(State(cloud): State<Cloud>, Path(named): Named) -> Response {
    let shared = cloud.lock();
    let pool = &named.2;
    if !shared.has(&named) {
        return not_found(&format!("The resource 'targetPools/{pool}'"));
    }
    let instances: Vec<_> = shared.instances.keys().map(|name| shared.instance(name)).collect();
    Json(json!({
        "kind": "compute#targetPool", "name": pool, "region": shared.place(), "instances": instances,
        "sessionAffinity": "NONE", "selfLink": format!("{}/targetPools/{pool}", shared.place()),
    }))
    .into_response()
}

async fn health(State(cloud): State<Cloud>, Path(named): Named, Json(asked): Json<Value>) -> Response {
    let shared = cloud.lock();
    let instance = asked["instance"].as_str().unwrap_or_default();
    let name = instance.rsplit('/').next().unwrap_or_default();
    let Some(health) = shared.instances.get(name).filter(|_| shared.has(&named)) else {
        return not_found(&format!("The resource 'instances/{name}'"));
    };
    Json(json!({
        "kind": "compute#targetPoolInstanceHealth",
        "healthStatus": [{ "ipAddress": "192.0.2.10", "instance": instance, "healthState": health.word() }],
    }))
    .into_response()
}

async fn incidents(State(cloud): State<Cloud>, headers: HeaderMap) -> Response {
    let incident = cloud.lock().incident.clone();
    let tag = format!("\"{}\"", incident.as_ref().map_or(0, |incident| incident.began.as_second()));
    let known = headers.get(header::IF_NONE_MATCH).and_then(|value| value.to_str().ok());
    if known == Some(tag.as_str()) {
        return StatusCode::NOT_MODIFIED.into_response();
    }
    let mut feed = vec![over()];
    feed.splice(0..0, incident.as_ref().map(going_on));
    ([(header::ETAG, tag)], Json(Value::Array(feed))).into_response()
}

/// As the feed tells of an incident that goes on.
fn going_on(incident: &Incident) -> Value {
    let began = incident.began.to_string();
    json!({
        "id": "bT7GfQ2vKcXw3aHs9RkY", "number": "10482291874402116533", "begin": began, "created": began, "end": null,
        "modified": began, "external_desc": incident.text, "severity": "high", "status_impact": "SERVICE_DISRUPTION",
        "service_name": "Google Cloud Storage", "service_key": "UwaYoXQ5bHYHG6EdiPB8",
        "affected_products": [{ "title": "Google Cloud Storage", "id": "UwaYoXQ5bHYHG6EdiPB8" }],
        "currently_affected_locations": [{ "title": "South Carolina (us-east1)", "id": "us-east1" }],
        "previously_affected_locations": [],
        "most_recent_update": { "created": began, "modified": began, "when": began, "text": incident.text,
            "status": "SERVICE_DISRUPTION", "affected_locations": [{ "title": "South Carolina (us-east1)", "id": "us-east1" }] },
        "updates": [], "uri": "incidents/bT7GfQ2vKcXw3aHs9RkY",
    })
}

/// An incident of long ago, for the feed is never empty.
fn over() -> Value {
    json!({
        "id": "Yp4mVd8LtEqNz1cUj6Wb", "begin": "2025-02-11T08:10:00+00:00", "end": "2025-02-11T09:45:00+00:00",
        "modified": "2025-02-11T09:50:00+00:00", "external_desc": "Elevated latency of queries", "severity": "low",
        "status_impact": "SERVICE_INFORMATION", "service_name": "Google BigQuery",
        "affected_products": [{ "title": "Google BigQuery", "id": "9CcrhHUcFevXPSVaSxkf" }],
        "currently_affected_locations": [], "most_recent_update": { "text": "It is over." },
        "updates": [], "uri": "incidents/Yp4mVd8LtEqNz1cUj6Wb",
    })
}

/// In the shape of Google's errors.
fn not_found(what: &str) -> Response {
    let message = format!("{what} was not found");
    let error = json!({ "error": { "code": 404, "message": message,
        "errors": [{ "message": message, "domain": "global", "reason": "notFound" }] } });
    (StatusCode::NOT_FOUND, Json(error)).into_response()
}
