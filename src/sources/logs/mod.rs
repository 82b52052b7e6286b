//! The logs of everything on the way of a pull: followed where they are written, read in batches, and never silently incomplete.

mod budget;
pub mod command;
pub mod count;
mod desk;
mod disk;
pub mod docker;
pub mod elasticsearch;
pub mod emptying;
pub mod facts;
mod feed;
pub mod files;
pub mod google;
mod input;
pub mod journal;
mod keep;
pub mod kubernetes;
mod lines;
mod overlap;
pub mod picture;
pub mod polled;
pub mod standard;
mod tally;
pub mod totals;

use tokio::sync::mpsc;
use tokio::task::JoinSet;

pub use budget::Budget;
pub use desk::{Desk, First, History, Pace};
pub use facts::{Batch, Fact, Origin, StreamId};
pub use feed::{Feed, Raw};
pub use input::Input;
pub use keep::{End, Tail, keep};
pub use lines::{Lines, Piece};

use super::Teller;

/// What is followed, and how.
#[derive(Clone, Debug, Default)]
pub struct Options {
    pub inputs: Vec<Input>,
    pub history: History,
    pub pace: Pace,
}

/// Follows every input for ever, each in a task of its own: when one dies the rest live.
pub async fn run(options: Options, teller: Teller<Fact>) {
    let (token, mut waiting) = mpsc::channel(1);
    let first = First::new(token);
    let desk = Desk::new(&options, teller.clone());
    let mut tasks = JoinSet::new();
    for input in options.inputs {
        tasks.spawn(input.run(desk.clone(), first.clone()));
    }
    drop(first);
    // Nothing is ever sent: it ends when each input has had its first answer or failure.
    let _ = waiting.recv().await;
    teller.settled();
    while let Some(ended) = tasks.join_next().await {
        if let Some(panic) = ended.err().and_then(|error| error.try_into_panic().ok()) {
            // Whoever runs us tells of it and begins again; the inputs know where they were.
            std::panic::resume_unwind(panic);
        }
    }
    std::future::pending().await
}
