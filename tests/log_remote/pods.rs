//! The containers of a staging cluster, followed while they come, go, begin again and cannot be reached.

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use quarterdeck::sources::kubernetes::roll::Roll;
use quarterdeck::sources::logs::{self, Fact, Input, Pace, kubernetes as pods};
use quarterdeck::sources::{Teller, TroubleKind, kubernetes};
use quarterdeck::staging::kubernetes::{CONTAINER, Cluster, Fault, PodState, Workload, kubeconfig, serve};
use tempfile::TempDir;
use tokio::net::TcpListener;
use tokio::sync::{Notify, watch};
use tokio::task::JoinSet;

use super::ear::Ear;

struct Stage {
    cluster: Cluster,
    workload: Workload,
    ear: Ear,
    written: u32,
    _tasks: JoinSet<()>,
    _folder: TempDir,
}

impl Stage {
    async fn new(pods: u32, prepare: impl FnOnce(&Cluster), quiet: Duration) -> Self {
        let cluster = Cluster::new("registry-lab");
        let workload = Workload::registry(pods, Timestamp::now());
        workload.apply_to(&cluster);
        prepare(&cluster);
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let folder = tempfile::tempdir().unwrap();
        let config = folder.path().join("config");
        std::fs::write(&config, kubeconfig(listener.local_addr().unwrap(), "registry-lab")).unwrap();
        let pace = kubernetes::Pace {
            first_pause: Duration::from_millis(10),
            longest_pause: Duration::from_millis(50),
            gather: Duration::from_millis(10),
            ..kubernetes::Pace::default()
        };
        let options = kubernetes::Options {
            kubeconfig: Some(config),
            roll: Roll::default(),
            pace,
            ..kubernetes::Options::new("app=registry")
        };
        let ear = Ear::new();
        let mut tasks = JoinSet::new();
        let serving = serve(cluster.clone(), listener);
        tasks.spawn(async move { drop(serving.await) });
        let nobody: Teller<kubernetes::facts::Fact> = Teller::new(
            Arc::new(|_| Box::pin(std::future::ready(()))),
            Arc::new(watch::Sender::new(false)),
            Arc::new(Notify::new()),
        );
        tasks.spawn(kubernetes::run(options.clone(), nobody));
        let input = Input::Kubernetes(Box::new(pods::Options { quiet, ..pods::Options::new(options) }));
        let pace = Pace {
            first_pause: Duration::from_millis(10),
            longest_pause: Duration::from_millis(50),
            ..Pace::default()
        };
        let options = logs::Options { inputs: vec![input], pace, ..logs::Options::default() };
        tasks.spawn(logs::run(options, ear.teller()));
        Self { cluster, workload, ear, written: 0, _tasks: tasks, _folder: folder }
    }

    /// So many more lines of each pod, numbered over all.
    fn write(&mut self, lines: u32) {
        for _ in 0..lines {
            for pod in &self.workload.pods {
                self.cluster.log(&pod.name, CONTAINER, &format!("line {}", self.written));
            }
            self.written += 1;
        }
    }

    fn stream(&self, pod: usize) -> String {
        format!("{}/{CONTAINER}", self.workload.pods[pod].name)
    }

    /// Waits until every pod's lines were told up to the last one.
    async fn told(&self, what: &str) {
        let streams: Vec<_> = (0..self.workload.pods.len()).map(|pod| self.stream(pod)).collect();
        let last = self.written - 1;
        self.ear
            .until(what, |ear| {
                let numbers = ear.numbers();
                streams.iter().all(|it| numbers.get(it).is_some_and(|it| it.contains(&last)))
            })
            .await;
    }

    fn gaps(&self) -> usize {
        self.ear.all(|fact| matches!(fact, Fact::Gap { .. }).then_some(())).len()
    }
}

fn whole(until: u32) -> Vec<u32> {
    (0..until).collect()
}

#[tokio::test]
async fn lines_come_once_through_broken_connections_and_restarts() {
    let mut stage = Stage::new(2, |_| {}, Duration::from_secs(60)).await;
    stage.write(5);
    stage.told("history and what follows").await;
    for _ in 0..3 {
        stage.cluster.set_fault(Fault::DropConnections);
        stage.write(4);
        stage
            .ear
            .until("down", |ear| ear.all(|fact| matches!(fact, Fact::Down { .. }).then_some(())).len() >= 2)
            .await;
        stage.cluster.clear_faults();
        stage.write(3);
        stage.told("after a broken connection").await;
    }
    // It ends, and begins again before anybody has read its last lines.
    stage.write(3);
    let name = stage.workload.pods[0].name.clone();
    stage.cluster.restart_log(&name, CONTAINER);
    stage.workload.pods[0].state = PodState::OomKilled;
    stage.workload.pods[0].restarts = Some(1);
    stage.workload.apply_to(&stage.cluster);
    stage.write(4);
    stage.told("after a restart").await;
    for (stream, mut numbers) in stage.ear.numbers() {
        numbers.sort_unstable();
        assert_eq!(numbers, whole(stage.written), "{stream}");
    }
    assert_eq!(stage.gaps(), 0);
}

#[tokio::test]
async fn pods_come_and_go() {
    let mut stage = Stage::new(2, |_| {}, Duration::from_secs(60)).await;
    stage.write(3);
    stage.told("the first two").await;
    let gone = stage.stream(0);
    let now = Timestamp::now();
    stage.workload.pods = Workload::registry(3, now).pods.split_off(1);
    stage.workload.replicas = 2;
    stage.workload.apply_to(&stage.cluster);
    stage
        .ear
        .until("the end of one", |ear| {
            !ear.all(|fact| matches!(fact, Fact::Over { stream } if **stream == *gone).then_some(()))
                .is_empty()
        })
        .await;
    let first = stage.written;
    stage.write(3);
    stage.told("the new one").await;
    let numbers = stage.ear.numbers();
    assert_eq!(numbers[&gone], whole(first));
    assert_eq!(numbers[&stage.stream(0)], whole(stage.written));
    assert_eq!(numbers[&stage.stream(1)], (first..stage.written).collect::<Vec<_>>());
}

#[tokio::test]
async fn a_stream_on_which_nobody_is_there_any_more_is_opened_anew() {
    let mut stage = Stage::new(1, |_| {}, Duration::from_millis(300)).await;
    stage.write(2);
    stage.told("while all is well").await;
    stage.cluster.set_fault(Fault::HangWatches);
    stage.write(3);
    stage.told("although the stream says nothing").await;
    assert_eq!(stage.ear.numbers()[&stage.stream(0)], whole(stage.written));
}

#[tokio::test]
async fn a_missing_permission_is_told_once_for_all_pods() {
    let deny = Fault::Deny { verb: "get".to_owned(), resource: "pods/log".to_owned() };
    let denied = deny.clone();
    let mut stage = Stage::new(4, move |cluster| cluster.set_fault(denied), Duration::from_secs(60)).await;
    stage.write(2);
    let refused = |ear: &Ear| {
        ear.all(|fact| match fact {
            Fact::Down { stream, trouble, .. } => Some((stream.to_string(), trouble.clone())),
            _ => None,
        })
    };
    stage.ear.until("the refusal", |ear| refused(ear).len() >= 2).await;
    for (stream, trouble) in refused(&stage.ear) {
        assert_eq!((stream.as_str(), trouble.kind), ("pods/log", TroubleKind::Denied));
        assert_eq!(trouble.why, "no permission: get pods/log in registry-lab");
    }
    stage.cluster.clear_fault(&deny);
    stage.told("once it may").await;
    assert_eq!(stage.ear.numbers().len(), 4);
}
