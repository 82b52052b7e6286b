//! The fields of a line, borrowed from it: what is known of every line before anybody decides which are kept.

use std::borrow::Cow;
use std::time::Duration;

use jiff::Timestamp;

use super::line::{Layer, Level};
use super::read::{duration, time};

/// How names of fields begin that only a registry writes.
const OF_REGISTRY: [&str; 5] = ["http.re", "err.", "vars", "go", "correlation_id"];

/// What a line says, as it says it: nothing of it is safe to show yet.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Fields<'a> {
    pub layer: Layer,
    pub level: Level,
    pub time: Option<Timestamp>,
    /// Its date names no zone, and was read as if it were of UTC.
    pub is_zoneless: bool,
    pub message: Option<Cow<'a, str>>,
    /// `err.code`, `err.message`, `err.detail`.
    pub code: Option<Cow<'a, str>>,
    pub error: Option<Cow<'a, str>>,
    pub detail: Option<Cow<'a, str>>,
    pub method: Option<Cow<'a, str>>,
    pub uri: Option<Cow<'a, str>>,
    pub status: Option<u16>,
    pub took: Option<Duration>,
    /// Bytes of the answer.
    pub written: Option<u64>,
    /// The client's address, with its port where it is told.
    pub address: Option<Cow<'a, str>>,
    pub agent: Option<Cow<'a, str>>,
    /// The name by which the client called the registry.
    pub host: Option<Cow<'a, str>>,
    /// What identifies the request across the layers.
    pub id: Option<Cow<'a, str>>,
    /// `backend/server` of a load balancer.
    pub server: Option<Cow<'a, str>>,
    /// A load balancer answered it because it had no server, or could not reach the one that it had.
    pub is_unserved: bool,
    /// `vars.name`, `vars.reference`, `vars.digest`, `vars.uuid`.
    pub repository: Option<Cow<'a, str>>,
    pub reference: Option<Cow<'a, str>>,
    pub digest: Option<Cow<'a, str>>,
    pub upload: Option<Cow<'a, str>>,
    /// The version of Go that the registry was built with.
    pub go: Option<Cow<'a, str>>,
}

impl<'a> Fields<'a> {
    /// Keeps a field if its name is known; a nested name has dots. Says whether it was.
    pub(super) fn set(&mut self, name: &str, value: Cow<'a, str>) -> bool {
        match name {
            "time" | "ts" | "timestamp" | "@timestamp" => self.time = time::read(&value).or(self.time),
            "level" | "lvl" | "severity" | "log.level" => self.level = level(&value),
            "duration_ms" => self.took = millis(&value),
            "system" if value == "http" => self.layer = Layer::Access,
            "service" if value == "registry" => self.is_of_registry(),
            "msg" | "message" => self.message = Some(value),
            _ => return self.set_of_request(name, value),
        }
        true
    }

    /// Fields of requests and errors.
    fn set_of_request(&mut self, name: &str, value: Cow<'a, str>) -> bool {
        match name {
            "http.response.status" | "status" => self.status = value.parse().ok(),
            "http.response.duration" | "duration" => self.took = duration::read(&value),
            "http.response.written" | "written_bytes" => self.written = value.parse().ok(),
            _ => match self.text_field(name) {
                Some(field) => *field = Some(value).filter(|value| !value.is_empty()),
                None => return false,
            },
        }
        if OF_REGISTRY.iter().any(|start| name.starts_with(start)) {
            self.is_of_registry();
        }
        true
    }

    fn text_field(&mut self, name: &str) -> Option<&mut Option<Cow<'a, str>>> {
        Some(match name {
            "err.code" | "code" => &mut self.code,
            "err.message" | "error" => &mut self.error,
            "err.detail" | "detail" => &mut self.detail,
            "http.request.method" | "method" => &mut self.method,
            "http.request.uri" | "uri" => &mut self.uri,
            "http.request.id" | "correlation_id" => &mut self.id,
            "http.request.useragent" | "user_agent" => &mut self.agent,
            "http.request.host" | "host" => &mut self.host,
            "http.request.remoteaddr" | "remote_addr" => &mut self.address,
            "vars.name" | "vars_name" => &mut self.repository,
            "vars.reference" | "vars_reference" => &mut self.reference,
            "vars.digest" | "vars_digest" => &mut self.digest,
            "vars.uuid" | "vars_uuid" => &mut self.upload,
            "go.version" | "go_version" => &mut self.go,
            _ => return None,
        })
    }

    const fn is_of_registry(&mut self) {
        if matches!(self.layer, Layer::Other) {
            self.layer = Layer::Registry;
        }
    }
}

/// How bad a line says that it is, by the words that loggers have for it.
pub(super) fn level(word: &str) -> Level {
    const WORDS: [(&str, Level); 19] = [
        ("info", Level::Info),
        ("error", Level::Error),
        ("warning", Level::Warning),
        ("warn", Level::Warning),
        ("debug", Level::Debug),
        ("fatal", Level::Fatal),
        ("panic", Level::Fatal),
        ("trace", Level::Debug),
        ("notice", Level::Info),
        ("err", Level::Error),
        ("critical", Level::Fatal),
        ("alert", Level::Fatal),
        ("emergency", Level::Fatal),
        ("crit", Level::Fatal),
        ("emerg", Level::Fatal),
        ("information", Level::Info),
        ("dpanic", Level::Fatal),
        ("dbug", Level::Debug),
        ("erro", Level::Error),
    ];
    let known = WORDS.iter().find(|(known, _)| known.eq_ignore_ascii_case(word));
    known.map_or(Level::Unknown, |(_, level)| *level)
}

fn millis(value: &str) -> Option<Duration> {
    let millis: f64 = value.parse().ok()?;
    Duration::try_from_secs_f64(millis / 1e3).ok()
}
