//! What is known of the logs: the fold of their own facts.

mod failing;
mod store;
mod storms;
mod streams;

use jiff::Timestamp;

pub use failing::{Failing, Window};
pub use store::{Place, Store, Stored};
pub use storms::{Storm, Storms};
pub use streams::{Disk, Gap, Stream, Streams};

use super::facts::Fact;

/// What is known of the logs.
#[derive(Debug, Default)]
pub struct Picture {
    pub streams: Streams,
    /// The newest lines, as many as there is room for.
    pub store: Store,
    /// What fails most, by what it is about.
    pub failing: Failing,
    /// The same request over and over, without success.
    pub storms: Storms,
}

impl Picture {
    /// Takes in one fact, seen at `at`.
    pub fn fold(&mut self, fact: &Fact, at: Timestamp) {
        self.streams.fold(fact, at);
        if let Fact::Lines(batch) = fact {
            self.store.take(batch);
            for answer in &batch.answers {
                self.failing.take(answer);
                self.storms.take(answer);
            }
        }
    }
}
