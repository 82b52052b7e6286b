//! Pods that do not get to serving: no node, no image, no settings, or init containers that do not come to an end.

use super::Judgement;
use crate::diagnosis::finding::{Evidence, Finding, Witness};
use crate::diagnosis::happenings::{line, warnings};
use crate::diagnosis::look::{Look, Need};
use crate::diagnosis::pods::{Common, Pods, State, Stuck, in_common, subjects, wanted};
use crate::diagnosis::words::{clip, of_all, some};
use crate::sources::kubernetes::objects::{Pod, Said};

pub const ID: &str = "stuck-in-init";

const KINDS: [Stuck; 5] = [Stuck::Image, Stuck::Config, Stuck::Unscheduled, Stuck::Init, Stuck::Creating];

pub fn look(look: &Look<'_>) -> Result<Judgement, Need> {
    let pods = look.states()?;
    let found: Vec<_> = KINDS.into_iter().filter_map(|kind| finding(look, pods, kind)).collect();
    Ok(if found.is_empty() { Judgement::Clear(pods.words()) } else { Judgement::Fires(found) })
}

/// The pods that are stuck in the same way.
fn finding(look: &Look<'_>, pods: &Pods<'_>, kind: Stuck) -> Option<Finding> {
    let stuck = pods.which(|state| state == State::Stuck(kind));
    let first = stuck.first()?;
    let event = warnings(look.kubernetes, &stuck).into_iter().next();
    let others = pods.which(|state| state == State::Ready);
    let common = in_common(&stuck, &others);
    let mut evidence: Vec<_> = stuck.iter().take(3).map(|pod| status(pod)).collect();
    evidence.extend(event.map(|one| Evidence::hint(Witness::Kubernetes, line(one)).seen(one.last)));
    if event.is_none() {
        evidence.push(Evidence::hint(Witness::Kubernetes, "no event that is known says why"));
    }
    evidence.extend(common.as_ref().map(|common| Evidence::hint(Witness::Kubernetes, common.words())));
    let why = event.map(|one| format!(": {}", one.reason)).unwrap_or_default();
    Some(Finding {
        rule: ID,
        words: format!("{} {}{why}", of_all(stuck.len(), pods.here(), "pod"), words(kind, first)),
        impact: pods.impact(wanted(look.kubernetes)),
        about: subjects(&stuck),
        since: stuck.iter().filter_map(|pod| pod.created).min(),
        evidence,
        against: Vec::new(),
        next: next(kind, first, common.as_ref()),
        verbs: vec!["describe", "logs", "yaml"],
    })
}

fn words(kind: Stuck, pod: &Pod) -> String {
    match kind {
        Stuck::Image => {
            let images = some(pod.images.iter().map(String::as_str));
            format!("cannot start: {images} cannot be pulled")
        }
        Stuck::Config => {
            format!("cannot start: {}", waiting(pod).map_or("its settings", |said| &said.reason))
        }
        Stuck::Unscheduled => "find no node to run on".to_owned(),
        Stuck::Init | Stuck::Creating => format!("stuck in {}", pod.status),
    }
}

/// What a container waits for, those first that say more than that.
fn waiting(pod: &Pod) -> Option<&Said> {
    let said = || pod.containers.iter().filter_map(|container| container.waiting.as_ref());
    said().find(|said| !said.message.is_empty()).or_else(|| said().next())
}

fn status(pod: &Pod) -> Evidence {
    let said = waiting(pod).map(|said| said.message.as_str()).filter(|message| !message.is_empty());
    let more = said.or(pod.message.as_deref()).map(|more| format!(": {}", clip(more))).unwrap_or_default();
    Evidence::proof(Witness::Kubernetes, format!("{}: {}{more}", pod.name, pod.status))
}

fn next(kind: Stuck, pod: &Pod, common: Option<&Common>) -> String {
    let describe = format!("Describe {}", pod.name);
    let back = match common {
        Some(common) if common.is_release() => "; if it came with a release, roll back",
        Some(_) | None => "",
    };
    match kind {
        Stuck::Image => format!("{describe}: look whether image and pull secret are still good{back}."),
        Stuck::Config => format!("{describe}: its events name the setting or secret that is missing{back}."),
        Stuck::Unscheduled => {
            format!("{describe}: its events say what the nodes lack; make room or add a node.")
        }
        Stuck::Init | Stuck::Creating => format!("{describe}: its events say what it waits for{back}."),
    }
}
