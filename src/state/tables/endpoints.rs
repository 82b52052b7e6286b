//! Every address of the service and every running pod, and whether the one is behind the other.

use jiff::Timestamp;

use super::{Cell, Column, Drill, Marking, Rows, Sheet, age};
use crate::diagnosis::endpoints::{Endpoint, Verdict, endpoints};
use crate::event::{Fact, PanelId};
use crate::model::Subject;
use crate::state::{State, Tone};

/// The table of endpoints.
pub const SHEET: Sheet = Sheet {
    panel: PanelId::Endpoints,
    columns: &[
        Column::left("ADDRESS", 11, Some('I')),
        Column::left("VERDICT", 8, Some('S')),
        Column::left("POD", 14, Some('N')),
        Column::left("READY", 5, None),
        Column::left("SERVING", 7, None),
        Column::left("TERMINATING", 11, None),
        Column::left("POD STATUS", 8, Some('T')),
        Column::left("PORTS", 5, None),
        Column::left("NODE", 8, Some('O')).when_wide(),
        Column::right("POD AGE", 4, Some('A')).when_wide(),
        Column::left("SLICE", 10, None).when_wide(),
    ],
    noun: "endpoint",
    rows: |state| Box::new(Endpoints::of(state)),
    concerns: |fact| matches!(fact, Fact::Kubernetes(_) | Fact::Haproxy(_)),
    drill: ("pod", |state, subject| match state.pod_of(subject) {
        Some(pod) => Drill::Show(PanelId::Pods, Subject::Pod(pod.to_owned())),
        None => Drill::Describe,
    }),
    marks: Marking::Never,
};

struct Endpoints<'a> {
    endpoints: Vec<Endpoint<'a>>,
    /// How many ports an address of the service has at most.
    ports: usize,
    now: Timestamp,
}

impl<'a> Endpoints<'a> {
    fn of(state: &'a State) -> Self {
        let service = state.session.watched.kubernetes.as_ref().map_or("", |workload| &workload.service);
        let endpoints = endpoints(&state.kubernetes, service);
        let ports = endpoints.iter().map(|endpoint| endpoint.ports().len()).max().unwrap_or(0);
        Self { endpoints, ports, now: state.tables.at }
    }

    /// Whether slices have a port for others that they do not have for this one.
    fn lacks_ports(&self, endpoint: &Endpoint<'_>) -> bool {
        !endpoint.places.is_empty() && endpoint.ports().len() < self.ports
    }
}

impl Rows for Endpoints<'_> {
    fn count(&self) -> usize {
        self.endpoints.len()
    }

    fn subject(&self, row: usize) -> Subject {
        let endpoint = &self.endpoints[row];
        match (endpoint.ip, endpoint.pod) {
            (Some(ip), _) if !endpoint.places.is_empty() => Subject::Address(ip.to_owned()),
            (_, Some(pod)) => Subject::Pod(pod.name.clone()),
            (ip, None) => Subject::Address(ip.unwrap_or_default().to_owned()),
        }
    }

    fn tone(&self, row: usize) -> Tone {
        let endpoint = &self.endpoints[row];
        match tone(endpoint.verdict) {
            Tone::Good if self.lacks_ports(endpoint) => Tone::Warn,
            tone => tone,
        }
    }

    fn cell(&self, row: usize, column: usize) -> Cell {
        let endpoint = &self.endpoints[row];
        let known = |text: Option<&str>| text.map_or_else(Cell::none, Cell::text);
        let all = |flag: fn(&crate::sources::kubernetes::objects::Address) -> Option<bool>| {
            flags(endpoint.places.iter().map(|(_, address)| flag(address)))
        };
        match column {
            0 => endpoint.ip.map_or_else(Cell::none, |ip| Cell::number(ip.to_owned(), order(row))),
            1 => Cell::number(short(endpoint.verdict), endpoint.verdict as i64).toned(self.tone(row)),
            2 => known(endpoint.pod.map(|pod| pod.name.as_str()).or_else(|| named(endpoint))),
            3 => all(|address| Some(address.ready)),
            4 => all(|address| address.serving),
            5 => all(|address| address.terminating),
            6 => endpoint.pod.map_or_else(Cell::none, |pod| {
                let tone = super::pods::tone(pod);
                Cell::text(&format!("{} {}/{}", pod.status, pod.ready.0, pod.ready.1)).toned(tone)
            }),
            7 => ports(endpoint, self.lacks_ports(endpoint)),
            8 => known(endpoint.pod.and_then(|pod| pod.node.as_deref())),
            9 => endpoint
                .pod
                .and_then(|pod| pod.created)
                .map_or_else(Cell::none, |at| Cell::number(age::since(at, self.now), -at.as_millisecond())),
            _ => {
                let names: Vec<_> = endpoint.places.iter().map(|(slice, _)| slice.name.as_str()).collect();
                if names.is_empty() { Cell::none() } else { Cell::text(&names.join(" ")) }
            }
        }
    }

    fn note(&self, row: usize) -> Option<String> {
        let endpoint = &self.endpoints[row];
        match endpoint.verdict {
            Verdict::In if self.lacks_ports(endpoint) => {
                Some("other addresses have more ports in their slices".to_owned())
            }
            Verdict::In | Verdict::NotReady | Verdict::Terminating => None,
            verdict => Some(verdict.words().to_owned()),
        }
    }
}

/// How a verdict is meant.
pub const fn tone(verdict: Verdict) -> Tone {
    match verdict {
        Verdict::In => Tone::Good,
        Verdict::Missing | Verdict::WithoutPod => Tone::Bad,
        Verdict::ReadyAgainstPod
        | Verdict::NotYet
        | Verdict::NotReady
        | Verdict::Outside
        | Verdict::Terminating => Tone::Warn,
        Verdict::Unknown => Tone::Unknown,
    }
}

/// A verdict in a word or two; the note has the rest.
const fn short(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::In => "in",
        Verdict::Missing => "missing",
        Verdict::WithoutPod => "no pod",
        Verdict::ReadyAgainstPod => "in, pod unready",
        Verdict::NotYet => "not yet in",
        Verdict::NotReady => "not ready",
        Verdict::Outside => "not ready, out",
        Verdict::Terminating => "terminating",
        Verdict::Unknown => "not known",
    }
}

/// What the slice calls the pod of an address, though no such pod is known.
fn named<'a>(endpoint: &Endpoint<'a>) -> Option<&'a str> {
    endpoint.places.iter().find_map(|(_, address)| address.pod.as_deref())
}

/// What the slices say of an address, which may be several things.
fn flags(flags: impl Iterator<Item = Option<bool>>) -> Cell {
    let flags: Vec<_> = flags.collect();
    let text = match (flags.contains(&Some(true)), flags.contains(&Some(false))) {
        (true, true) => "both",
        (true, false) => "yes",
        (false, true) => "no",
        (false, false) if flags.is_empty() => return Cell::none(),
        (false, false) => "not said",
    };
    Cell::text(text)
}

fn ports(endpoint: &Endpoint<'_>, lacks: bool) -> Cell {
    let ports: Vec<_> = endpoint.ports().iter().map(|port| port.port.to_string()).collect();
    let tone = if lacks { Tone::Warn } else { Tone::Plain };
    if ports.is_empty() { Cell::none() } else { Cell::text(&ports.join(" ")).toned(tone) }
}

fn order(row: usize) -> i64 {
    i64::try_from(row).unwrap_or(i64::MAX)
}
