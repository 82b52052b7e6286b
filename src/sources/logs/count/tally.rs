//! Counts the answers of many lines: reads of each line only as much as it takes to know whether it is asked for.

use std::borrow::Cow;

use jiff::Timestamp;
use memchr::memmem::find;
use memchr::{memchr, memchr_iter};

use super::counts::Counts;
use super::key::{self, Answer};
use super::question::Question;
use crate::logs::{Fields, Layer, haproxy, open, without_port};

/// What became of the lines.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Seen {
    /// All lines that are not empty.
    pub lines: u64,
    /// Answers that were asked for, by who tells of them.
    pub haproxy: u64,
    pub access: u64,
    pub registry: u64,
    /// Lines of a known kind that tell no status: of messages, and of requests that were not answered.
    pub silent: u64,
    /// Lines of no kind that is known here.
    pub strange: u64,
    /// Answers that would be counted if their line told when.
    pub undated: u64,
    /// Answers that were asked for but have nothing to be counted by: no repository, no tag, no server.
    pub keyless: u64,
}

impl Seen {
    pub(super) const fn add(&mut self, other: &Self) {
        self.lines += other.lines;
        self.haproxy += other.haproxy;
        self.access += other.access;
        self.registry += other.registry;
        self.silent += other.silent;
        self.strange += other.strange;
        self.undated += other.undated;
        self.keyless += other.keyless;
    }

    /// Answers that were counted.
    pub const fn counted(&self) -> u64 {
        self.haproxy + self.access + self.registry
    }
}

/// What one thread has counted.
pub struct Tally<'a> {
    question: &'a Question,
    pub counts: Counts,
    pub seen: Seen,
    key: Vec<u8>,
}

impl<'a> Tally<'a> {
    pub fn new(question: &'a Question, memory: usize) -> Self {
        Self { question, counts: Counts::new(memory), seen: Seen::default(), key: Vec::new() }
    }

    /// Counts whole lines.
    pub fn block(&mut self, block: &[u8]) {
        let mut start = 0;
        for end in memchr_iter(b'\n', block) {
            self.line(&block[start..end]);
            start = end + 1;
        }
        self.line(&block[start..]);
    }

    fn line(&mut self, line: &[u8]) {
        match line {
            [] | [b'\r'] => return,
            // Inside a collector's JSON there may be any line.
            [b'{', ..] => self.other(line),
            _ => match haproxy::status(line) {
                Some(Some(status)) if !self.question.statuses.contains(status) => {}
                Some(Some(_)) => self.haproxy(line),
                Some(None) => self.seen.silent += 1,
                None => self.other(line),
            },
        }
        self.seen.lines += 1;
    }

    fn haproxy(&mut self, line: &[u8]) {
        let Some(line) = haproxy::parse(line) else {
            self.seen.strange += 1;
            return;
        };
        let answer = Answer {
            method: line.method,
            uri: line.uri,
            request: line.request,
            client: line.client,
            backend: line.backend,
            server: line.server,
        };
        self.answer(Layer::Haproxy, &answer, || line.at());
    }

    /// A line of a registry, of its access log, or one that a collector wrapped.
    fn other(&mut self, line: &[u8]) {
        if let Some(status) = hinted(line)
            && !self.question.statuses.contains(status)
        {
            return;
        }
        let body = open(line);
        let fields = Fields::of(&body.text);
        match fields.status {
            Some(status) if self.question.statuses.contains(status) => {
                let at = fields.time.or(body.at);
                self.answer(fields.layer, &answer(&fields), || at);
            }
            Some(_) => {}
            None if fields.layer == Layer::Other => self.seen.strange += 1,
            None => self.seen.silent += 1,
        }
    }

    fn answer(&mut self, layer: Layer, answer: &Answer, at: impl FnOnce() -> Option<Timestamp>) {
        if !self.question.takes_method(answer.method) {
            return;
        }
        if self.question.asks_for_times() {
            match at() {
                Some(at) if self.question.takes_time(at) => {}
                Some(_) => return,
                None => {
                    self.seen.undated += 1;
                    return;
                }
            }
        }
        if !key::write(answer, self.question.by, &mut self.key) {
            self.seen.keyless += 1;
            return;
        }
        self.counts.add(&self.key);
        match layer {
            Layer::Haproxy => self.seen.haproxy += 1,
            Layer::Access => self.seen.access += 1,
            Layer::Registry | Layer::Other => self.seen.registry += 1,
        }
    }
}

/// The status in a line of a registry, without reading the line: nothing where it is not sure.
fn hinted(line: &[u8]) -> Option<u16> {
    const NAME: &[u8] = b"http.response.status";
    let behind = &line[find(line, NAME)? + NAME.len()..];
    let value = behind.iter().position(|byte| !matches!(byte, b'\\' | b'"' | b':' | b'=' | b' '))?;
    let digits = behind.get(value..value + 3)?;
    let ends = !behind.get(value + 3).is_some_and(u8::is_ascii_digit);
    std::str::from_utf8(digits).ok().filter(|_| ends)?.parse().ok()
}

fn answer<'a>(fields: &'a Fields<'_>) -> Answer<'a> {
    let text = |field: &'a Option<Cow<'_, str>>| field.as_deref().unwrap_or_default();
    let server = text(&fields.server);
    let slash = memchr(b'/', server.as_bytes());
    let (backend, server) = slash.map_or(("", server), |slash| (&server[..slash], &server[slash + 1..]));
    Answer {
        method: text(&fields.method).as_bytes(),
        uri: text(&fields.uri).as_bytes(),
        request: b"",
        client: without_port(text(&fields.address)).as_bytes(),
        backend: backend.as_bytes(),
        server: server.as_bytes(),
    }
}
