//! The endpoints: what the service is, where HAProxy sends, and every address against every pod.

use ratatui::Frame;
use ratatui::layout::Rect;

use super::cluster;
use crate::diagnosis::endpoints::Verdict;
use crate::diagnosis::ingress::{Meeting, ingress};
use crate::event::PanelId;
use crate::model::text::clean;
use crate::sources::kubernetes::objects::{Kind, Port, Service};
use crate::state::{State, Tone};
use crate::ui::table::{self, Around};
use crate::ui::text::count;
use crate::ui::view::View;

/// Draws the panel.
pub fn draw(state: &State, view: &mut View, frame: &mut Frame<'_>, area: Rect) {
    let mut lines = cluster::troubles(state, &[Kind::EndpointSlice, Kind::Service, Kind::Pod]);
    lines.extend(service(state, view.glyphs.dot));
    lines.extend(met(state));
    let around = Around {
        title: title(state),
        remarks: cluster::remarks(state),
        lines,
        empty: cluster::empty(state, Kind::EndpointSlice),
    };
    table::draw(state, view, frame, area, PanelId::Endpoints, around);
    cluster::grey(state, view, frame, area);
}

/// How many are in, of how many pods and addresses there are.
fn title(state: &State) -> String {
    let Some(table) = state.tables.get(PanelId::Endpoints).filter(|table| table.all > 0) else {
        return String::new();
    };
    let sound = table.all - table.faulty;
    format!("{} {} of {}", Verdict::In.words(), count(sound as u64), count(table.all as u64))
}

/// The service in a line: its type, ports and addresses.
fn service(state: &State, dot: &str) -> Option<(Tone, String)> {
    let workload = state.session.watched.kubernetes.as_ref()?;
    let Some(service) = state.kubernetes.services.get(&workload.service) else {
        let known = state.kubernetes.kinds.get(&Kind::Service).is_some_and(|health| health.seen().is_some());
        let text = format!("There is no service {} in this namespace.", clean(&workload.service));
        return known.then_some((Tone::Bad, text));
    };
    let Service { name, kind, cluster_ip, ingress, ports, .. } = service;
    let ports: Vec<_> = ports.iter().map(port).collect();
    let outside = if ingress.is_empty() {
        "no outside address".to_owned()
    } else {
        format!("outside {}", ingress.join(" "))
    };
    let inside = format!("inside {}", cluster_ip.as_deref().unwrap_or("no address"));
    let parts = [format!("{name} {kind}"), format!("ports {}", ports.join(" ")), inside, outside];
    Some((Tone::Plain, parts.join(&format!(" {dot} "))))
}

/// As kubectl writes it: 5000:31998/TCP.
fn port(port: &Port) -> String {
    let node = port.node_port.map_or_else(String::new, |node| format!(":{node}"));
    format!("{}{node}/{}", port.port, port.protocol)
}

/// The service's outside address against those that HAProxy sends to, both shown.
fn met(state: &State) -> Option<(Tone, String)> {
    let met = ingress(&state.session.watched, &state.kubernetes, &state.haproxy)?;
    let tone = match met.verdict {
        Meeting::Equal => Tone::Good,
        Meeting::Partly | Meeting::Past | Meeting::NoIngress => Tone::Warn,
        Meeting::Differ => Tone::Bad,
        Meeting::Unknown => Tone::Unknown,
    };
    let service = if met.service.is_empty() { "not known".to_owned() } else { met.service.join(" ") };
    let haproxy: Vec<_> = met.haproxy.iter().map(|(backend, ip)| format!("{ip} ({backend})")).collect();
    let haproxy = if haproxy.is_empty() { "not known".to_owned() } else { haproxy.join(" ") };
    Some((
        tone,
        clean(&format!("service {service}, HAProxy {haproxy}: {}", met.verdict.words())).into_owned(),
    ))
}
