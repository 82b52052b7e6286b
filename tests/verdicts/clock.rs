//! The time that a play has had: on a machine that is busy with other things it goes slower than the clock on the wall.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use tokio::time::{Instant, sleep};

const TICK: Duration = Duration::from_millis(25);

/// Cheap to clone; all clones are the same one.
#[derive(Clone)]
pub struct OwnClock(Arc<AtomicU64>);

impl OwnClock {
    /// One that begins now. Must be called within a runtime, whose time it tells.
    pub fn start() -> Self {
        let clock = Self(Arc::default());
        tokio::spawn(clock.clone().run());
        clock
    }

    /// How long it has been going.
    pub fn now(&self) -> Duration {
        Duration::from_micros(self.0.load(Ordering::Relaxed))
    }

    async fn run(self) {
        loop {
            let before = Instant::now();
            sleep(TICK).await;
            // Whoever was kept waiting for a turn did not play meanwhile.
            let had = before.elapsed().min(TICK * 2);
            self.0.fetch_add(u64::try_from(had.as_micros()).unwrap_or_default(), Ordering::Relaxed);
        }
    }
}
