//! Pods whose containers end again and again.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};

use super::Judgement;
use crate::diagnosis::finding::{Evidence, Finding, Witness};
use crate::diagnosis::happenings::{line, warnings};
use crate::diagnosis::look::{Look, Need};
use crate::diagnosis::pods::{Common, State, in_common, last_end, subjects, wanted};
use crate::diagnosis::words::{clip, of_all};
use crate::logs::Level;
use crate::sources::kubernetes::objects::{Container, Ended, Pod};
use crate::sources::logs::picture::Place;

pub const ID: &str = "crash-loop";

/// Pods that are shown one by one as evidence, and whose last words are looked for: that is costly.
const SHOWN: usize = 3;

/// Lines that are looked through for the last words of a container, at most.
const LINES: usize = 5_000;

/// Lines are written and a container ends by different clocks.
const SLACK: SignedDuration = SignedDuration::from_secs(2);

pub fn look(look: &Look<'_>) -> Result<Judgement, Need> {
    let pods = look.states()?;
    let mut crashing = pods.which(|state| state == State::Crashing);
    if crashing.is_empty() {
        return Ok(Judgement::Clear(pods.words()));
    }
    // What can be read first.
    crashing.sort_by_key(|pod| end(pod).is_none());
    let others = pods.which(|state| matches!(state, State::Ready | State::Starting));
    let common = in_common(&crashing, &others);
    let since = since(look, &crashing);
    Ok(Judgement::Fires(vec![Finding {
        rule: ID,
        words: format!(
            "{} crash again and again{}",
            of_all(crashing.len(), pods.here(), "pod"),
            ends(&crashing)
        ),
        impact: pods.impact(wanted(look.kubernetes)),
        about: subjects(&crashing),
        since,
        evidence: evidence(look, &crashing, common.as_ref()),
        against: against(&crashing),
        next: next(&crashing, common.as_ref()),
        verbs: vec!["previous-logs", "describe", "logs"],
    }]))
}

/// How the newest run of a container of a pod ended; one that ends well ends again and again as well.
fn end(pod: &Pod) -> Option<(&Container, &Ended)> {
    let any = || {
        let ends = pod.containers.iter().filter(|container| container.restarts > 0);
        ends.filter_map(|container| Some((container, container.ended.as_ref().or(container.last.as_ref())?)))
            .max_by_key(|(_, end)| end.at)
    };
    last_end(pod).or_else(any)
}

/// How they ended, the most first: `: exit 137 OOMKilled`.
fn ends(pods: &[&Pod]) -> String {
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    for (_, end) in pods.iter().filter_map(|pod| end(pod)) {
        *counts.entry(exit(end)).or_default() += 1;
    }
    let mut counts: Vec<_> = counts.into_iter().collect();
    counts.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
    match counts.as_slice() {
        [] => String::new(),
        [(exit, _)] => format!(": {exit}"),
        [(first, _), (second, _), ..] => format!(": {first}, {second}"),
    }
}

fn exit(end: &Ended) -> String {
    format!("exit {} {}", end.exit_code, end.reason).trim_end().to_owned()
}

/// Since they were first restarted with a pause; else since the last end that is known.
fn since(look: &Look<'_>, pods: &[&Pod]) -> Option<Timestamp> {
    let told = warnings(look.kubernetes, pods);
    let backed_off = told.iter().filter(|one| one.reason == "BackOff").filter_map(|one| one.first).min();
    backed_off.or_else(|| pods.iter().filter_map(|pod| end(pod)?.1.at).min())
}

fn evidence(look: &Look<'_>, pods: &[&Pod], common: Option<&Common>) -> Vec<Evidence> {
    let mut found: Vec<_> = pods.iter().take(SHOWN).map(|pod| crash(pod)).collect();
    found.extend(pods.iter().take(SHOWN).find_map(|pod| last_words(look, pod)));
    found.extend(common.map(|common| Evidence::hint(Witness::Kubernetes, common.words())));
    let event = warnings(look.kubernetes, pods).first().map(|one| (line(one), one.last));
    found.extend(event.map(|(words, at)| Evidence::hint(Witness::Kubernetes, words).seen(at)));
    found
}

fn crash(pod: &Pod) -> Evidence {
    let how = end(pod).map_or_else(
        || pod.status.clone(),
        |(container, end)| {
            let kind = if container.is_init { "init container " } else { "" };
            format!("{kind}{} ended with {}", container.name, exit(end))
        },
    );
    Evidence::proof(Witness::Kubernetes, format!("{}: {how}, {} restarts", pod.name, pod.restarts))
}

/// What a container left as its last words, or the last that its log has of the run that ended: what is bad rather
/// than what is last.
fn last_words(look: &Look<'_>, pod: &Pod) -> Option<Evidence> {
    let (container, end) = end(pod)?;
    let say = |words: &str| format!("last words of {}: {}", pod.name, clip(words));
    if !end.message.trim().is_empty() {
        return Some(Evidence::hint(Witness::Kubernetes, say(&end.message)).seen(end.at));
    }
    let stream = format!("{}/{}", pod.name, container.name);
    let until = end.at.and_then(|at| at.checked_add(SLACK).ok())?;
    let from = end.at.and_then(|at| at.checked_sub(SignedDuration::from_mins(1)).ok())?;
    let lines = look.logs.store.lines().range(Place::before(from)..=Place { at: until, number: u64::MAX });
    let told: Vec<_> = lines.rev().take(LINES).filter(|(_, stored)| *stored.stream == *stream).collect();
    let bad = told.iter().find(|(_, stored)| stored.line.level >= Level::Error);
    let (place, stored) = bad.or_else(|| told.first())?;
    let words = stored.line.message.as_ref().unwrap_or(&stored.line.text);
    Some(Evidence::hint(Witness::Logs, say(words)).seen(Some(place.at)))
}

/// One that is ready may have come up for good.
fn against(pods: &[&Pod]) -> Vec<Evidence> {
    let ready = pods.iter().filter(|pod| pod.is_ready).count();
    let words = || format!("{ready} of these {} ready at the moment", if ready == 1 { "is" } else { "are" });
    (ready > 0).then(|| Evidence::hint(Witness::Kubernetes, words())).into_iter().collect()
}

fn next(pods: &[&Pod], common: Option<&Common>) -> String {
    let Some(pod) = pods.first() else { return String::new() };
    let read = format!("Read the previous logs of {}", pod.name);
    let is_memory = end(pod).is_some_and(|(_, end)| end.reason == "OOMKilled");
    match common {
        _ if is_memory => {
            format!("{read}; it was killed for its memory: compare its limit with what it needs.")
        }
        Some(common) if common.is_release() => {
            format!("{read}; only what is new crashes: roll back to what the others run.")
        }
        Some(Common::Node(node)) => format!("{read}; only node {node} has it: look at that node."),
        Some(_) | None => format!("{read}: its last words say why."),
    }
}
