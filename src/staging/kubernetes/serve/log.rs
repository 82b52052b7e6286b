//! What a container wrote, as `kubectl logs` asks for it.

use std::io;
use std::sync::Arc;

use axum::body::{Body, Bytes};
use axum::http::header;
use axum::response::{IntoResponse, Response};
use futures::stream;
use jiff::{SignedDuration, Timestamp};
use serde_json::Value;
use tokio::sync::watch;

use super::Answer;
use super::status::Problem;
use super::target::Query;
use crate::staging::kubernetes::cluster::Cluster;
use crate::staging::kubernetes::fault::Fault;
use crate::staging::kubernetes::logs::{Line, Run};
use crate::staging::kubernetes::object::{Object, text};

/// A client that reads a log.
struct Reader {
    cluster: Cluster,
    pod: Arc<Object>,
    container: String,
    timestamps: bool,
    follow: bool,
    /// The number of the run, and of its next line.
    run: u64,
    next: usize,
    bell: watch::Receiver<u64>,
}

/// The log of a pod's container.
pub fn answer(cluster: &Cluster, pod: &Arc<Object>, query: &Query) -> Answer {
    let container = container(pod, query.get("container"))?;
    if pod.text("/spec/nodeName").is_empty() {
        return Ok(plain(Body::empty()));
    }
    let previous = query.flag("previous");
    check_has_run(pod, &container, previous)?;
    let bell = cluster.listen();
    let timestamps = query.flag("timestamps");
    let since = since(query)?;
    let tail = query.number("tailLines").and_then(|lines| usize::try_from(lines).ok());
    let look = |run: &Run| {
        let lines: Vec<&Line> =
            run.since(0).filter(|line| since.is_none_or(|since| line.at >= since)).collect();
        let skipped = tail.map_or(0, |tail| lines.len().saturating_sub(tail));
        (written(lines.into_iter().skip(skipped), timestamps), run.number, run.written())
    };
    let (mut first, run, next) = cluster.read_log(&pod.name, &container, previous, look).unwrap_or_default();
    if let Some(limit) = query.number("limitBytes").and_then(|limit| usize::try_from(limit).ok()) {
        first.truncate(limit);
    }
    let follow = query.flag("follow") && !previous;
    let reader =
        Reader { cluster: cluster.clone(), pod: pod.clone(), container, timestamps, follow, run, next, bell };
    if !follow {
        return Ok(plain(Body::from(first)));
    }
    let first = (!first.is_empty()).then_some(Bytes::from(first));
    let lines = stream::unfold((reader, first), |(mut reader, first)| async move {
        let lines = if first.is_some() { first.map(Ok) } else { reader.more().await };
        lines.map(|lines| (lines, (reader, None)))
    });
    Ok(plain(Body::from_stream(lines)))
}

impl Reader {
    /// The next lines, once there are some; none when the run is over or the pod is gone.
    async fn more(&mut self) -> Option<io::Result<Bytes>> {
        while self.follow {
            self.bell.mark_unchanged();
            let faults = self.cluster.faults();
            if faults.has(&Fault::DropConnections) {
                self.follow = false;
                return Some(Err(io::ErrorKind::ConnectionReset.into()));
            }
            let lines = if faults.has(&Fault::HangWatches) { Vec::new() } else { self.look() };
            if !lines.is_empty() {
                return Some(Ok(lines.into()));
            }
            if !self.follow {
                return None;
            }
            let pod = self.cluster.get(self.pod.resource, &self.pod.namespace, &self.pod.name)?;
            if pod.uid() != self.pod.uid() || self.bell.changed().await.is_err() {
                return None;
            }
        }
        None
    }

    /// What is new. A run that is over is read to its end, and no further.
    fn look(&mut self) -> Vec<u8> {
        let (number, next, timestamps) = (self.run, self.next, self.timestamps);
        let look =
            |run: &Run| (run.number == number).then(|| (written(run.since(next), timestamps), run.written()));
        let read =
            |previous| self.cluster.read_log(&self.pod.name, &self.container, previous, look).flatten();
        let now = read(false);
        self.follow = now.is_some() || !self.has_written();
        let (lines, next) = now.or_else(|| read(true)).unwrap_or_default();
        self.next = next;
        lines
    }

    fn has_written(&self) -> bool {
        self.cluster.read_log(&self.pod.name, &self.container, false, |_| ()).is_some()
    }
}

fn plain(body: Body) -> Response {
    ([(header::CONTENT_TYPE, "text/plain")], body).into_response()
}

fn written<'a>(lines: impl Iterator<Item = &'a Line>, timestamps: bool) -> Vec<u8> {
    let line = |line: &Line| match timestamps {
        true => format!("{:.9} {}\n", line.at, line.text),
        false => format!("{}\n", line.text),
    };
    lines.map(line).collect::<String>().into_bytes()
}

fn since(query: &Query) -> Result<Option<Timestamp>, Problem> {
    if let Some(seconds) = query.number("sinceSeconds") {
        let seconds = i64::try_from(seconds).unwrap_or(i64::MAX / 2);
        return Ok(Timestamp::now().checked_sub(SignedDuration::from_secs(seconds)).ok());
    }
    let unreadable = |time: &str| Problem::bad_request(format!("parsing time {time:?} as RFC 3339 failed"));
    query.get("sinceTime").map(|time| time.parse().map_err(|_| unreadable(time))).transpose()
}

/// The container that is meant; the only one if none is named.
fn container(pod: &Object, named: Option<&str>) -> Result<String, Problem> {
    let names = |field: &str| pod.list(field).iter().map(|entry| text(entry, "/name")).collect::<Vec<_>>();
    let (containers, before) = (names("/spec/containers"), names("/spec/initContainers"));
    match (named, containers.as_slice()) {
        (Some(named), _) if containers.contains(&named) || before.contains(&named) => Ok(named.to_owned()),
        (Some(named), _) => {
            Err(Problem::bad_request(format!("container {named} is not valid for pod {}", pod.name)))
        }
        (None, [only]) => Ok((*only).to_owned()),
        (None, _) => {
            let mut message = format!(
                "a container name must be specified for pod {}, choose one of: [{}]",
                pod.name,
                containers.join(" ")
            );
            if !before.is_empty() {
                message.push_str(&format!(" or one of the init containers: [{}]", before.join(" ")));
            }
            Err(Problem::bad_request(message))
        }
    }
}

/// A container that never ran has no log, and the kubelet says why.
fn check_has_run(pod: &Object, container: &str, previous: bool) -> Result<(), Problem> {
    let of = |field: &str| pod.list(field).iter().find(|status| text(status, "/name") == container).cloned();
    let status = of("/status/containerStatuses").or_else(|| of("/status/initContainerStatuses"));
    let status = status.unwrap_or(Value::Null);
    let ended = |pointer: &str| status.pointer(pointer).is_some();
    if previous && !ended("/lastState/terminated") {
        let message = format!("previous terminated container {container:?} in pod {:?} not found", pod.name);
        return Err(Problem::bad_request(message));
    }
    let why = match text(&status, "/state/waiting/reason") {
        "" | "CrashLoopBackOff" => return Ok(()),
        _ if ended("/lastState/terminated") => return Ok(()),
        "ImagePullBackOff" => "trying and failing to pull image",
        "ErrImagePull" => "image can't be pulled",
        reason => reason,
    };
    Err(Problem::bad_request(format!(
        "container {container:?} in pod {:?} is waiting to start: {why}",
        pod.name
    )))
}
