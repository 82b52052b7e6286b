//! What collectors put around a line: Docker's JSON, the container runtime's prefix, kubectl's times.

use std::borrow::Cow;

use jiff::Timestamp;
use serde::Deserialize;

/// A line without what a collector put around it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Body<'a> {
    pub text: Cow<'a, str>,
    /// When the collector got it.
    pub at: Option<Timestamp>,
    /// It goes on in the next line.
    pub is_partial: bool,
}

/// Docker's `json-file`.
#[derive(Deserialize)]
struct Docker<'a> {
    #[serde(borrow)]
    log: Cow<'a, str>,
    #[serde(borrow, default)]
    time: Cow<'a, str>,
}

/// Takes the wrapping off, and the end of the line.
pub fn unwrap(text: Cow<'_, str>) -> Body<'_> {
    let text = without_end(text);
    match text {
        Cow::Borrowed(text) => unwrap_borrowed(text),
        Cow::Owned(text) => {
            let Body { text: inner, at, is_partial } = unwrap_borrowed(&text);
            Body { text: Cow::Owned(inner.into_owned()), at, is_partial }
        }
    }
}

fn unwrap_borrowed(text: &str) -> Body<'_> {
    docker(text).or_else(|| runtime(text)).or_else(|| kubectl(text)).unwrap_or(Body {
        text: Cow::Borrowed(text),
        at: None,
        is_partial: false,
    })
}

/// `{"log":"…\n","stream":"stdout","time":"…"}`
fn docker(text: &str) -> Option<Body<'_>> {
    if !text.starts_with(r#"{"log":""#) {
        return None;
    }
    let Docker { log, time } = serde_json::from_str(text).ok()?;
    let is_partial = !log.ends_with('\n');
    Some(Body { text: without_end(log), at: super::time::read(&time), is_partial })
}

/// `2026-11-20T22:02:06.648748928Z stdout F …`
fn runtime(text: &str) -> Option<Body<'_>> {
    let (at, rest) = stamped(text)?;
    let rest = rest.strip_prefix("stdout ").or_else(|| rest.strip_prefix("stderr "))?;
    let (tag, rest) = rest.split_once(' ').unwrap_or((rest, ""));
    let is_partial = match tag.split(':').next()? {
        "F" => false,
        "P" => true,
        _ => return None,
    };
    Some(Body { text: Cow::Borrowed(rest), at: Some(at), is_partial })
}

/// `2026-11-20T22:02:06.648748928Z …`; times that are less precise are the line's own.
fn kubectl(text: &str) -> Option<Body<'_>> {
    let (at, rest) = stamped(text)?;
    let fraction = text.bytes().skip(20).take_while(u8::is_ascii_digit).count();
    (fraction >= 7).then_some(Body { text: Cow::Borrowed(rest), at: Some(at), is_partial: false })
}

fn stamped(text: &str) -> Option<(Timestamp, &str)> {
    let looks = matches!(text.as_bytes(), [b'0'..=b'9', _, _, _, b'-', _, _, b'-', _, _, b'T', ..]);
    let (stamp, rest) = text.split_once(' ').filter(|(stamp, _)| looks && stamp.len() <= 40)?;
    Some((super::time::read(stamp)?, rest))
}

fn without_end(text: Cow<'_, str>) -> Cow<'_, str> {
    let kept = text.trim_end_matches(['\n', '\r']).len();
    match text {
        Cow::Borrowed(text) => Cow::Borrowed(&text[..kept]),
        Cow::Owned(mut text) => {
            text.truncate(kept);
            Cow::Owned(text)
        }
    }
}
