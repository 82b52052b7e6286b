//! Counts the answers of many lines: reads only lines that may be asked for, and of each only as much as it takes to
//! know whether it is.

use std::borrow::Cow;

use jiff::Timestamp;
use memchr::memmem::{Finder, find};
use memchr::{memchr, memchr_iter, memrchr};

use super::counts::Counts;
use super::key::{self, Answer};
use super::question::{Question, stands_alone};
use crate::logs::{Fields, Layer, haproxy, open, without_port};

/// What became of the lines.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Seen {
    /// All of them, empty ones too.
    pub lines: u64,
    /// Answers that were asked for, by who tells of them.
    pub haproxy: u64,
    pub access: u64,
    pub registry: u64,
    /// Lines of a known kind in which a status stands that was asked for, but which tell none: of messages, and of
    /// requests that were not answered.
    pub silent: u64,
    /// Lines of no kind that is known here, in which a status stands that was asked for.
    pub strange: u64,
    /// Any line was of a known kind.
    pub understood: bool,
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
        self.understood |= other.understood;
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
        let unfinished = block.last().is_some_and(|last| *last != b'\n');
        self.seen.lines += memchr_iter(b'\n', block).count() as u64 + u64::from(unfinished);
        match self.question.statuses.only() {
            // Until something is understood all is read, to know whether anything of it can be.
            Some(digits) if self.seen.understood => self.lines_with(digits, block),
            _ => self.lines(block),
        }
    }

    fn lines(&mut self, block: &[u8]) {
        let mut start = 0;
        for end in memchr_iter(b'\n', block) {
            self.line(&block[start..end]);
            start = end + 1;
        }
        self.line(&block[start..]);
    }

    /// Reads the lines in which the digits stand; all others cannot be asked for.
    fn lines_with(&mut self, digits: [u8; 3], block: &[u8]) {
        let (finder, mut start, mut from) = (Finder::new(&digits), 0, 0);
        while let Some(found) = finder.find(&block[from..]).map(|found| from + found) {
            from = found + digits.len();
            if stands_alone(block, found) {
                let begin = memrchr(b'\n', &block[start..found]).map_or(start, |end| start + end + 1);
                let end = memchr(b'\n', &block[found..]).map_or(block.len(), |end| found + end);
                self.line(&block[begin..end]);
                start = end;
                from = end;
            }
        }
    }

    fn line(&mut self, line: &[u8]) {
        match line {
            [] | [b'\r'] => {}
            // Inside a collector's JSON there may be any line.
            [b'{', ..] => self.other(line),
            _ => match haproxy::status(line) {
                Some(status) => {
                    self.seen.understood = true;
                    match status {
                        Some(status) if self.question.statuses.contains(status) => self.haproxy(line),
                        Some(_) => {}
                        None => self.seen.silent += self.doubtful(line),
                    }
                }
                None => self.other(line),
            },
        }
    }

    /// One, where a line that is not understood might have been asked for.
    fn doubtful(&self, line: &[u8]) -> u64 {
        u64::from(self.question.statuses.stand_in(line))
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
            self.seen.understood = true;
            return;
        }
        let body = open(line);
        let fields = Fields::of(&body.text);
        self.seen.understood |= fields.status.is_some() || fields.layer != Layer::Other;
        match fields.status {
            Some(status) if self.question.statuses.contains(status) => {
                let at = fields.time.or(body.at);
                self.answer(fields.layer, &answer(&fields), || at);
            }
            Some(_) => {}
            None if fields.layer == Layer::Other => self.seen.strange += self.doubtful(line),
            None => self.seen.silent += self.doubtful(line),
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

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::sources::logs::count::counts::most;
    use crate::sources::logs::count::question::{By, Statuses};

    const LINES: [&str; 8] = [
        "a:1 [20/Nov/2026:22:01:59.540] web gke/reg1 0/0/0/3/3 500 9 - - ---- 1/1/0/0/0 0/0 \"GET /a HTTP/1.1\"",
        "a:1 [20/Nov/2026:22:01:59.540] web gke/reg1 0/0/0/3/3 200 500 - - ---- 1/1/0/0/0 0/0 \"GET /b HTTP/1.1\"",
        "a:1 [20/Nov/2026:22:01:59.540] web gke/reg1 -1/-1/-1/-1/3 -1 500 - - ---- 1/1/0/0/0 0/0 \"GET /c HTTP/1.1\"",
        "a - - [20/Nov/2026:22:00:22 +0000] \"GET /d HTTP/1.1\" 500 70 \"\" \"docker\"",
        "{\"http.request.uri\":\"/e\",\"http.response.status\":500}",
        "msg=started port=500 go.version=go1.19",
        "took 500 ms, 15000, 500",
        "",
    ];

    fn question() -> Question {
        let statuses = "500".parse::<Statuses>().unwrap();
        Question { statuses, methods: Vec::new(), by: By::Path, since: None, until: None }
    }

    proptest! {
        #[test]
        fn lines_that_are_passed_over_would_have_changed_nothing(
            picked in prop::collection::vec(prop::sample::select(LINES.to_vec()), 0..12),
            finished in any::<bool>(),
        ) {
            let (question, mut text) = (question(), picked.join("\n"));
            if finished {
                text.push('\n');
            }
            // A single status is searched for; of a range every line is read.
            let mut every = question.clone();
            every.statuses = Statuses::any_of([question.statuses.clone(), question.statuses.clone()]);
            let told = |question| {
                let mut tally = Tally::new(question, 1 << 20);
                tally.seen.understood = true;
                tally.block(text.as_bytes());
                (tally.seen, most(&[tally.counts], None).unwrap())
            };
            prop_assert_eq!(told(&question), told(&every));
        }
    }

    #[test]
    fn what_nobody_understands_is_read_to_the_end() {
        let question = question();
        let mut tally = Tally::new(&question, 1 << 20);
        tally.block(b"hello\nworld\n");
        assert_eq!(tally.seen, Seen { lines: 2, ..Seen::default() });
        tally.block(LINES[1].as_bytes());
        assert!(tally.seen.understood);
    }
}
