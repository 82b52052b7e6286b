//! How many lines may be told one by one, over all streams: the errors are left out last.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

/// Seconds' worth of lines that may come at once, so that what was written before is not left out.
const BURST: f64 = 10.0;
/// The part of it that only errors may use.
const RESERVE: f64 = 0.25;

/// Lines that may be told one by one.
#[derive(Debug)]
pub struct Budget {
    per_second: f64,
    left: Mutex<(f64, Instant)>,
}

impl Budget {
    /// So many lines a second.
    pub fn new(per_second: u32) -> Self {
        let per_second = f64::from(per_second);
        Self { per_second, left: Mutex::new((per_second * BURST, Instant::now())) }
    }

    /// Whether one more line may be told at `now`.
    pub fn allows(&self, is_error: bool, now: Instant) -> bool {
        let room = self.per_second * BURST;
        let least = if is_error { 0.0 } else { room * RESERVE };
        let mut guard = self.left.lock().unwrap_or_else(PoisonError::into_inner);
        let (left, since) = *guard;
        let passed = now.saturating_duration_since(since);
        let left = passed.as_secs_f64().mul_add(self.per_second, left).min(room);
        let allowed = left >= least + 1.0;
        *guard = (if allowed { left - 1.0 } else { left }, now.max(since));
        allowed
    }
}

/// A few lines a second that each stream has to itself, so that a flood elsewhere does not hide it.
#[derive(Debug)]
pub struct Share {
    left: u32,
    since: Instant,
}

impl Share {
    const EACH: u32 = 20;

    /// A fresh one.
    pub const fn new(now: Instant) -> Self {
        Self { left: Self::EACH, since: now }
    }

    /// Whether one more line may be told at `now`.
    pub fn allows(&mut self, now: Instant) -> bool {
        if now.saturating_duration_since(self.since) >= Duration::from_secs(1) {
            *self = Self::new(now);
        }
        self.left.checked_sub(1).map(|left| self.left = left).is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ordinary_lines_end_first_and_errors_have_the_rest() {
        let (budget, now) = (Budget::new(100), Instant::now());
        let told = |is_error, now| (0..5_000).filter(|_| budget.allows(is_error, now)).count();
        assert_eq!(told(false, now), 750);
        assert_eq!(told(true, now), 250);
        assert_eq!(told(true, now), 0);
        let later = now + Duration::from_secs(1);
        assert_eq!(told(false, later), 0, "what is gained back is kept for errors first");
        assert_eq!(told(true, later), 100);
    }

    #[test]
    fn a_stream_has_a_few_lines_of_its_own_each_second() {
        let now = Instant::now();
        let mut share = Share::new(now);
        assert_eq!((0..100).filter(|_| share.allows(now)).count(), 20);
        assert!(share.allows(now + Duration::from_secs(1)));
    }
}
