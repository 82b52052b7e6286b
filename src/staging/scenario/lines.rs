//! What is written of a request: by the registry in both its formats, by its access log, and by HAProxy.

use std::fmt::Write;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use serde_json::{Map, Value};

use super::requests::LogFormat;
use crate::registry::reference::{ApiPath, Target};
use crate::staging::registry::Failure;

/// What clients call the registry.
const HOST: &str = "registry.example.com";
const GO: &str = "go1.19.8";
/// Letters of the captured headers that HAProxy keeps: agent, and type of the answer.
const CAPTURED: (usize, usize) = (64, 40);
/// Typical bytes of the head of an answer.
const HEAD: u64 = 190;

/// A request, and what came of it.
#[derive(Clone, Debug)]
pub struct Asked {
    /// When it came.
    pub at: Timestamp,
    pub took: Duration,
    pub id: String,
    pub method: String,
    pub uri: String,
    pub client: String,
    pub client_port: u16,
    pub agent: String,
    pub status: u16,
    /// Bytes of the answer's body.
    pub written: u64,
    pub content_type: String,
    pub failure: Option<Failure>,
}

impl Asked {
    /// When it was answered.
    pub fn answered(&self) -> Timestamp {
        let took = SignedDuration::try_from(self.took).unwrap_or_default();
        self.at.checked_add(took).unwrap_or(self.at)
    }

    /// The line of the registry's own log.
    pub fn registry(&self, format: LogFormat) -> String {
        let (level, message) = match (&self.failure, self.status) {
            (None, ..400) => ("info", "response completed"),
            _ => ("error", "response completed with error"),
        };
        let time = format!("{:.9}", self.answered());
        let head = [("time", time), ("level", level.to_owned()), ("msg", message.to_owned())];
        match format {
            LogFormat::Text => logfmt(head.into_iter().chain(self.fields())),
            LogFormat::Json => json(head.into_iter().chain(self.fields())),
        }
    }

    /// The fields after time, level and message, by name.
    fn fields(&self) -> Vec<(&'static str, String)> {
        let mut fields = Vec::new();
        if let Some(failure) = &self.failure {
            fields.push(("err.code", failure.code.clone()));
            if !failure.detail.is_empty() {
                fields.push(("err.detail", failure.detail.clone()));
            }
            fields.push(("err.message", failure.message.to_owned()));
        }
        fields.extend([
            ("go.version", GO.to_owned()),
            ("http.request.host", HOST.to_owned()),
            ("http.request.id", self.id.clone()),
            ("http.request.method", self.method.clone()),
            ("http.request.remoteaddr", self.client.clone()),
            ("http.request.uri", self.uri.clone()),
            ("http.request.useragent", self.agent.clone()),
            ("http.response.contenttype", self.content_type.clone()),
            ("http.response.duration", go_duration(self.took)),
            ("http.response.status", self.status.to_string()),
            ("http.response.written", self.written.to_string()),
        ]);
        if self.failure.is_some() {
            fields.extend(self.variables());
        }
        fields
    }

    /// What the route takes from the path.
    fn variables(&self) -> Vec<(&'static str, String)> {
        match ApiPath::parse(&self.uri) {
            Ok(ApiPath::Manifest { repository, target }) => {
                let reference = match target {
                    Target::Tag(tag) => tag.to_string(),
                    Target::Digest(digest) => digest.to_string(),
                };
                vec![("vars.name", repository.to_string()), ("vars.reference", reference)]
            }
            Ok(ApiPath::Blob { repository, digest }) => {
                vec![("vars.digest", digest.to_string()), ("vars.name", repository.to_string())]
            }
            Ok(ApiPath::Tags { repository }) => vec![("vars.name", repository.to_string())],
            _ => Vec::new(),
        }
    }

    /// The line of the registry's access log, as the balancer at `balancer` asked it.
    pub fn access(&self, balancer: &str) -> String {
        format!(
            "{balancer} - - [{} +0000] \"{} {} HTTP/1.1\" {} {} \"\" {:?}",
            self.answered().strftime("%d/%b/%Y:%H:%M:%S"),
            self.method,
            self.uri,
            self.status,
            self.written,
            self.agent,
        )
    }

    /// The line of HAProxy's log, with its end; `server` as `backend/server`, `flags` as it ended.
    pub fn haproxy(&self, node: &str, pid: u32, frontend: &str, server: &str, flags: &str) -> String {
        let took = self.took.as_millis();
        let times = match flags.starts_with("SC") {
            true => format!("0/-1/-1/-1/{took}"),
            false => format!("0/0/1/{}/{took}", took.saturating_sub(1)),
        };
        format!(
            "{} {node} haproxy[{pid}]: {}:{} [{}] {frontend}~ {server} {times} {} {} - - {flags} 21/20/4/1/0 0/0 \
             {{{HOST}|{}|}} {{{}}} \"{} {} HTTP/1.1\"\n",
            self.answered().strftime("%b %e %H:%M:%S"),
            self.client,
            self.client_port,
            self.at.strftime("%d/%b/%Y:%H:%M:%S%.3f"),
            self.status,
            self.written + HEAD,
            cut(&self.agent, CAPTURED.0),
            cut(&self.content_type, CAPTURED.1),
            self.method,
            self.uri,
        )
    }
}

fn cut(text: &str, letters: usize) -> &str {
    text.get(..letters).unwrap_or(text)
}

/// As logrus writes text: bare where nothing could be misread, else quoted as Go quotes.
fn logfmt(fields: impl Iterator<Item = (&'static str, String)>) -> String {
    let mut line = String::new();
    for (name, value) in fields {
        let is_bare = |letter: char| letter.is_ascii_alphanumeric() || "-._/@^+".contains(letter);
        let space = if line.is_empty() { "" } else { " " };
        // Writing to a string cannot fail.
        let _ = match value.chars().all(is_bare) {
            true => write!(line, "{space}{name}={value}"),
            false => write!(line, "{space}{name}={value:?}"),
        };
    }
    line
}

/// As logrus writes JSON: by name, numbers as numbers.
fn json(fields: impl Iterator<Item = (&'static str, String)>) -> String {
    let value = |name: &str, value: String| match name {
        "http.response.status" | "http.response.written" => {
            value.parse::<u64>().map_or(Value::Null, Value::from)
        }
        _ => Value::String(value),
    };
    let object: Map<_, _> = fields.map(|(name, text)| (name.to_owned(), value(name, text))).collect();
    Value::Object(object).to_string()
}

/// As Go spells a duration below a minute.
#[allow(clippy::cast_precision_loss)]
fn go_duration(took: Duration) -> String {
    let nanoseconds = took.as_nanos() as f64;
    match took {
        _ if took < Duration::from_millis(1) => format!("{}µs", nanoseconds / 1e3),
        _ if took < Duration::from_secs(1) => format!("{}ms", nanoseconds / 1e6),
        _ => format!("{}s", nanoseconds / 1e9),
    }
}
