//! Counts which answers come most often in logs, over many files at once.

mod blocks;
mod counts;
mod follow;
mod input;
mod key;
mod question;
mod tally;

use std::io;
use std::num::NonZero;
use std::panic::resume_unwind;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread::{available_parallelism, scope};

use blocks::End;
use counts::Counts;
use input::Piece;
use tally::Tally;

pub use counts::Counted;
pub use follow::{News, follow};
pub use input::{Input, Progress};
pub use question::{By, Question, Statuses};
pub use tally::Seen;

/// Memory for keys, over all threads; what is more goes to files in the folder for temporary ones.
const MEMORY: usize = 32 << 20;

/// What was counted.
pub struct Counting {
    counts: Vec<Counts>,
    pub seen: Seen,
    /// Inputs that were not read to their end, and why, in the order in which they were given.
    pub unread: Vec<(Input, io::Error)>,
    /// Told to stop before all was read.
    pub stopped: bool,
}

impl Counting {
    /// The keys that came most often, as `sort -nr` orders them; all, where there is no limit.
    ///
    /// # Errors
    ///
    /// What did not fit into memory cannot be read back.
    pub fn most(&self, limit: Option<usize>) -> io::Result<Vec<Counted>> {
        counts::most(&self.counts, limit)
    }

    /// Why more memory was used than is meant to be: what did not fit could not be put on the disk.
    pub fn trouble(&self) -> Option<&io::Error> {
        self.counts.iter().find_map(Counts::trouble)
    }
}

/// Counts the lines of all inputs, by as many threads as there are processors.
pub fn count(inputs: &[Input], question: &Question, progress: &Progress, stop: &AtomicBool) -> Counting {
    let unread = Mutex::new(Vec::new());
    let pieces = open(inputs, &unread, progress);
    let threads = available_parallelism().map_or(1, NonZero::get).clamp(1, pieces.len().max(1));
    let work = Work {
        pieces: pieces.into_iter().map(|piece| Mutex::new(Some(piece))).collect(),
        next: AtomicUsize::new(0),
    };
    let fail = |at, error| held(&unread).push((at, error));
    let tallies: Vec<Tally> = scope(|scope| {
        let run = || work.run(Tally::new(question, MEMORY / threads), progress, stop, &fail);
        let running: Vec<_> = (1..threads).map(|_| scope.spawn(run)).collect();
        let mut tallies = vec![run()];
        // Wrong counts are worse than none.
        tallies.extend(
            running.into_iter().map(|thread| thread.join().unwrap_or_else(|panic| resume_unwind(panic))),
        );
        tallies
    });
    let mut counting = Counting {
        counts: Vec::new(),
        seen: Seen::default(),
        unread: named(inputs, unread),
        stopped: stop.load(Ordering::Relaxed),
    };
    for tally in tallies {
        counting.seen.add(&tally.seen);
        counting.counts.push(tally.counts);
    }
    counting
}

/// All pieces of all inputs, those that take longest first.
fn open(
    inputs: &[Input],
    unread: &Mutex<Vec<(usize, io::Error)>>,
    progress: &Progress,
) -> Vec<(usize, Piece)> {
    let mut pieces = Vec::new();
    for (at, input) in inputs.iter().enumerate() {
        match input.open() {
            Ok(opened) => pieces.extend(opened.into_iter().map(|piece| (at, piece))),
            Err(error) => held(unread).push((at, error)),
        }
    }
    pieces.sort_by_key(|(_, piece)| piece.order());
    progress.total.store(pieces.iter().map(|(_, piece)| piece.size()).sum(), Ordering::Relaxed);
    pieces
}

/// Pieces with the number of their input, each taken once.
struct Work {
    pieces: Vec<Mutex<Option<(usize, Piece)>>>,
    next: AtomicUsize,
}

impl Work {
    fn take(&self) -> Option<(usize, Piece)> {
        let next = self.next.fetch_add(1, Ordering::Relaxed);
        held(self.pieces.get(next)?).take()
    }

    fn run<'a>(
        &self,
        mut tally: Tally<'a>,
        progress: &Progress,
        stop: &AtomicBool,
        fail: &impl Fn(usize, io::Error),
    ) -> Tally<'a> {
        while let Some((at, piece)) = self.take() {
            match piece.read(progress, stop, |block| tally.block(block)) {
                Ok(End::Whole) => {}
                Ok(End::Stopped) => break,
                Err(error) => fail(at, error),
            }
        }
        tally
    }
}

/// Each input once, with the first thing that went wrong.
fn named(inputs: &[Input], unread: Mutex<Vec<(usize, io::Error)>>) -> Vec<(Input, io::Error)> {
    let mut unread = unread.into_inner().unwrap_or_else(PoisonError::into_inner);
    unread.sort_by_key(|(at, _)| *at);
    unread.dedup_by_key(|(at, _)| *at);
    unread.into_iter().filter_map(|(at, error)| Some((inputs.get(at)?.clone(), error))).collect()
}

fn held<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
