//! HAProxy's lines, as fields.

use std::borrow::Cow;
use std::str::from_utf8;

use crate::logs::fields::Fields;
use crate::logs::haproxy::{self, Haproxy};
use crate::logs::line::Layer;

/// Reads a line that HAProxy wrote about a request.
pub fn read(text: &str) -> Option<Fields<'_>> {
    let line = haproxy::parse(text.as_bytes())?;
    let took = line.timers().and_then(|timers| timers.total);
    Some(Fields {
        layer: Layer::Haproxy,
        // It was written when all was over, as the lines of the other layers are.
        time: line.at().and_then(|accepted| accepted.checked_add(took.unwrap_or_default()).ok()),
        is_zoneless: line.zone().is_none(),
        method: slice(line.method),
        uri: slice(line.uri),
        status: line.status,
        took,
        written: Some(line.bytes),
        address: slice(line.client),
        is_unserved: line.server == b"<NOSRV>" || line.termination.starts_with(b"SC"),
        agent: agent(&line).map(Cow::Borrowed),
        server: Some(Cow::Owned(format!(
            "{}/{}",
            from_utf8(line.backend).ok()?,
            from_utf8(line.server).ok()?
        ))),
        ..Fields::default()
    })
}

fn slice(bytes: &[u8]) -> Option<Cow<'_, str>> {
    from_utf8(bytes).ok().filter(|text| !text.is_empty()).map(Cow::Borrowed)
}

/// The header among those captured of the request that reads like `docker/20.10.17 …`.
fn agent<'a>(line: &Haproxy<'a>) -> Option<&'a str> {
    let captured = from_utf8(line.captured).ok()?.strip_prefix('{')?;
    let of_request = captured.split("} {").next()?.trim_end_matches('}');
    of_request.split('|').find(|header| {
        let product = header.split(' ').next().and_then(|word| word.split_once('/'));
        product.is_some_and(|(name, version)| {
            !name.is_empty() && version.trim_start_matches('v').starts_with(|c: char| c.is_ascii_digit())
        })
    })
}
