//! The logs of the registry's pods: a stream for each container, as they come and go.

mod container;
mod marks;
mod seen;

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;
use tokio::task::JoinSet;

use super::desk::{Desk, First};
use super::facts::{Fact, Origin};
use super::feed::Feed;
use super::keep::keep;
use crate::sources::kubernetes::pod_logs::PodLogs;
use crate::sources::kubernetes::roll::Members;
use crate::sources::{Trouble, TroubleKind, kubernetes};
use container::{Container, Way};
use marks::Marks;

/// Whose pods, and how many streams at once.
#[derive(Clone, Debug)]
pub struct Options {
    /// The cluster; its roll tells of the pods.
    pub cluster: kubernetes::Options,
    pub streams: usize,
    /// After such a silence a stream is opened anew: a connection whose other end is gone is silent too.
    pub quiet: Duration,
    /// How far each was read, for whoever runs this again.
    marks: Marks,
}

impl Options {
    /// The pods of this cluster.
    pub fn new(cluster: kubernetes::Options) -> Self {
        Self { cluster, streams: 50, quiet: Duration::from_secs(60), marks: Marks::default() }
    }
}

/// What is followed: pod, its uid, container.
type Place = (String, String, String);

/// Changes of the pods are looked at together.
const GATHER: Duration = Duration::from_millis(200);

/// What counts as leave to read logs is asked of one pod before all others.
const PERMISSION: &str = "pods/log";

/// Follows them for ever.
pub async fn run(options: Options, desk: Desk, first: First) {
    let logs = PodLogs::new(options.cluster.clone());
    let mut roll = options.cluster.roll.listen();
    // The roll lives as long as these options do.
    let _ = roll.wait_for(|members| members.is_known).await;
    let mut first = Some(first);
    let (mut running, mut tasks) = (BTreeMap::new(), JoinSet::new());
    let mut left_out = (0, 0);
    let (gate, mut refused) = watch::channel(false);
    let gate = Arc::new(gate);
    loop {
        let (wanted, of) = choose(&roll.borrow_and_update(), &running, options.streams);
        let is_open = *gate.borrow();
        if let (false, Some(place)) = (is_open, wanted.first()) {
            allowed(&logs, place, &desk, first.take()).await;
            gate.send_replace(true);
            continue;
        }
        let left = (of - wanted.len(), of);
        for place in wanted {
            if let Entry::Vacant(vacant) = running.entry(place) {
                let place = vacant.key();
                let way = Way { logs: logs.clone(), gate: gate.clone() };
                let container =
                    Container::new(place, way, roll.clone(), options.quiet, options.marks.clone());
                let task = follow(place.clone(), container, desk.clone(), first.clone());
                vacant.insert(tasks.spawn(task).id());
            }
        }
        first = None;
        if left != left_out {
            left_out = left;
            desk.teller.tell(Fact::LeftOut { streams: left.0, of: left.1 }).await;
        }
        tokio::select! {
            changed = roll.changed() => {
                if changed.is_err() {
                    return std::future::pending().await;
                }
                tokio::time::sleep(GATHER).await;
            }
            _ = refused.changed() => {}
            Some(ended) = tasks.join_next_with_id() => {
                let id = ended.map_or_else(|error| error.id(), |(id, ())| id);
                running.retain(|_, task| *task != id);
            }
        }
    }
}

async fn follow(place: Place, container: Container, desk: Desk, first: Option<First>) {
    let feed = Feed::new(&format!("{}/{}", place.0, place.2), Origin::Kubernetes, &desk, first);
    keep(container, feed).await;
}

/// Waits until logs may be read. A refusal is told once, for all pods.
async fn allowed(logs: &PodLogs, (pod, _, container): &Place, desk: &Desk, first: Option<First>) {
    let mut feed = None;
    let (mut pauses, mut first) = (desk.pace.pauses(), first);
    loop {
        match logs.open(pod, container, "tailLines=1&limitBytes=1").await {
            Err(refusal) if refusal.trouble.kind == TroubleKind::Denied => {
                let why = format!("no permission: get pods/log in {}", logs.namespace().await);
                let make = || Feed::new(PERMISSION, Origin::Kubernetes, desk, first.take());
                let feed = feed.get_or_insert_with(make);
                feed.down(Trouble::new(TroubleKind::Denied, &why)).await;
            }
            // Whatever else is wrong concerns this container, and is told of it.
            _ => break,
        }
        pauses.wait(None, &desk.teller).await;
    }
    if let Some(mut feed) = feed {
        feed.over().await;
    }
}

/// What is to be followed, at most `limit`, and of how many: what is followed already, then what fails, then what runs.
fn choose<T>(members: &Members, running: &BTreeMap<Place, T>, limit: usize) -> (Vec<Place>, usize) {
    let mut found = Vec::new();
    for (pod, member) in &members.pods {
        for run in member.containers.iter().filter(|run| run.has_begun) {
            let place = (pod.clone(), member.uid.clone(), run.name.clone());
            // Where a container is called after what it is, the others only help it.
            let is_helper =
                run.name != "registry" && member.containers.iter().any(|it| it.name == "registry");
            let rank = (!running.contains_key(&place), is_helper, run.is_ready, !run.is_running);
            found.push((rank, place));
        }
    }
    found.sort();
    let of = found.len();
    (found.into_iter().take(limit).map(|(_, place)| place).collect(), of)
}

/// Whether a pod is still the one that was meant.
fn is_there(members: &watch::Receiver<Members>, (pod, uid, _): &Place) -> bool {
    members.borrow().pods.get(pod).is_some_and(|member| member.uid == *uid)
}
