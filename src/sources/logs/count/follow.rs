//! Counts on while logs grow: rotation is followed, and what is counted is told when it has changed.

use std::fs::{self, File};
use std::io::{self, Read, Seek, SeekFrom};
use std::ops::ControlFlow;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::thread::{scope, sleep};
use std::time::{Duration, Instant};

use super::MEMORY;
use super::blocks::{End, blocks};
use super::counts::{Counted, most};
use super::input::{Input, Piece, Progress};
use super::question::Question;
use super::tally::{Seen, Tally};

/// How often a file that has not grown is looked at.
const LOOK: Duration = Duration::from_millis(200);
/// A file that was renamed may be written to until its writer is told: it is left once it was quiet for so long.
const QUIET: Duration = Duration::from_secs(2);
/// While lines keep coming, what is counted is told this often.
const TELL: Duration = Duration::from_secs(1);
/// Blocks that wait to be counted.
const WAITING: usize = 16;

/// What happens while logs are followed.
pub enum News<'a> {
    /// The keys that come most often, and what became of all lines so far.
    Counted(io::Result<Vec<Counted>>, Seen),
    /// It cannot be read (now, if it is a file that may come back).
    Unread(&'a Input, io::Error),
}

enum Told {
    Block(Vec<u8>),
    Unread(usize, io::Error),
}

/// Counts all inputs and goes on with what is written to them, until told to stop, or until streams are all there is
/// and they are over.
pub fn follow(
    inputs: &[Input],
    question: &Question,
    limit: Option<usize>,
    stop: &AtomicBool,
    mut hear: impl FnMut(News) -> ControlFlow<()>,
) {
    scope(|scope| {
        let (sender, told) = sync_channel(WAITING);
        for (at, input) in inputs.iter().enumerate() {
            let sender = sender.clone();
            scope.spawn(move || feed(at, input, stop, &sender));
        }
        drop(sender);
        let tally = Tally::new(question, MEMORY);
        count(inputs, tally, limit, told, &mut hear);
        stop.store(true, Ordering::Relaxed);
    });
}

fn count(
    inputs: &[Input],
    mut tally: Tally,
    limit: Option<usize>,
    told: Receiver<Told>,
    hear: &mut impl FnMut(News) -> ControlFlow<()>,
) {
    let (mut last, mut changed) = (Instant::now(), false);
    loop {
        let (mut flow, mut over) = (ControlFlow::Continue(()), false);
        match told.recv_timeout(LOOK) {
            Ok(Told::Block(block)) => {
                tally.block(&block);
                changed = true;
                if last.elapsed() < TELL {
                    continue;
                }
            }
            Ok(Told::Unread(at, error)) => flow = hear(News::Unread(&inputs[at], error)),
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => over = true,
        }
        if changed && flow.is_continue() {
            let best = most(std::slice::from_ref(&tally.counts), limit);
            flow = hear(News::Counted(best, tally.seen));
            (last, changed) = (Instant::now(), false);
        }
        if over || flow.is_break() {
            return;
        }
    }
}

/// Hands on whole lines of one input; ends when nobody wants them.
fn feed(at: usize, input: &Input, stop: &AtomicBool, sender: &SyncSender<Told>) {
    let tell = |block: &[u8]| {
        if sender.send(Told::Block(block.to_vec())).is_err() {
            stop.store(true, Ordering::Relaxed);
        }
    };
    let fail = |error| {
        // Nobody is left to tell.
        let _ = sender.send(Told::Unread(at, error));
    };
    let end = match (input, input.open()) {
        (Input::File(path), Ok(pieces)) if is_plain(&pieces) => tail(path, stop, tell),
        (Input::File(path), Err(error)) if error.kind() == io::ErrorKind::NotFound => {
            fail(error);
            tail(path, stop, tell)
        }
        (_, Ok(pieces)) => {
            pieces.into_iter().try_for_each(|piece| piece.read(&Progress::default(), stop, tell).map(drop))
        }
        (_, Err(error)) => Err(error),
    };
    if let Err(error) = end {
        fail(error);
    }
}

/// An empty file has no pieces, and may grow.
fn is_plain(pieces: &[Piece]) -> bool {
    pieces.iter().all(|piece| matches!(piece, Piece::Part { .. }))
}

fn tail(path: &Path, stop: &AtomicBool, tell: impl FnMut(&[u8])) -> io::Result<()> {
    let mut tail = Tail { path: path.to_owned(), file: None, at: 0, whole: true, renamed: None, stop };
    blocks(|buffer| tail.read(buffer), false, stop, tell).map(|_: End| ())
}

/// A file by its name, whichever file has that name.
struct Tail<'a> {
    path: PathBuf,
    file: Option<File>,
    at: u64,
    /// What was read last ended a line.
    whole: bool,
    /// Since when another file has the name and this one is quiet.
    renamed: Option<Instant>,
    stop: &'a AtomicBool,
}

impl Tail<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while !self.stop.load(Ordering::Relaxed) {
            let read = self.file.as_mut().map_or(Ok(0), |file| file.read(buffer))?;
            if read > 0 {
                self.renamed = None;
                self.at += read as u64;
                self.whole = buffer[read - 1] == b'\n';
                return Ok(read);
            }
            if !self.turn()? {
                sleep(LOOK);
            } else if !self.whole {
                // The old file ended within a line; the new one begins with another.
                buffer[0] = b'\n';
                self.whole = true;
                return Ok(1);
            }
        }
        Ok(0)
    }

    /// Whether there is another beginning to read from: another file has the name, or this one was emptied.
    fn turn(&mut self) -> io::Result<bool> {
        let Ok(named) = fs::metadata(&self.path) else { return Ok(false) };
        let held = self.file.as_ref().map(File::metadata).transpose()?;
        if held.as_ref().is_none_or(|held| (held.dev(), held.ino()) != (named.dev(), named.ino())) {
            let renamed = *self.renamed.get_or_insert_with(Instant::now);
            if held.is_some() && renamed.elapsed() < QUIET {
                return Ok(false);
            }
            // Between the look and the opening it may have gone again.
            let Ok(file) = File::open(&self.path) else { return Ok(false) };
            (self.file, self.at, self.renamed) = (Some(file), 0, None);
            return Ok(true);
        }
        if named.len() < self.at
            && let Some(file) = &mut self.file
        {
            file.seek(SeekFrom::Start(0))?;
            self.at = 0;
            return Ok(true);
        }
        Ok(false)
    }
}
