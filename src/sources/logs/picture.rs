//! What is known of the logs: the fold of their own facts.

mod ailing;
mod answers;
mod failing;
mod growth;
mod kinds;
mod pushes;
mod store;
mod storms;
mod streams;

use jiff::Timestamp;

pub use ailing::{Ail, Ailing};
pub use answers::{Answers, Missed};
pub use failing::{Failing, Window};
pub use growth::{Filling, Growth};
pub use kinds::{Kind, Kinds};
pub use pushes::Pushes;
pub use store::{Place, Second, Store, Stored, severity};
pub use storms::{Storm, Storms};
pub use streams::{Disk, Gap, Stream, Streams};

use super::facts::Fact;
use crate::model::Reading;

/// What is known of the logs.
#[derive(Debug, Default)]
pub struct Picture {
    pub streams: Streams,
    /// The newest lines, as many as there is room for.
    pub store: Store,
    /// All lines that were told one by one, still held or not, those that are alike counted together.
    pub kinds: Kinds,
    /// What fails most, by what it is about.
    pub failing: Failing,
    /// The same request over and over, without success.
    pub storms: Storms,
    /// How the store failed the registry, by its own lines.
    pub ailing: Ailing,
    /// What was pushed to lately.
    pub pushes: Pushes,
    /// How all requests were answered lately.
    pub answers: Answers,
    /// The files behind the streams, and the disks that they fill.
    pub growth: Growth,
}

impl Picture {
    /// Nothing yet, with as much room and such a radar as the profile says.
    pub fn new(reading: &Reading) -> Self {
        let failing = Failing::counting(reading.radar.clone());
        Self { store: Store::with_room(reading.keep), failing, ..Self::default() }
    }

    /// Takes in one fact, seen at `at`.
    pub fn fold(&mut self, fact: &Fact, at: Timestamp) {
        self.streams.fold(fact, at);
        self.growth.fold(fact, at);
        if let Fact::Gap { stream, from, to, why } = fact {
            self.store.take_gap(stream, &Gap { from: *from, to: *to, why: why.clone() });
        }
        if let Fact::Lines(batch) = fact {
            self.store.take(batch);
            for place in self.store.arrived() {
                if let Some(stored) = self.store.get(*place) {
                    self.kinds.take(*place, &stored.line);
                }
            }
            for line in &batch.lines {
                self.ailing.take(line, at);
                self.pushes.take(line, at);
            }
            self.answers.take(batch, at);
            for answer in &batch.answers {
                self.answers.note(answer, at);
                self.failing.take(answer, at);
                self.storms.take(answer, at);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::logs::{Answer, Client, Layer};

    use super::*;

    pub fn at(second: i64) -> Timestamp {
        Timestamp::from_second(1_700_000_000 + second).unwrap()
    }

    /// One answer of the registry, to a request that is about nothing.
    pub fn answer(status: u16, second: i64) -> Answer {
        Answer {
            layer: Layer::Registry,
            method: "GET".into(),
            uri: "/v2/".into(),
            subject: None,
            status,
            client: Client::default().into(),
            count: 1,
            bytes: 100,
            first: at(second),
            last: at(second),
            is_fault: false,
        }
    }
}
