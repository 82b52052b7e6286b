//! A staged cluster of thousands of pods in a process of its own, which changes as many a second as it is told.

use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use jiff::Timestamp;
use quarterdeck::staging::kubernetes::{Cluster, PodState, Workload, serve};
use tokio::net::TcpListener;
use tokio::time::{MissedTickBehavior, interval};

use super::remote::{NAMESPACE, obey};

/// The argument that makes this program the cluster; it is told how many pods change each second from then on.
pub const ROLE: &str = "--be-the-cluster";
pub const PODS: u32 = 5_000;
/// How often a second the changes of that second are made.
const BEATS: u32 = 20;
/// From one pod to the next that changes: coprime to their number, so that all have their turn.
const STRIDE: usize = 617;
/// Changes a second, as standard input says.
static RATE: AtomicU32 = AtomicU32::new(0);

/// Serves until standard input ends.
pub fn be() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let cluster = Cluster::new(NAMESPACE);
        let workload = Workload::registry(PODS, Timestamp::now());
        workload.apply_to(&cluster);
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        obey(listener.local_addr().unwrap(), |rate| RATE.store(rate.parse().unwrap(), Ordering::Relaxed));
        tokio::select! {
            served = serve(cluster.clone(), listener) => served.unwrap(),
            () = churn(&cluster, workload) => {}
        }
    });
}

/// Changes pods one by one; their controllers and endpoint slices follow once a second, as in a real cluster.
async fn churn(cluster: &Cluster, mut workload: Workload) {
    let mut beats = interval(Duration::from_secs(1) / BEATS);
    beats.set_missed_tick_behavior(MissedTickBehavior::Skip);
    let (mut beat, mut next, mut is_changed) = (0, 0, false);
    loop {
        beats.tick().await;
        beat += 1;
        for _ in 0..RATE.load(Ordering::Relaxed) / BEATS {
            next = (next + STRIDE) % workload.pods.len();
            let pod = &mut workload.pods[next];
            pod.state = match pod.state {
                PodState::Running => PodState::NotReady,
                PodState::NotReady => PodState::CrashLoop,
                _ => PodState::Running,
            };
            pod.since = Timestamp::now();
            is_changed = true;
            workload.apply_pod(cluster, &workload.pods[next]);
        }
        if beat % BEATS == 0 && std::mem::take(&mut is_changed) {
            workload.apply_counts(cluster);
            workload.apply_addresses(cluster);
        }
    }
}
