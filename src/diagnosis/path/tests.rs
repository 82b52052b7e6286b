//! The way of a pull, told as stories: what the sources saw, and what each hop makes of it.

use std::time::Duration;

use jiff::Timestamp;

use super::*;
use crate::diagnosis::{Scene, look, words};
use crate::model::{Watched, Workload};
use crate::sources::front_door::facts::{Answer, Fact as Door, Page};
use crate::sources::google::facts::{BalancerKind, Fact as Cloud, Server, ServerHealth};
use crate::sources::haproxy::facts::{Fact as Proxy, Look, Role, Stat};
use crate::sources::kubernetes::facts::{Batch, Fact as Cluster, Watch};
use crate::sources::kubernetes::objects::{Address, Kind, Phase, Pod, Service, Slice};
use crate::sources::{Trouble, TroubleKind, bucket, front_door, google, haproxy, kubernetes};

#[derive(Default)]
struct World {
    watched: Watched,
    front_door: front_door::picture::Picture,
    google: google::picture::Picture,
    haproxy: haproxy::picture::Picture,
    kubernetes: kubernetes::picture::Picture,
    bucket: bucket::picture::Picture,
}

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(second).unwrap()
}

impl World {
    fn watched() -> Self {
        let workload =
            Workload { namespace: "gitlab".into(), service: "registry".into(), ..Workload::default() };
        let watched = Watched {
            kubernetes: Some(workload),
            backends: Some(vec!["gke".into()]),
            google: false,
            front_door: true,
            ..Watched::default()
        };
        Self { watched, ..Self::default() }
    }

    fn pods(mut self, pods: &[(&str, bool)]) -> Self {
        let pods: Vec<_> =
            pods.iter().enumerate().map(|(number, (status, ready))| pod(number, status, *ready)).collect();
        let addresses = pods.iter().map(address).collect();
        let slice = Slice { name: "one".into(), service: "registry".into(), ports: Vec::new(), addresses };
        for (kind, batch) in [
            (Kind::Pod, Batch::Pods(pods)),
            (Kind::Service, Batch::Services(vec![service()])),
            (Kind::EndpointSlice, Batch::Slices(Kind::EndpointSlice, vec![slice])),
        ] {
            self.kubernetes.fold(&Cluster::Listed(batch), at(100));
            self.kubernetes.fold(&Cluster::Watched { kind, watch: Watch::Live }, at(100));
        }
        self
    }

    fn instance(self, name: &str, servers: &[&str]) -> Self {
        self.instance_at(name, servers, "")
    }

    fn instance_at(mut self, name: &str, servers: &[&str], address: &str) -> Self {
        let instances = self.haproxy.instances.keys().cloned().chain([name.to_owned()]).collect();
        self.haproxy.fold(&Proxy::Configured { instances }, at(0));
        let mut rows = rows(servers);
        rows.iter_mut().for_each(|row| row.address = address.to_owned());
        let look = Look { rows, ..Look::default() }.into();
        self.haproxy.fold(&Proxy::Looked { instance: name.into(), look }, at(100));
        self
    }

    fn silent(mut self, name: &str) -> Self {
        let instances = self.haproxy.instances.keys().cloned().chain([name.to_owned()]).collect();
        self.haproxy.fold(&Proxy::Configured { instances }, at(0));
        let trouble = Trouble::new(TroubleKind::Slow, "no answer within 2 s");
        self.haproxy.fold(&Proxy::NotLooked { instance: name.into(), trouble }, at(90));
        self
    }

    fn door(mut self, status: u16, wrong: Option<&str>) -> Self {
        let answer = Answer {
            status,
            latency: Duration::from_millis(38),
            bytes: 0,
            versions: Vec::new(),
            wrong: wrong.map(str::to_owned),
        };
        self.front_door.fold(&Door::Answered { page: Page::Api, answer }, at(100));
        self
    }

    fn path(&self) -> Vec<Hop> {
        path(&look::Look::at(Scene {
            watched: &self.watched,
            front_door: &self.front_door,
            google: &self.google,
            haproxy: &self.haproxy,
            kubernetes: &self.kubernetes,
            bucket: &self.bucket,
            logs: &Default::default(),
            now: at(160),
        }))
    }

    fn hop(&self, id: HopId) -> Hop {
        self.path().into_iter().find(|hop| hop.id == id).unwrap()
    }
}

fn rows(servers: &[&str]) -> Vec<Stat> {
    let row = |name: &str, role, status: &str| Stat {
        proxy: "gke".into(),
        name: name.into(),
        role,
        status: status.into(),
        check_status: "L7OK".into(),
        active: Some(1),
        ..Stat::default()
    };
    let is_up = servers.iter().any(|status| !["DOWN", "MAINT"].contains(status));
    let backend = row("BACKEND", Role::Backend, if is_up { "UP" } else { "DOWN" });
    let numbered = servers.iter().enumerate();
    numbered
        .map(|(number, status)| row(&format!("s{number}"), Role::Server, status))
        .chain([backend])
        .collect()
}

fn pod(number: usize, status: &str, is_ready: bool) -> Pod {
    Pod {
        name: format!("registry-{number}"),
        uid: number.to_string(),
        node: None,
        ip: Some(format!("10.0.0.{number}")),
        status: status.into(),
        phase: Phase::Running,
        ready: (u16::from(is_ready), 1),
        is_ready,
        ready_changed: None,
        restarts: 0,
        restarted: None,
        created: Some(at(-9_000)),
        deleting: None,
        images: Vec::new(),
        containers: Vec::new(),
        owner: None,
        message: None,
    }
}

fn address(pod: &Pod) -> Address {
    Address {
        ip: pod.ip.clone().unwrap(),
        ready: pod.is_ready,
        serving: None,
        terminating: None,
        pod: Some(pod.name.clone()),
        node: None,
    }
}

fn service() -> Service {
    Service {
        name: "registry".into(),
        kind: "LoadBalancer".into(),
        cluster_ip: None,
        ingress: vec!["192.0.2.9".into()],
        ports: Vec::new(),
        selector: Default::default(),
        created: None,
    }
}

const UP: (&str, bool) = ("Running", true);
const CRASHING: (&str, bool) = ("CrashLoopBackOff", false);

#[test]
fn every_hop_counts_and_names_whom_to_look_at() {
    use Verdict::{Broken, Good, Minor};
    for (pods, verdict, words) in [
        (vec![UP, UP], Good, "2/2 ready"),
        (vec![UP, CRASHING], Minor, "1/2 ready, 1 CrashLoopBackOff"),
        (vec![CRASHING, CRASHING], Broken, "0/2 ready, 2 CrashLoopBackOff"),
        (vec![], Broken, "0/0 ready"),
    ] {
        let hop = World::watched().pods(&pods).hop(HopId::Pods);
        assert_eq!((hop.verdict, hop.words.as_str()), (verdict, words));
        let guilty = pods.iter().position(|pod| *pod == CRASHING).map(|number| format!("registry-{number}"));
        assert!(guilty.is_none() || hop.guilty().is_some_and(|subject| matches!(subject, Subject::Pod(_))));
    }
    for (servers, verdict, words) in [
        (&["UP", "UP"][..], Good, "2/2 UP"),
        (&["UP", "DOWN"][..], Minor, "1/2 UP"),
        (&["DOWN", "DOWN"][..], Broken, "0/2 UP"),
    ] {
        let hop = World::watched().instance("fe-01", servers).hop(HopId::Haproxy);
        assert_eq!((hop.verdict, hop.words.as_str()), (verdict, words), "{:?}", hop.evidence);
    }
}

#[test]
fn what_cannot_be_read_is_unknown_and_never_broken() {
    let hop = World::watched().silent("fe-01").hop(HopId::Haproxy);
    assert_eq!((hop.verdict, hop.evidence[0].since), (Verdict::Unknown, Some(at(90))));
    let partly = World::watched().instance("fe-01", &["UP"]).silent("fe-02").hop(HopId::Haproxy);
    assert_eq!((partly.verdict, partly.words.as_str()), (Verdict::Minor, "1/1 UP, 1 of 2 answer"));
    let trouble = Trouble::new(TroubleKind::Unreachable, "no route");
    let mut world = World::watched().pods(&[CRASHING]);
    world.kubernetes.fold(&Cluster::Watched { kind: Kind::Pod, watch: Watch::Down { trouble } }, at(120));
    let pods = world.hop(HopId::Pods);
    assert_eq!(pods.verdict, Verdict::Unknown);
    assert!(pods.words.contains("was 0/1 ready"), "{}", pods.words);
    assert_eq!(World::watched().hop(HopId::Pods).verdict, Verdict::Waiting);
    assert!(
        World::default()
            .path()
            .iter()
            .filter(|hop| hop.id != HopId::Bucket)
            .all(|hop| hop.verdict == Verdict::Off)
    );
}

#[test]
fn the_way_breaks_at_the_first_hop_that_is_broken_in_itself() {
    let down = World::watched().door(503, Some("no server")).instance("fe-01", &["DOWN"]).pods(&[CRASHING]);
    assert_eq!(down.hop(HopId::FrontDoor).verdict, Verdict::Broken);
    assert_eq!(first_broken(&down.path()), Some(HopId::Haproxy));
    let door = World::watched().door(503, Some("odd")).instance("fe-01", &["UP"]).pods(&[UP]);
    assert_eq!(first_broken(&door.path()), Some(HopId::FrontDoor));
    let well = World::watched().door(401, None).instance("fe-01", &["UP"]).pods(&[UP]);
    assert_eq!(first_broken(&well.path()), None);
}

#[test]
fn a_service_that_haproxy_does_not_send_to_is_broken_only_when_nothing_else_is_up() {
    for (address, servers, verdict) in [
        ("192.0.2.9:5000", &["UP"][..], Verdict::Good),
        ("192.0.2.8:5000", &["UP"], Verdict::Minor),
        ("192.0.2.8:5000", &["DOWN", "MAINT"], Verdict::Broken),
        ("192.0.2.8:5000", &["DOWN", "BLINKING"], Verdict::Minor),
    ] {
        let world = World::watched().pods(&[UP]).instance_at("fe-01", servers, address);
        let hop = world.hop(HopId::Service);
        assert_eq!(hop.verdict, verdict, "{address} {servers:?} {:?}", hop.evidence);
        let silent = world.silent("fe-01").hop(HopId::Service);
        assert_eq!(
            silent.verdict,
            Verdict::Good,
            "what HAProxy said last is compared: {:?}",
            silent.evidence
        );
    }
}

#[test]
fn what_is_not_known_of_a_server_does_not_make_its_backend_good() {
    let hop = World::watched().instance("fe-01", &["BLINKING"]).hop(HopId::Haproxy);
    assert_eq!((hop.verdict, hop.words.as_str()), (Verdict::Unknown, "0/1 UP"), "{:?}", hop.evidence);
    let mut world = World::watched().instance("fe-01", &["UP"]);
    world.watched.backends = Some(vec!["misspelt".into()]);
    let instance = world.haproxy.instances.get_mut("fe-01").unwrap();
    instance.reloaded = Some(at(50));
    let hop = world.hop(HopId::Haproxy);
    assert_eq!(hop.verdict, Verdict::Unknown, "{:?}", hop.evidence);
}

#[test]
fn objects_that_could_not_be_read_are_not_missing() {
    let trouble = Trouble::new(TroubleKind::Broken, "2 pods make no sense");
    for (pods, kind, id) in [
        (vec![], Kind::Pod, HopId::Pods),
        (vec![CRASHING], Kind::Pod, HopId::Pods),
        (vec![CRASHING], Kind::EndpointSlice, HopId::Endpoints),
    ] {
        let mut world = World::watched().pods(&pods);
        assert_eq!(world.hop(id).verdict, Verdict::Broken);
        world.kubernetes.fold(&Cluster::Odd { kind, trouble: trouble.clone() }, at(101));
        assert_eq!(world.hop(id).verdict, Verdict::Unknown, "{id} {:?}", world.hop(id).evidence);
    }
    let mut world = World::watched().pods(&[UP]);
    world.kubernetes.services.clear();
    assert_eq!(world.hop(HopId::Service).verdict, Verdict::Broken);
    world.kubernetes.fold(&Cluster::Odd { kind: Kind::Service, trouble }, at(101));
    assert_eq!(world.hop(HopId::Service).verdict, Verdict::Unknown);
}

#[test]
fn addresses_are_not_held_against_pods_that_are_not_known() {
    let mut world = World::watched().pods(&[UP, UP]);
    let trouble = Trouble::new(TroubleKind::Denied, "pods is forbidden");
    world.kubernetes.fold(&Cluster::Watched { kind: Kind::Pod, watch: Watch::Down { trouble } }, at(120));
    world.kubernetes.pods.clear();
    let hop = world.hop(HopId::Endpoints);
    assert_eq!((hop.verdict, hop.words.as_str()), (Verdict::Good, "2 addresses"), "{:?}", hop.evidence);
}

#[test]
fn a_front_door_that_falls_silent_with_everything_else_is_not_known_to_be_closed() {
    let gone = || Trouble::new(TroubleKind::Unreachable, "connection refused");
    let mut world = World::watched().door(401, None).instance("fe-01", &["UP"]);
    world.front_door.fold(&Door::NotAnswered { page: Page::Api, trouble: gone() }, at(120));
    assert_eq!(world.hop(HopId::FrontDoor).verdict, Verdict::Broken);
    let world = world.silent("fe-01");
    let hop = world.hop(HopId::FrontDoor);
    assert_eq!(hop.verdict, Verdict::Unknown, "{:?}", hop.evidence);
    let mut never = World::watched();
    never.front_door.fold(&Door::NotAnswered { page: Page::Api, trouble: gone() }, at(120));
    assert_eq!(never.hop(HopId::FrontDoor).verdict, Verdict::Unknown);
}

#[test]
fn an_answer_of_the_api_that_clients_cannot_use_is_broken_and_patience_is_not() {
    for (status, wrong, verdict) in [
        (200, Some("not a registry's answer"), Verdict::Broken),
        (302, Some("sends clients elsewhere"), Verdict::Broken),
        (429, Some("Too Many Requests"), Verdict::Minor),
        (401, None, Verdict::Good),
    ] {
        let mut world = World::watched().door(status, wrong);
        let answer = world.front_door.pages[&Page::Api].answer.clone().unwrap();
        let root = Answer { status: 200, wrong: None, ..answer };
        world.front_door.fold(&Door::Answered { page: Page::Root, answer: root.clone() }, at(100));
        assert_eq!(world.hop(HopId::FrontDoor).verdict, verdict, "{status}");
        let root = Answer { status: 404, wrong: Some("Not Found".into()), ..root };
        world.front_door.fold(&Door::Answered { page: Page::Root, answer: root }, at(101));
        let with_root = if verdict == Verdict::Good { Verdict::Minor } else { verdict };
        assert_eq!(world.hop(HopId::FrontDoor).verdict, with_root, "{status}");
    }
}

#[test]
fn a_cloud_server_of_which_nothing_is_said_may_be_well() {
    use ServerHealth::{Healthy, Unhealthy, Unknown};
    for (servers, verdict) in [
        (&[Healthy, Healthy][..], Verdict::Good),
        (&[Healthy, Unhealthy], Verdict::Minor),
        (&[Unhealthy, Unhealthy], Verdict::Broken),
        (&[Unhealthy, Unknown], Verdict::Unknown),
        (&[Unknown, Unknown], Verdict::Unknown),
    ] {
        let mut world = World::watched();
        world.watched.google = true;
        let server = |(number, health): (usize, &ServerHealth)| Server {
            name: format!("fe-{number}"),
            address: None,
            place: None,
            health: *health,
        };
        let servers: Vec<_> = servers.iter().enumerate().map(server).collect();
        let kind = BalancerKind::TargetPool;
        world.google.fold(&Cloud::Looked { balancer: "pool".into(), kind, servers }, at(100));
        let hop = world.hop(HopId::CloudBalancer);
        assert_eq!(hop.verdict, verdict, "{:?}", hop.evidence);
    }
}

#[test]
fn times_and_rates_that_differ_at_every_look_are_told_alike() {
    for (milliseconds, words) in
        [(0, "under 10 ms"), (9, "under 10 ms"), (38, "40 ms"), (44, "40 ms"), (140, "100 ms"), (980, "1 s")]
    {
        assert_eq!(words::about(Duration::from_millis(milliseconds)), words, "{milliseconds}");
    }
    for (rate, step) in [(0.1, 0.1), (0.37, 0.2), (1.0, 1.0), (1.9, 1.0), (4.99, 2.0), (73.0, 50.0)] {
        assert!((words::step(rate) - step).abs() < 1e-9, "{rate}: {}", words::step(rate));
    }
    let mut world = World::watched().door(401, None);
    let told = |world: &World| world.hop(HopId::FrontDoor).words;
    assert_eq!(told(&world), "401 in 40 ms");
    for latency in [31, 52, 45, 36] {
        let answer = world.front_door.pages[&Page::Api].answer.clone().unwrap();
        let answer = Answer { latency: Duration::from_millis(latency), ..answer };
        world.front_door.fold(&Door::Answered { page: Page::Api, answer }, at(110));
        assert_eq!(told(&world), "401 in 40 ms", "after {latency} ms");
    }
}
