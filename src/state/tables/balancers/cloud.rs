//! Servers behind the cloud's load balancers.

use crate::model::Subject;
use crate::sources::google::facts::{BalancerKind, Server, ServerHealth};
use crate::sources::google::picture::Balancer;
use crate::state::tables::{Cell, Row};
use crate::state::{State, Tone};

/// A row for every server that a balancer told of.
pub fn rows(state: &State) -> impl Iterator<Item = Row> {
    state
        .google
        .balancers
        .iter()
        .flat_map(|(name, balancer)| balancer.servers.iter().map(move |server| row(name, balancer, server)))
}

fn row(name: &str, balancer: &Balancer, server: &Server) -> Row {
    let is_live = balancer.health.is_live();
    let (status, tone) = match server.health {
        ServerHealth::Healthy => ("HEALTHY", Tone::Good),
        ServerHealth::Draining => ("DRAIN", Tone::Warn),
        ServerHealth::Unhealthy => ("UNHEALTHY", Tone::Bad),
        ServerHealth::Unknown => ("unknown", Tone::Unknown),
    };
    let tone = if is_live { tone } else { Tone::Unknown };
    let kind = match balancer.kind {
        Some(BalancerKind::TargetPool) => "GCP target pool",
        Some(BalancerKind::BackendService) => "GCP backend service",
        None => "GCP",
    };
    let place = server.place.as_deref().map_or_else(|| kind.to_owned(), |place| format!("{kind}, {place}"));
    let mut cells = vec![
        Cell::text(&format!("{name}/{}", server.name)),
        Cell::number(status, server.health as i64).toned(tone),
        Cell::none(),
        Cell::text(&place),
    ];
    cells.resize_with(9, Cell::none);
    cells.push(server.address.as_deref().map_or_else(Cell::none, Cell::text));
    Row {
        subject: Subject::CloudServer { balancer: name.to_owned(), server: server.name.clone() },
        tone,
        cells,
        note: (!is_live).then(|| "as it was told last: the cloud does not answer".to_owned()),
    }
}
