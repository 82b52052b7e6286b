//! What is known of a pod or an address without asking anybody: its containers, how they ended, its events.

use jiff::Timestamp;
use ratatui::text::Line;

use crate::model::Subject;
use crate::sources::kubernetes::objects::{Container, Happening, Pod};
use crate::state::State;
use crate::state::tables::age;
use crate::state::tables::pods::{ended_words, happened};
use crate::ui::text::wrap;
use crate::ui::view::View;

/// The lines that tell about something in the cluster.
pub fn lines(state: &State, view: &View, subject: &Subject, cells: usize) -> Vec<Line<'static>> {
    let now = state.tables.at;
    let mut texts = Vec::new();
    if let Subject::Address(ip) = subject {
        texts.extend(of_address(state, ip));
    }
    match state.pod_of(subject).map(|name| (name, state.kubernetes.pods.get(name))) {
        Some((_, Some(pod))) => texts.extend(of_pod(state, pod, now)),
        Some((name, None)) => texts.push(format!("Pod       {name}, which is not there")),
        None => texts.push("Pod       none".to_owned()),
    }
    let mut lines = Vec::new();
    for text in texts {
        let wrapped = wrap(&text, cells).into_iter().enumerate();
        lines.extend(wrapped.map(|(number, line)| {
            if number == 0 {
                Line::from(line)
            } else {
                Line::styled(format!("          {line}"), view.theme.dim.0)
            }
        }));
    }
    lines.push(Line::default());
    lines.push(Line::styled("This is as last seen; d asks the cluster, l reads its logs.", view.theme.dim.0));
    lines
}

fn of_address(state: &State, ip: &str) -> Vec<String> {
    let mut texts = vec![format!("Address   {ip}")];
    let slices = state.kubernetes.slices.values();
    for (slice, address) in
        slices.flat_map(|slice| slice.addresses.iter().map(move |address| (slice, address)))
    {
        if address.ip == ip {
            let said = |flag: Option<bool>| match flag {
                Some(true) => "yes",
                Some(false) => "no",
                None => "not said",
            };
            let ports: Vec<_> = slice.ports.iter().map(|port| port.port.to_string()).collect();
            texts.push(format!(
                "Slice     {}: ready {}, serving {}, terminating {}, ports {}",
                slice.name,
                said(Some(address.ready)),
                said(address.serving),
                said(address.terminating),
                ports.join(" ")
            ));
        }
    }
    texts
}

fn of_pod(state: &State, pod: &Pod, now: Timestamp) -> Vec<String> {
    let known = |text: &Option<String>| text.clone().unwrap_or_else(|| "none".to_owned());
    let ready = if pod.is_ready { "takes traffic" } else { "takes no traffic" };
    let mut texts = vec![
        format!("Pod       {}", pod.name),
        format!("Status    {}, {}/{} ready, {ready}", pod.status, pod.ready.0, pod.ready.1),
        format!("Node      {}", known(&pod.node)),
        format!("Address   {}", known(&pod.ip)),
        format!("Owner     {}", known(&pod.owner)),
    ];
    texts.extend(pod.created.map(|at| format!("Age       {}", age::since(at, now))));
    texts.extend(pod.deleting.map(|at| format!("Leaving   since {}", age::since(at, now))));
    texts.extend(pod.images.iter().map(|image| format!("Image     {image}")));
    texts.extend(pod.message.iter().map(|message| format!("Says      {message}")));
    texts.push(String::new());
    for container in &pod.containers {
        texts.extend(of_container(container, now));
    }
    let about = |event: &&Happening| event.about.0 == "Pod" && event.about.1 == pod.name;
    let mut events: Vec<_> = state.kubernetes.happenings.values().filter(about).collect();
    events.sort_by_key(|event| std::cmp::Reverse(event.last));
    texts.push(String::new());
    texts.push(if events.is_empty() {
        "No events are known.".to_owned()
    } else {
        "Events, newest first".to_owned()
    });
    texts.extend(events.into_iter().map(|event| format!("  {}", happened(event, now))));
    texts
}

fn of_container(container: &Container, now: Timestamp) -> Vec<String> {
    let kind = if container.is_init { "init container" } else { "container" };
    let ready = if container.is_ready { "ready" } else { "not ready" };
    let mut texts = vec![format!("{kind} {}: {ready}, {} restarts", container.name, container.restarts)];
    texts.extend(container.waiting.iter().map(|said| format!("  waits: {} {}", said.reason, said.message)));
    for (word, ended) in [("ended", &container.ended), ("run before ended", &container.last)] {
        texts.extend(ended.iter().map(|ended| {
            let ago = ended.at.map_or_else(String::new, |at| format!(" {} ago", age::since(at, now)));
            format!("  {word}: {}{ago} {}", ended_words(ended), ended.message)
        }));
    }
    texts
}

/// Whether a subject is one that this can tell about.
pub const fn is_for(subject: &Subject) -> bool {
    matches!(subject, Subject::Pod(_) | Subject::Address(_))
}
