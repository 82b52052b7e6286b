//! One container: its log from one run to the next, without a line twice, and without one lost in silence.

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use tokio::sync::watch;
use tokio::time::{Instant, timeout};

use super::marks::{Mark, Marks};
use super::seen::{Again, Seen};
use super::{Place, is_there};
use crate::sources::kubernetes::pod_logs::{Broken, NoLog, PodLogs, Stream};
use crate::sources::kubernetes::roll::{Members, Run};
use crate::sources::logs::feed::{Feed, Raw};
use crate::sources::logs::keep::{End, Tail};
use crate::sources::logs::lines::{Lines, Piece};
use crate::sources::{Trouble, TroubleKind};

/// A container that ended is told of by the watch within this, mostly.
const TOLD: Duration = Duration::from_secs(2);
/// How long a stream that was opened after another may have been of the run after it.
const DOUBT: Duration = Duration::from_secs(10);

/// The way to the logs, as long as they may be read.
pub struct Way {
    pub logs: PodLogs,
    /// Closed by whoever is refused; opened again when one of them may read, so that not all of them ask.
    pub gate: Arc<watch::Sender<bool>>,
}

/// A container that is followed.
pub struct Container {
    place: Place,
    way: Way,
    roll: watch::Receiver<Members>,
    quiet: Duration,
    marks: Marks,
    /// How often it had been begun again when its log was opened; none before that.
    run: Option<u32>,
    seen: Seen,
    /// When a stream ended, while that may have been the end of a run; what was read since then is held.
    ended: Option<Instant>,
}

/// How one stream ended.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Ended {
    Closed,
    Broken,
    Quiet,
    /// There is a new run, and the rest of the one before has not been read.
    Restarted,
    Gone,
}

impl Container {
    /// Of this pod and name.
    pub fn new(
        place: &Place,
        way: Way,
        roll: watch::Receiver<Members>,
        quiet: Duration,
        marks: Marks,
    ) -> Self {
        let Mark { run, seen } = marks.take(place);
        Self { place: place.clone(), way, roll, quiet, marks, run, seen, ended: None }
    }

    /// How the watch says that it fares; none if the pod is gone.
    fn now(&self) -> Option<Run> {
        let (pod, _, container) = &self.place;
        let members = self.roll.borrow();
        let member = members.pods.get(pod).filter(|member| member.uid == self.place.1)?;
        member.containers.iter().find(|run| run.name == *container).cloned()
    }

    async fn open(&self, query: &str) -> Result<Stream, NoLog> {
        self.way.logs.open(&self.place.0, &self.place.2, query).await
    }

    /// Reads what a run that is over wrote after what was seen of it.
    async fn finish(&mut self, now: &Run, feed: &mut Feed) {
        let (Some(run), true) = (self.run, now.restarts > self.run.unwrap_or(now.restarts)) else { return };
        self.run = Some(now.restarts);
        let since = self.seen.held_since();
        let (again, newest) = (self.seen.again(), self.seen.newest());
        self.ended = None;
        self.seen.release();
        let since = since.map_or_else(String::new, |since| format!("&sinceTime={since}"));
        let opened = self.open(&format!("previous=true&timestamps=true{since}")).await;
        let until = match opened {
            Ok(stream) => {
                let mut again = again;
                let is_whole = self.read(stream, &mut again, feed, false).await == Ended::Closed;
                (!is_whole).then(|| "the connection broke while the end of a run was read".to_owned())
            }
            Err(refusal) => {
                Some(format!("the end of a run of the container is not kept: {}", refusal.trouble.why))
            }
        };
        let lost =
            (now.restarts - run > 1).then(|| "the container was begun more than once meanwhile".to_owned());
        if let Some(why) = until.or(lost) {
            let from = newest.unwrap_or_else(Timestamp::now);
            feed.gap(from, Timestamp::now(), &why).await;
        }
    }

    /// What is asked for at first, and after that.
    fn query(&self, feed: &Feed) -> String {
        let history = feed.desk().history;
        let from = match self.seen.since() {
            Some(since) => format!("sinceTime={since}"),
            None => format!("tailLines={}&sinceSeconds={}", history.lines, history.span.as_secs().max(1)),
        };
        format!("follow=true&timestamps=true&{from}")
    }

    /// Reads a stream to its end; `is_live` while it may still be written to.
    async fn read(&mut self, mut stream: Stream, again: &mut Again, feed: &mut Feed, is_live: bool) -> Ended {
        let mut lines = Lines::default();
        loop {
            let mut roll = self.roll.clone();
            let next = async {
                tokio::select! {
                    bytes = timeout(self.quiet, stream.next()) => Some(bytes),
                    _ = roll.changed(), if is_live => None,
                }
            };
            match feed.meanwhile(next).await {
                Some(Ok(Ok(Some(bytes)))) => {
                    self.is_in_doubt();
                    let mut chunk = &*bytes;
                    while let Some(piece) = lines.next(&mut chunk) {
                        self.take(piece, again, feed).await;
                    }
                }
                Some(Ok(Err(Broken))) => return Ended::Broken,
                Some(Ok(Ok(None))) => {
                    // A line without an end was cut off, and comes again; that of a run that is over does not.
                    if let Some(piece) = lines.rest().filter(|_| !is_live) {
                        self.take(piece, again, feed).await;
                    }
                    return Ended::Closed;
                }
                Some(Err(_)) => return Ended::Quiet,
                None => {
                    self.roll.mark_unchanged();
                    match self.now() {
                        None => return Ended::Gone,
                        Some(now) if self.is_in_doubt() && Some(now.restarts) > self.run => {
                            return Ended::Restarted;
                        }
                        Some(_) => {}
                    }
                }
            }
        }
    }

    /// Whether the stream that is read may be of a later run than it was opened for.
    fn is_in_doubt(&mut self) -> bool {
        if self.ended.is_some_and(|at| at.elapsed() >= DOUBT) {
            self.ended = None;
            self.seen.release();
        }
        self.ended.is_some()
    }

    async fn take(&mut self, piece: Piece<'_>, again: &mut Again, feed: &mut Feed) {
        let (collected, bytes) = stamped(piece.bytes);
        if let Some(at) = collected {
            if again.has(at, bytes) {
                return;
            }
            self.seen.note(at, bytes);
        }
        feed.take(Raw { bytes, length: piece.length, collected }).await;
    }

    /// Waits until logs may be read again, or there is nothing to read any more.
    async fn admitted(&self) {
        let mut gate = self.way.gate.subscribe();
        let (mut roll, (pod, uid, _)) = (self.roll.clone(), &self.place);
        let is_gone = |members: &Members| members.pods.get(pod).is_none_or(|member| member.uid != *uid);
        // Both last as long as this.
        tokio::select! {
            _ = gate.wait_for(|is_open| *is_open) => {}
            _ = roll.wait_for(is_gone) => {}
        }
    }

    /// Waits for what the watch says of a container whose stream has ended.
    async fn wait(&mut self) {
        let (run, place) = (self.run, self.place.clone());
        let is_over = |members: &Members| {
            let member = members.pods.get(&place.0).filter(|member| member.uid == place.1);
            let it = member.and_then(|member| member.containers.iter().find(|it| it.name == place.2));
            it.is_none_or(|it| Some(it.restarts) > run)
        };
        let ended = self.now().is_some_and(|now| !now.is_running);
        let told = self.roll.wait_for(is_over);
        // One that is known to have ended has nothing more to say before it is begun again.
        if ended {
            let _ = told.await;
        } else {
            let _ = timeout(TOLD, told).await;
        }
    }
}

impl Drop for Container {
    fn drop(&mut self) {
        let mark = Mark { run: self.run, seen: std::mem::take(&mut self.seen) };
        self.marks.put(&self.place, mark);
    }
}

impl Tail for Container {
    async fn follow(&mut self, feed: &mut Feed) -> Result<End, Trouble> {
        loop {
            let Some(now) = self.now() else { return Ok(End::Over) };
            self.finish(&now, feed).await;
            self.run.get_or_insert(now.restarts);
            let stream = match self.open(&self.query(feed)).await {
                Ok(stream) => stream,
                // Its container is being made, or has been cleared away.
                Err(refusal) if matches!(refusal.code, 400 | 404) => {
                    if !is_there(&self.roll, &self.place) {
                        return Ok(End::Over);
                    }
                    self.wait().await;
                    return Ok(End::Again);
                }
                Err(refusal) if refusal.trouble.kind == TroubleKind::Denied => {
                    feed.down(refusal.trouble).await;
                    self.way.gate.send_replace(false);
                    self.admitted().await;
                    return Ok(End::Again);
                }
                Err(refusal) => return Err(refusal.trouble),
            };
            feed.live().await;
            let mut again = self.seen.again();
            let ended = self.read(stream, &mut again, feed, true).await;
            match ended {
                Ended::Gone => return Ok(End::Over),
                Ended::Quiet | Ended::Restarted => {}
                Ended::Closed | Ended::Broken => {
                    if !self.is_in_doubt() {
                        self.ended = Some(Instant::now());
                        self.seen.hold();
                    }
                    feed.flush().await;
                    self.wait().await;
                    if self.now().is_some_and(|now| Some(now.restarts) == self.run) {
                        return Err(Trouble::new(
                            TroubleKind::Unreachable,
                            "the API server ended the stream",
                        ));
                    }
                }
            }
        }
    }
}

/// The time that the collector put before a line.
fn stamped(line: &[u8]) -> (Option<Timestamp>, &[u8]) {
    let Some(end) = memchr::memchr(b' ', &line[..line.len().min(40)]) else { return (None, line) };
    let at = std::str::from_utf8(&line[..end]).ok().and_then(|text| text.parse().ok());
    at.map_or((None, line), |at| (Some(at), &line[end + 1..]))
}
