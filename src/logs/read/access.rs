//! Lines of an access log: `127.0.0.1 - - [20/Nov/2026:22:02:23 +0000] "GET /v2/ HTTP/1.1" 200 2 "" "docker/20.10"`.

use std::borrow::Cow;

use super::logfmt::{quoted_end, unescape};
use super::time;
use crate::logs::fields::Fields;
use crate::logs::line::Layer;

/// Reads a line of the common or combined format, with a host before it or without.
pub fn read(text: &str) -> Option<Fields<'_>> {
    let (before, rest) = text.split_once(" [")?;
    let (when, rest) = rest.split_once("] \"")?;
    let time = time::read_access(when)?;
    let (request, rest) = quoted_end(rest);
    let mut words = request.split(' ');
    let (method, uri) = (words.next().filter(|method| is_method(method))?, words.next()?);
    let (status, rest) = rest.strip_prefix(' ')?.split_once(' ').unwrap_or((rest, ""));
    let (written, rest) = rest.split_once(' ').unwrap_or((rest, ""));
    Some(Fields {
        layer: Layer::Access,
        time: Some(time),
        method: Some(Cow::Borrowed(method)),
        uri: Some(unescape(uri)),
        status: Some(status.trim().parse().ok()?),
        written: written.parse().ok(),
        address: Some(Cow::Borrowed(client(before)?)),
        agent: agent(rest),
        ..Fields::default()
    })
}

/// The client's address among the words before the time: `address`, `address - user`, or either after a host.
fn client(before: &str) -> Option<&str> {
    let mut words = before.rsplit(' ').take(4);
    let (last, second, third) = (words.next()?, words.next(), words.next());
    match (second, third) {
        (Some(_), Some(address)) => Some(address),
        _ => Some(last),
    }
    .filter(|address| address.bytes().all(|b| b.is_ascii_graphic()) && !address.is_empty())
}

/// What stands in the second pair of quotes.
fn agent(rest: &str) -> Option<Cow<'_, str>> {
    let (_, rest) = quoted_end(rest.strip_prefix('"')?);
    let (agent, _) = quoted_end(rest.trim_start().strip_prefix('"')?);
    Some(agent).filter(|agent| !matches!(*agent, "" | "-")).map(unescape)
}

fn is_method(word: &str) -> bool {
    !word.is_empty() && word.len() <= 16 && word.bytes().all(|byte| byte.is_ascii_uppercase())
}
