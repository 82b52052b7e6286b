//! A staged cluster of thousands of pods in a process of its own, which changes as many a second as it is told.

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use jiff::Timestamp;
use quarterdeck::staging::kubernetes::{Cluster, PodState, Workload, kubeconfig, serve};
use tokio::net::TcpListener;
use tokio::time::{MissedTickBehavior, interval};

/// The argument that makes this program the cluster.
const ROLE: &str = "--be-the-cluster";
const NAMESPACE: &str = "registry";
const PODS: u32 = 5_000;
/// How often a second the changes of that second are made.
const BEATS: u32 = 20;
/// From one pod to the next that changes: coprime to their number, so that all have their turn.
const STRIDE: usize = 617;
/// Changes a second, as standard input says.
static RATE: AtomicU32 = AtomicU32::new(0);

/// The cluster, as its parent sees it. Gone when this is dropped.
pub struct RemoteCluster {
    child: Child,
    pub folder: tempfile::TempDir,
}

impl RemoteCluster {
    /// Starts it, and writes a configuration with a profile for it.
    pub fn start() -> Self {
        let mut command = Command::new(std::env::current_exe().unwrap());
        command.arg(ROLE).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let mut address = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut address).unwrap();
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir_all(folder.path().join("registry/docker/registry/v2")).unwrap();
        fs::write(folder.path().join("kubeconfig"), kubeconfig(address.trim().parse().unwrap(), NAMESPACE))
            .unwrap();
        fs::write(folder.path().join("config.toml"), config(folder.path())).unwrap();
        Self { child, folder }
    }

    /// The configuration file.
    pub fn config(&self) -> PathBuf {
        self.folder.path().join("config.toml")
    }

    /// Says how many pods change each second from now on.
    pub fn change(&mut self, a_second: u32) {
        writeln!(self.child.stdin.as_ref().unwrap(), "{a_second}").unwrap();
    }
}

impl Drop for RemoteCluster {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn config(folder: &Path) -> String {
    format!(
        "[profiles.bench]\n[profiles.bench.bucket]\nurl = \"file://{0}/registry\"\n[profiles.bench.kubernetes]\n\
         kubeconfig = \"{0}/kubeconfig\"\nnamespace = \"{NAMESPACE}\"\nselector = \"app=registry\"\n\
         service = \"gitlab-registry\"\nbaseline = {PODS}\n",
        folder.display()
    )
}

/// Whether this process is to be the cluster.
pub fn is_meant() -> bool {
    std::env::args().any(|argument| argument == ROLE)
}

/// Serves until standard input ends.
pub fn be() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let cluster = Cluster::new(NAMESPACE);
        let workload = Workload::registry(PODS, Timestamp::now());
        workload.apply_to(&cluster);
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        println!("{}", listener.local_addr().unwrap());
        std::thread::spawn(obey);
        tokio::select! {
            served = serve(cluster.clone(), listener) => served.unwrap(),
            () = churn(&cluster, workload) => {}
        }
    });
}

fn obey() {
    for line in std::io::stdin().lines() {
        RATE.store(line.unwrap().parse().unwrap(), Ordering::Relaxed);
    }
    std::process::exit(0);
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
