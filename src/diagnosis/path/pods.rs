//! The pods: how many are ready, what keeps the others from it, and whether there are as many as there should be.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::evidence::Evidence;
use super::kubernetes::{Standing, as_far_as_read, standing};
use super::{Hop, Look};
use crate::diagnosis::pods::{LATELY, PATIENCE, counts, last_end};
use crate::diagnosis::words::counted;
use crate::model::{HopId, Subject, Workload};
use crate::sources::kubernetes::objects::{Autoscaler, Ended, Kind, Phase, Pod};
use crate::sources::kubernetes::picture::Picture;

/// How the pods stand.
pub fn hop(scene: &Look<'_>) -> Hop {
    let Some(workload) = &scene.watched.kubernetes else { return Hop::off(HopId::Pods) };
    match standing(scene.kubernetes, Kind::Pod) {
        Standing::Waiting => Hop::waiting(HopId::Pods),
        Standing::Live(seen) => look(scene, workload).seen(seen),
        Standing::Blind { why, seen } => look(scene, workload).seen(seen).blinded(vec![why]),
    }
}

fn look(scene: &Look<'_>, workload: &Workload) -> Hop {
    let picture = scene.kubernetes;
    let here: Vec<_> = picture.pods.values().filter(|pod| counts(pod)).collect();
    let wanted: u32 = picture.deployments.values().map(|deployment| deployment.wanted).sum();
    let all = here.len().max(wanted as usize);
    let ready = here.iter().filter(|pod| pod.is_ready).count();
    let groups = unready(&here);
    let mut evidence: Vec<_> =
        groups.iter().map(|(status, pods)| group(status, pods, ready, scene.now)).collect();
    if ready > 0 {
        evidence.push(Evidence::good(format!("{ready} of {} ready", counted(all, "pod"))));
    } else if here.is_empty() {
        evidence.push(none_there(all, workload, &picture.cluster.namespace));
    }
    if all > here.len() {
        let words = format!("{wanted} wanted, {} there: see the events of the deployment", here.len());
        evidence.push(Evidence::minor(words));
    }
    evidence.extend(restarted(&here, scene.now));
    evidence.extend(below_baseline(here.len(), workload));
    evidence.extend(picture.autoscalers.values().flat_map(autoscaler));
    evidence.extend(complaints(picture));
    let evidence = as_far_as_read(picture, Kind::Pod, evidence);
    let gauge = format!("{ready}/{all}");
    let worst = groups.first().map(|(status, pods)| format!(", {} {status}", pods.len()));
    Hop::judged(HopId::Pods, format!("{gauge} ready{}", worst.unwrap_or_default()), gauge, evidence)
}

/// The pods that are not ready by what kubectl calls their status, the most first.
fn unready<'a>(here: &[&'a Pod]) -> Vec<(&'a str, Vec<&'a Pod>)> {
    let mut groups: BTreeMap<&str, Vec<&Pod>> = BTreeMap::new();
    for pod in here.iter().filter(|pod| !pod.is_ready) {
        let status = if pod.status == "Running" { "not ready" } else { pod.status.as_str() };
        groups.entry(status).or_default().push(pod);
    }
    let mut groups: Vec<_> = groups.into_iter().collect();
    groups.sort_by_key(|(_, pods)| std::cmp::Reverse(pods.len()));
    groups
}

fn none_there(wanted: usize, workload: &Workload, namespace: &str) -> Evidence {
    match wanted {
        0 => Evidence::broken(format!("no pod with {} in {namespace}", workload.selector)),
        _ => Evidence::broken(format!("{} wanted, and none is there", counted(wanted, "pod"))),
    }
}

/// Pods that are not ready for the same reason: one of them to look at, and since when it is so. It matters most where
/// no other pod is `ready`.
fn group(status: &str, pods: &[&Pod], ready: usize, now: Timestamp) -> Evidence {
    let ended = pods.iter().filter_map(|pod| Some((*pod, last_end(pod)?.1)));
    let last = ended.max_by_key(|(_, end)| end.at);
    let guilty = last.map_or_else(|| pods.first().copied(), |(pod, _)| Some(pod));
    let how = last.map(|(_, end)| format!(": {}", of_end(end)));
    let message = || pods.iter().find_map(|pod| pod.message.as_ref()).map(|message| format!(": {message}"));
    let said = || waiting(pods).map(|said| format!(": {said}"));
    let detail = how.or_else(said).or_else(message).unwrap_or_default();
    let words = format!("{} {status}{detail}", counted(pods.len(), "pod"));
    // Of a pod that once ran its age does not tell since when it is not ready.
    let begins = |pod: &&&Pod| pod.phase == Phase::Pending;
    let created = pods.iter().filter(begins).filter_map(|pod| pod.created).min();
    let since = last.and_then(|(_, end)| end.at).or(created);
    let is_young = last.is_none() && created.is_some_and(|created| now.duration_since(created) < PATIENCE);
    let words = if is_young { format!("{words}: begun just now") } else { words };
    let one = match (ready, is_young) {
        (0, _) => Evidence::broken(words),
        (_, true) => Evidence::aside(words),
        (_, false) => Evidence::minor(words),
    };
    let one = one.since(since);
    guilty.map(|pod| Subject::Pod(pod.name.clone())).into_iter().fold(one, Evidence::about)
}

fn of_end(end: &Ended) -> String {
    format!("last exit {} {}", end.exit_code, end.reason)
}

fn waiting(pods: &[&Pod]) -> Option<String> {
    let mut said =
        pods.iter().flat_map(|pod| &pod.containers).filter_map(|container| container.waiting.as_ref());
    let said = said.find(|said| !said.message.is_empty())?;
    Some(said.message.clone())
}

/// Pods that run again, and were restarted lately.
fn restarted(here: &[&Pod], now: Timestamp) -> Option<Evidence> {
    let lately = |pod: &&&Pod| pod.restarted.is_some_and(|at| now.duration_since(at) < LATELY);
    let pods: Vec<_> = here.iter().filter(|pod| pod.is_ready).filter(lately).collect();
    let last = pods.iter().max_by_key(|pod| pod.restarted)?;
    let how = last_end(last).map(|(_, end)| format!(", {}", of_end(end))).unwrap_or_default();
    let words = format!("{} restarted lately and ready again{how}", counted(pods.len(), "pod"));
    Some(Evidence::minor(words).since(last.restarted).about(Subject::Pod(last.name.clone())))
}

fn below_baseline(here: usize, workload: &Workload) -> Option<Evidence> {
    let baseline = workload.baseline? as usize;
    let words = format!("{here} pods, usually {baseline}: does HAProxy send traffic here?");
    (here < baseline).then(|| Evidence::minor(words))
}

/// At its maximum an autoscaler cannot help any more: performance or network.
fn autoscaler(scaler: &Autoscaler) -> Vec<Evidence> {
    let metrics = if scaler.metrics.is_empty() { String::new() } else { format!(" ({})", scaler.metrics) };
    let sum =
        format!("autoscaler {}: {} of {} to {} pods", scaler.name, scaler.current, scaler.min, scaler.max);
    let at_most = scaler.is_at_maximum();
    let first = match at_most {
        true => {
            Evidence::minor(format!("{sum}, its maximum{metrics}: look for load, slow storage or network"))
        }
        false => Evidence::aside(format!("{sum}{metrics}")),
    };
    // That it is limited is what being at the maximum means.
    let others =
        scaler.complaints.iter().filter(|said| !(at_most && said.reason.contains("TooManyReplicas")));
    let others = others.map(|said| {
        Evidence::minor(format!("autoscaler {}: {}: {}", scaler.name, said.reason, said.message))
    });
    std::iter::once(first).chain(others).collect()
}

fn complaints(picture: &Picture) -> impl Iterator<Item = Evidence> + '_ {
    picture.deployments.values().flat_map(|deployment| {
        let said = deployment.complaints.iter();
        said.map(|said| {
            Evidence::minor(format!("deployment {}: {}: {}", deployment.name, said.reason, said.message))
        })
    })
}
