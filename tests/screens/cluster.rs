//! A cluster in pictures: pods in the states that they get into, their service, its slices, events and scaling.

use jiff::{SignedDuration, Timestamp};
use quarterdeck::model::{Watched, Workload};
use quarterdeck::sources::Health;
use quarterdeck::sources::kubernetes::objects::{
    Address, Autoscaler, Container, Ended, Happening, Kind, Phase, Pod, Port, Said, Service, Slice,
};
use quarterdeck::sources::kubernetes::picture::Picture;

use crate::house::watch;

pub const IMAGE: &str = "registry.example.com/gitlab-container-registry:v3.73.0-gitlab";

pub fn ago(minutes: i64) -> Timestamp {
    watch().checked_sub(SignedDuration::from_mins(minutes)).unwrap()
}

/// What the profile says of the cluster.
pub fn watched() -> Watched {
    let workload = Workload {
        namespace: "gitlab".into(),
        selector: "app=registry".into(),
        service: "gitlab-registry".into(),
        baseline: Some(20),
    };
    Watched { kubernetes: Some(workload), backends: Some(vec!["gke-registry".into()]), ..Watched::default() }
}

/// A pod that runs and is ready.
pub fn pod(name: &str, number: u16) -> Pod {
    let registry = Container {
        name: "registry".into(),
        is_init: false,
        is_ready: true,
        restarts: 0,
        waiting: None,
        ended: None,
        last: None,
    };
    Pod {
        name: format!("gitlab-registry-7d9c8bfb6c-{name}"),
        uid: format!("uid-{name}"),
        node: Some(format!("gke-node-{}", ["a", "b"][usize::from(number % 2)])),
        ip: Some(format!("10.220.{}.{}", number / 250 + 1, number % 250 + 1)),
        status: "Running".into(),
        phase: Phase::Running,
        ready: (1, 1),
        is_ready: true,
        ready_changed: None,
        restarts: 0,
        restarted: None,
        created: Some(ago(3 * 24 * 60)),
        deleting: None,
        images: vec![IMAGE.into()],
        containers: vec![registry],
        owner: Some("gitlab-registry-7d9c8bfb6c".into()),
        message: None,
    }
}

/// The same pod with another status, not ready.
pub fn unwell(pod: Pod, status: &str) -> Pod {
    Pod { status: status.into(), is_ready: false, ready: (0, 1), ..pod }
}

/// A pod whose container was killed for its memory, again and again.
pub fn crashing(name: &str, number: u16) -> Pod {
    let mut pod = unwell(pod(name, number), "CrashLoopBackOff");
    (pod.restarts, pod.restarted) = (14, Some(ago(3)));
    pod.containers[0].last = Some(Ended {
        reason: "OOMKilled".into(),
        exit_code: 137,
        signal: None,
        at: Some(ago(3)),
        message: String::new(),
    });
    let message = "back-off 5m0s restarting failed container".into();
    pod.containers[0].waiting = Some(Said { reason: "CrashLoopBackOff".into(), message });
    pod
}

pub fn warning(pod: &Pod, reason: &str, message: &str, count: u32, minutes: i64) -> Happening {
    Happening {
        name: format!("{}.{reason}", pod.name),
        about: ("Pod".into(), pod.name.clone()),
        is_warning: true,
        reason: reason.into(),
        message: message.into(),
        count,
        first: Some(ago(minutes + 60)),
        last: Some(ago(minutes)),
        source: "kubelet".into(),
    }
}

fn port(port: u16) -> Port {
    Port { name: "http".into(), port, protocol: "TCP".into(), node_port: None }
}

pub fn address(pod: &Pod) -> Address {
    Address {
        ip: pod.ip.clone().unwrap(),
        ready: pod.is_ready && pod.deleting.is_none(),
        serving: Some(pod.is_ready),
        terminating: Some(pod.deleting.is_some()),
        pod: Some(pod.name.clone()),
        node: pod.node.clone(),
    }
}

pub fn slice(name: &str, addresses: Vec<Address>) -> Slice {
    Slice {
        name: format!("gitlab-registry-{name}"),
        service: "gitlab-registry".into(),
        ports: vec![port(5000)],
        addresses,
    }
}

pub fn service() -> Service {
    Service {
        name: "gitlab-registry".into(),
        kind: "LoadBalancer".into(),
        cluster_ip: Some("10.0.200.99".into()),
        ingress: vec!["10.220.9.1".into()],
        ports: vec![Port { node_port: Some(31_998), ..port(5000) }],
        selector: [("app".to_owned(), "registry".to_owned())].into(),
        created: Some(ago(60_000)),
    }
}

pub fn autoscaler(current: u32) -> Autoscaler {
    Autoscaler {
        name: "gitlab-registry".into(),
        target: "Deployment/gitlab-registry".into(),
        min: 5,
        max: 20,
        current,
        desired: current,
        metrics: "cpu: 142%/75%".into(),
        complaints: Vec::new(),
    }
}

/// A picture in which every kind answers.
pub fn live() -> Picture {
    let mut picture = Picture { health: Health::Live { seen: watch() }, ..Picture::default() };
    for kind in Kind::ALL {
        picture.kinds.insert(kind, Health::Live { seen: watch() });
    }
    picture.cluster.context = "gke-gprd".into();
    picture.cluster.namespace = "gitlab".into();
    picture.services.insert("gitlab-registry".into(), service());
    picture
}

pub fn put(picture: &mut Picture, pods: impl IntoIterator<Item = Pod>) {
    picture.pods.extend(pods.into_iter().map(|pod| (pod.name.clone(), pod)));
}

pub fn happen(picture: &mut Picture, happening: Happening) {
    picture.happenings.insert(happening.name.clone(), happening);
}

/// The states that pods get into, each once, and two healthy ones.
pub fn zoo() -> Picture {
    let mut picture = live();
    let crash = crashing("crash", 15);
    happen(
        &mut picture,
        warning(&crash, "BackOff", "Back-off restarting failed container registry in pod", 27, 2),
    );
    let image = unwell(pod("image", 19), "ImagePullBackOff");
    happen(&mut picture, warning(&image, "Failed", "Error: ImagePullBackOff", 4, 79));
    let waits = Pod { phase: Phase::Pending, ..unwell(pod("init-wait", 17), "Init:0/1") };
    let secret = "MountVolume.SetUp failed for volume \"registry-secrets\" : secret \"gitlab-registry-secret\" not found";
    happen(&mut picture, warning(&waits, "FailedMount", secret, 1, 79));
    let pending = Pod { phase: Phase::Pending, ip: None, node: None, ..unwell(pod("pending", 0), "Pending") };
    let memory = "0/2 nodes are available: 2 Insufficient memory.";
    happen(&mut picture, warning(&pending, "FailedScheduling", memory, 1, 79));
    let notready = unwell(pod("notready", 14), "Running");
    let probe = "Readiness probe failed: HTTP probe failed with statuscode: 503";
    happen(&mut picture, warning(&notready, "Unhealthy", probe, 12, 1));
    let leaving = Pod { status: "Terminating".into(), deleting: Some(ago(1)), ..pod("terminating", 20) };
    let mut again = pod("running-b", 12);
    (again.restarts, again.restarted) = (2, Some(ago(99)));
    let pods = [pod("running-a", 11), again, notready, leaving];
    let mut addresses: Vec<_> = pods.iter().map(address).collect();
    let ghost = Address {
        ip: "10.220.1.99".into(),
        pod: Some("gitlab-registry-7d9c8bfb6c-ghost".into()),
        ..addresses[0].clone()
    };
    addresses.push(ghost);
    picture.slices.insert("x7k2p".into(), slice("x7k2p", addresses));
    put(&mut picture, pods.into_iter().chain([crash, image, waits, pending, pod("lost", 13)]));
    picture.autoscalers.insert("gitlab-registry".into(), autoscaler(10));
    picture
}
