//! The source against the staging API: every state of a pod, as kubectl shows it there, and every fault.

use std::time::Duration;

use futures::StreamExt;
use quarterdeck::model::{Document, Page, Question, Subject};
use quarterdeck::sources::TroubleKind;
use quarterdeck::sources::kubernetes::facts::{Fact, Watch};
use quarterdeck::sources::kubernetes::objects::Kind;
use quarterdeck::sources::kubernetes::{Options, consultant};
use quarterdeck::staging::kubernetes::{Cluster, Fault, PodState, Workload, kubeconfig, serve};
use tokio::net::TcpListener;

use super::server::{Listener, quick};

struct Stage {
    cluster: Cluster,
    workload: Workload,
    folder: tempfile::TempDir,
    server: tokio::task::JoinHandle<std::io::Result<()>>,
}

impl Stage {
    async fn new(pods: u32) -> Self {
        let cluster = Cluster::new("registry-lab");
        let workload = Workload::registry(pods, jiff::Timestamp::now());
        workload.apply_to(&cluster);
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let folder = tempfile::tempdir().unwrap();
        let config = kubeconfig(listener.local_addr().unwrap(), "registry-lab");
        std::fs::write(folder.path().join("config"), config).unwrap();
        let server = tokio::spawn(serve(cluster.clone(), listener));
        Self { cluster, workload, folder, server }
    }

    fn options(&self) -> Options {
        Options {
            kubeconfig: Some(self.folder.path().join("config")),
            service: Some("gitlab-registry".to_owned()),
            pace: quick(),
            ..Options::new("app=registry")
        }
    }

    async fn kubectl(&self, arguments: &[&str]) -> String {
        let config = self.folder.path().join("config");
        let output = tokio::process::Command::new("kubectl")
            .env("KUBECONFIG", config)
            .env("HOME", self.folder.path())
            .args(arguments)
            .output();
        String::from_utf8(output.await.unwrap().stdout).unwrap()
    }
}

impl Drop for Stage {
    fn drop(&mut self) {
        self.server.abort();
    }
}

fn has_kubectl() -> bool {
    std::process::Command::new("kubectl").arg("version").arg("--client").output().is_ok()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_state_of_a_pod_reads_as_kubectl_shows_it() {
    let mut stage = Stage::new(12).await;
    for (pod, state) in stage.workload.pods.iter_mut().zip(PodState::ALL) {
        pod.state = state;
    }
    stage.workload.apply_to(&stage.cluster);
    let mut listener = Listener::start(stage.options());
    listener.settle().await;
    assert_eq!(listener.picture.pods.len(), 12);
    let ready = listener.picture.addresses("gitlab-registry").iter().filter(|address| address.ready).count();
    assert_eq!(ready, 2, "running, and running again after it was killed");
    if !has_kubectl() {
        return;
    }
    let table = stage.kubectl(&["get", "pods", "-l", "app=registry", "--no-headers"]).await;
    assert_eq!(table.lines().count(), 12, "{table}");
    for row in table.lines() {
        let cells: Vec<_> = row.split_whitespace().collect();
        let pod = &listener.picture.pods[cells[0]];
        let ours = [format!("{}/{}", pod.ready.0, pod.ready.1), pod.status.clone(), pod.restarts.to_string()];
        assert_eq!(ours, cells[1..4], "{row}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn descriptions_are_kubectls_own_for_every_state() {
    let mut stage = Stage::new(12).await;
    for (pod, state) in stage.workload.pods.iter_mut().zip(PodState::ALL) {
        pod.state = state;
    }
    stage.workload.apply_to(&stage.cluster);
    if !has_kubectl() {
        return;
    }
    let ask = consultant(stage.options());
    for pod in &stage.workload.pods {
        let question = Question { subject: Subject::Pod(pod.name.clone()), document: Document::Describe };
        let pages: Vec<_> = ask(question).collect().await;
        let lines: Vec<_> = pages
            .into_iter()
            .flat_map(|page| if let Page::Lines(lines) = page { lines } else { Vec::new() })
            .collect();
        let theirs = stage.kubectl(&["describe", "pod", &pod.name]).await;
        // Ages may differ by a second between the two questions, and only events and deletions have one.
        let steady =
            |line: &&str| !line.contains("ago") && !line.starts_with("Status:    ") && !line.contains("(x");
        let until = |text: &str| {
            let head = text.split("\nEvents:").next().unwrap_or_default();
            head.lines().filter(steady).map(str::to_owned).collect::<Vec<_>>()
        };
        assert_eq!(until(&lines.join("\n")), until(&theirs), "{:?}", pod.state);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_fault_is_said_and_survived() {
    let faults = [
        (Fault::Refuse401, TroubleKind::Unauthenticated),
        (Fault::Throttle { retry_after: 1 }, TroubleKind::Throttled),
        (Fault::DropConnections, TroubleKind::Unreachable),
        (Fault::Deny { verb: "*".to_owned(), resource: "*".to_owned() }, TroubleKind::Denied),
    ];
    let stage = Stage::new(20).await;
    let mut options = stage.options();
    options.pace.watch = Duration::from_secs(1);
    options.pace.grace = Duration::from_millis(300);
    let mut listener = Listener::start(options);
    listener.live().await;
    for (fault, kind) in faults {
        stage.cluster.set_fault(fault.clone());
        let is_said = |fact: &Fact| match fact {
            Fact::Watched { kind: Kind::Pod, watch: Watch::Down { trouble } } => trouble.kind == kind,
            _ => false,
        };
        listener.until(&format!("{fault:?}"), |fact, _| is_said(fact)).await;
        assert_eq!(listener.picture.pods.len(), 20, "{fault:?}: what was known is kept");
        stage.cluster.clear_faults();
        let live = |fact: &Fact| matches!(fact, Fact::Watched { kind: Kind::Pod, watch: Watch::Live });
        listener.until(&format!("live after {fault:?}"), |fact, _| live(fact)).await;
    }
    stage.cluster.expire_history();
    let mut workload = stage.workload.clone();
    workload.pods.truncate(5);
    workload.apply_to(&stage.cluster);
    listener.until("five pods", |_, picture| picture.pods.len() == 5).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn logs_come_as_they_are_written() {
    let stage = Stage::new(3).await;
    let pod = stage.workload.pods[0].name.clone();
    stage.cluster.log(&pod, "registry", "before");
    let mut pages = consultant(stage.options())(Question {
        subject: Subject::Pod(pod.clone()),
        document: Document::Logs,
    });
    let mut lines = Vec::new();
    while !lines.iter().any(|line: &String| line.contains("later")) {
        match tokio::time::timeout(Duration::from_secs(20), pages.next()).await.unwrap() {
            Some(Page::Lines(more)) => lines.extend(more),
            other => panic!("{other:?} after {lines:?}"),
        }
        if lines.iter().any(|line| line == "before") {
            stage.cluster.log(&pod, "registry", "later");
        }
    }
    assert!(lines[0].contains("container registry"), "{lines:?}");
}
