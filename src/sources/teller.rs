//! What a running source has of the cockpit: somewhere to put facts, and a way to be asked to look again now.

use std::sync::Arc;
use std::time::Duration;

use futures::future::BoxFuture;
use tokio::sync::{Notify, watch};

/// Puts a fact on the bus, and waits while the loop is busy.
type Put<F> = Arc<dyn Fn(F) -> BoxFuture<'static, ()> + Send + Sync>;

/// What a source tells its facts to. Cheap to clone: a source may have several tasks.
pub struct Teller<F> {
    put: Put<F>,
    settled: Arc<watch::Sender<bool>>,
    nudge: Arc<Notify>,
}

impl<F> Clone for Teller<F> {
    fn clone(&self) -> Self {
        Self { put: self.put.clone(), settled: self.settled.clone(), nudge: self.nudge.clone() }
    }
}

impl<F> Teller<F> {
    /// A teller that puts facts with `put`, says in `settled` that the first round is over, and hears of `nudge`.
    pub fn new(put: Put<F>, settled: Arc<watch::Sender<bool>>, nudge: Arc<Notify>) -> Self {
        Self { put, settled, nudge }
    }

    /// Tells a fact. When nobody listens any more, this source is about to be dropped.
    pub async fn tell(&self, fact: F) {
        (self.put)(fact).await;
    }

    /// The first round is over: everything was answered once, or failed once. A frame that is printed waits for this.
    pub fn settled(&self) {
        self.settled.send_replace(true);
    }

    /// Waits that long, or until the operator asks to look again now: true then.
    pub async fn pause(&self, interval: Duration) -> bool {
        tokio::time::timeout(interval, self.nudged()).await.is_ok()
    }

    /// Waits until the operator asks to look again now, so that a source that waits out a failure does so no longer.
    pub async fn nudged(&self) {
        self.nudge.notified().await;
    }
}
