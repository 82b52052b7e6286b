//! Documents of Elasticsearch and what descends from it, page by page, by their time.

use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;
use reqwest::Url;
use reqwest::header::{AUTHORIZATION, HeaderMap};
use serde::Deserialize;
use serde_json::{Value, json};

use super::desk::{Desk, First};
use super::facts::Origin;
use super::feed::Feed;
use super::keep::keep;
use super::polled::{Call, Found, Memory, PAGE, Pace, Page, Polled, Refusal, Service, Store, mark};
use crate::logs::document_line;
use crate::sources::registry_api::{Credentials, Password, Secret};
use crate::sources::{Trouble, TroubleKind};

const HINTS: &[(u16, &str)] = &[
    (401, "name an API key or a login in the profile"),
    (403, "the privilege read is needed on these indices"),
    (404, "is it the name of the indices?"),
];
const STRANGER: &str = "is this the address of Elasticsearch, not of Kibana or a proxy?";

/// Which documents, and how they are asked for.
#[derive(Clone, Debug)]
pub struct Options {
    pub url: Url,
    /// Name or pattern of the indices.
    pub index: String,
    /// Which documents, in Lucene's syntax; all without it.
    pub query: Option<String>,
    /// The field with a document's time.
    pub time: String,
    /// The field with the line; without it, it is looked for.
    pub message: Option<String>,
    pub login: Option<Login>,
    pub pace: Pace,
    /// How long to wait for one answer.
    pub deadline: Duration,
    /// Where reading was, for whoever runs this again.
    memory: Memory,
}

/// Who we are.
#[derive(Clone, Debug)]
pub enum Login {
    Basic(Credentials),
    /// As it is given out, in base64.
    ApiKey(Password),
}

impl Options {
    /// All documents, without a login, 20 s for an answer.
    pub fn new(url: Url, index: &str) -> Self {
        Self {
            url,
            index: index.to_owned(),
            query: None,
            time: "@timestamp".to_owned(),
            message: None,
            login: None,
            pace: Pace::new(10_000),
            deadline: Duration::from_secs(20),
            memory: Memory::default(),
        }
    }
}

/// Follows the documents for ever.
pub async fn run(options: Options, desk: Desk, first: First) {
    let feed = Feed::new(&options.index, Origin::Elasticsearch, &desk, first);
    let (pace, memory) = (options.pace, options.memory.clone());
    let service = Service::new(&options.url, options.deadline, HINTS, STRANGER);
    keep(Polled::new(Indices { service, options }, pace, memory), feed).await;
}

struct Indices {
    service: Service,
    options: Options,
}

#[derive(Deserialize)]
struct Answer {
    #[serde(default)]
    timed_out: bool,
    _shards: Shards,
    hits: Hits,
}

#[derive(Deserialize)]
struct Shards {
    total: u64,
    #[serde(default)]
    failed: u64,
    #[serde(default)]
    failures: Vec<Value>,
}

#[derive(Deserialize)]
struct Hits {
    hits: Vec<Hit>,
}

#[derive(Deserialize)]
struct Hit {
    #[serde(rename = "_index")]
    index: String,
    #[serde(rename = "_id")]
    id: String,
    #[serde(rename = "_source", default)]
    source: Value,
    /// Milliseconds, and what came first of those that were written in the same one.
    sort: (i64, i64),
}

impl Indices {
    async fn ask(&self, verb: &str, body: Value) -> Result<Value, Refusal> {
        let mut url = self.options.url.clone();
        if let Ok(mut path) = url.path_segments_mut() {
            path.pop_if_empty().extend([&*self.options.index, verb]);
        }
        self.service.ask(Call { url, headers: self.headers()?, body }).await
    }

    async fn search(&self, body: Value) -> Result<Answer, Refusal> {
        let value = self.ask("_search", body).await?;
        let answer: Answer = serde_json::from_value(value)
            .map_err(|error| Trouble::new(TroubleKind::Broken, &format!("_search: {error}; {STRANGER}")))?;
        if answer._shards.total == 0 {
            let why = format!("no index is called {}", self.options.index);
            return Err(Trouble::new(TroubleKind::Absent, &why).into());
        }
        Ok(answer)
    }

    fn headers(&self) -> Result<HeaderMap, Trouble> {
        let wrong = |why: &str| Trouble::new(TroubleKind::Misconfigured, why);
        let (scheme, secret) = match &self.options.login {
            None => return Ok(HeaderMap::new()),
            Some(Login::ApiKey(key)) => ("ApiKey", key.read().map_err(|why| wrong(&why))?),
            Some(Login::Basic(login)) => {
                let password = login.password.read().map_err(|why| wrong(&why))?;
                ("Basic", Secret(STANDARD.encode(format!("{}:{}", login.username, password.0))))
            }
        };
        let value = secret.header(scheme).ok_or_else(|| wrong("the secret is no text for a header"))?;
        Ok(HeaderMap::from_iter([(AUTHORIZATION, value)]))
    }

    /// Documents of a time, given as Elasticsearch's names for its bounds.
    fn query(&self, bounds: &[(&str, Timestamp)]) -> Value {
        let mut range = json!({ "format": "epoch_millis" });
        for (name, at) in bounds {
            range[*name] = at.as_millisecond().into();
        }
        let mut filter = vec![json!({ "range": { (&*self.options.time): range } })];
        if let Some(query) = &self.options.query {
            filter.push(json!({ "query_string": { "query": query, "analyze_wildcard": true } }));
        }
        json!({ "bool": { "filter": filter } })
    }

    /// In milliseconds, whatever an index keeps; an index without such a field has no such documents.
    fn by_time(&self, order: &str) -> Value {
        json!({ (&*self.options.time): { "order": order, "unmapped_type": "date", "numeric_type": "date" } })
    }

    fn line(&self, source: &Value) -> Vec<u8> {
        let message = self.options.message.as_deref().and_then(|path| field(source, path));
        match message {
            Some(Value::String(text)) => text.clone().into_bytes(),
            Some(value) => document_line(value).into_owned().into_bytes(),
            None => document_line(source).into_owned().into_bytes(),
        }
    }
}

impl Store for Indices {
    async fn page(&mut self, since: Timestamp, next: Option<&Value>) -> Result<Page, Refusal> {
        let mut body = json!({
            "size": PAGE,
            "track_total_hits": false,
            "query": self.query(&[("gte", since)]),
            "sort": [self.by_time("asc"), { "_seq_no": { "order": "asc" } }],
        });
        if let Some(next) = next {
            body["search_after"] = next.clone();
        }
        let answer = self.search(body).await?;
        let hits = answer.hits.hits;
        let last = hits.last().filter(|_| hits.len() >= PAGE).map(|hit| hit.sort);
        let lacks = lacks(answer.timed_out, &answer._shards);
        let lines = hits.iter().filter_map(|hit| {
            let at = Timestamp::from_millisecond(hit.sort.0).ok()?;
            Some(Found { at, mark: mark(&[&hit.index, &hit.id]), bytes: self.line(&hit.source) })
        });
        Ok(Page { lines: lines.collect(), next: last.map(|last| after(last, next)), lacks })
    }

    async fn cut(&mut self, since: Timestamp, lines: usize) -> Result<Option<Timestamp>, Refusal> {
        let body = json!({
            "size": 1,
            "from": lines.saturating_sub(1),
            "_source": false,
            "track_total_hits": false,
            "query": self.query(&[("gte", since)]),
            "sort": [self.by_time("desc"), { "_seq_no": { "order": "desc" } }],
        });
        let answer = self.search(body).await?;
        Ok(answer.hits.hits.first().and_then(|hit| Timestamp::from_millisecond(hit.sort.0).ok()))
    }

    async fn count(&mut self, after: Timestamp, before: Timestamp) -> Option<u64> {
        let body = json!({ "query": self.query(&[("gt", after), ("lt", before)]) });
        self.ask("_count", body).await.ok()?.get("count")?.as_u64()
    }
}

/// Where the next page begins. Numbers are each shard's own, so what has the same one is asked for again, unless a
/// whole page has: then it is given up.
fn after((at, number): (i64, i64), before: Option<&Value>) -> Value {
    let next = json!([at, number.saturating_sub(1)]);
    if before == Some(&next) { json!([at, number]) } else { next }
}

/// Why documents may be missing from an answer.
fn lacks(timed_out: bool, shards: &Shards) -> Option<String> {
    if shards.failed > 0 {
        let reason = shards.failures.iter().find_map(|failure| failure.pointer("/reason/reason")?.as_str());
        let reason = reason.unwrap_or("it says not why");
        return Some(format!("{} of {} shards failed: {reason}", shards.failed, shards.total));
    }
    timed_out.then(|| "the search took too long, and its answer is not whole".to_owned())
}

/// A field by its name, whose dots may be part of a name or stand between names.
fn field<'v>(value: &'v Value, path: &str) -> Option<&'v Value> {
    let object = value.as_object()?;
    if let Some(found) = object.get(path) {
        return Some(found).filter(|found| !found.is_null());
    }
    path.match_indices('.').find_map(|(dot, _)| field(object.get(&path[..dot])?, &path[dot + 1..]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dots_are_part_of_names_or_between_them() {
        let document = json!({ "a": { "b.c": { "d": 1 } }, "a.b": { "c": { "e": 2 } }, "x": null });
        assert_eq!(field(&document, "a.b.c.d"), Some(&json!(1)));
        assert_eq!(field(&document, "a.b.c.e"), Some(&json!(2)));
        assert_eq!((field(&document, "a.b.d"), field(&document, "x")), (None, None));
    }
}
