//! What the pods write: requests all the time, and last words before a run ends.

use jiff::{SignedDuration, Timestamp};

use crate::staging::kubernetes::{Cluster, PodSpec, Workload};

/// The container that serves.
const CONTAINER: &str = "registry";
/// Lines that each pod has written before anybody looks.
const EARLIER: i64 = 12;

/// Repositories and tags that are asked for, over and over.
const ASKED: [&str; 5] = [
    "/v2/lighthouse/checkout/api/manifests/v1.13.0",
    "/v2/lighthouse/checkout/web/manifests/latest",
    "/v2/base/alder/runtime/manifests/latest",
    "/v2/cartography/tiles/renderer/manifests/v1.4.0",
    "/v2/signal/bridge/relay/manifests/latest",
];

/// What all pods that run have written before the start.
pub fn before(cluster: &Cluster, workload: &Workload, started: Timestamp) {
    for (pod, number) in workload.pods.iter().zip(0..) {
        for back in (1..=EARLIER).rev() {
            let ago = SignedDuration::from_secs(back * 3 + number % 3);
            let at = started.checked_sub(ago).unwrap_or(started);
            cluster.log_at(&pod.name, CONTAINER, &request(at, number + back), at);
        }
    }
}

/// One more request, to one of the pods that take them.
pub fn line(cluster: &Cluster, workload: &Workload, now: Timestamp) {
    let ready: Vec<_> = workload.pods.iter().filter(|pod| pod.state.takes_traffic()).collect();
    let Some(second) = usize::try_from(now.as_second()).ok().filter(|_| !ready.is_empty()) else { return };
    if let Some(pod) = ready.get(second % ready.len()) {
        cluster.log_at(&pod.name, CONTAINER, &request(now, now.as_second()), now);
    }
}

/// A container ended: what it wrote is the log of its run before.
pub fn end(cluster: &Cluster, pod: &PodSpec, last_words: &[String], now: Timestamp) {
    for words in last_words {
        cluster.log_at(&pod.name, CONTAINER, words, now);
    }
    if pod.restart_count() > 0 {
        cluster.restart_log(&pod.name, CONTAINER);
        for words in last_words {
            cluster.log_at(&pod.name, CONTAINER, words, now);
        }
    }
}

/// A line of the registry's log about a request that went well.
fn request(at: Timestamp, number: i64) -> String {
    let uri =
        usize::try_from(number).ok().and_then(|number| ASKED.get(number % ASKED.len())).unwrap_or(&ASKED[0]);
    format!(
        "time=\"{}\" level=info msg=\"response completed\" http.request.method=GET http.request.uri={uri} \
         http.response.duration={}.{}ms http.response.status=200",
        at.strftime("%Y-%m-%dT%H:%M:%S.%3fZ"),
        3 + number.rem_euclid(40),
        number.rem_euclid(10),
    )
}
