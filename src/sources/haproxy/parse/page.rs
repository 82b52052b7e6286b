//! What the statistics page, meant for people, says of the worker that made it.

use super::{number, safe};
use crate::sources::haproxy::facts::Info;

/// What the page says; what it hides is none.
pub fn page(html: &str) -> Info {
    let report = between(html, "<h2>Statistics Report for ", "</h2>");
    Info {
        version: between(html, "HAProxy version ", ",").map(safe),
        node: report.and_then(|report| report.split_once(" on ")).map(|(_, node)| safe(node)),
        pid: between(html, "<b>pid = </b> ", " ").and_then(number),
        processes: between(html, ", nbproc = ", ",").and_then(number),
        uptime: between(html, "<b>uptime = </b> ", "<br>").and_then(seconds),
        is_stopping: false,
    }
}

fn between<'t>(text: &'t str, before: &str, after: &str) -> Option<&'t str> {
    text.split_once(before)?.1.split_once(after).map(|(found, _)| found)
}

/// `0d 0h01m43s` in seconds.
fn seconds(text: &str) -> Option<u64> {
    let mut numbers = text.split(|sign: char| !sign.is_ascii_digit()).filter(|number| !number.is_empty());
    [24, 60, 60].iter().try_fold(number(numbers.next()?)?, |sum: u64, of| {
        sum.checked_mul(*of)?.checked_add(number(numbers.next()?)?)
    })
}
