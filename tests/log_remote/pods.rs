//! The containers of a staging cluster, followed while they come, go, begin again and cannot be reached.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use axum::extract::Request;
use axum::http::StatusCode;
use axum::middleware::{Next, from_fn};
use axum::response::IntoResponse;
use jiff::Timestamp;
use quarterdeck::sources::kubernetes::roll::Roll;
use quarterdeck::sources::logs::{self, Fact, Input, Pace, kubernetes as pods};
use quarterdeck::sources::{Teller, TroubleKind, kubernetes};
use quarterdeck::staging::kubernetes::{
    CONTAINER, Cluster, Fault, PodState, Workload, kubeconfig, router, serve,
};
use tempfile::TempDir;
use tokio::net::TcpListener;
use tokio::sync::{Notify, watch};
use tokio::task::{JoinHandle, JoinSet};

use super::ear::Ear;

struct Stage {
    cluster: Cluster,
    workload: Workload,
    ear: Ear,
    written: u32,
    options: logs::Options,
    logs: JoinHandle<()>,
    _tasks: JoinSet<()>,
    _folder: TempDir,
}

impl Stage {
    async fn new(pods: u32, prepare: impl FnOnce(&Cluster), quiet: Duration) -> Self {
        let serving = |cluster, listener| async move { drop(serve(cluster, listener).await) };
        Self::served(pods, prepare, quiet, serving).await
    }

    async fn served<F: Future<Output = ()> + Send + 'static>(
        pods: u32,
        prepare: impl FnOnce(&Cluster),
        quiet: Duration,
        serving: impl FnOnce(Cluster, TcpListener) -> F,
    ) -> Self {
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
        tasks.spawn(serving(cluster.clone(), listener));
        let nobody: Teller<kubernetes::facts::Fact> = Teller::new(
            Arc::new(|_| Box::pin(std::future::ready(()))),
            Arc::new(watch::Sender::new(false)),
            Arc::new(Notify::new()),
        );
        tasks.spawn(kubernetes::run(options.clone(), nobody));
        let mut followed = pods::Options::new(options);
        followed.quiet = quiet;
        let input = Input::Kubernetes(Box::new(followed));
        let pace = Pace {
            first_pause: Duration::from_millis(10),
            longest_pause: Duration::from_millis(50),
            ..Pace::default()
        };
        let options = logs::Options { inputs: vec![input], pace, ..logs::Options::default() };
        let logs = tokio::spawn(logs::run(options.clone(), ear.teller()));
        Self { cluster, workload, ear, written: 0, options, logs, _tasks: tasks, _folder: folder }
    }

    /// The source ends as if it had failed, and is run again as the cockpit does.
    async fn run_again(&mut self, meanwhile: impl FnOnce(&mut Self)) {
        self.logs.abort();
        let _ = (&mut self.logs).await;
        tokio::task::yield_now().await;
        meanwhile(self);
        self.logs = tokio::spawn(logs::run(self.options.clone(), self.ear.teller()));
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
async fn a_source_that_is_run_again_tells_nothing_twice() {
    let mut stage = Stage::new(2, |_| {}, Duration::from_secs(60)).await;
    stage.write(5);
    stage.told("history and what follows").await;
    for _ in 0..2 {
        stage.run_again(|stage| stage.write(3)).await;
        stage.told("what was written meanwhile").await;
        stage.write(3);
        stage.told("what follows").await;
    }
    for (stream, numbers) in stage.ear.numbers() {
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

#[tokio::test]
async fn a_permission_that_is_withdrawn_is_told_once_by_each_stream_and_asked_for_by_one() {
    let deny = Fault::Deny { verb: "get".to_owned(), resource: "pods/log".to_owned() };
    let mut stage = Stage::new(4, |_| {}, Duration::from_secs(60)).await;
    stage.write(3);
    stage.told("while it may").await;
    stage.cluster.set_fault(deny.clone());
    stage.cluster.set_fault(Fault::DropConnections);
    stage.write(3);
    let downs = |ear: &Ear, kind| {
        let mut downs = ear.all(|fact| match fact {
            Fact::Down { stream, trouble, .. } if trouble.kind == kind => Some(stream.to_string()),
            _ => None,
        });
        downs.sort();
        downs
    };
    stage.ear.until("broken streams", |ear| downs(ear, TroubleKind::Unreachable).len() >= 4).await;
    stage.cluster.clear_fault(&Fault::DropConnections);
    let mut streams: Vec<_> = (0..4).map(|pod| stage.stream(pod)).collect();
    streams.sort();
    let of_pods = |ear: &Ear| {
        let mut downs = downs(ear, TroubleKind::Denied);
        downs.retain(|stream| stream != "pods/log");
        downs
    };
    let asked = |ear: &Ear| downs(ear, TroubleKind::Denied).len() - of_pods(ear).len();
    stage.ear.until("refusals", |ear| of_pods(ear).len() >= 4).await;
    let before = asked(&stage.ear);
    stage.ear.until("more questions", |ear| asked(ear) >= before + 5).await;
    assert_eq!(of_pods(&stage.ear), streams);
    stage.cluster.clear_fault(&deny);
    stage.told("once it may again").await;
    for stream in streams {
        assert_eq!(stage.ear.numbers()[&stream], whole(stage.written), "{stream}");
    }
}

#[tokio::test]
async fn a_server_that_fails_inside_is_told_and_asked_again() {
    let is_broken = Arc::new(AtomicBool::new(false));
    let shared = is_broken.clone();
    let serving = move |cluster, listener| async move {
        let layer = from_fn(move |request: Request, next: Next| {
            let fails = shared.load(Ordering::SeqCst) && request.uri().path().ends_with("/log");
            async move {
                if fails {
                    StatusCode::INTERNAL_SERVER_ERROR.into_response()
                } else {
                    next.run(request).await
                }
            }
        });
        drop(axum::serve(listener, router(cluster).layer(layer)).await);
    };
    is_broken.store(true, Ordering::SeqCst);
    let mut stage = Stage::served(2, |_| {}, Duration::from_millis(300), serving).await;
    stage.write(3);
    let downs = |ear: &Ear| {
        ear.all(|fact| match fact {
            Fact::Down { stream, trouble, .. } => Some((stream.to_string(), trouble.clone())),
            _ => None,
        })
    };
    stage
        .ear
        .until("both down", |ear| (0..2).all(|pod| downs(ear).iter().any(|it| it.0 == stage.stream(pod))))
        .await;
    for (_, trouble) in downs(&stage.ear) {
        assert!(trouble.why.contains("500"), "{trouble:?}");
    }
    is_broken.store(false, Ordering::SeqCst);
    stage.told("when it is well again").await;
    assert!(stage.ear.numbers().values().all(|numbers| *numbers == whole(stage.written)));
}

#[tokio::test]
async fn runs_that_nobody_could_read_are_a_gap() {
    let mut stage = Stage::new(1, |_| {}, Duration::from_secs(60)).await;
    stage.write(3);
    stage.told("the first run").await;
    stage.cluster.set_fault(Fault::DropConnections);
    let name = stage.workload.pods[0].name.clone();
    for _ in 0..3 {
        stage.cluster.restart_log(&name, CONTAINER);
        stage.write(2);
    }
    stage.workload.pods[0].state = PodState::OomKilled;
    stage.workload.pods[0].restarts = Some(3);
    stage.workload.apply_to(&stage.cluster);
    stage.cluster.clear_faults();
    stage.told("the last run").await;
    stage
        .ear
        .until("the gap", |ear| !ear.all(|fact| matches!(fact, Fact::Gap { .. }).then_some(())).is_empty())
        .await;
    // Three and four were the first of three runs; the second is the one before this.
    assert_eq!(stage.ear.numbers()[&stage.stream(0)], [0, 1, 2, 5, 6, 7, 8]);
    let gaps = stage.ear.all(|fact| match fact {
        Fact::Gap { from, to, why, .. } => Some((from < to, why.clone())),
        _ => None,
    });
    assert_eq!(gaps, [(true, "the container was begun more than once meanwhile".to_owned())]);
}

#[tokio::test]
async fn more_pods_than_are_followed_are_left_out_until_others_go() {
    let mut stage = Stage::new(53, |_| {}, Duration::from_secs(60)).await;
    let left = |ear: &Ear| {
        ear.all(|fact| match fact {
            Fact::LeftOut { streams, of } => Some((*streams, *of)),
            _ => None,
        })
    };
    let live = |ear: &Ear| ear.all(|fact| matches!(fact, Fact::Live { .. }).then_some(())).len();
    stage.ear.until("fifty", |ear| live(ear) >= 50 && left(ear).last() == Some(&(3, 53))).await;
    stage.workload.pods.truncate(50);
    stage.workload.replicas = 50;
    stage.workload.apply_to(&stage.cluster);
    stage.ear.until("none is left out", |ear| left(ear).last() == Some(&(0, 50))).await;
    stage.write(1);
    stage.told("all of them").await;
}
