//! Google's load balancers and incidents, as answered by a server of our own in the documented shapes.
#![allow(dead_code, clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::sync::Arc;

use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use futures::FutureExt;
use jiff::Timestamp;
use quarterdeck::sources::google::facts::{BalancerKind, Fact, ServerHealth};
use quarterdeck::sources::google::picture::Picture;
use quarterdeck::sources::google::{self, Feed, Named, Options};
use quarterdeck::sources::{Health, Teller, TroubleKind};
use serde_json::{Value, json};
use tokio::sync::{Notify, mpsc, watch};

use double::{Double, Seen};

#[path = "registry_api/double.rs"]
mod double;

const BASE: &str = "https://www.googleapis.com/compute/v1/projects/p-1";

/// What is known after the first round, and after another.
async fn looked(double: &Double, rounds: usize) -> Picture {
    let named = |kind, name: &str, region: Option<&str>| Named {
        kind,
        name: name.to_owned(),
        region: region.map(str::to_owned),
    };
    let url = format!("{}/incidents.json", double.url()).parse().unwrap();
    let options = Options {
        balancers: vec![
            named(BalancerKind::TargetPool, "pool", Some("us-east1")),
            named(BalancerKind::BackendService, "service", None),
        ],
        endpoint: format!("{}/compute/v1", double.url()),
        anonymous: true,
        feed: Some(Feed { url, products: vec!["Google Cloud Storage".to_owned()] }),
        ..Options::new("p-1")
    };
    let (sender, mut facts) = mpsc::unbounded_channel::<Fact>();
    let put = Arc::new(move |fact| {
        let _ = sender.send(fact);
        async {}.boxed()
    });
    let (settled, nudge) = (Arc::new(watch::Sender::new(false)), Arc::new(Notify::new()));
    let task = tokio::spawn(google::run(options, Teller::new(put, settled, nudge.clone())));
    let mut picture = Picture::default();
    // Configured, then a fact for each of two load balancers and one for the feed in each round.
    for number in 0..1 + 3 * rounds {
        let fact = loop {
            match tokio::time::timeout(std::time::Duration::from_millis(100), facts.recv()).await {
                Ok(fact) => break fact.unwrap(),
                Err(_) if number > 3 => nudge.notify_waiters(),
                Err(_) => {}
            }
        };
        picture.fold(&fact, Timestamp::now());
    }
    task.abort();
    picture
}

fn healthy(_: &Double, seen: &Seen) -> Response {
    let pool = "/compute/v1/projects/p-1/regions/us-east1/targetPools/pool";
    let service = "/compute/v1/projects/p-1/global/backendServices/service";
    let instance = |name: &str| format!("{BASE}/zones/us-east1-c/instances/{name}");
    let group = format!("{BASE}/zones/us-east1-b/instanceGroups/lb");
    let body: Value = serde_json::from_slice(&seen.body).unwrap_or_default();
    let answer = match (seen.method.as_str(), seen.path.as_str()) {
        ("GET", path) if path == pool => json!({ "instances": [instance("lb-01"), instance("lb-02")] }),
        ("GET", path) if path == service => json!({ "backends": [{ "group": group }] }),
        ("POST", path) if path == format!("{pool}/getHealth") => {
            let asked = body["instance"].as_str().unwrap();
            let state = if asked.ends_with("lb-01") { "HEALTHY" } else { "UNHEALTHY" };
            let status = json!({ "healthState": state, "instance": asked, "ipAddress": "192.0.2.1" });
            json!({ "kind": "compute#targetPoolInstanceHealth", "healthStatus": [status] })
        }
        ("POST", path) if path == format!("{service}/getHealth") && body["group"] == json!(group) => {
            let status = json!({
                "healthState": "HEALTHY", "instance": instance("lb-03"), "ipAddress": "10.0.0.3", "port": 443,
            });
            json!({ "kind": "compute#backendServiceGroupHealth", "healthStatus": [status] })
        }
        ("GET", "/incidents.json") if seen.header("if-none-match") == Some("\"1\"") => {
            return StatusCode::NOT_MODIFIED.into_response();
        }
        ("GET", "/incidents.json") => {
            let incident = json!({
                "id": "abc", "begin": "2026-11-21T10:00:00+00:00", "severity": "medium",
                "status_impact": "SERVICE_DISRUPTION", "affected_products": [{ "title": "Google Cloud Storage" }],
                "most_recent_update": { "text": "Elevated errors" }, "uri": "incidents/abc",
            });
            return ([("etag", "\"1\"")], json!([incident]).to_string()).into_response();
        }
        _ => return StatusCode::NOT_FOUND.into_response(),
    };
    answer.to_string().into_response()
}

#[tokio::test]
async fn servers_of_pools_and_services_are_told_with_their_health() {
    let double = Double::start(healthy).await;
    let picture = looked(&double, 1).await;
    let pool = &picture.balancers["pool"];
    let states: Vec<_> = pool.servers.iter().map(|server| (server.name.as_str(), server.health)).collect();
    assert_eq!(states, [("lb-01", ServerHealth::Healthy), ("lb-02", ServerHealth::Unhealthy)]);
    assert!(pool.failing.contains_key("lb-02"));
    let server = &picture.balancers["service"].servers[0];
    assert_eq!((server.name.as_str(), server.address.as_deref()), ("lb-03", Some("10.0.0.3:443")));
}

#[tokio::test]
async fn a_feed_that_has_not_changed_is_not_fetched_again_and_keeps_what_it_said() {
    let double = Double::start(healthy).await;
    let picture = looked(&double, 2).await;
    assert!(picture.status.is_live());
    assert_eq!(picture.incidents.len(), 1);
    let url = format!("{}/incidents/abc", double.url());
    assert_eq!(picture.incidents[0].url.as_deref(), Some(url.as_str()));
    let asked = double.seen("/incidents.json");
    assert!(
        asked.iter().skip(1).all(|seen| seen.header("if-none-match") == Some("\"1\"")) && asked.len() >= 2
    );
}

#[tokio::test]
async fn a_missing_permission_is_named() {
    let double = Double::start(|_, seen| match seen.path.as_str() {
        "/incidents.json" => "<html>".into_response(),
        _ => {
            let said = json!({ "error": { "code": 403, "message": "Required permission is missing" } });
            (StatusCode::FORBIDDEN, said.to_string()).into_response()
        }
    })
    .await;
    let picture = looked(&double, 1).await;
    for (name, permission) in
        [("pool", "compute.targetPools.get"), ("service", "compute.backendServices.get")]
    {
        let Health::Down { trouble, .. } = &picture.balancers[name].health else { panic!("{name}") };
        assert_eq!(trouble.kind, TroubleKind::Denied);
        assert!(trouble.why.contains(permission), "{}", trouble.why);
    }
    let Health::Down { trouble, .. } = &picture.status else { panic!() };
    assert_eq!(trouble.kind, TroubleKind::Broken, "{}", trouble.why);
}
