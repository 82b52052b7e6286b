//! Backends, servers and frontends of every HAProxy and of the cloud's load balancers, in the same rows.

mod cloud;
mod haproxy;

use super::{Column, Drill, Marking, Row, Sheet, Whole};
use crate::event::{Fact, PanelId};
use crate::state::State;

/// The table of servers.
pub const SHEET: Sheet = Sheet {
    panel: PanelId::Balancers,
    columns: &[
        Column::left("SERVER", 24, Some('N')),
        Column::left("STATUS", 7, Some('S')),
        Column::right("WEIGHT", 6, Some('W')),
        Column::left("CHECK", 16, None),
        Column::right("SESS", 4, Some('O')),
        Column::right("QUEUE", 5, Some('U')),
        Column::right("5XX/S", 5, Some('X')),
        Column::right("ERR/S", 5, Some('R')),
        Column::right("SINCE", 6, Some('A')),
        Column::left("ADDRESS", 11, Some('I')),
        Column::left("ON", 3, None).when_wide(),
        Column::right("RETRY/S", 7, None).when_wide(),
        Column::right("RESP", 4, None).when_wide(),
        Column::right("5XX", 3, None).when_wide(),
        Column::right("ECON", 4, None).when_wide(),
        Column::right("ERESP", 5, None).when_wide(),
        Column::right("RETRIES", 7, None).when_wide(),
        Column::right("DOWNS", 5, None).when_wide(),
    ],
    noun: "server",
    rows: |state| Box::new(Whole(rows(state))),
    concerns: |fact| matches!(fact, Fact::Haproxy(_) | Fact::Google(_)),
    drill: ("details", |_, _| Drill::Describe),
    marks: Marking::Never,
};

/// The backends that lead to the registry first, then all others, the cloud's servers, and who was asked.
fn rows(state: &State) -> Vec<Row> {
    let mut rows = haproxy::rows(state);
    rows.extend(cloud::rows(state));
    rows.extend(haproxy::instances(state));
    rows
}
