//! The load balancers: every HAProxy and the cloud's, row by row, and who of them does not answer.

use jiff::Timestamp;
use ratatui::Frame;
use ratatui::layout::Rect;

use crate::event::PanelId;
use crate::model::text::clean;
use crate::sources::Health;
use crate::sources::haproxy::facts::Role;
use crate::state::{State, Tone};
use crate::ui::table::{self, Around};
use crate::ui::text::staleness;
use crate::ui::view::View;

/// Draws the panel.
pub fn draw(state: &State, view: &mut View, frame: &mut Frame<'_>, area: Rect) {
    let around =
        Around { title: title(state), remarks: remarks(state), lines: lines(state), empty: empty(state) };
    table::draw(state, view, frame, area, PanelId::Balancers, around);
}

/// How many servers of the backends that lead to the registry are sent to.
fn title(state: &State) -> String {
    let ours = state.session.watched.backends.clone().unwrap_or_default();
    let entries = state.haproxy.entries(&ours);
    let servers = entries.iter().filter(|entry| {
        entry.role == Role::Server && (ours.is_empty() || ours.iter().any(|name| name == entry.proxy))
    });
    let taking: Vec<_> =
        servers.map(|server| server.is_live() && server.condition().takes_requests()).collect();
    if taking.is_empty() {
        return String::new();
    }
    format!("{}/{}", taking.iter().filter(|takes| **takes).count(), taking.len())
}

/// How many instances answer, and how old what is shown is where none does.
fn remarks(state: &State) -> Vec<String> {
    let instances = &state.haproxy.instances;
    let live = instances.values().filter(|instance| instance.health.is_live()).count();
    let mut remarks = Vec::new();
    if instances.len() > 1 {
        remarks.push(format!("{live} of {} answer", instances.len()));
    }
    let newest = instances.values().filter_map(|instance| instance.health.seen()).max();
    if let Some(seen) = newest.filter(|_| live == 0) {
        remarks.extend(staleness(seen, state.now).map(str::to_owned));
    }
    remarks
}

/// Who does not answer, why and since when.
fn lines(state: &State) -> Vec<(Tone, String)> {
    let haproxy = state.haproxy.instances.iter().map(|(name, instance)| (name, &instance.health));
    let google = state.google.balancers.iter().map(|(name, balancer)| (name, &balancer.health));
    let mut lines: Vec<_> = haproxy.chain(google).filter_map(|(name, health)| silent(name, health)).collect();
    for (name, balancer) in &state.google.balancers {
        if balancer.health.is_live() && balancer.servers.is_empty() {
            lines.push((Tone::Bad, format!("{}: no server is behind it", clean(name))));
        }
    }
    let known = |backend: &String| {
        let looks = state.haproxy.instances.values().filter_map(|instance| instance.look.as_ref());
        looks.flat_map(|look| &look.rows).any(|row| row.role == Role::Backend && row.proxy == *backend)
    };
    let looked = state.haproxy.instances.values().any(|instance| instance.look.is_some());
    let missing = state.session.watched.backends.iter().flatten().filter(|backend| looked && !known(backend));
    lines.extend(missing.map(|backend| {
        (Tone::Warn, format!("No instance has a backend {}, which the profile names.", clean(backend)))
    }));
    lines
}

fn silent(name: &str, health: &Health) -> Option<(Tone, String)> {
    let Health::Down { trouble, since, seen } = health else { return None };
    let clock = |at: &Timestamp| at.strftime("%H:%M:%S").to_string();
    let kept = match seen {
        Some(seen) => format!("its rows are as of {}", clock(seen)),
        None => "it never answered".to_owned(),
    };
    let (kind, since) = (trouble.kind.name(), clock(since));
    Some((Tone::Unknown, format!("{}: {kind} since {since} UTC; {kept}. {}", clean(name), trouble.why)))
}

/// What to say in place of rows while there are none.
fn empty(state: &State) -> Vec<String> {
    if state.haproxy.instances.is_empty() && state.google.balancers.is_empty() {
        let lines = [
            "No load balancer is watched. Name the instances of HAProxy in the profile:",
            "",
            "  [profiles.NAME.haproxy.instances]",
            "  lb-01 = \"unix:/run/haproxy/admin.sock\"",
            "",
            "quarterdeck config init writes an example with every key, the cloud's balancers too.",
        ];
        return lines.map(str::to_owned).to_vec();
    }
    vec!["Waiting for the first answer. Ctrl-r asks again now.".to_owned()]
}
