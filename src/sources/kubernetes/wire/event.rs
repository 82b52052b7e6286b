//! An event as the API has it.

use super::super::objects::Happening;
use super::{Meta, Stamp, count, message, safe, wire};

wire! {
    struct Event {
        metadata: Meta,
        involved_object: Involved,
        #[serde(rename = "type")]
        kind: String,
        reason: String,
        message: String,
        count: i64,
        first_timestamp: Stamp,
        last_timestamp: Stamp,
        event_time: Stamp,
        series: Series,
        source: Source,
        reporting_component: String,
    }

    struct Involved {
        kind: String,
        name: String,
    }

    struct Series {
        count: i64,
        last_observed_time: Stamp,
    }

    struct Source {
        component: String,
    }
}

impl Event {
    /// Old and new ways of saying when and how often are one.
    pub(super) fn slim(&self) -> Happening {
        let first = self.first_timestamp.0.or(self.event_time.0).or(self.metadata.creation_timestamp.0);
        let last = self.series.last_observed_time.0.or(self.last_timestamp.0).or(first);
        let source =
            if self.source.component.is_empty() { &self.reporting_component } else { &self.source.component };
        Happening {
            name: safe(&self.metadata.name),
            about: (safe(&self.involved_object.kind), safe(&self.involved_object.name)),
            is_warning: self.kind == "Warning",
            reason: safe(&self.reason),
            message: message(&self.message),
            count: count(self.count.max(self.series.count)).max(1),
            first,
            last,
            source: safe(source),
        }
    }
}
