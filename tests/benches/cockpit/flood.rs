//! A staged cluster whose pods write thousands of lines a second, in a process of its own: made once, only their times are
//! new.

use std::io::{self, Write};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::extract::{RawQuery, State};
use axum::response::Response;
use axum::routing::get;
use futures::stream;
use jiff::{SignedDuration, Timestamp};
use quarterdeck::staging::kubernetes::{Cluster, Workload, router};
use tokio::net::TcpListener;

use super::remote::{NAMESPACE, obey};

/// The argument that makes this program that cluster.
pub const ROLE: &str = "--be-the-flood";
pub const PODS: u32 = 20;
/// Lines a second of each pod.
pub const RATE: u32 = 2_500;
/// Lines that are written at once, twenty times a second.
const BLOCK: u32 = RATE / 20;
const LOG: &str = "/api/v1/namespaces/{namespace}/pods/{pod}/log";
/// Bytes of a time with nanoseconds.
const STAMP: usize = "2026-11-20T22:01:41.722302916Z".len();

/// Lines without their times.
type Templates = Arc<Vec<Vec<u8>>>;

/// Serves until standard input ends.
pub fn be() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let cluster = Cluster::new(NAMESPACE);
        Workload::registry(PODS, Timestamp::now()).apply_to(&cluster);
        let templates: Templates = Arc::new((0..RATE).map(template).collect());
        let app = router(cluster).route(LOG, get(log).with_state(templates));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        obey(listener.local_addr().unwrap(), |_| {});
        axum::serve(listener, app).await.unwrap();
    });
}

async fn log(State(templates): State<Templates>, RawQuery(query): RawQuery) -> Response {
    static NEXT: AtomicUsize = AtomicUsize::new(0);
    if !query.is_some_and(|query| query.contains("follow=true")) {
        return Response::new(Body::empty());
    }
    let begin = Timestamp::now();
    // No two pods write the same at the same time.
    let offset = NEXT.fetch_add(1, Ordering::Relaxed) * 131;
    let lines = stream::unfold(0_u32, move |written| {
        let templates = templates.clone();
        async move {
            let until = at(begin, written + BLOCK);
            // Who does not read in time gets the lines later, with the times at which they were written.
            let early = until.duration_since(Timestamp::now());
            tokio::time::sleep(Duration::try_from(early).unwrap_or_default()).await;
            let block = block(&templates, offset, begin, written);
            Some((Ok::<_, io::Error>(Bytes::from(block)), written + BLOCK))
        }
    });
    Response::new(Body::from_stream(lines))
}

/// When the line of this number is written.
fn at(begin: Timestamp, number: u32) -> Timestamp {
    let nanos = i64::from(number) * 1_000_000_000 / i64::from(RATE);
    begin + SignedDuration::from_nanos(nanos)
}

/// The next lines, as the API server sends them when it is asked for times.
fn block(templates: &[Vec<u8>], offset: usize, begin: Timestamp, written: u32) -> Vec<u8> {
    let mut block = Vec::with_capacity(BLOCK as usize * 1024);
    for number in written..written + BLOCK {
        let start = block.len();
        block.extend_from_slice(&templates[(offset + number as usize) % templates.len()]);
        write!(&mut block[start..start + STAMP], "{:.9}", at(begin, number)).unwrap();
        let own = start + STAMP + " time=\"".len();
        block.copy_within(start..start + STAMP, own);
    }
    block
}

/// A line of a registry: of a hundred answers one is a manifest that is not there and one is a fault.
fn template(number: u32) -> Vec<u8> {
    let (level, status, said) = match number % 100 {
        41 => (
            "error",
            404,
            r#"msg="response completed with error" err.code="manifest unknown" err.message="manifest unknown""#,
        ),
        83 => (
            "error",
            500,
            r#"msg="response completed with error" err.code=unknown err.detail="filesystem: no such file" err.message="unknown error""#,
        ),
        _ => ("info", 200, r#"msg="response completed""#),
    };
    let stamp = "0".repeat(STAMP);
    let (repository, reference) = (format!("group-{}/project-{}", number % 40, number % 310), number % 7);
    format!(
        "{stamp} time=\"{stamp}\" level={level} {said} go.version=go1.19.8 http.request.host=registry.example.com \
         http.request.id={:08x}-a7f0-4154-bd19-26fbfe083be5 http.request.method=GET \
         http.request.remoteaddr=\"10.64.{}.{}:{}\" http.request.uri=/v2/{repository}/manifests/v1.{reference} \
         http.request.useragent=\"docker/20.10.17 go/go1.17.11 git-commit/a89b842 kernel/5.15.0-48-generic os/linux \
         arch/amd64 UpstreamClient(Docker-Client/20.10.17 \\\\(linux\\\\))\" \
         http.response.contenttype=\"application/vnd.docker.distribution.manifest.v2+json\" \
         http.response.duration={}.{:03}ms http.response.status={status} http.response.written={} \
         vars.name={repository} vars.reference=v1.{reference}\n",
        number.wrapping_mul(2_654_435_761),
        number % 8,
        number % 251,
        20_000 + number,
        number % 90,
        number % 1000,
        70 + number,
    )
    .into_bytes()
}
