//! What every log stream is given: somebody to tell, a share of what may be told, and how patient to be.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::mpsc;

use super::facts::Fact;
use super::tally::Lately;
use super::{Budget, Options};
use crate::sources::{Pauses, Teller};

/// What all streams share. Cheap to clone.
#[derive(Clone)]
pub struct Desk {
    pub teller: Teller<Fact>,
    pub budget: Arc<Budget>,
    /// Requests that failed lately, on whichever stream.
    pub(super) lately: Arc<Lately>,
    pub history: History,
    pub pace: Pace,
}

impl Desk {
    /// What the streams of one source share.
    pub fn new(options: &Options, teller: Teller<Fact>) -> Self {
        let budget = Arc::new(Budget::new(options.pace.told));
        Self { teller, budget, lately: Arc::default(), history: options.history, pace: options.pace }
    }
}

/// Something has not been answered yet for the first time. When the last of them is dropped, the first round is over.
#[derive(Clone, Debug)]
pub struct First {
    _token: Option<mpsc::Sender<Infallible>>,
}

impl First {
    /// One of those that whoever holds the other end waits for.
    pub const fn new(token: mpsc::Sender<Infallible>) -> Self {
        Self { _token: Some(token) }
    }

    /// Nobody waits for this one.
    pub const fn none() -> Self {
        Self { _token: None }
    }
}

/// How much of what was written before is read, whichever is less.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct History {
    pub span: Duration,
    /// Lines of each stream.
    pub lines: usize,
}

impl Default for History {
    fn default() -> Self {
        Self { span: Duration::from_mins(10), lines: 10_000 }
    }
}

/// How long is waited for what, and how much is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pace {
    /// Bytes that the files of logs may take, where that is less than their disk.
    pub room: Option<u64>,
    /// Lines that are told one by one in a second, over all streams; the rest is counted.
    pub told: u32,
    /// Between two looks at a file on which nothing happens.
    pub poll: Duration,
    /// Between two looks for files or containers that are new.
    pub look: Duration,
    /// A file that is gone may just be being rotated for so long.
    pub rotating: Duration,
    /// Between two words about the disk below a file.
    pub disk: Duration,
    /// The first pause after a failure; it doubles up to the longest.
    pub first_pause: Duration,
    pub longest_pause: Duration,
}

impl Pace {
    /// The pauses of one task.
    pub(in crate::sources) fn pauses(&self) -> Pauses {
        Pauses::new(self.first_pause, self.longest_pause)
    }
}

impl Default for Pace {
    fn default() -> Self {
        Self {
            room: None,
            told: 2_000,
            poll: Duration::from_millis(250),
            look: Duration::from_secs(2),
            rotating: Duration::from_secs(5),
            disk: Duration::from_secs(5),
            first_pause: Duration::from_millis(500),
            longest_pause: Duration::from_secs(30),
        }
    }
}
