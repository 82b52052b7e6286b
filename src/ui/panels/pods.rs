//! The pods: how many of how many are ready, what that means, and every pod with what explains it.

use std::collections::{BTreeMap, BTreeSet};

use ratatui::Frame;
use ratatui::layout::Rect;

use super::cluster;
use crate::event::PanelId;
use crate::sources::kubernetes::objects::{Autoscaler, Kind, Phase, Pod};
use crate::state::tables::pods::{last_end, tone};
use crate::state::{State, Tone};
use crate::ui::table::{self, Around};
use crate::ui::text::{count, counted};
use crate::ui::view::View;

/// Causes that are told above the rows, the commonest first.
const CAUSES: usize = 2;

/// Draws the panel.
pub fn draw(state: &State, view: &mut View, frame: &mut Frame<'_>, area: Rect) {
    let mut lines = cluster::troubles(state, &[Kind::Pod, Kind::Autoscaler, Kind::Event]);
    lines.extend(readings(state));
    lines.extend(shared(state.kubernetes.pods.values()).into_iter().take(CAUSES));
    let around = Around {
        title: title(state, view.glyphs.dot),
        remarks: cluster::remarks(state),
        lines,
        empty: cluster::empty(state, Kind::Pod),
    };
    table::draw(state, view, frame, area, PanelId::Pods, around);
    cluster::grey(state, view, frame, area);
}

fn baseline(state: &State) -> Option<u32> {
    state.session.watched.kubernetes.as_ref()?.baseline
}

fn autoscaler(state: &State) -> Option<&Autoscaler> {
    state.kubernetes.autoscalers.values().next()
}

/// `18/20 ready · baseline 20 · HPA 5-20, now 10, cpu: 142%/75%`.
fn title(state: &State, dot: &str) -> String {
    let pods = &state.kubernetes.pods;
    let ready = pods.values().filter(|pod| pod.is_ready).count() as u64;
    let ready = format!("{}/{} ready", count(ready), count(pods.len() as u64));
    let parts = [
        (!pods.is_empty()).then_some(ready),
        baseline(state).map(|baseline| format!("baseline {baseline}")),
        autoscaler(state).map(|scaler| {
            let Autoscaler { min, max, current, metrics, .. } = scaler;
            let metrics = if metrics.is_empty() { String::new() } else { format!(", {metrics}") };
            format!("HPA {min}-{max}, now {current}{metrics}")
        }),
    ];
    parts.into_iter().flatten().collect::<Vec<_>>().join(&format!(" {dot} "))
}

/// What the number of pods says, and what to look at next.
fn readings(state: &State) -> Vec<(Tone, String)> {
    if !state.kubernetes.kinds.get(&Kind::Pod).is_some_and(crate::sources::Health::is_live) {
        return Vec::new();
    }
    let there = |pod: &&Pod| pod.phase == Phase::Running && pod.deleting.is_none();
    let running = state.kubernetes.pods.values().filter(there).count() as u64;
    let mut lines = Vec::new();
    if let Some(usual) = baseline(state).map(u64::from) {
        if running < usual {
            lines.push((Tone::Warn, format!(
                "{} Running, the baseline is {usual}: is HAProxy sending traffic here? 4 shows what reaches it.",
                count(running)
            )));
        } else if running > usual + usual / 2 {
            lines.push((Tone::Warn, format!(
                "{} Running, the baseline is {usual}: that many may mean slow requests or a network problem.",
                count(running)
            )));
        }
    }
    if let Some(scaler) = autoscaler(state) {
        if scaler.current >= scaler.max {
            let max = scaler.max;
            lines.push((
                Tone::Warn,
                format!(
                    "The autoscaler is at its maximum of {max}: look for a performance or a network problem."
                ),
            ));
        }
        lines.extend(scaler.complaints.iter().map(|said| {
            (Tone::Warn, format!("autoscaler {}: {} {}", scaler.name, said.reason, said.message))
        }));
    }
    lines
}

/// What pods that are not well have in common.
#[derive(Default)]
struct Group<'a> {
    pods: u64,
    images: BTreeSet<&'a str>,
    nodes: BTreeSet<&'a str>,
    worst: bool,
}

/// Causes that several pods share, the commonest first: `17 of 20: OOMKilled, one image, 2 nodes`.
fn shared<'a>(pods: impl Iterator<Item = &'a Pod>) -> Vec<(Tone, String)> {
    let (mut groups, mut all): (BTreeMap<&str, Group<'_>>, u64) = (BTreeMap::new(), 0);
    for pod in pods {
        all += 1;
        if !matches!(tone(pod), Tone::Good | Tone::Dim | Tone::Plain) {
            let group = groups.entry(cause(pod)).or_default();
            group.pods += 1;
            group.worst |= tone(pod) == Tone::Bad;
            group.images.extend(pod.images.first().map(String::as_str));
            group.nodes.extend(pod.node.as_deref());
        }
    }
    let mut groups: Vec<_> = groups.into_iter().filter(|(_, group)| group.pods > 1).collect();
    groups.sort_by_key(|(_, group)| std::cmp::Reverse(group.pods));
    let several = |number: usize, word: &str| match number {
        0 => format!("no {word}"),
        1 => format!("one {word}"),
        number => counted(number as u64, word),
    };
    let line = |(cause, group): (&str, Group<'_>)| {
        let (images, nodes) = (several(group.images.len(), "image"), several(group.nodes.len(), "node"));
        let tone = if group.worst { Tone::Bad } else { Tone::Warn };
        (tone, format!("{} of {}: {cause}, {images}, {nodes}", count(group.pods), count(all)))
    };
    groups.into_iter().map(line).collect()
}

/// Why a pod is not well, in a word: how it ended if it keeps ending, else its status.
fn cause(pod: &Pod) -> &str {
    match pod.status.as_str() {
        "CrashLoopBackOff" | "Error" | "Init:CrashLoopBackOff" | "Init:Error" => {
            last_end(pod).map_or(pod.status.as_str(), |ended| ended.reason.as_str())
        }
        "Running" => "Running and not ready",
        status => status,
    }
}
