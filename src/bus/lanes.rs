//! The three kinds of lane: both ends of each.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};

use futures::task::AtomicWaker;
use tokio::sync::mpsc;

/// What a lane answers when asked for its next message.
pub enum Take<T> {
    Message(T),
    /// Nothing now; the waker is kept.
    Empty,
    /// Nothing ever again: all senders are gone.
    Ended,
}

/// The receiving end of one lane.
pub trait Lane<T>: Send {
    /// The next message, if there is one.
    fn poll_take(&mut self, context: &mut Context<'_>) -> Take<T>;
}

/// The loop has gone, so nobody will ever read the message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("nobody reads this bus any more")]
pub struct Closed;

/// Sends on a lane that loses nothing.
pub struct Lossless<T>(mpsc::Sender<T>);

impl<T> Clone for Lossless<T> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

impl<T> Lossless<T> {
    /// Sends, waiting for room.
    pub async fn send(&self, what: T) -> Result<(), Closed> {
        self.0.send(what).await.map_err(|_| Closed)
    }
}

pub fn lossless<T: Send>(capacity: usize) -> (Lossless<T>, LosslessLane<T>) {
    let (sender, receiver) = mpsc::channel(capacity.max(1));
    (Lossless(sender), LosslessLane(receiver))
}

pub struct LosslessLane<T>(mpsc::Receiver<T>);

impl<T: Send> Lane<T> for LosslessLane<T> {
    fn poll_take(&mut self, context: &mut Context<'_>) -> Take<T> {
        take(self.0.poll_recv(context))
    }
}

fn take<T>(poll: Poll<Option<T>>) -> Take<T> {
    match poll {
        Poll::Ready(Some(what)) => Take::Message(what),
        Poll::Ready(None) => Take::Ended,
        Poll::Pending => Take::Empty,
    }
}

struct Cell<T> {
    newest: Mutex<Option<T>>,
    closed: AtomicBool,
    waker: AtomicWaker,
}

impl<T> Cell<T> {
    fn take(&self) -> Option<T> {
        self.newest.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

/// Sends on a lane of which only the newest message matters.
pub struct Latest<T>(Arc<Cell<T>>);

impl<T> Latest<T> {
    /// Puts the message in the place of the one that was not taken yet.
    pub fn set(&self, what: T) {
        *self.0.newest.lock().unwrap_or_else(PoisonError::into_inner) = Some(what);
        self.0.waker.wake();
    }
}

impl<T> Drop for Latest<T> {
    fn drop(&mut self) {
        self.0.closed.store(true, Ordering::Release);
        self.0.waker.wake();
    }
}

pub fn latest<T: Send>() -> (Latest<T>, LatestLane<T>) {
    let cell = Cell { newest: Mutex::new(None), closed: AtomicBool::new(false), waker: AtomicWaker::new() };
    let cell = Arc::new(cell);
    (Latest(cell.clone()), LatestLane(cell))
}

pub struct LatestLane<T>(Arc<Cell<T>>);

impl<T: Send> Lane<T> for LatestLane<T> {
    fn poll_take(&mut self, context: &mut Context<'_>) -> Take<T> {
        self.0.waker.register(context.waker());
        let closed = self.0.closed.load(Ordering::Acquire);
        match self.0.take() {
            Some(what) => Take::Message(what),
            None if closed => Take::Ended,
            None => Take::Empty,
        }
    }
}

/// Sends on a lane that drops what does not fit, and counts it.
pub struct Sampled<T> {
    sender: mpsc::Sender<T>,
    lost: Arc<AtomicU64>,
}

impl<T> Clone for Sampled<T> {
    fn clone(&self) -> Self {
        Self { sender: self.sender.clone(), lost: self.lost.clone() }
    }
}

impl<T> Sampled<T> {
    /// Sends if there is room; otherwise the message is counted as lost.
    pub fn offer(&self, what: T) {
        if self.sender.try_send(what).is_err() {
            self.lost.fetch_add(1, Ordering::Relaxed);
        }
    }
}

pub fn sampled<T: Send>(capacity: usize, report: fn(u64) -> T) -> (Sampled<T>, SampledLane<T>) {
    let (sender, receiver) = mpsc::channel(capacity.max(1));
    let lost = Arc::new(AtomicU64::new(0));
    (Sampled { sender, lost: lost.clone() }, SampledLane { receiver, lost, report, held: None })
}

pub struct SampledLane<T> {
    receiver: mpsc::Receiver<T>,
    lost: Arc<AtomicU64>,
    report: fn(u64) -> T,
    held: Option<T>,
}

impl<T: Send> Lane<T> for SampledLane<T> {
    fn poll_take(&mut self, context: &mut Context<'_>) -> Take<T> {
        if let Some(what) = self.held.take() {
            return Take::Message(what);
        }
        let taken = take(self.receiver.poll_recv(context));
        let lost = self.lost.swap(0, Ordering::Relaxed);
        if lost == 0 {
            return taken;
        }
        if let Take::Message(what) = taken {
            self.held = Some(what);
        }
        Take::Message((self.report)(lost))
    }
}
