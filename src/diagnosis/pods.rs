//! What state each pod is in that should serve, and what a pod says of itself.

use std::collections::BTreeSet;

use jiff::{SignedDuration, Timestamp};

use super::finding::Impact;
use super::words::counted;
use crate::model::Subject;
use crate::sources::kubernetes::objects::{Container, Ended, Phase, Pod};
use crate::sources::kubernetes::picture::Picture;

/// A pod that begins may take so long before anybody asks why.
pub const PATIENCE: SignedDuration = SignedDuration::from_mins(2);

/// A restart within this time tells of now: between two starts of a pod that crashes there are at most five minutes.
pub const LATELY: SignedDuration = SignedDuration::from_mins(10);

/// What ends oftener than this ends again and again.
const OFTEN: SignedDuration = SignedDuration::from_mins(30);

/// One after another the sources hear of the same change within this time.
pub const MOMENT: SignedDuration = SignedDuration::from_secs(5);

/// What state a pod is in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum State {
    Ready,
    /// Begun a short while ago.
    Starting,
    /// A container of it ends again and again.
    Crashing,
    /// None of its containers serves, for a longer while.
    Stuck(Stuck),
    /// It runs, and its readiness probe fails.
    NotReady,
    /// On its way out, or over: nobody waits for it.
    Leaving,
}

/// What a pod is stuck in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Stuck {
    /// Its image cannot be pulled.
    Image,
    /// A container cannot be made: a secret, a setting or a command is missing.
    Config,
    /// There is no node for it.
    Unscheduled,
    /// Its init containers do not come to an end.
    Init,
    /// It has a node, and its containers are not begun.
    Creating,
}

/// Reasons that say by themselves that waiting does not help.
const HOPELESS: &[(&str, Stuck)] = &[
    ("ImagePullBackOff", Stuck::Image),
    ("ErrImagePull", Stuck::Image),
    ("InvalidImageName", Stuck::Image),
    ("ErrImageNeverPull", Stuck::Image),
    ("ImageInspectError", Stuck::Image),
    ("RegistryUnavailable", Stuck::Image),
    ("CreateContainerConfigError", Stuck::Config),
    ("CreateContainerError", Stuck::Config),
    ("RunContainerError", Stuck::Config),
];

/// All pods in the order of their names, each with its state.
#[derive(Clone, Debug, Default)]
pub struct Pods<'a> {
    pub all: Vec<(&'a Pod, State)>,
}

impl<'a> Pods<'a> {
    /// The pods of a picture, as they are at `now`.
    pub fn of(picture: &'a Picture, now: Timestamp) -> Self {
        let lately = |at: Option<Timestamp>| at.is_some_and(|at| now.duration_since(at) < LATELY);
        let waited = picture.happenings.values().filter(|one| one.reason == "BackOff" && lately(one.last));
        let waited: BTreeSet<_> = waited.map(|one| one.about.1.as_str()).collect();
        let all = picture.pods.values();
        Self { all: all.map(|pod| (pod, state(pod, now, waited.contains(pod.name.as_str())))).collect() }
    }

    /// The state of the pod of this name.
    pub fn state(&self, name: &str) -> Option<State> {
        let place = self.all.binary_search_by(|(pod, _)| pod.name.as_str().cmp(name)).ok()?;
        Some(self.all[place].1)
    }

    /// Those that should serve.
    pub fn here(&self) -> usize {
        self.all.iter().filter(|(_, state)| *state != State::Leaving).count()
    }

    /// Those that do.
    pub fn ready(&self) -> usize {
        self.all.iter().filter(|(pod, state)| *state != State::Leaving && pod.is_ready).count()
    }

    /// How many are ready, in words.
    pub fn words(&self) -> String {
        format!("{} of {} ready", self.ready(), counted(self.here(), "pod"))
    }

    /// What it means that some of them do not serve, where so many are wanted.
    pub fn impact(&self, wanted: Option<usize>) -> Impact {
        match self.ready() {
            0 => Impact::Outage,
            // A rollout that hangs leaves the old pods where they are.
            ready if wanted.is_some_and(|wanted| ready >= wanted) => Impact::Risk,
            _ => Impact::Degraded,
        }
    }

    /// Those in a state like this.
    pub fn which(&self, is: impl Fn(State) -> bool) -> Vec<&'a Pod> {
        self.all.iter().filter(|(_, state)| is(*state)).map(|(pod, _)| *pod).collect()
    }
}

/// Whether a pod is one of those that should be ready: one that is over or on its way out is not.
pub fn counts(pod: &Pod) -> bool {
    pod.deleting.is_none() && !matches!(pod.phase, Phase::Succeeded | Phase::Failed)
}

/// What state a pod is in, of which the kubelet said lately that it waits before it tries again, or did not.
fn state(pod: &Pod, now: Timestamp, waited: bool) -> State {
    if !counts(pod) {
        return State::Leaving;
    }
    if crashes(pod, now, waited) {
        return State::Crashing;
    }
    if pod.is_ready {
        return State::Ready;
    }
    if let Some((_, stuck)) = HOPELESS.iter().find(|(reason, _)| waits(pod).any(|said| said == *reason)) {
        return State::Stuck(*stuck);
    }
    if begun(pod).is_some_and(|begun| now.duration_since(begun) < PATIENCE) {
        return State::Starting;
    }
    match pod.phase {
        _ if pod.status.starts_with("Init:") => State::Stuck(Stuck::Init),
        Phase::Pending if pod.node.is_none() => State::Stuck(Stuck::Unscheduled),
        Phase::Pending => State::Stuck(Stuck::Creating),
        _ => State::NotReady,
    }
}

fn waits(pod: &Pod) -> impl Iterator<Item = &str> {
    pod.containers.iter().filter_map(|container| Some(container.waiting.as_ref()?.reason.as_str()))
}

/// When the newest of a pod's attempts began, as far as it tells.
fn begun(pod: &Pod) -> Option<Timestamp> {
    let ends = pod.containers.iter().flat_map(|container| [&container.ended, &container.last]).flatten();
    ends.filter_map(|end| end.at).chain(pod.created).max()
}

fn crashes(pod: &Pod, now: Timestamp, waited: bool) -> bool {
    pod.containers.iter().any(|container| {
        let backs_off = container.waiting.as_ref().is_some_and(|said| said.reason == "CrashLoopBackOff");
        backs_off || keeps_ending(pod, container, now, waited)
    })
}

/// Between two crashes a container runs, or seems to. One that came up again and stays is not to be told from that at
/// once: it is taken for one that crashes until it ran for twice as long as it usually does. Two restarts in weeks are
/// no loop.
fn keeps_ending(pod: &Pod, container: &Container, now: Timestamp, waited: bool) -> bool {
    let end = container.ended.as_ref().or(container.last.as_ref()).filter(|_| container.restarts > 1);
    let Some(ended) = end.and_then(|end| end.at) else { return false };
    let ago = now.duration_since(ended);
    let lived = pod.created.map(|created| ended.duration_since(created));
    let usual = lived.map(|lived| lived / i32::try_from(container.restarts).unwrap_or(i32::MAX));
    let often = usual.filter(|usual| container.restarts > 2 && *usual < OFTEN);
    match pod.is_ready {
        true => often.is_some_and(|usual| ago < usual * 2),
        false => !container.is_ready && ago < LATELY && (waited || often.is_some()),
    }
}

/// The newest end of a run of a container of this pod that did not end well.
pub fn last_end(pod: &Pod) -> Option<(&Container, &Ended)> {
    let ends = pod
        .containers
        .iter()
        .filter_map(|container| Some((container, container.ended.as_ref().or(container.last.as_ref())?)));
    ends.filter(|(_, end)| end.exit_code != 0).max_by_key(|(_, end)| end.at)
}

/// What these pods have in common that no other has: the version, what owns them, the node.
pub fn in_common(pods: &[&Pod], others: &[&Pod]) -> Option<Common> {
    let first = pods.first().filter(|_| !others.is_empty())?;
    let only =
        |same: &dyn Fn(&Pod) -> bool| pods.iter().all(|pod| same(pod)) && !others.iter().any(|pod| same(pod));
    let (image, owner, node) = (&first.images, &first.owner, &first.node);
    if !image.is_empty() && only(&|pod| pod.images == *image) {
        return Some(Common::Image(image.join(", ")));
    }
    if let Some(name) = owner.as_ref().filter(|_| only(&|pod| pod.owner == *owner)) {
        return Some(Common::Owner(name.clone()));
    }
    let name = node.as_ref().filter(|_| pods.len() > 1 && only(&|pod| pod.node == *node))?;
    Some(Common::Node(name.clone()))
}

/// Something that some pods have in common.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Common {
    Image(String),
    Owner(String),
    Node(String),
}

impl Common {
    /// In words.
    pub fn words(&self) -> String {
        match self {
            Self::Image(image) => format!("these run {image}, the others do not"),
            Self::Owner(owner) => format!("these are of {owner}, the others are not"),
            Self::Node(node) => format!("these are on node {node}, the others are not"),
        }
    }

    /// Whether it came with a release.
    pub const fn is_release(&self) -> bool {
        matches!(self, Self::Image(_) | Self::Owner(_))
    }
}

/// How many pods the deployments want; none where no deployment is known.
pub fn wanted(picture: &Picture) -> Option<usize> {
    let wanted = picture.deployments.values().map(|deployment| deployment.wanted as usize);
    wanted.reduce(|one, other| one + other)
}

/// Pods as what findings are about.
pub fn subjects(pods: &[&Pod]) -> Vec<Subject> {
    pods.iter().map(|pod| Subject::Pod(pod.name.clone())).collect()
}
