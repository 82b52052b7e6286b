//! Stores of logs that are asked again and again: pages of lines since a time, with a second look at the newest for
//! those that come late.

mod call;
mod window;

use std::collections::HashSet;
use std::time::Duration;

use jiff::Timestamp;
use serde_json::Value;

use super::desk::History;
use super::feed::{Feed, Raw};
use super::keep::{End, Tail};
use crate::sources::{Trouble, TroubleKind};

pub use call::{Call, Refusal, Service};
pub use window::{Memory, mark};

/// How it is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pace {
    /// Between two rounds.
    pub interval: Duration,
    /// So much is looked at again each time, for lines that come late.
    pub overlap: Duration,
    /// But never more than so many lines.
    pub again: usize,
    /// A line so far behind the newest is given up: of a flood the newest are read.
    pub behind: usize,
}

impl Pace {
    /// Every five seconds, a minute again, and at most `again` lines of it.
    pub const fn new(again: usize) -> Self {
        Self { interval: Duration::from_secs(5), overlap: Duration::from_mins(1), again, behind: 10_000 }
    }
}

/// A line as it was found.
pub struct Found {
    pub at: Timestamp,
    /// What it is told from others by.
    pub mark: u64,
    pub bytes: Vec<u8>,
}

/// Lines, oldest first.
pub struct Page {
    pub lines: Vec<Found>,
    /// Where the next page begins; none if this was the last.
    pub next: Option<Value>,
    /// Why lines may be missing from it.
    pub lacks: Option<String>,
}

/// Something that can be asked for lines.
pub trait Store: Send {
    /// Lines written at or after `since`: the first page, or the one that begins at `next`.
    ///
    /// # Errors
    ///
    /// There was no answer, or a refusal.
    fn page(
        &mut self,
        since: Timestamp,
        next: Option<&Value>,
    ) -> impl Future<Output = Result<Page, Refusal>> + Send;

    /// When the line was written that has `lines - 1` newer ones; none if there are fewer since then.
    ///
    /// # Errors
    ///
    /// As for a page.
    fn cut(
        &mut self,
        since: Timestamp,
        lines: usize,
    ) -> impl Future<Output = Result<Option<Timestamp>, Refusal>> + Send;

    /// How many lines were written after the one time and before the other; none where that cannot be told.
    fn count(&mut self, after: Timestamp, before: Timestamp) -> impl Future<Output = Option<u64>> + Send;
}

/// Lines of a page, about.
pub const PAGE: usize = 1_000;

/// A store that is followed.
pub struct Polled<S> {
    store: S,
    pace: Pace,
    memory: Memory,
}

impl<S: Store> Polled<S> {
    /// Goes on where `memory` says.
    pub const fn new(store: S, pace: Pace, memory: Memory) -> Self {
        Self { store, pace, memory }
    }

    /// Reads all that is new.
    async fn round(&mut self, feed: &mut Feed) -> Result<(), Refusal> {
        let mut reached = None;
        let read = self.read(feed, &mut reached).await;
        let lacks = matches!(read, Ok(Some(_)));
        let lost = self.settle(reached.filter(|_| !lacks));
        if let Some((from, to)) = lost.filter(|_| lacks) {
            feed.gap(from, to, "lines came while some could not be read").await;
        }
        match read? {
            Some(why) => Err(Trouble::new(TroubleKind::Broken, &why).into()),
            None => Ok(()),
        }
    }

    /// Moves the window on to what was reached. What could not be read is looked for again.
    fn settle(&self, reached: Option<Timestamp>) -> Option<(Timestamp, Timestamp)> {
        let mut window = self.memory.lock();
        if let Some(reached) = reached {
            window.forget(reached.min(Timestamp::now()), self.pace.overlap);
        }
        window.trim(self.pace.again)
    }

    /// Reads to the end, or to a failure; says why lines may be missing.
    async fn read(
        &mut self,
        feed: &mut Feed,
        reached: &mut Option<Timestamp>,
    ) -> Result<Option<String>, Refusal> {
        let mut since = self.begin(feed.desk().history).await?;
        let (mut next, mut read, mut lacks) = (None, 0, None);
        loop {
            let page = self.store.page(since, next.as_ref()).await?;
            feed.live().await;
            read += page.lines.len();
            *reached = page.lines.last().map(|line| line.at).or(*reached);
            lacks = page.lacks.or(lacks);
            self.take(page.lines, feed).await;
            next = page.next;
            if next.is_none() {
                return Ok(lacks);
            }
            if read >= self.pace.behind * 2 {
                read = 0;
                let cut = self.skip(reached.unwrap_or(since), feed).await?;
                (since, next) = cut.map_or((since, next), |cut| (cut, None));
            }
        }
    }

    /// Where to begin; at first where what was asked for of the past does.
    async fn begin(&mut self, history: History) -> Result<Timestamp, Refusal> {
        let since = self.memory.lock().since();
        if let Some(since) = since {
            return Ok(since);
        }
        let now = Timestamp::now();
        let (span, lines) = (history.span, history.lines.min(self.pace.behind));
        let mut since = if lines == 0 { now } else { now.checked_sub(span).unwrap_or(now) };
        if since < now {
            since = self.store.cut(since, lines).await?.unwrap_or(since);
        }
        self.memory.lock().begin(since);
        Ok(since)
    }

    /// Gives up what cannot be caught up with, and says from when on lines are read then.
    async fn skip(&mut self, reached: Timestamp, feed: &mut Feed) -> Result<Option<Timestamp>, Refusal> {
        let cut = self.store.cut(reached, self.pace.behind).await?;
        let Some(cut) = cut.filter(|cut| *cut > reached) else { return Ok(None) };
        let lines = self.store.count(reached, cut).await;
        feed.dropped(lines.unwrap_or_default());
        feed.gap(reached, cut, "more lines came than can be read; the newest were taken up").await;
        self.memory.lock().begin(cut);
        Ok(Some(cut))
    }

    async fn take(&mut self, mut lines: Vec<Found>, feed: &mut Feed) {
        let mut once = HashSet::new();
        lines.retain(|line| {
            self.memory.lock().is_new(line.at, line.mark) && once.insert((line.at, line.mark))
        });
        for Found { at, bytes, .. } in &lines {
            let length = bytes.len() as u64;
            feed.take(Raw { bytes, length, collected: Some(*at) }).await;
        }
        feed.flush().await;
        self.memory.lock().note(lines.iter().map(|line| (line.at, line.mark)));
    }
}

impl<S: Store> Tail for Polled<S> {
    async fn follow(&mut self, feed: &mut Feed) -> Result<End, Trouble> {
        loop {
            match self.round(feed).await {
                Ok(()) => {
                    feed.desk().teller.pause(self.pace.interval).await;
                }
                Err(Refusal { trouble, wait: Some(wait) }) => {
                    feed.down(trouble).await;
                    tokio::time::sleep(wait).await;
                }
                Err(Refusal { trouble, wait: None }) => return Err(trouble),
            }
        }
    }
}
