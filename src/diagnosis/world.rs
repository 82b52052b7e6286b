//! A world for tests, told in a few words: what each source saw, and what a rule makes of it.

use std::time::Duration;

use jiff::Timestamp;

use super::Scene;
use super::finding::Finding;
use super::look::Look;
use super::rules::{Judgement, rule};
use super::verdict::{Diagnosis, diagnose};
use crate::model::{Subject, Watched, Workload};
use crate::sources::front_door::facts::{Answer, Fact as Door, Page};
use crate::sources::google::facts::{BalancerKind, Fact as Cloud, Server, ServerHealth};
use crate::sources::haproxy::facts::{Fact as Proxy, Info, Look as Told, Role, ServerState, Stat};
use crate::sources::kubernetes::facts::{Batch, Fact as Cluster, Watch};
use crate::sources::kubernetes::objects::{
    Address, Autoscaler, Container, Deployment, Ended, Happening, Kind, Phase, Pod, Said, Service, Slice,
};
use crate::sources::{Trouble, TroubleKind, bucket, front_door, google, haproxy, kubernetes, logs};

/// Everything that the sources saw, and when it is.
#[derive(Default)]
pub struct World {
    pub watched: Watched,
    pub front_door: front_door::picture::Picture,
    pub google: google::picture::Picture,
    pub haproxy: haproxy::picture::Picture,
    pub kubernetes: kubernetes::picture::Picture,
    pub bucket: bucket::picture::Picture,
    pub logs: logs::picture::Picture,
}

/// Now, in seconds.
const NOW: i64 = 1_700_000_000;

/// The service's address to the outside.
pub const INGRESS: &str = "192.0.2.9";

/// So many seconds ago.
pub fn ago(seconds: i64) -> Timestamp {
    Timestamp::from_second(NOW - seconds).unwrap()
}

/// Trouble of any kind.
pub fn trouble() -> Trouble {
    Trouble::new(TroubleKind::Slow, "no answer")
}

impl World {
    /// Everything is watched, and nothing was seen yet.
    pub fn watched() -> Self {
        let workload = Workload {
            namespace: "gitlab".into(),
            service: "registry".into(),
            selector: "app=registry".into(),
            baseline: None,
        };
        let watched = Watched {
            kubernetes: Some(workload),
            backends: Some(vec!["gke".into()]),
            google: true,
            front_door: true,
            logs: true,
            ..Watched::default()
        };
        Self { watched, ..Self::default() }
    }

    /// So many healthy pods, all in the service's slice.
    pub fn healthy(pods: u8) -> Self {
        Self::watched().pods((0..pods).map(pod).collect())
    }

    /// These pods and no others, each with its address in the slice; a deployment that wants so many; no events.
    pub fn pods(self, pods: Vec<Pod>) -> Self {
        let addresses =
            pods.iter().filter(|pod| pod.ip.is_some() && pod.phase == Phase::Running).map(address).collect();
        let wanted = pods.iter().filter(|pod| super::pods::counts(pod)).count();
        self.told(Kind::Pod, Batch::Pods(pods))
            .slice(addresses)
            .wanted(u32::try_from(wanted).unwrap())
            .told(Kind::Service, Batch::Services(vec![service()]))
            .told(Kind::Event, Batch::Happenings(Vec::new()))
            .told(Kind::Autoscaler, Batch::Autoscalers(Vec::new()))
            .told(Kind::ReplicaSet, Batch::ReplicaSets(Vec::new()))
    }

    /// The addresses of the service, seen a minute ago.
    pub fn slice(self, addresses: Vec<Address>) -> Self {
        let slice = Slice { name: "one".into(), service: "registry".into(), ports: Vec::new(), addresses };
        self.told(Kind::EndpointSlice, Batch::Slices(Kind::EndpointSlice, vec![slice]))
    }

    /// How many pods the deployment wants.
    pub fn wanted(self, wanted: u32) -> Self {
        let deployment = Deployment {
            name: "registry".into(),
            wanted,
            ready: wanted,
            updated: wanted,
            available: wanted,
            created: None,
            complaints: Vec::new(),
        };
        self.told(Kind::Deployment, Batch::Deployments(vec![deployment]))
    }

    pub fn baseline(mut self, baseline: u32) -> Self {
        self.watched.kubernetes.as_mut().unwrap().baseline = Some(baseline);
        self
    }

    /// A list of a kind, a minute ago.
    pub fn told(mut self, kind: Kind, batch: Batch) -> Self {
        self.kubernetes.fold(&Cluster::Listed(batch), ago(60));
        self.kubernetes.fold(&Cluster::Watched { kind, watch: Watch::Live }, ago(60));
        self
    }

    /// A kind cannot be read.
    pub fn blind(mut self, kind: Kind) -> Self {
        let watch = Watch::Down { trouble: trouble() };
        self.kubernetes.fold(&Cluster::Watched { kind, watch }, ago(30));
        self
    }

    pub fn event(self, about: &str, reason: &str, message: &str, last: i64) -> Self {
        let happening = Happening {
            name: format!("{about}.{reason}"),
            about: ("Pod".into(), about.into()),
            is_warning: true,
            reason: reason.into(),
            message: message.into(),
            count: 3,
            first: Some(ago(last + 600)),
            last: Some(ago(last)),
            source: "kubelet".into(),
        };
        let mut all: Vec<_> = self.kubernetes.happenings.values().cloned().collect();
        all.push(happening);
        self.told(Kind::Event, Batch::Happenings(all))
    }

    pub fn autoscaler(self, (min, current, max): (u32, u32, u32)) -> Self {
        let scaler = Autoscaler {
            name: "registry".into(),
            target: "Deployment/registry".into(),
            min,
            max,
            current,
            desired: current,
            metrics: "cpu: 142%/75%".into(),
            complaints: Vec::new(),
        };
        self.told(Kind::Autoscaler, Batch::Autoscalers(vec![scaler]))
    }

    /// An instance with these servers, looked at twice, with so many requests per second.
    pub fn instance(mut self, name: &str, servers: &[Backed], rate: u64) -> Self {
        let instances = self.haproxy.instances.keys().cloned().chain([name.to_owned()]).collect();
        self.haproxy.fold(&Proxy::Configured { instances }, ago(3_600));
        for (seconds, sessions) in [(12, 1_000), (2, 1_000 + rate * 10)] {
            let mut rows: Vec<_> = servers.iter().map(|server| server.stat()).collect();
            let takes = |server: &&Backed| ["UP", "no check"].contains(&server.status);
            let up = u32::try_from(servers.iter().filter(takes).count()).unwrap();
            let backend = Stat {
                proxy: "gke".into(),
                name: "BACKEND".into(),
                role: Role::Backend,
                status: if up > 0 { "UP".into() } else { "DOWN".into() },
                active: Some(up),
                backup: Some(0),
                sessions_total: Some(sessions),
                last_change: Some(300),
                ..Stat::default()
            };
            rows.push(backend);
            let info = Info { uptime: Some(9_000), pid: Some(7), ..Info::default() };
            let states = servers.iter().map(Backed::state).collect();
            let look = Told { info, rows, servers: Some(states), is_admin: None }.into();
            self.haproxy.fold(&Proxy::Looked { instance: name.into(), look }, ago(seconds));
        }
        self
    }

    /// An instance that does not answer.
    pub fn silent(mut self, name: &str) -> Self {
        let instances = self.haproxy.instances.keys().cloned().chain([name.to_owned()]).collect();
        self.haproxy.fold(&Proxy::Configured { instances }, ago(3_600));
        self.haproxy.fold(&Proxy::NotLooked { instance: name.into(), trouble: trouble() }, ago(5));
        self
    }

    pub fn cloud(self, servers: &[(&str, ServerHealth)]) -> Self {
        self.pool("pool", servers)
    }

    pub fn pool(mut self, name: &str, servers: &[(&str, ServerHealth)]) -> Self {
        let server = |(name, health): &(&str, ServerHealth)| Server {
            name: (*name).to_owned(),
            address: None,
            place: None,
            health: *health,
        };
        let servers = servers.iter().map(server).collect();
        let kind = BalancerKind::TargetPool;
        self.google.fold(&Cloud::Looked { balancer: name.into(), kind, servers }, ago(5));
        self
    }

    pub fn door(mut self, page: Page, status: u16, wrong: Option<&str>) -> Self {
        let answer = Answer {
            status,
            latency: Duration::from_millis(38),
            bytes: 0,
            versions: Vec::new(),
            wrong: wrong.map(str::to_owned),
        };
        for seconds in [20, 2] {
            self.front_door.fold(&Door::Answered { page, answer: answer.clone() }, ago(seconds));
        }
        self
    }

    pub fn scene(&self) -> Scene<'_> {
        Scene {
            watched: &self.watched,
            front_door: &self.front_door,
            google: &self.google,
            haproxy: &self.haproxy,
            kubernetes: &self.kubernetes,
            bucket: &self.bucket,
            logs: &self.logs,
            now: ago(0),
        }
    }

    /// What a rule makes of it.
    pub fn judged(&self, id: &str) -> Judgement {
        rule(id).unwrap().judge(&Look::at(self.scene()))
    }

    /// The only finding of a rule.
    pub fn found(&self, id: &str) -> Finding {
        match self.judged(id) {
            Judgement::Fires(found) if found.len() == 1 => found.into_iter().next().unwrap(),
            other => panic!("{id}: {other:?}"),
        }
    }

    /// Whether a rule fires, is clear or does not know, in a word.
    pub fn word(&self, id: &str) -> &'static str {
        match self.judged(id) {
            Judgement::Fires(_) => "fires",
            Judgement::Clear(_) => "clear",
            Judgement::Unknown(_) => "unknown",
        }
    }

    pub fn diagnosis(&self) -> Diagnosis {
        diagnose(&Look::at(self.scene()))
    }

    /// The causes, by id, each with what follows from it.
    pub fn causes(&self) -> Vec<(&'static str, Vec<&'static str>)> {
        let ids = |findings: &[Finding]| findings.iter().map(|one| one.rule).collect();
        let diagnosis = self.diagnosis();
        diagnosis.causes.iter().map(|cause| (cause.finding.rule, ids(&cause.symptoms))).collect()
    }
}

/// A server of the backend, on one instance.
#[derive(Clone, Copy)]
pub struct Backed {
    pub name: &'static str,
    pub status: &'static str,
    pub address: &'static str,
    pub admin: u8,
    /// Seconds since its status changed.
    pub changed: u64,
}

/// A server that has this status at this address.
pub const fn backed(name: &'static str, status: &'static str, address: &'static str) -> Backed {
    Backed { name, status, address, admin: 0, changed: 300 }
}

impl Backed {
    fn stat(&self) -> Stat {
        let check = match self.status {
            "UP" => "L7OK",
            "DOWN" | "DOWN 1/2" => "L4CON",
            _ => "",
        };
        Stat {
            proxy: "gke".into(),
            name: self.name.into(),
            status: self.status.into(),
            check_status: check.into(),
            address: format!("{}:5000", self.address),
            last_change: Some(self.changed),
            weight: Some(100),
            ..Stat::default()
        }
    }

    fn state(&self) -> ServerState {
        ServerState {
            backend: "gke".into(),
            server: self.name.into(),
            address: self.address.into(),
            port: Some(5_000),
            admin: self.admin,
            user_weight: 100,
            initial_weight: 100,
            ..ServerState::default()
        }
    }
}

/// A pod that has been ready for hours.
pub fn pod(number: u8) -> Pod {
    let container = Container {
        name: "registry".into(),
        is_init: false,
        is_ready: true,
        restarts: 0,
        waiting: None,
        ended: None,
        last: None,
    };
    Pod {
        name: format!("registry-{number}"),
        uid: number.to_string(),
        node: Some("node-a".into()),
        ip: Some(format!("10.0.0.{number}")),
        status: "Running".into(),
        phase: Phase::Running,
        ready: (1, 1),
        is_ready: true,
        ready_changed: Some(ago(9_000)),
        restarts: 0,
        restarted: None,
        created: Some(ago(9_010)),
        deleting: None,
        images: vec!["registry:v4".into()],
        containers: vec![container],
        owner: Some("registry-7d9f".into()),
        message: None,
    }
}

/// One that runs and is not ready since then.
pub fn unready(number: u8, seconds: i64) -> Pod {
    let mut pod = Pod { is_ready: false, ready: (0, 1), ready_changed: Some(ago(seconds)), ..pod(number) };
    pod.containers[0].is_ready = false;
    pod
}

/// One that is between two starts, after so many.
pub fn crashing(number: u8, restarts: u32) -> Pod {
    let mut pod = Pod { status: "CrashLoopBackOff".into(), ..restarted(unready(number, 90), restarts, 90) };
    let message = "back-off 5m0s restarting failed container=registry".into();
    pod.containers[0].waiting = Some(Said { reason: "CrashLoopBackOff".into(), message });
    pod
}

/// One that was restarted so often, the last time so many seconds ago.
pub fn restarted(mut pod: Pod, restarts: u32, seconds: i64) -> Pod {
    let ended = Ended {
        reason: "OOMKilled".into(),
        exit_code: 137,
        signal: None,
        at: Some(ago(seconds)),
        message: String::new(),
    };
    (pod.restarts, pod.restarted) = (restarts, ended.at);
    (pod.containers[0].restarts, pod.containers[0].last) = (restarts, Some(ended));
    pod
}

/// One that has not begun to serve, in this status, made so many seconds ago.
pub fn pending(number: u8, status: &str, seconds: i64) -> Pod {
    let mut pod = Pod {
        status: status.into(),
        phase: Phase::Pending,
        ip: None,
        created: Some(ago(seconds)),
        ..unready(number, seconds)
    };
    let reason = status.trim_start_matches("Init:");
    pod.containers[0].waiting = Some(Said { reason: reason.into(), message: String::new() });
    pod
}

/// One whose deletion was asked for.
pub fn leaving(pod: Pod) -> Pod {
    Pod { deleting: Some(ago(3)), status: "Terminating".into(), ..pod }
}

/// The address of a pod in a slice.
pub fn address(pod: &Pod) -> Address {
    Address {
        ip: pod.ip.clone().unwrap_or_default(),
        ready: pod.is_ready && pod.deleting.is_none(),
        serving: None,
        terminating: Some(pod.deleting.is_some()),
        pod: Some(pod.name.clone()),
        node: None,
    }
}

/// The registry's service.
pub fn service() -> Service {
    Service {
        name: "registry".into(),
        kind: "LoadBalancer".into(),
        cluster_ip: None,
        ingress: vec![INGRESS.into()],
        ports: Vec::new(),
        selector: Default::default(),
        created: None,
    }
}

/// What a pod is as a subject.
pub fn subject(number: u8) -> Subject {
    Subject::Pod(format!("registry-{number}"))
}
