//! A line of a log, understood as far as it can be, and made safe to show.

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;

use crate::model::Subject;

/// A line of a log. What could not be understood is still there as text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// When it was written, by its own word; else by that of what collected it; else when it was read.
    pub at: Timestamp,
    pub layer: Layer,
    pub level: Level,
    /// The whole line as it may be shown: sanitised, without secrets, without a collector's wrapping, cut at
    /// [`Line::LONGEST`] with a word about what is missing.
    pub text: Box<str>,
    /// What it says happened, in the words of whoever wrote it; nothing where that is the whole text.
    pub message: Option<Box<str>>,
    pub request: Option<Box<Request>>,
    pub error: Option<Box<Error>>,
    /// The same for lines that differ only in names, numbers and times.
    pub fingerprint: u64,
    /// Its length as it was read, in bytes, with its end.
    pub bytes: u32,
}

impl Line {
    /// The longest text that is kept, in bytes.
    pub const LONGEST: usize = 16 * 1024;

    /// How bad it is, by its own word or by the answer that it tells of, whichever is worse.
    pub fn severity(&self) -> Level {
        let answered = match self.status() {
            Some(500..) => Level::Error,
            Some(400..) => Level::Warning,
            _ => Level::Unknown,
        };
        self.level.max(answered)
    }

    /// Whether it tells that what the registry stores is broken: a link, a digest, a manifest.
    ///
    /// A manifest that is asked for by digest and is not known is none: nobody promised it.
    pub fn is_fault(&self) -> bool {
        let Some(request) = &self.request else { return false };
        let is_pull = matches!(&*request.method, "GET" | "HEAD");
        let detail = self.error.as_ref().map_or("", |error| &error.detail);
        let fault = FAULTS.iter().find(|fault| {
            detail.contains(*fault) || self.message.as_ref().is_some_and(|message| message.contains(*fault))
        });
        let by_tag = matches!(request.subject, Some(Subject::Tag { .. }));
        is_pull && fault.is_some_and(|fault| by_tag || *fault != "unknown manifest name=")
    }

    /// The status of the answer that it tells of.
    pub fn status(&self) -> Option<u16> {
        self.request.as_ref().and_then(|request| request.status)
    }
}

/// What a registry says when what it stores is broken, whatever its status; some versions answer 404 to it.
const FAULTS: [&str; 9] = [
    "invalid checksum digest",
    "unsupported digest algorithm",
    "unexpected end of JSON input",
    "invalid character",
    "unrecognized manifest",
    "read exceeds limit",
    "unknown manifest name=",
    "canonical target",
    "blob path should not be a directory",
];

/// Who wrote a line. The same request has a line of each layer that it passed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Layer {
    /// HAProxy, one line for each request.
    Haproxy,
    /// The registry's access log, one line for each request.
    Access,
    /// The registry itself.
    Registry,
    /// Nobody whose lines are known here.
    #[default]
    Other,
}

/// How bad a line says that it is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Level {
    /// It says nothing of it.
    #[default]
    Unknown,
    Debug,
    Info,
    Warning,
    Error,
    /// The process ended by it: fatal, panic.
    Fatal,
}

/// The request that a line is about. All text is safe to show.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    pub method: Box<str>,
    /// Path and query as the client sent them.
    pub uri: Box<str>,
    /// The answer's status; none where the line is not about an answer.
    pub status: Option<u16>,
    pub took: Option<Duration>,
    /// Bytes of the answer.
    pub written: Option<u64>,
    pub client: Client,
    /// What identifies the request across the layers, where it is told.
    pub id: Option<Box<str>>,
    /// `backend/server`, where the line is of a load balancer.
    pub server: Option<Box<str>>,
    /// What of the registry it is about: a tag, a manifest, a blob, an upload, or a repository.
    pub subject: Option<Subject>,
}

/// Who asked.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Client {
    /// Address without port.
    pub address: Option<Box<str>>,
    /// What it says of itself.
    pub agent: Option<Box<str>>,
}

/// What a registry says went wrong, in its own fields.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Error {
    /// `err.code`
    pub code: Box<str>,
    /// `err.message`
    pub message: Box<str>,
    /// `err.detail`
    pub detail: Box<str>,
}

/// How often the same was asked and answered the same way, over a batch of lines.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    pub layer: Layer,
    pub method: Arc<str>,
    /// Path and query, cut at 512 bytes.
    pub uri: Arc<str>,
    pub subject: Option<Subject>,
    pub status: u16,
    pub client: Arc<Client>,
    pub count: u64,
    /// Bytes of log that these answers wrote.
    pub bytes: u64,
    pub first: Timestamp,
    pub last: Timestamp,
    /// Their lines told of a fault in the store ([`Line::is_fault`]), whatever the status.
    pub is_fault: bool,
}

impl Error {
    /// What went wrong, without the parts that say nothing.
    pub fn words(&self) -> String {
        let empty = |part: &str| matches!(part.trim(), "" | "unknown" | "unknown error" | "<nil>");
        let mut parts: Vec<&str> = vec![&self.code, &self.message, &self.detail];
        parts.dedup();
        let told: Vec<_> = parts.iter().copied().filter(|part| !empty(part)).collect();
        if told.is_empty() { self.message.to_string() } else { told.join(": ") }
    }
}
