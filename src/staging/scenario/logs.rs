//! What the pods have written before anybody looks, and their last words before a run ends.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use super::lines::Asked;
use super::requests::{LogFormat, usual};
use crate::registry::manifest::media_type;
use crate::staging::kubernetes::{CONTAINER, Cluster, PodSpec, Workload};

/// Requests that each pod has answered before anybody looks.
const EARLIER: i64 = 12;

/// What all pods that run have written before the start.
pub fn before(cluster: &Cluster, workload: &Workload, format: LogFormat, started: Timestamp) {
    let images = usual().pulled;
    for (pod, number) in workload.pods.iter().zip(0..) {
        for back in (1..=EARLIER).rev() {
            let ago = SignedDuration::from_secs(back * 3 + number % 3);
            let at = started.checked_sub(ago).unwrap_or(started);
            let turn = usize::try_from(number + back).unwrap_or_default();
            let Some(image) = images.get(turn % images.len().max(1)) else { continue };
            let asked = asked(image.api_path(), at, number + back);
            cluster.log_at(&pod.name, CONTAINER, &asked.registry(format), at);
            cluster.log_at(&pod.name, CONTAINER, &asked.access("10.220.8.11"), at);
        }
    }
}

/// A request that went well.
fn asked(uri: String, at: Timestamp, number: i64) -> Asked {
    Asked {
        at,
        took: Duration::from_micros(700 + number.unsigned_abs() * 137),
        id: format!("00000000-0000-4000-a000-{number:012}"),
        method: "GET".to_owned(),
        uri,
        client: format!("203.0.113.{}", number.rem_euclid(50) + 2),
        client_port: 40_000,
        agent: "containerd/v1.7.24".to_owned(),
        status: 200,
        written: 734,
        content_type: media_type::DOCKER_MANIFEST.to_owned(),
        failure: None,
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
