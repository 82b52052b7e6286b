//! A line that HAProxy writes for each request (`option httplog`, `option httpslog`), read without copying any of it.

use std::str::from_utf8;
use std::time::Duration;

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::fmt::temporal::Pieces;
use jiff::tz::Offset;
use memchr::memmem::{find, rfind};
use memchr::{memchr, memchr_iter, memrchr};

/// What a line says, as slices of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Haproxy<'a> {
    /// Whatever a syslog daemon or a collector wrote before it.
    header: &'a [u8],
    /// The date of its own, without brackets: `20/Nov/2026:22:01:59.540`.
    accepted: &'a [u8],
    /// Address without port; `unix` where it came by a socket in the file system.
    pub client: &'a [u8],
    /// Without the `~` that stands behind it where the client spoke TLS.
    pub frontend: &'a [u8],
    pub backend: &'a [u8],
    /// `<NOSRV>` where none was chosen.
    pub server: &'a [u8],
    timers: &'a [u8],
    /// None where nothing was answered (`-1`).
    pub status: Option<u16>,
    /// Bytes sent to the client; until now where it was logged before the end (`option logasap`).
    pub bytes: u64,
    /// Four letters of how the session ended: `----`, `LR--`, `SC--`.
    pub termination: &'a [u8],
    /// Captured headers with their braces: `{host|agent} {type}`; nothing where none are captured.
    pub captured: &'a [u8],
    /// What stands between the quotes: `GET /v2/ HTTP/1.1`, `<BADREQ>`, or a part of it where the line is cut.
    pub request: &'a [u8],
    /// Empty where the request is none.
    pub method: &'a [u8],
    /// Empty where the request is none; with scheme and host where the client sent them (HTTP/2 does).
    pub uri: &'a [u8],
}

/// How long each part took; none where it did not come so far.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Timers {
    /// Until the request was there.
    pub request: Option<Duration>,
    pub queue: Option<Duration>,
    pub connect: Option<Duration>,
    /// Until the server's answer began.
    pub response: Option<Duration>,
    /// All of it, until the line was written.
    pub total: Option<Duration>,
}

/// How far into a line the date may stand, behind headers and structured data of syslog.
const FARTHEST: usize = 4096;
/// `[20/Nov/2026:22:01:59.540]`
const DATE: usize = 26;
/// Words in which captured cookies may hold spaces, before the line is given up.
const COOKIES: usize = 64;

/// Reads a line, with or without what syslog puts before it; none where it is not about an HTTP request.
pub fn parse(line: &[u8]) -> Option<Haproxy<'_>> {
    let line = line.trim_ascii_end();
    let Head { open, frontend, server, timers, status, mut rest } = head(line)?;
    let before = &line[..open - 1];
    let start = memrchr(b' ', before).map_or(0, |space| space + 1);
    let (backend, server) = halves(server, b'/')?;
    let bytes = number(word(&mut rest)?)?;
    let termination = termination(&mut rest)?;
    let (captured, request) = request(rest)?;
    let (method, uri) = split(request);
    Some(Haproxy {
        header: &line[..start],
        accepted: &line[open + 1..open + DATE - 1],
        client: address(&before[start..]),
        frontend: frontend.strip_suffix(b"~").unwrap_or(frontend),
        backend,
        server,
        timers,
        status,
        bytes,
        termination,
        captured,
        request,
        method,
        uri,
    })
}

/// The status alone, at a third of the price; none where the line is not about an HTTP request, as far as its first
/// half tells. Nothing within where nothing was answered.
pub fn status(line: &[u8]) -> Option<Option<u16>> {
    head(line).map(|head| head.status)
}

/// The first half of a line, up to the status.
struct Head<'a> {
    /// Where the date's bracket opens; a space stands before it.
    open: usize,
    frontend: &'a [u8],
    /// With its backend.
    server: &'a [u8],
    timers: &'a [u8],
    status: Option<u16>,
    rest: &'a [u8],
}

fn head(line: &[u8]) -> Option<Head<'_>> {
    let open = date(line)?;
    if !line[..open].ends_with(b" ") {
        return None;
    }
    let mut rest = line[open + DATE..].strip_prefix(b" ")?;
    let (frontend, server, timers) = (word(&mut rest)?, word(&mut rest)?, word(&mut rest)?);
    if slashes(timers) != 4 {
        return None;
    }
    let status = answered(word(&mut rest)?)?;
    Some(Head { open, frontend, server, timers, status, rest })
}

impl Haproxy<'_> {
    /// When the client's connection was accepted. The date has no zone: that of the syslog header is taken, else UTC
    /// (whoever follows a stream corrects it by a [`crate::logs::Clock`]).
    pub fn at(&self) -> Option<Timestamp> {
        self.local()
            .and_then(|local| self.zone().unwrap_or(Offset::UTC).to_timestamp(local).ok())
            .filter(|at| *at >= Timestamp::UNIX_EPOCH)
    }

    /// The date as it stands there, in whatever zone the writer lives.
    pub fn local(&self) -> Option<DateTime> {
        let text = self.accepted;
        let part = |range: std::ops::Range<usize>| digits(&text[range]);
        let month = MONTHS.iter().position(|month| *month == &text[3..6])? + 1;
        DateTime::new(
            i16::try_from(part(7..11)?).ok()?,
            i8::try_from(month).ok()?,
            part(0..2)? as i8,
            part(12..14)? as i8,
            part(15..17)? as i8,
            part(18..20)? as i8,
            part(21..24)? as i32 * 1_000_000,
        )
        .ok()
    }

    /// The zone that a header's time tells, where it tells one.
    pub fn zone(&self) -> Option<Offset> {
        let looks_iso = |word: &&[u8]| word.len() > 19 && word[4] == b'-' && matches!(word[10], b'T' | b't');
        let word = self.header.split(|byte| *byte == b' ').find(looks_iso)?;
        Pieces::parse(from_utf8(word).ok()?).ok()?.to_numeric_offset()
    }

    /// How long it took; nothing where the numbers are none.
    pub fn timers(&self) -> Option<Timers> {
        let mut parts = self.timers.split(|byte| *byte == b'/');
        let mut next = || {
            let part = parts.next()?;
            Some(if part == b"-1" { None } else { Some(Duration::from_millis(number(part)?)) })
        };
        Some(Timers { request: next()?, queue: next()?, connect: next()?, response: next()?, total: next()? })
    }
}

const MONTHS: [&[u8]; 12] =
    [b"Jan", b"Feb", b"Mar", b"Apr", b"May", b"Jun", b"Jul", b"Aug", b"Sep", b"Oct", b"Nov", b"Dec"];

/// Where the date's bracket opens. An access log has a date in brackets too, but with a zone instead of milliseconds.
fn date(line: &[u8]) -> Option<usize> {
    let shape = |at: &usize| {
        line.get(*at..at + DATE).is_some_and(|date| {
            date[3] == b'/' && date[7] == b'/' && date[12] == b':' && date[21] == b'.' && date[25] == b']'
        })
    };
    memchr_iter(b'[', &line[..line.len().min(FARTHEST)]).find(shape)
}

/// The next word, and the space behind it taken away.
fn word<'a>(rest: &mut &'a [u8]) -> Option<&'a [u8]> {
    let (word, behind) = halves(rest, b' ')?;
    *rest = behind;
    Some(word)
}

fn halves(text: &[u8], at: u8) -> Option<(&[u8], &[u8])> {
    memchr(at, text).map(|place| (&text[..place], &text[place + 1..]))
}

fn slashes(text: &[u8]) -> usize {
    text.iter().filter(|byte| **byte == b'/').count()
}

fn answered(text: &[u8]) -> Option<Option<u16>> {
    match text {
        b"-1" => Some(None),
        [_, _, _] => digits(text).and_then(|status| u16::try_from(status).ok()).map(Some),
        _ => None,
    }
}

/// A number, with the `+` that says that it grew after the line was written.
fn number(text: &[u8]) -> Option<u64> {
    digits(text.strip_prefix(b"+").unwrap_or(text))
}

fn digits(text: &[u8]) -> Option<u64> {
    if text.is_empty() || text.len() > 19 {
        return None;
    }
    text.iter().try_fold(0, |sum: u64, byte| byte.is_ascii_digit().then(|| sum * 10 + u64::from(byte - b'0')))
}

/// Takes two cookies, the letters, five counters of connections and two of queues. Cookies may hold anything, so the
/// letters are known by what follows them.
fn termination<'a>(rest: &mut &'a [u8]) -> Option<&'a [u8]> {
    word(rest)?;
    for _ in 0..COOKIES {
        word(rest)?;
        let mut ahead = *rest;
        let letters = word(&mut ahead)?;
        if letters.len() == 4 && slashes(word(&mut ahead)?) == 4 {
            let end = memchr(b' ', ahead).unwrap_or(ahead.len());
            *rest = &ahead[end..];
            return Some(letters);
        }
    }
    None
}

/// Captured headers, and what stands between the quotes. Whatever a captured header holds, the request comes behind
/// the last brace.
fn request(rest: &[u8]) -> Option<(&[u8], &[u8])> {
    let rest = rest.trim_ascii_start();
    let (captured, quoted) = match rest.strip_prefix(b"\"") {
        Some(quoted) => (&rest[..0], quoted),
        None if rest.starts_with(b"{") => {
            let brace = rfind(rest, b"} \"")?;
            (&rest[..=brace], &rest[brace + 3..])
        }
        None => return None,
    };
    let closed =
        find(quoted, b"\" ").or_else(|| quoted.len().checked_sub(1).filter(|last| quoted[*last] == b'"'));
    Some((captured, &quoted[..closed.unwrap_or(quoted.len())]))
}

/// Method and URI of a request line, which may be cut or be none at all.
fn split(request: &[u8]) -> (&[u8], &[u8]) {
    let Some((method, rest)) = halves(request, b' ') else { return (&request[..0], &request[..0]) };
    let uri = match memrchr(b' ', rest) {
        Some(space) if rest[space + 1..].starts_with(b"HTTP") => &rest[..space],
        _ => rest,
    };
    (method, uri)
}

fn address(client: &[u8]) -> &[u8] {
    let Some(colon) = memrchr(b':', client) else { return client };
    let address = &client[..colon];
    address.strip_prefix(b"[").and_then(|address| address.strip_suffix(b"]")).unwrap_or(address)
}

#[cfg(test)]
mod tests;
