//! Each fault fails as it does in life, and ends when it is cleared.

use std::time::{Duration, Instant};

use futures::StreamExt;
use quarterdeck::staging::kubernetes::Fault;
use serde_json::json;

use super::stage::{Stage, recorded};

const PODS: &str = "/api/v1/pods";
const WATCH: &str = "/api/v1/pods?watch=1";

/// A server with one pod: few enough bytes for a watch to begin with one piece.
fn small() -> Stage {
    let stage = Stage::new();
    stage.cluster.apply(pod("only")).unwrap();
    stage
}

fn pod(name: &str) -> serde_json::Value {
    json!({"kind": "Pod", "metadata": {"name": name}})
}

#[test]
fn an_expired_token_is_answered_401_and_ends_watches() {
    let stage = small();
    let mut watch = stage.block_on(reqwest::get(stage.url(WATCH))).unwrap().bytes_stream();
    assert!(stage.block_on(watch.next()).unwrap().is_ok());
    stage.cluster.set_fault(Fault::Refuse401);
    assert_eq!(stage.get(PODS), (401, recorded("unauthorized")));
    assert!(stage.block_on(watch.next()).is_none());
    stage.cluster.clear_fault(&Fault::Refuse401);
    assert_eq!(stage.get(PODS).0, 200);
}

#[test]
fn a_throttled_request_is_told_when_to_come_back() {
    let stage = Stage::new();
    stage.cluster.set_fault(Fault::Throttle { retry_after: 7 });
    let answer = stage.block_on(reqwest::get(stage.url(PODS))).unwrap();
    assert_eq!((answer.status().as_u16(), answer.headers()["retry-after"].to_str().unwrap()), (429, "7"));
}

#[test]
fn a_slow_server_takes_its_time() {
    let stage = Stage::new();
    stage.cluster.set_fault(Fault::Slow(Duration::from_millis(200)));
    let began = Instant::now();
    assert_eq!(stage.get(PODS).0, 200);
    assert!(began.elapsed() >= Duration::from_millis(200));
}

#[test]
fn dropped_connections_end_open_watches_and_refuse_new_ones_until_the_server_is_back() {
    let stage = small();
    let client = reqwest::Client::new();
    let watch = stage.block_on(client.get(stage.url(WATCH)).send()).unwrap();
    let mut watch = watch.bytes_stream();
    assert!(stage.block_on(watch.next()).unwrap().is_ok());
    stage.cluster.set_fault(Fault::DropConnections);
    assert!(stage.block_on(watch.next()).unwrap().is_err());
    assert!(stage.block_on(client.get(stage.url(PODS)).send()).is_err());
    stage.cluster.clear_faults();
    assert!(stage.block_on(client.get(stage.url(PODS)).send()).is_ok());
}

#[test]
fn hanging_watches_say_nothing_and_catch_up_afterwards() {
    let stage = Stage::new();
    stage.cluster.set_fault(Fault::HangWatches);
    let path = format!("{WATCH}&resourceVersion={}", 1_002);
    let mut watch = stage.block_on(reqwest::get(stage.url(&path))).unwrap().bytes_stream();
    stage.cluster.apply(pod("quiet")).unwrap();
    let nothing = async { tokio::time::timeout(Duration::from_millis(200), watch.next()).await };
    assert!(stage.block_on(nothing).is_err());
    stage.cluster.clear_faults();
    assert!(stage.block_on(watch.next()).unwrap().unwrap().starts_with(b"{\"type\":\"ADDED\""));
}
