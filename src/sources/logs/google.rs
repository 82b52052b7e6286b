//! Entries of Google Cloud Logging, page by page, by their time.

use std::time::Duration;

use jiff::Timestamp;
use reqwest::Url;
use serde_json::{Value, json};
use tokio::time::{Instant, sleep_until};

use super::desk::{Desk, First};
use super::facts::Origin;
use super::feed::Feed;
use super::keep::keep;
use super::polled::{Call, Found, Memory, PAGE, Pace, Page, Polled, Refusal, Service, Store, mark};
use crate::logs::document_line;
use crate::sources::google::access::{Access, HINT};
use crate::sources::{Trouble, TroubleKind};

/// Where the API is.
pub const ENDPOINT: &str = "https://logging.googleapis.com";
/// Looking is all that we ask for.
const SCOPE: &str = "https://www.googleapis.com/auth/logging.read";
const HINTS: &[(u16, &str)] = &[
    (401, HINT),
    (403, "the permission logging.logEntries.list is needed"),
    (404, "is it the id of the project?"),
    (429, "a project may be asked 60 times a minute by all who do"),
];
const STRANGER: &str = "is this the address of Google Cloud Logging?";

/// Which entries, and how they are asked for.
#[derive(Clone, Debug)]
pub struct Options {
    pub project: String,
    /// Which entries, in its query language; all without it.
    pub filter: Option<String>,
    /// Where the API is; [`ENDPOINT`] is usual.
    pub endpoint: String,
    /// Whether to ask it without credentials.
    pub anonymous: bool,
    pub pace: Pace,
    /// Between two questions, whatever there is to ask: a minute has 60 of them.
    pub spacing: Duration,
    /// How long to wait for one answer.
    pub deadline: Duration,
    /// Where reading was, for whoever runs this again.
    memory: Memory,
}

impl Options {
    /// All entries of a project, 20 s for an answer.
    pub fn new(project: &str) -> Self {
        Self {
            project: project.to_owned(),
            filter: None,
            endpoint: ENDPOINT.to_owned(),
            anonymous: false,
            pace: Pace { behind: 5_000, ..Pace::new(2_000) },
            spacing: Duration::from_millis(1_200),
            deadline: Duration::from_secs(20),
            memory: Memory::default(),
        }
    }
}

/// Follows the entries for ever.
pub async fn run(options: Options, desk: Desk, first: First) {
    let mut feed = Feed::new(&options.project, Origin::Google, &desk, first);
    let endpoint = options.endpoint.trim_end_matches('/');
    let url = match Url::parse(&format!("{endpoint}/v2/entries:list")) {
        Ok(url) => url,
        Err(error) => {
            let why = format!("the endpoint {endpoint} is no URL: {error}");
            return feed.down(Trouble::new(TroubleKind::Misconfigured, &why)).await;
        }
    };
    let access = if options.anonymous { Access::anonymous() } else { Access::with_scope(SCOPE) };
    let service = Service::new(&url, options.deadline, HINTS, STRANGER);
    let (pace, memory) = (options.pace, options.memory.clone());
    let entries = Entries { service, access, url, options, asked: None };
    keep(Polled::new(entries, pace, memory), feed).await;
}

struct Entries {
    service: Service,
    access: Access,
    url: Url,
    options: Options,
    /// When the last question was asked.
    asked: Option<Instant>,
}

impl Entries {
    async fn ask(
        &mut self,
        since: Timestamp,
        order: &str,
        fields: Option<&str>,
        token: Option<&Value>,
    ) -> Result<Value, Refusal> {
        let mut body = json!({
            "resourceNames": [format!("projects/{}", self.options.project)],
            "filter": self.filter(since),
            "orderBy": order,
            "pageSize": PAGE,
        });
        if let Some(token) = token {
            body["pageToken"] = token.clone();
        }
        if let Some(asked) = self.asked {
            sleep_until(asked + self.options.spacing).await;
        }
        self.asked = Some(Instant::now());
        let headers = self.access.headers(self.options.deadline).await?;
        let mut url = self.url.clone();
        url.query_pairs_mut().extend_pairs(fields.map(|fields| ("fields", fields)));
        self.service.ask(Call { url, headers, body }).await
    }

    /// What is configured may end in a comment, so a new line ends it.
    fn filter(&self, since: Timestamp) -> String {
        let time = format!("timestamp>=\"{since}\"");
        match &self.options.filter {
            Some(filter) => format!("({filter}\n)\nAND {time}"),
            None => time,
        }
    }
}

impl Store for Entries {
    async fn page(&mut self, since: Timestamp, next: Option<&Value>) -> Result<Page, Refusal> {
        let answer = self.ask(since, "timestamp asc", None, next).await?;
        let lines = entries(&answer).iter().filter_map(|entry| {
            let text = |name| entry.get(name).and_then(Value::as_str).unwrap_or_default();
            let bytes = document_line(entry).into_owned().into_bytes();
            Some(Found { at: written(entry)?, mark: mark(&[text("logName"), text("insertId")]), bytes })
        });
        Ok(Page { lines: lines.collect(), next: token(&answer), lacks: None })
    }

    async fn cut(&mut self, since: Timestamp, lines: usize) -> Result<Option<Timestamp>, Refusal> {
        let (mut left, mut next) = (lines, None);
        loop {
            let fields = "entries(timestamp,receiveTimestamp),nextPageToken";
            let answer = self.ask(since, "timestamp desc", Some(fields), next.as_ref()).await?;
            let found = entries(&answer);
            if let Some(entry) = left.checked_sub(1).and_then(|nth| found.get(nth)) {
                return Ok(written(entry));
            }
            left = left.saturating_sub(found.len());
            next = token(&answer);
            if next.is_none() {
                return Ok(None);
            }
        }
    }

    async fn count(&mut self, _: Timestamp, _: Timestamp) -> Option<u64> {
        None
    }
}

fn entries(answer: &Value) -> &[Value] {
    answer.get("entries").and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

/// An answer may be empty and have one nevertheless: then it was not looked at everything yet.
fn token(answer: &Value) -> Option<Value> {
    answer.get("nextPageToken").filter(|token| token.as_str().is_some_and(|token| !token.is_empty())).cloned()
}

fn written(entry: &Value) -> Option<Timestamp> {
    let time = |name| entry.get(name)?.as_str()?.parse().ok();
    time("timestamp").or_else(|| time("receiveTimestamp"))
}
