//! Watches: a line of JSON for each change, for as long as the client stays.

use std::collections::VecDeque;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::http::header;
use axum::response::{IntoResponse, Response};
use futures::stream;
use serde::Serialize;
use serde_json::{Value, json};
use tokio::sync::watch;
use tokio::time::{Instant, MissedTickBehavior, interval_at, sleep_until};

use super::accept::Form;
use super::selector::Selector;
use super::status::Problem;
use super::target::{Asked, Query};
use super::{Answer, warned};
use crate::staging::kubernetes::cluster::{Change, Cluster};
use crate::staging::kubernetes::fault::Fault;
use crate::staging::kubernetes::kinds::Resource;
use crate::staging::kubernetes::object::Object;
use crate::staging::kubernetes::table;

/// How often a quiet watch says how far it has come.
const BOOKMARKS: Duration = Duration::from_secs(60);
/// How long a watch lasts that names no end. A real server ends them at random between this and its double.
const LASTS: Duration = Duration::from_secs(30 * 60);

/// One client that watches.
struct Watch {
    cluster: Cluster,
    resource: &'static Resource,
    namespace: Option<String>,
    selector: Selector,
    form: Form,
    /// Changes up to this version were told.
    seen: u64,
    bell: watch::Receiver<u64>,
    bookmarks: Option<tokio::time::Interval>,
    end: Instant,
    pending: VecDeque<Bytes>,
    is_over: bool,
}

/// A watch from the version of the query on, or from all objects of now.
pub fn answer(cluster: &Cluster, asked: &Asked, query: &Query, selector: Selector, form: Form) -> Answer {
    let version = query.number("resourceVersion").filter(|version| *version > 0);
    let streams = query.flag("sendInitialEvents");
    if streams && query.get("resourceVersionMatch") != Some("NotOlderThan") {
        return Err(Problem::bad_request(
            "sendInitialEvents requires setting resourceVersionMatch to NotOlderThan",
        ));
    }
    let bell = cluster.listen();
    let may_bookmark = query.flag("allowWatchBookmarks");
    let lasts = query.number("timeoutSeconds").map_or(LASTS, Duration::from_secs);
    let mut watch = Watch {
        cluster: cluster.clone(),
        resource: asked.resource,
        namespace: asked.namespace.clone(),
        selector,
        form,
        seen: version.unwrap_or_default(),
        bell,
        bookmarks: may_bookmark.then(bookmark_ticks),
        end: Instant::now() + lasts,
        pending: VecDeque::new(),
        is_over: false,
    };
    if streams || version.is_none() {
        watch.begin(streams && may_bookmark);
    }
    Ok(warned(asked.resource, watch.answer()))
}

fn bookmark_ticks() -> tokio::time::Interval {
    let mut ticks = interval_at(Instant::now() + BOOKMARKS, BOOKMARKS);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    ticks
}

impl Watch {
    fn answer(self) -> Response {
        let headers =
            [(header::CONTENT_TYPE, "application/json"), (header::CACHE_CONTROL, "no-cache, private")];
        let lines = stream::unfold(self, |mut watch| async { watch.next().await.map(|line| (line, watch)) });
        (headers, Body::from_stream(lines)).into_response()
    }

    /// All objects of now, as if they had just been added; and a bookmark that says that these were all.
    fn begin(&mut self, with_end: bool) {
        let (found, version) = self.cluster.list(self.resource, self.namespace.as_deref());
        let lines: Vec<u8> = found
            .iter()
            .filter(|object| self.selector.matches(object))
            .flat_map(|object| self.line("ADDED", object))
            .collect();
        self.seen = version;
        self.push(lines);
        if with_end {
            self.bookmark(json!({"k8s.io/initial-events-end": "true"}));
        }
    }

    /// The next lines; none at the end.
    async fn next(&mut self) -> Option<io::Result<Bytes>> {
        loop {
            let faults = self.cluster.faults();
            if faults.has(&Fault::DropConnections) && !self.is_over {
                self.is_over = true;
                return Some(Err(io::ErrorKind::ConnectionReset.into()));
            }
            if let Some(lines) = self.pending.pop_front() {
                return Some(Ok(lines));
            }
            if self.is_over || faults.has(&Fault::Refuse401) || faults.denies("watch", self.resource.plural) {
                return None;
            }
            self.bell.mark_unchanged();
            if !faults.has(&Fault::HangWatches) {
                self.look();
            }
            if self.pending.is_empty() {
                self.wait().await;
            }
        }
    }

    /// Tells what changed since the last look.
    fn look(&mut self) {
        match self.cluster.changes(self.resource, self.seen) {
            Ok((changes, version)) => {
                let lines: Vec<u8> =
                    changes.iter().filter_map(|change| self.told(change)).flatten().collect();
                self.seen = self.seen.max(version);
                self.push(lines);
            }
            Err(expired) => {
                let status = Problem::too_old(expired.asked, expired.oldest).status();
                self.push(line(&json!({"type": "ERROR", "object": status})));
                self.is_over = true;
            }
        }
    }

    /// Waits for a change, for the time of a bookmark, or for the end.
    async fn wait(&mut self) {
        let ticks = self.bookmarks.as_mut();
        let tick = async {
            match ticks {
                Some(ticks) => drop(ticks.tick().await),
                None => std::future::pending().await,
            }
        };
        let is_time = tokio::select! {
            _ = self.bell.changed() => false,
            () = tick => true,
            () = sleep_until(self.end) => { self.is_over = true; self.bookmarks.is_some() }
        };
        if is_time && !self.cluster.faults().has(&Fault::HangWatches) {
            self.bookmark(Value::Null);
        }
    }

    /// A change as this watch sees it: what begins to match is added, what no longer does is deleted.
    fn told(&self, change: &Change) -> Option<Vec<u8>> {
        let sees = |object: &Option<Arc<Object>>| {
            let inside = |object: &Arc<Object>| {
                self.namespace.as_ref().is_none_or(|wanted| *wanted == object.namespace)
            };
            object.clone().filter(|object| inside(object) && self.selector.matches(object))
        };
        match (sees(&change.before), sees(&change.now)) {
            (None, Some(now)) => Some(self.line("ADDED", &now)),
            (Some(_), Some(now)) => Some(self.line("MODIFIED", &now)),
            (Some(before), None) => Some(self.line("DELETED", &before)),
            (None, None) => None,
        }
    }

    fn line(&self, kind: &str, object: &Arc<Object>) -> Vec<u8> {
        match self.form {
            Form::Plain => line(&Told { kind, object: object.whole() }),
            Form::Table(form) => {
                let table = table::table(self.resource, std::slice::from_ref(object), form, None);
                line(&Told { kind, object: table })
            }
        }
    }

    fn bookmark(&mut self, annotations: Value) {
        let mut metadata = json!({"resourceVersion": self.seen.to_string(), "creationTimestamp": null});
        if !annotations.is_null() {
            metadata["annotations"] = annotations;
        }
        let (kind, version) = (self.resource.kind, self.resource.api_version());
        let object = json!({"kind": kind, "apiVersion": version, "metadata": metadata});
        self.push(line(&json!({"type": "BOOKMARK", "object": object})));
    }

    fn push(&mut self, lines: Vec<u8>) {
        if !lines.is_empty() {
            self.pending.push_back(lines.into());
        }
    }
}

#[derive(Serialize)]
struct Told<'a, T> {
    #[serde(rename = "type")]
    kind: &'a str,
    object: T,
}

fn line(value: &impl Serialize) -> Vec<u8> {
    let mut line = serde_json::to_vec(value).unwrap_or_default();
    line.push(b'\n');
    line
}
