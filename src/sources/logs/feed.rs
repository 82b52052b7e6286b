//! What is read of one stream: gathered, understood, counted, and told in batches.

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use jiff::tz::Offset;
use tokio::time::{Instant, timeout_at};

use super::budget::Share;
use super::desk::{Desk, First};
use super::facts::{Batch, Fact, Origin, StreamId};
use super::lines::Piece;
use super::tally::Tally;
use super::totals;
use crate::logs::{self, Clock, Fields, Level};
use crate::model::text::clean;
use crate::sources::Trouble;

/// Lines are told this long after the first of them was read.
const GATHER: Duration = Duration::from_millis(50);
/// Or as soon as there are so many.
const MANY: usize = 256;

/// A line as it was read.
#[derive(Clone, Copy, Debug)]
pub struct Raw<'a> {
    /// Without its end and without what its collector wrapped around it, if that was taken off.
    pub bytes: &'a [u8],
    /// Bytes that it took where it was read, with its end.
    pub length: u64,
    /// When its collector had it, where that is told.
    pub collected: Option<Timestamp>,
}

impl<'a> Raw<'a> {
    /// A line of which nothing else is known.
    pub const fn new(piece: Piece<'a>) -> Self {
        Self { bytes: piece.bytes, length: piece.length, collected: None }
    }
}

/// One stream on its way to the bus.
pub struct Feed {
    stream: StreamId,
    origin: Origin,
    desk: Desk,
    /// Until the stream is followed, or is known not to be.
    first: Option<First>,
    is_live: bool,
    share: Share,
    /// Lines that were written before are not taken: they are older than what was asked for.
    since_when: Option<Timestamp>,
    /// What its dates mean where they name no zone, and what was told of that.
    clock: Clock,
    told: Option<Offset>,
    batch: Batch,
    tally: Tally,
    /// When the first line was read that is not told.
    since: Option<Instant>,
}

impl Feed {
    /// A stream of which nothing was read yet.
    pub fn new(stream: &str, origin: Origin, desk: &Desk, first: impl Into<Option<First>>) -> Self {
        let stream: StreamId = Arc::from(&*clean(stream));
        Self {
            batch: empty(&stream),
            stream,
            origin,
            desk: desk.clone(),
            first: first.into(),
            is_live: false,
            share: Share::new(Instant::now()),
            since_when: None,
            clock: Clock::default(),
            told: None,
            tally: Tally::default(),
            since: None,
        }
    }

    /// What all streams share.
    pub const fn desk(&self) -> &Desk {
        &self.desk
    }

    /// The stream's name.
    pub const fn stream(&self) -> &StreamId {
        &self.stream
    }

    /// It is about to be opened.
    pub async fn opening(&mut self) {
        self.is_live = false;
        self.tell(Fact::Opening { stream: self.stream.clone(), origin: self.origin }).await;
    }

    /// It is followed now; saying so again changes nothing.
    pub async fn live(&mut self) {
        if !self.is_live {
            self.is_live = true;
            self.tell(Fact::Live { stream: self.stream.clone() }).await;
            self.first = None;
        }
    }

    /// It cannot be followed now.
    pub async fn down(&mut self, trouble: Trouble) {
        self.is_live = false;
        self.tell(Fact::Down { stream: self.stream.clone(), origin: self.origin, trouble }).await;
        self.first = None;
    }

    /// It came to its end.
    pub async fn over(&mut self) {
        self.is_live = false;
        self.tell(Fact::Over { stream: self.stream.clone() }).await;
        self.first = None;
    }

    /// Lines may be missing between these times.
    pub async fn gap(&mut self, from: Timestamp, to: Timestamp, why: &str) {
        let why = clean(why).into_owned();
        self.tell(Fact::Gap { stream: self.stream.clone(), from, to, why }).await;
    }

    /// Tells something else about the stream, after all that was read.
    pub async fn tell(&mut self, fact: Fact) {
        self.flush().await;
        self.desk.teller.tell(fact).await;
    }

    /// Counts lines that had to be given up unread.
    pub fn dropped(&mut self, lines: u64) {
        self.batch.dropped += lines;
        self.since.get_or_insert_with(Instant::now);
    }

    /// Lines that were written before `since` are passed over from now on, without being counted.
    pub const fn only_since(&mut self, since: Option<Timestamp>) {
        self.since_when = since;
    }

    /// The newest line there is, read or not, was written at `at`: that tells the zone of a clock that names none.
    pub fn anchor(&mut self, line: &[u8], at: Timestamp) {
        let body = logs::open(line);
        let fields = Fields::of(&body.text);
        if let Some(told) = fields.time.filter(|_| fields.is_zoneless) {
            self.clock.set(told, body.at.unwrap_or(at));
        }
    }

    /// Takes a line in, and tells what is due.
    pub async fn take(&mut self, raw: Raw<'_>) {
        let now = Instant::now();
        if let Some(offset) = self.count(&raw, now) {
            self.tell(Fact::Clock { stream: self.stream.clone(), offset }).await;
        }
        let since = *self.since.get_or_insert(now);
        let is_full = self.batch.lines.len() >= MANY || self.tally.len() >= MANY;
        if is_full || now.saturating_duration_since(since) >= GATHER {
            self.flush().await;
        }
    }

    /// Waits for `next`, and tells meanwhile what is due.
    pub async fn meanwhile<T>(&mut self, next: impl Future<Output = T>) -> T {
        let mut next = std::pin::pin!(next);
        if let Some(since) = self.since {
            if let Ok(done) = timeout_at(since + GATHER, &mut next).await {
                return done;
            }
            self.flush().await;
        }
        next.await
    }

    /// Tells all that was taken in.
    pub async fn flush(&mut self) {
        if self.since.take().is_none() {
            return;
        }
        let mut batch = std::mem::replace(&mut self.batch, empty(&self.stream));
        batch.answers = self.tally.drain();
        self.desk.teller.tell(Fact::Lines(Arc::new(batch))).await;
    }

    /// Says in which zone the dates of this stream are taken to be, where they name none and it was not told yet.
    fn count(&mut self, raw: &Raw<'_>, now: Instant) -> Option<Offset> {
        let arrived = Timestamp::now();
        let body = logs::open(raw.bytes);
        let mut fields = Fields::of(&body.text);
        let mut news = None;
        if let Some(told) = fields.time.filter(|_| fields.is_zoneless) {
            // What was there before may have been written at any time.
            let came = body.at.or_else(|| self.is_live.then(|| raw.collected.unwrap_or(arrived)));
            if let Some(came) = came {
                self.clock.hear(told, came);
            }
            fields.time = Some(self.clock.time(told));
            news = Some(self.clock.offset()).filter(|offset| self.told.replace(*offset) != Some(*offset));
        }
        let at = fields.time.or(body.at).or(raw.collected).unwrap_or(arrived);
        if self.since_when.is_some_and(|since| at < since) {
            return news;
        }
        self.batch.read += 1;
        self.batch.bytes += raw.length;
        let length = usize::try_from(raw.length).unwrap_or(usize::MAX);
        let keep = || logs::keep(&body, &fields, length, raw.collected, arrived);
        totals::take(&mut self.batch.totals, &fields, at.min(arrived), arrived);
        self.tally.take(&fields, at.min(arrived), raw.length, &self.desk.lately, now, keep);
        if self.share.allows(now) || self.desk.budget.allows(is_error(&fields), now) {
            self.batch.lines.push(keep());
        } else {
            self.batch.sampled += 1;
        }
        news
    }
}

fn is_error(fields: &Fields<'_>) -> bool {
    fields.level >= Level::Error || fields.status.is_some_and(|status| status >= 500)
}

fn empty(stream: &StreamId) -> Batch {
    Batch { stream: stream.clone(), ..Batch::default() }
}
