//! What pods and HAProxies write of the requests that staging's clients make, beside what the real programs wrote.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use quarterdeck::runtime::open_with;
use quarterdeck::runtime::stores::OpenOptions;
use quarterdeck::staging::google::Cloud;
use quarterdeck::staging::haproxy::Balancer;
use quarterdeck::staging::kubernetes::Cluster;
use quarterdeck::staging::registry::FrontDoor;
use quarterdeck::staging::scenario::{
    self, BALANCERS, Bucket, LogFile, LogFormat, NAMESPACE, NODES, PROJECT, Player, REGION, Scenario, Stage,
    Traffic, layouts,
};
use quarterdeck::staging::tree::{Shown, Spec, write_into};
use regex::Regex;
use tempfile::TempDir;
use tokio::net::TcpListener;

fn start() -> Timestamp {
    "2026-03-04T12:00:00Z".parse().unwrap()
}

const FAULTS: [&str; 9] = [
    "empty-current-link",
    "layer-blob-empty",
    "index-children-collected",
    "missing-current-link",
    "manifest-blob-missing",
    "manifest-blob-empty",
    "current-link-truncated",
    "revision-link-empty",
    "current-link-nul-bytes",
];

/// The load balancers stand still unless they are told of requests.
fn clock() -> Timestamp {
    start()
}

/// A scenario, its clients, and what was written about them.
struct Town {
    player: Player,
    traffic: Traffic,
    api: String,
    folder: TempDir,
    /// Quarters of a second that were played.
    quarters: i64,
}

impl Town {
    async fn of(scenario: Scenario) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().join("registry");
        std::fs::create_dir(&root).unwrap();
        let faults = match scenario.bucket {
            Bucket::Whole => Shown::None,
            // All that are asked for; more take time to write.
            Bucket::Incidents => Shown::Only(FAULTS.to_vec()),
        };
        let spec = Spec { faults, lookalikes: Shown::None, ..Spec::demo(start()) };
        write_into(&root, &spec).unwrap();
        let open = open_with(format!("file://{}", root.display()), OpenOptions::default());
        let front_door = FrontDoor::new(open.clone()).with_deletes(scenario.deletes);
        let cluster = Cluster::new(NAMESPACE);
        let balancers = layouts(scenario.servers_are)
            .iter()
            .map(|it| (it.node.clone(), Balancer::new(it, clock)))
            .collect();
        let cloud = Cloud::new(PROJECT, REGION, &BALANCERS, &NODES);
        let stage = Stage { cluster: cluster.clone(), balancers, front_door, cloud, bucket: open };
        let files = layouts(scenario.servers_are).into_iter().map(|it| {
            let path = folder.path().join(format!("{}.log", it.node));
            (it.node, LogFile::create(&path).unwrap())
        });
        let files: BTreeMap<_, _> = files.collect();
        let player = Player::new(scenario.clone(), stage.clone(), start());
        let traffic = Traffic::new(scenario, stage, start(), files);
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let api = format!("http://{}", listener.local_addr().unwrap());
        tokio::spawn(quarterdeck::staging::kubernetes::serve(cluster, listener));
        Self { player, traffic, api, folder, quarters: 0 }
    }

    async fn named(name: &str) -> Self {
        Self::of(scenario::find(name).unwrap().unwrap()).await
    }

    /// Plays on, up to so many seconds after the start.
    async fn play(&mut self, seconds: i64) {
        while self.quarters < seconds * 4 {
            self.quarters += 1;
            let now = start() + SignedDuration::from_millis(self.quarters * 250);
            self.player.play(now);
            self.traffic.play(now).await;
        }
    }

    /// What all containers wrote since the start, as `kubectl logs` has it.
    async fn containers(&self) -> Vec<String> {
        let pods = format!("{}/api/v1/namespaces/{NAMESPACE}/pods", self.api);
        let pods: serde_json::Value = reqwest::get(&pods).await.unwrap().json().await.unwrap();
        let mut lines = Vec::new();
        for pod in pods["items"].as_array().unwrap() {
            let name = pod["metadata"]["name"].as_str().unwrap();
            let url = format!(
                "{}/api/v1/namespaces/{NAMESPACE}/pods/{name}/log?sinceTime={}&timestamps=true",
                self.api,
                start()
            );
            let text = reqwest::get(&url).await.unwrap().text().await.unwrap();
            let stamps: Vec<_> =
                text.lines().map(|line| line.split(' ').next().unwrap().to_owned()).collect();
            assert!(stamps.is_sorted(), "{name}: {stamps:?}");
            lines.extend(text.lines().map(|line| line.split_once(' ').unwrap().1.to_owned()));
        }
        lines
    }

    fn balancers(&self) -> Vec<String> {
        let files = NODES.into_iter().map(|it| self.folder.path().join(format!("{it}.log")));
        let texts = files.map(|file| std::fs::read_to_string(file).unwrap());
        texts.flat_map(|text| text.lines().map(str::to_owned).collect::<Vec<_>>()).collect()
    }
}

/// A line without what is another for every request.
fn shape(line: &str) -> String {
    let mut line = line.trim_end().replace("faults/empty-current-link", "IMAGE");
    line = line.replace("lighthouse/checkout/api", "IMAGE").replace("v1.14.0", "bad");
    for (pattern, stand_in) in [
        (r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}", "ID"),
        (r"\d{4}-\d\d-\d\dT[\d:]+\.\d{9}Z|\d{4}-\d\d-\d\dT[\d:]+\.\d+Z", "TIME"),
        (r"\d\d/\w{3}/\d{4}:[\d:.]+", "TIME"),
        (r"^\w{3} [ \d]\d [\d:]+", "TIME"),
        (r#""[\d.]+µs"|[\d.]+ms"#, "TOOK"),
        (r"(\d+\.){3}\d+(:\d+)?", "ADDRESS"),
        (r"sha256:[0-9a-f]{64}", "DIGEST"),
        (r"docker/[^|}]*?\)\)|docker/[^|}]+|containerd/[^ |}]+|skopeo/[^ |}]+", "AGENT"),
        (r#"remoteaddr="?ADDRESS"?"#, "remoteaddr=ADDRESS"),
        (r#""AGENT""#, "AGENT"),
        (r#"useragent="?AGENT"?"#, "useragent=AGENT"),
        (r#":"TOOK""#, ":TOOK"),
        (r"written.*?(\d+)", "written N"),
        (r"haproxy\[\d+\]", "haproxy[N]"),
        (r"\]: ADDRESS \[TIME\] \S+ \S+ [\d/]+ (\d+) \d+ (- -) (\S+) [\d/]+ ", "]: $1 $2 $3 "),
        (r"TIME \S+ haproxy", "TIME HOST haproxy"),
    ] {
        line = Regex::new(pattern).unwrap().replace_all(&line, stand_in).into_owned();
    }
    line
}

fn fixture(name: &str) -> String {
    shape(&std::fs::read_to_string(format!("tests/fixtures/staging/{name}.log")).unwrap())
}

#[tokio::test]
async fn lines_look_like_those_of_the_real_programs() {
    let strip = Regex::new(r#"/v2/[^" ]+"#).unwrap();
    for (format, name) in [(LogFormat::Text, "text"), (LogFormat::Json, "json")] {
        let mut scenario = scenario::find("broken-image").unwrap().unwrap();
        scenario.log_format = format;
        let mut town = Town::of(scenario).await;
        town.play(4).await;
        let lines = town.containers().await;
        let any = |lines: &[String], kind: &str| {
            let wanted = fixture(kind);
            let near = lines.iter().map(|line| shape(line)).find(|it| it.contains("IMAGE"));
            assert!(lines.iter().any(|line| shape(line) == wanted), "{kind}: {wanted}\n{near:#?}");
        };
        any(&lines, &format!("refused.{name}"));
        any(&lines, "refused.access");
        let served = fixture(&format!("served.{name}"));
        let served_at = lines.iter().map(|line| shape(line));
        let bare = |line: &str| strip.replace_all(line, "URI").replace("=\"URI\"", "=URI");
        assert!(served_at.map(|line| bare(&line)).any(|line| line == bare(&served)), "{}", bare(&served));
        any(&town.balancers(), "refused.haproxy");
    }
}

#[tokio::test]
async fn broken_tags_fail_from_the_first_seconds_and_one_far_more_than_others() {
    let mut town = Town::named("broken-image").await;
    town.play(10).await;
    let mut failing: BTreeMap<String, u32> = BTreeMap::new();
    for line in town.balancers().iter().filter(|line| line.contains(" 500 ")) {
        let path = line.split('"').nth(1).unwrap().split(' ').nth(1).unwrap();
        *failing.entry(path.to_owned()).or_default() += 1;
    }
    let mut counts: Vec<_> = failing.into_iter().map(|(path, count)| (count, path)).collect();
    counts.sort_by(|one, other| other.cmp(one));
    assert_eq!(counts[0].1, "/v2/lighthouse/checkout/api/manifests/v1.14.0");
    assert!(counts.len() >= 4 && counts[0].0 >= 2 * counts[1].0 && counts[0].0 >= 30, "{counts:?}");
    // Every line of an HAProxy about an answer of the registry has one of the registry and one of its access log.
    let (lines, balancers) = (town.containers().await, town.balancers());
    assert_eq!(lines.len(), 2 * balancers.len());
    let healthy = balancers.iter().filter(|line| line.contains(" 200 ")).count();
    assert!((20..160).contains(&healthy), "{healthy} in 10 s");
}

#[tokio::test]
async fn a_scenario_is_played_the_same_way_every_time() {
    let mut towns = [Town::named("broken-image").await, Town::named("broken-image").await];
    for town in &mut towns {
        town.play(3).await;
    }
    let [one, other] = &towns;
    assert_eq!(one.balancers(), other.balancers());
    assert_eq!(one.containers().await, other.containers().await);
}

#[tokio::test]
async fn a_storm_is_one_request_refused_again_and_again() {
    let mut town = Town::named("retry-storm").await;
    town.play(5).await;
    let lines = town.containers().await;
    let refused = lines.iter().filter(|line| line.contains("err.code=\"digest invalid\""));
    let refused: Vec<_> = refused.collect();
    assert!((40..=50).contains(&refused.len()), "{}", refused.len());
    for part in ["method=DELETE", "status=400", "useragent=GitLab/17.3.5", "provided digest did not match"] {
        assert!(refused.iter().all(|line| line.contains(part)), "{part}: {}", refused[0]);
    }
}

#[tokio::test]
async fn a_tag_breaks_in_mid_play() {
    let mut town = Town::named("tag-breaks").await;
    town.play(6).await;
    let before = town.balancers();
    assert!(before.iter().all(|line| !line.contains(" 500 ")), "{before:#?}");
    town.play(9).await;
    let broken = "/v2/lighthouse/checkout/api/manifests/latest";
    let after = town.balancers();
    let failed: Vec<_> = after.iter().filter(|line| line.contains(" 500 ")).collect();
    assert!(failed.len() > 5 && failed.iter().all(|line| line.contains(broken)), "{failed:#?}");
}

#[tokio::test]
async fn where_no_server_is_left_the_load_balancer_answers_and_no_pod_hears_of_it() {
    let mut scenario = scenario::find("front-door-503").unwrap().unwrap();
    scenario.steps.iter_mut().for_each(|(step, _)| step.at = std::time::Duration::ZERO);
    let mut town = Town::of(scenario).await;
    town.play(3).await;
    let lines = town.balancers();
    assert!(!lines.is_empty());
    assert!(lines.iter().all(|line| line.contains("gke-registry/<NOSRV> 0/-1/-1/-1/")), "{lines:#?}");
    assert!(town.containers().await.is_empty());
}
