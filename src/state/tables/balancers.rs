//! The servers of the load balancers.

use super::{Column, Drill, Marking, Sheet, Whole};
use crate::event::{Fact, PanelId};

/// The table of servers.
pub const SHEET: Sheet = Sheet {
    panel: PanelId::Balancers,
    columns: &[Column::left("SERVER", 14, Some('N')), Column::left("STATUS", 7, Some('S'))],
    noun: "server",
    rows: |_| Box::new(Whole(Vec::new())),
    concerns: |fact| matches!(fact, Fact::Haproxy(_) | Fact::Google(_)),
    drill: ("details", |_, _| Drill::Describe),
    marks: Marking::Never,
};
