//! The way of a pull, told as stories: what the sources saw, and what each hop makes of it.

use std::time::Duration;

use jiff::Timestamp;

use super::*;
use crate::model::{Watched, Workload};
use crate::sources::front_door::facts::{Answer, Fact as Door, Page};
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

    fn instance(mut self, name: &str, servers: &[&str]) -> Self {
        let instances = self.haproxy.instances.keys().cloned().chain([name.to_owned()]).collect();
        self.haproxy.fold(&Proxy::Configured { instances }, at(0));
        let look = Look { rows: rows(servers), ..Look::default() }.into();
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
        path(&Scene {
            watched: &self.watched,
            front_door: &self.front_door,
            google: &self.google,
            haproxy: &self.haproxy,
            kubernetes: &self.kubernetes,
            bucket: &self.bucket,
            now: at(160),
        })
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
    let is_up = servers.iter().any(|status| status.starts_with("UP"));
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
    assert!(pods.words.contains("before that 0/1 ready"), "{}", pods.words);
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
