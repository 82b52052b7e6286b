//! The pods of the registry, as `kubectl get pods` words them, each with what explains it.

use std::collections::HashMap;

use jiff::Timestamp;

use super::{Cell, Column, Drill, Marking, Rows, Sheet, age};
use crate::event::{Fact, PanelId};
use crate::model::Subject;
use crate::sources::kubernetes::objects::{Ended, Happening, Phase, Pod};
use crate::state::{State, Tone};

/// The table of pods.
pub const SHEET: Sheet = Sheet {
    panel: PanelId::Pods,
    columns: &[
        Column::left("NAME", 14, Some('N')),
        Column::left("READY", 5, None),
        Column::left("STATUS", 7, Some('S')),
        Column::left("RESTARTS", 8, Some('R')),
        Column::right("AGE", 4, Some('A')),
        Column::left("IP", 10, Some('I')).when_wide(),
        Column::left("NODE", 8, Some('O')).when_wide(),
        Column::left("LAST END", 8, None).when_wide(),
        Column::left("IMAGE", 10, None).when_wide(),
    ],
    noun: "pod",
    rows: |state| Box::new(Pods::of(state)),
    concerns: |fact| matches!(fact, Fact::Kubernetes(_)),
    drill: ("details", |_, _| Drill::Describe),
    marks: Marking::Never,
};

/// The pods, and the newest warning about each.
struct Pods<'a> {
    pods: Vec<&'a Pod>,
    warnings: HashMap<&'a str, &'a Happening>,
    now: Timestamp,
}

impl<'a> Pods<'a> {
    fn of(state: &'a State) -> Self {
        let mut warnings: HashMap<&str, &Happening> = HashMap::new();
        let happenings = state.kubernetes.happenings.values();
        for happening in happenings.filter(|happening| happening.is_warning && happening.about.0 == "Pod") {
            let newest = warnings.entry(&happening.about.1).or_insert(happening);
            if newest.last < happening.last {
                *newest = happening;
            }
        }
        Self { pods: state.kubernetes.pods.values().collect(), warnings, now: state.tables.at }
    }
}

impl Rows for Pods<'_> {
    fn count(&self) -> usize {
        self.pods.len()
    }

    fn subject(&self, row: usize) -> Subject {
        Subject::Pod(self.pods[row].name.clone())
    }

    fn tone(&self, row: usize) -> Tone {
        tone(self.pods[row])
    }

    fn cell(&self, row: usize, column: usize) -> Cell {
        let pod = self.pods[row];
        let known = |text: &Option<String>| text.as_deref().map_or_else(Cell::none, Cell::text);
        match column {
            0 => Cell::text(&pod.name),
            1 => Cell::number(format!("{}/{}", pod.ready.0, pod.ready.1), i64::from(pod.ready.0)),
            2 => Cell::text(&pod.status).toned(tone(pod)),
            3 => restarts(pod, self.now),
            4 => pod
                .created
                .map_or_else(Cell::none, |at| Cell::number(age::since(at, self.now), -at.as_millisecond())),
            5 => known(&pod.ip),
            6 => known(&pod.node),
            7 => last_end(pod)
                .map_or_else(Cell::none, |ended| Cell::text(&ended_words(ended)).toned(Tone::Warn)),
            _ => pod.images.first().map_or_else(Cell::none, |image| Cell::text(image)),
        }
    }

    fn note(&self, row: usize) -> Option<String> {
        let pod = self.pods[row];
        if !self.is_fault(row) {
            return None;
        }
        let ended = last_end(pod).map(|ended| match ended.at {
            Some(at) => format!("ended {} {} ago", ended_words(ended), age::since(at, self.now)),
            None => format!("ended {}", ended_words(ended)),
        });
        let warning = self.warnings.get(pod.name.as_str()).map(|happening| happened(happening, self.now));
        let said = warning.or_else(|| said(pod));
        let parts: Vec<_> = [ended, said].into_iter().flatten().collect();
        (!parts.is_empty()).then(|| parts.join("; "))
    }
}

/// How a pod is, by what kubectl calls it.
pub fn tone(pod: &Pod) -> Tone {
    // Nearly all of them, and thousands are asked for each frame.
    if pod.is_ready && pod.status == "Running" {
        return Tone::Good;
    }
    let status = pod.status.strip_prefix("Init:").unwrap_or(&pod.status);
    match status {
        "Running" if pod.is_ready => Tone::Good,
        "Completed" | "Succeeded" if pod.phase == Phase::Succeeded => Tone::Dim,
        "Running" | "NotReady" | "Pending" | "Terminating" | "ContainerCreating" | "PodInitializing"
        | "SchedulingGated" => Tone::Warn,
        "Unknown" => Tone::Unknown,
        // How far its init containers are: Init:0/1.
        _ if status.starts_with(|letter: char| letter.is_ascii_digit()) => Tone::Warn,
        _ => Tone::Bad,
    }
}

fn restarts(pod: &Pod, now: Timestamp) -> Cell {
    let text = match pod.restarted {
        Some(at) if pod.restarts > 0 => format!("{} ({} ago)", pod.restarts, age::since(at, now)),
        Some(_) | None => pod.restarts.to_string(),
    };
    Cell::number(text, i64::from(pod.restarts))
}

/// How the run before this one ended, or this one if it is over, of the container where that is the latest.
pub fn last_end(pod: &Pod) -> Option<&Ended> {
    let ends =
        pod.containers.iter().flat_map(|container| [container.ended.as_ref(), container.last.as_ref()]);
    ends.flatten()
        .filter(|ended| ended.reason != "Completed" || ended.exit_code != 0)
        .max_by_key(|ended| ended.at)
}

/// OOMKilled, exit 137.
pub fn ended_words(ended: &Ended) -> String {
    match ended.signal {
        Some(signal) => format!("{}, signal {signal}", ended.reason),
        None => format!("{}, exit {}", ended.reason, ended.exit_code),
    }
}

/// An event in one line.
pub fn happened(happening: &Happening, now: Timestamp) -> String {
    let ago = happening.last.map(|at| format!("{} ago", age::since(at, now)));
    let times = (happening.count > 1).then(|| format!("{} times", happening.count));
    let when: Vec<_> = [times, ago].into_iter().flatten().collect();
    let when = if when.is_empty() { String::new() } else { format!(" ({})", when.join(", ")) };
    format!("{}: {}{when}", happening.reason, happening.message.trim())
}

/// What the pod itself says of why it is as it is.
fn said(pod: &Pod) -> Option<String> {
    let waits = pod.containers.iter().filter_map(|container| container.waiting.as_ref());
    let words = |reason: &str, message: &str| match message {
        "" => reason.to_owned(),
        message => format!("{reason}: {message}"),
    };
    let waits = waits.map(|said| words(&said.reason, &said.message)).find(|said| *said != pod.status);
    pod.message.clone().or(waits)
}
