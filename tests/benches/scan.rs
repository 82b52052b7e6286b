//! Measures the scan of one image on a bucket where every answer takes 50 ms, beside the answer time itself.
//!
//! `cargo bench --bench scan` prints figures and asserts nothing: what is fast depends on the machine.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[path = "../support/gcs/mod.rs"]
#[allow(dead_code, unused_imports)]
mod gcs;

use std::time::{Duration, Instant};

use jiff::Timestamp;
use quarterdeck::registry::reference::Reference;
use quarterdeck::runtime::stores::{Credentials, OpenOptions, Transport, open};
use quarterdeck::sources::bucket::scan::{ScanOptions, scan};
use quarterdeck::staging::tree::images::{Images, Plan};
use quarterdeck::staging::tree::push::push;
use quarterdeck::staging::tree::seed::Seed;
use quarterdeck::staging::tree::{Memory, StoreKind};

const LATENCY: Duration = Duration::from_millis(50);
const REPOSITORY: &str = "fleet/harbour/image";
const RUNS: usize = 15;

#[tokio::main]
async fn main() {
    println!("scan of one tag on a store that takes {LATENCY:?} to answer (want 100 layers in under 300 ms)");
    for layers in [1, 10, 100] {
        let server = gcs::Server::start(objects(layers)).await;
        for transport in [Transport::Grpc, Transport::Json] {
            measure(&server, layers, transport).await;
        }
    }
}

async fn measure(server: &gcs::Server, layers: usize, transport: Transport) {
    let options = OpenOptions {
        transport,
        credentials: Credentials::Anonymous,
        http_endpoint: Some(server.http_url.clone()),
        grpc_endpoint: Some(server.grpc_url.clone()),
        ..OpenOptions::default()
    };
    let store = open(&server.url(), &options).await.unwrap();
    let reference = Reference::parse(&format!("{REPOSITORY}:v1")).unwrap();
    server.latency(LATENCY);
    let mut times = Vec::new();
    server.forget();
    for _ in 0..RUNS {
        let started = Instant::now();
        let report = scan(&*store, &reference, &ScanOptions::default()).await;
        times.push(started.elapsed());
        assert_eq!(report.state, quarterdeck::model::TagState::Whole, "{report:?}");
    }
    times.sort();
    let requests = server.requests().len() / RUNS;
    let (middle, worst) = (times[RUNS / 2], times[RUNS - 1]);
    println!(
        "{layers:>4} layers  {transport:?}  first or worst {worst:>8.1?}  p50 {middle:>8.1?}  = {:>4.1} answers in a row  {requests} requests",
        middle.as_secs_f64() / LATENCY.as_secs_f64()
    );
}

fn objects(layers: usize) -> Vec<(String, bytes::Bytes)> {
    let images = Images { seed: Seed(1), layer_bytes: 400 };
    let image = images.image(&Plan { own: layers, ..Plan::new("bench") }).unwrap();
    let mut tree = Memory::new(StoreKind::Bucket);
    let yesterday = Timestamp::now() - Duration::from_secs(86_400);
    push(&mut tree, REPOSITORY, Some("v1"), &image, yesterday).unwrap();
    tree.objects.into_iter().map(|(key, object)| (key, object.bytes)).collect()
}
