//! Pauses after failures: they double, never fall into step with each other, and end when the operator asks.

use std::time::Duration;

use super::Teller;

/// The pauses of one task.
#[derive(Debug)]
pub struct Pauses {
    first: Duration,
    longest: Duration,
    next: Duration,
}

impl Pauses {
    /// They double from the first up to the longest; where that is shorter, they stay as they are.
    pub fn new(first: Duration, longest: Duration) -> Self {
        Self { first, longest: longest.max(first), next: first }
    }

    /// All is well again.
    pub const fn reset(&mut self) {
        self.next = self.first;
    }

    /// The first pause after all was well.
    pub const fn shortest(&self) -> Duration {
        self.first
    }

    /// Waits out a pause, at least as long as the other side wants. True when the operator cut it short.
    pub async fn wait<F>(&mut self, after: Option<Duration>, teller: &Teller<F>) -> bool {
        teller.pause(self.take().max(after.unwrap_or_default())).await
    }

    /// Between half of the next pause and all of it.
    fn take(&mut self) -> Duration {
        let pause = self.next.mul_f64(0.5 + fastrand::f64() / 2.0);
        self.next = (self.next * 2).min(self.longest);
        pause
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_double_up_to_the_longest_and_begin_anew() {
        let mut pauses = Pauses::new(Duration::from_secs(1), Duration::from_secs(6));
        for top in [1, 2, 4, 6, 6] {
            let (pause, top) = (pauses.take(), Duration::from_secs(top));
            assert!(pause >= top / 2 && pause <= top, "{pause:?} of {top:?}");
        }
        pauses.reset();
        assert!(pauses.take() <= Duration::from_secs(1));
        let mut slow = Pauses::new(Duration::from_secs(60), Duration::from_secs(30));
        assert!([slow.take(), slow.take()].iter().all(|pause| *pause >= Duration::from_secs(30)));
    }
}
