//! Pauses after failures: they double, never fall into step with each other, and end when the operator asks.

use std::time::Duration;

use super::super::Pace;
use super::super::facts::Fact;
use crate::sources::Teller;

/// The pauses of one task.
pub struct Pauses {
    first: Duration,
    longest: Duration,
    next: Duration,
}

impl Pauses {
    /// The first one is the shortest.
    pub const fn new(pace: &Pace) -> Self {
        Self { first: pace.first_pause, longest: pace.longest_pause, next: pace.first_pause }
    }

    /// All is well again.
    pub const fn reset(&mut self) {
        self.next = self.first;
    }

    /// The first pause after all was well.
    pub const fn shortest(&self) -> Duration {
        self.first
    }

    /// Waits out a pause, at least as long as the server wants. True when the operator cut it short.
    pub async fn wait(&mut self, after: Option<Duration>, teller: &Teller<Fact>) -> bool {
        let pause = self.take().max(after.unwrap_or_default());
        tokio::select! {
            () = tokio::time::sleep(pause) => false,
            () = teller.nudged() => true,
        }
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
        let pace = Pace {
            first_pause: Duration::from_secs(1),
            longest_pause: Duration::from_secs(6),
            ..Pace::default()
        };
        let mut pauses = Pauses::new(&pace);
        for top in [1, 2, 4, 6, 6] {
            let (pause, top) = (pauses.take(), Duration::from_secs(top));
            assert!(pause >= top / 2 && pause <= top, "{pause:?} of {top:?}");
        }
        pauses.reset();
        assert!(pauses.take() <= Duration::from_secs(1));
    }
}
