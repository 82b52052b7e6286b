//! What happened to an object, at the end of its description.

use jiff::Timestamp;
use serde_json::Value;

use super::super::json::{number, text, time};
use super::age::since;
use super::tabs::Sheet;

/// The section of events; none of them where they could not be read.
pub fn events(sheet: &mut Sheet, events: Option<&[Value]>, now: Timestamp) {
    let Some(events) = events else {
        sheet.row(0, &["Events:", "<not known: reading events was refused>"]);
        return;
    };
    if events.is_empty() {
        sheet.row(0, &["Events:", "<none>"]);
        return;
    }
    sheet.row(0, &["Events:"]);
    sheet.row(1, &["Type", "Reason", "Age", "From", "Message"]);
    sheet.row(1, &["----", "------", "----", "----", "-------"]);
    let mut events: Vec<_> = events.iter().collect();
    events.sort_by_key(|event| last(event));
    for event in events {
        let source = Some(text(event, "/source/component")).filter(|source| !source.is_empty());
        let source = source.unwrap_or_else(|| text(event, "/reportingComponent"));
        let message = text(event, "/message").trim();
        sheet.row(1, &[text(event, "/type"), text(event, "/reason"), &interval(event, now), source, message]);
    }
}

fn first(event: &Value) -> Option<Timestamp> {
    time(event, "/firstTimestamp").or_else(|| time(event, "/eventTime"))
}

fn last(event: &Value) -> Option<Timestamp> {
    let series = time(event, "/series/lastObservedTime");
    series.or_else(|| time(event, "/lastTimestamp")).or_else(|| first(event))
}

fn interval(event: &Value, now: Timestamp) -> String {
    let count = number(event, "/series/count").max(number(event, "/count"));
    if count > 1 {
        format!("{} (x{count} over {})", since(last(event), now), since(first(event), now))
    } else {
        since(first(event), now)
    }
}
