//! Carries whatever it is given, stamped and in order, from many senders to the one loop; it knows no meanings.
//!
//! A sender picks the lane by what may happen to its messages when the loop is busy: on a *lossless* lane the
//! sender waits, on a *latest* lane the newest message replaces the one that nobody took yet, on a *sampled* lane
//! messages are dropped and counted, and the count arrives as a message of its own.

mod lanes;
#[cfg(test)]
mod tests;

use std::future::poll_fn;
use std::task::{Context, Poll};

use jiff::Timestamp;

pub use lanes::{Closed, Latest, Lossless, Sampled};
use lanes::{Lane, Take};

/// A message with its place in the order of all messages and the time it was taken from the bus.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stamped<T> {
    /// Counts from 1 without gaps, over all lanes.
    pub seq: u64,
    /// When the bus stamped it; never earlier than the message before.
    pub at: Timestamp,
    /// The message.
    pub what: T,
}

/// Sees every message once, after stamping and before the loop does.
pub type Tap<T> = Box<dyn FnMut(&Stamped<T>) + Send>;

/// The receiving end of all lanes. Earlier lanes are emptied first.
pub struct Bus<T> {
    lanes: Vec<Box<dyn Lane<T>>>,
    taps: Vec<Tap<T>>,
    clock: fn() -> Timestamp,
    seq: u64,
    last: Timestamp,
}

impl<T: Send + 'static> Bus<T> {
    /// A bus without lanes that stamps with `clock`.
    pub fn new(clock: fn() -> Timestamp) -> Self {
        Self { lanes: Vec::new(), taps: Vec::new(), clock, seq: 0, last: Timestamp::MIN }
    }

    /// Adds a lane that holds `capacity` messages and then makes its senders wait.
    pub fn lossless(&mut self, capacity: usize) -> Lossless<T> {
        let (sender, lane) = lanes::lossless(capacity);
        self.lanes.push(Box::new(lane));
        sender
    }

    /// Adds a lane that keeps only the newest message that was not taken yet.
    pub fn latest(&mut self) -> Latest<T> {
        let (sender, lane) = lanes::latest();
        self.lanes.push(Box::new(lane));
        sender
    }

    /// Adds a lane that holds `capacity` messages, drops what does not fit, and says how many with `lost`
    /// before the next message.
    pub fn sampled(&mut self, capacity: usize, lost: fn(u64) -> T) -> Sampled<T> {
        let (sender, lane) = lanes::sampled(capacity, lost);
        self.lanes.push(Box::new(lane));
        sender
    }

    /// Adds a tap, such as a recorder.
    pub fn tap(&mut self, tap: Tap<T>) {
        self.taps.push(tap);
    }

    /// Stamps a message that did not travel on a lane, so that taps see it in order too.
    pub fn stamp(&mut self, what: T) -> Stamped<T> {
        self.seq += 1;
        self.last = self.last.max((self.clock)());
        let stamped = Stamped { seq: self.seq, at: self.last, what };
        for tap in &mut self.taps {
            tap(&stamped);
        }
        stamped
    }

    /// The next message of the first lane that has one, or `None` once every sender is gone.
    pub async fn next(&mut self) -> Option<Stamped<T>> {
        let what = poll_fn(|context| self.poll_lanes(context)).await?;
        Some(self.stamp(what))
    }

    /// The next message if one is waiting already.
    pub fn try_next(&mut self) -> Option<Stamped<T>> {
        let waker = futures::task::noop_waker();
        match self.poll_lanes(&mut Context::from_waker(&waker)) {
            Poll::Ready(Some(what)) => Some(self.stamp(what)),
            Poll::Ready(None) | Poll::Pending => None,
        }
    }

    fn poll_lanes(&mut self, context: &mut Context<'_>) -> Poll<Option<T>> {
        let mut open = 0;
        for lane in &mut self.lanes {
            match lane.poll_take(context) {
                Take::Message(what) => return Poll::Ready(Some(what)),
                Take::Empty => open += 1,
                Take::Ended => {}
            }
        }
        if open == 0 { Poll::Ready(None) } else { Poll::Pending }
    }
}
