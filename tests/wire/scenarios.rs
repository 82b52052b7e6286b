//! Every scenario, played to its end and looked at from outside: over the wire, with the programs one would use.

use std::process::Stdio;
use std::time::Duration;

use jiff::Timestamp;
use quarterdeck::runtime::open_with;
use quarterdeck::runtime::stores::OpenOptions;
use quarterdeck::staging::google::Cloud;
use quarterdeck::staging::haproxy::Balancer;
use quarterdeck::staging::kubernetes::{self, Cluster};
use quarterdeck::staging::registry::FrontDoor;
use quarterdeck::staging::scenario::{
    self, BALANCERS, Ends, NAMESPACE, NODES, PROJECT, Player, REGION, SELECTOR, SERVICE, Scenario, Stage,
    layouts,
};
use reqwest::Client;
use serde_json::Value;
use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::net::TcpListener;
use tokio::process::Command;

/// A clock that the stories move by themselves: seconds after the start.
static SECONDS: std::sync::atomic::AtomicI64 = std::sync::atomic::AtomicI64::new(0);

fn start() -> Timestamp {
    "2026-03-04T12:00:00Z".parse().unwrap()
}

fn clock() -> Timestamp {
    let seconds = SECONDS.load(std::sync::atomic::Ordering::SeqCst);
    Timestamp::from_second(start().as_second() + seconds).unwrap()
}

/// A scenario with its servers, of which only those that are asked over the wire listen.
struct Played {
    player: Player,
    stage: Stage,
    client: Client,
    api: String,
    door: String,
    _root: TempDir,
}

impl Played {
    async fn of(scenario: Scenario) -> Self {
        SECONDS.store(0, std::sync::atomic::Ordering::SeqCst);
        let root = tempfile::tempdir().unwrap();
        let url = format!("file://{}", root.path().display());
        let bucket = open_with(url, OpenOptions::default());
        let front_door = FrontDoor::new(bucket.clone());
        let cluster = Cluster::new(NAMESPACE);
        let balancers = layouts(scenario.servers_are)
            .iter()
            .map(|it| (it.node.clone(), Balancer::new(it, clock)))
            .collect();
        let cloud = Cloud::new(PROJECT, REGION, &BALANCERS, &NODES);
        let stage =
            Stage { cluster: cluster.clone(), balancers, front_door: front_door.clone(), cloud, bucket };
        let player = Player::new(scenario, stage.clone(), clock());
        let (api, door) = (listen().await, listen().await);
        let addresses = [&api, &door].map(|it| format!("http://{}", it.local_addr().unwrap()));
        tokio::spawn(kubernetes::serve(cluster, api));
        tokio::spawn(front_door.serve(door));
        let [api, door] = addresses;
        Self { player, stage, client: Client::new(), api, door, _root: root }
    }

    fn play(&mut self, seconds: i64) {
        SECONDS.store(seconds, std::sync::atomic::Ordering::SeqCst);
        self.player.play(clock());
    }

    async fn list(&self, path: &str) -> Vec<Value> {
        let answer = self.client.get(format!("{}{path}", self.api)).send().await.unwrap();
        let list: Value = answer.json().await.unwrap();
        list["items"].as_array().unwrap().clone()
    }

    async fn seen(&self) -> Ends {
        let pods = self.list(&format!("/api/v1/namespaces/{NAMESPACE}/pods?labelSelector={SELECTOR}")).await;
        let slices = self
            .list(&format!(
                "/apis/discovery.k8s.io/v1/namespaces/{NAMESPACE}/endpointslices?labelSelector=kubernetes.io/service-name={SERVICE}"
            ))
            .await;
        let endpoints = slices.iter().flat_map(|slice| slice["endpoints"].as_array().unwrap());
        let ready = endpoints.filter(|endpoint| endpoint["conditions"]["ready"] == true).count();
        let up = self.stage.balancers.iter().map(|(_, balancer)| {
            balancer.now(|instance, _| {
                instance.backends.iter().flat_map(|it| &it.servers).filter(|server| server.is_up()).count()
            })
        });
        let up: usize = up.sum();
        let door = self.client.get(format!("{}/", self.door)).send().await;
        Ends {
            pods: u32::try_from(pods.len()).unwrap(),
            ready: u32::try_from(ready).unwrap(),
            servers_up: u32::try_from(up).unwrap(),
            front_door: door.map_or(0, |answer| answer.status().as_u16()),
        }
    }
}

async fn listen() -> TcpListener {
    TcpListener::bind("127.0.0.1:0").await.unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_scenario_begins_well_and_ends_as_it_says() {
    let well = Ends { pods: 20, ready: 20, servers_up: 8, front_door: 200 };
    let mut told = Vec::new();
    for name in scenario::names() {
        let scenario = scenario::find(name).unwrap().unwrap_or_else(|error| panic!("{error}"));
        assert!(scenario.length() <= Duration::from_secs(10), "{name} is too slow for impatient people");
        assert!(scenario.baseline >= scenario.pods, "{name}");
        let ends = scenario.ends;
        let steps = scenario.steps.len();
        let mut played = Played::of(scenario).await;
        assert_eq!(played.seen().await, well, "{name} at its start");
        for second in 1..=14 {
            played.play(second);
        }
        assert_eq!(played.seen().await, ends, "{name} at its end");
        told.push((name, steps, ends == well));
    }
    let quiet: Vec<_> = told.iter().filter(|(_, steps, _)| *steps == 0).map(|(name, ..)| *name).collect();
    assert_eq!(quiet, ["broken-image", "healthy", "retry-storm"]);
    // Of what is not here to be seen, such as the bucket, the ends say nothing.
    assert!(told.iter().all(|(_, steps, well)| *steps > 0 || *well), "{told:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_happens_at_once_is_the_same_as_what_happens_step_by_step() {
    for name in scenario::names() {
        let scenario = scenario::find(name).unwrap().unwrap();
        for (step, _) in &scenario.steps {
            let just_before = step.at.saturating_sub(Duration::from_millis(1));
            assert_ne!(
                scenario.at(just_before),
                scenario.at(step.at),
                "{name}: {:?} does nothing",
                step.says
            );
        }
        assert_eq!(scenario.at(scenario.length()), scenario.at(Duration::from_secs(9_999)));
    }
}

#[test]
fn an_unknown_scenario_is_none() {
    assert!(scenario::find("nobody").is_none());
}

/// The program itself, serving; what it printed, line by line, until it was ready.
struct Served {
    child: tokio::process::Child,
    lines: Vec<String>,
    home: TempDir,
}

impl Served {
    async fn start(scenario: &str) -> Self {
        let home = tempfile::tempdir().unwrap();
        let mut child = Command::new(env!("CARGO_BIN_EXE_quarterdeck"))
            .args(["staging", scenario])
            .env("TMPDIR", home.path())
            .env("HOME", home.path())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        let mut reader = BufReader::new(child.stdout.take().unwrap()).lines();
        let mut lines = Vec::new();
        while !lines.iter().any(|line: &String| line.contains("Ctrl-c")) {
            lines.push(reader.next_line().await.unwrap().expect("it ended before it was ready"));
        }
        tokio::spawn(async move { while let Ok(Some(_)) = reader.next_line().await {} });
        Self { child, lines, home }
    }

    /// The commands that it offers and that begin with this word.
    fn commands(&self, word: &str) -> Vec<String> {
        let lines = self.lines.iter().map(|line| line.trim());
        lines.filter(|line| line.starts_with(word)).map(str::to_owned).collect()
    }

    /// Runs a line in a shell, as one that was pasted.
    async fn shell(&self, line: &str) -> String {
        let export = self.commands("export").join("; ");
        let mut command = Command::new("sh");
        command.args(["-c", &format!("{export}; {line}")]).env("HOME", self.home.path());
        let output = tokio::time::timeout(Duration::from_secs(30), command.output()).await.unwrap().unwrap();
        let said = String::from_utf8_lossy(&output.stdout).into_owned();
        assert!(output.status.success(), "{line}: {said}\n{}", String::from_utf8_lossy(&output.stderr));
        said
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_commands_that_it_prints_work_and_nothing_is_left_behind() {
    let mut served = Served::start("broken-image").await;
    let text = served.lines.join("\n");
    assert!(text.contains("Customers say") && text.contains("hatop -s "), "{text}");
    let mut answers = Vec::new();
    for line in served.commands("curl").into_iter().chain(served.commands("skopeo inspect")) {
        answers.push(served.shell(&line).await);
    }
    assert!(answers.iter().any(|answer| answer.contains("# pxname")), "{answers:?}");
    assert!(answers.iter().any(|answer| answer.contains("200 OK")), "{answers:?}");
    assert!(answers.iter().any(|answer| answer.contains("base/alder/runtime")), "{answers:?}");
    assert!(answers.iter().any(|answer| answer.contains("\"Digest\": \"sha256:")), "{answers:?}");
    let pid = rustix::process::Pid::from_raw(i32::try_from(served.child.id().unwrap()).unwrap()).unwrap();
    rustix::process::kill_process(pid, rustix::process::Signal::TERM).unwrap();
    assert_eq!(served.child.wait().await.unwrap().code(), Some(143));
    let left: Vec<_> =
        std::fs::read_dir(served.home.path()).unwrap().map(|it| it.unwrap().file_name()).collect();
    let left: Vec<_> = left.iter().filter(|name| name.to_string_lossy().starts_with("quarterdeck")).collect();
    assert!(left.is_empty(), "{left:?}");
}
