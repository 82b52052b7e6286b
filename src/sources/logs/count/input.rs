//! What lines are read from: parts of files side by side, and streams from their beginning to their end.

use std::fs::File;
use std::io::{self, BufReader, Cursor, Read};
use std::os::fd::AsFd;
use std::os::unix::fs::FileExt;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use flate2::bufread::MultiGzDecoder;
use memchr::memchr;
use rustix::event::{PollFd, PollFlags, Timespec, poll};

use super::blocks::{BLOCK, End, blocks};

/// So much of a file is one piece of work.
const PART: u64 = 4 << 20;
/// What gzip begins with.
const GZIP: [u8; 2] = [0x1f, 0x8b];
/// How long a stream that says nothing is waited for before it is asked whether to stop.
const PATIENCE: Timespec = Timespec { tv_sec: 0, tv_nsec: 100_000_000 };

/// A log that is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Input {
    Stdin,
    File(PathBuf),
}

/// Something one thread reads at one go.
pub enum Piece {
    /// Lines that begin within these bytes.
    Part { file: Arc<File>, from: u64, to: u64 },
    /// Anything, packed or not; `size` is known of files.
    Stream { file: File, size: Option<u64> },
}

/// How much was read and how much there is, in bytes as they lie on the disk.
#[derive(Debug, Default)]
pub struct Progress {
    pub read: AtomicU64,
    pub total: AtomicU64,
}

impl Input {
    /// Cuts it into pieces.
    ///
    /// # Errors
    ///
    /// It cannot be opened, or is a directory.
    pub fn open(&self) -> io::Result<Vec<Piece>> {
        let file = match self {
            Self::Stdin => File::from(io::stdin().as_fd().try_clone_to_owned()?),
            Self::File(path) => File::open(path)?,
        };
        let about = file.metadata()?;
        if about.is_dir() {
            return Err(io::ErrorKind::IsADirectory.into());
        }
        // Standard input may be a file of which somebody has read the beginning.
        if !about.is_file() || *self == Self::Stdin {
            return Ok(vec![Piece::Stream { file, size: None }]);
        }
        let size = about.len();
        let mut beginning = [0; 2];
        if file.read_at(&mut beginning, 0)? == 2 && beginning == GZIP {
            return Ok(vec![Piece::Stream { file, size: Some(size) }]);
        }
        let file = Arc::new(file);
        let part = |from| Piece::Part { file: Arc::clone(&file), from, to: size.min(from + PART) };
        Ok((0..size).step_by(PART as usize).map(part).collect())
    }
}

impl Piece {
    /// Bytes on the disk, where that is known.
    pub const fn size(&self) -> u64 {
        match self {
            Self::Part { from, to, .. } => *to - *from,
            Self::Stream { size: Some(size), .. } => *size,
            Self::Stream { size: None, .. } => 0,
        }
    }

    /// The longest first; those whose end nobody knows last, where they keep nobody waiting.
    pub const fn order(&self) -> u8 {
        match self {
            Self::Stream { size: Some(_), .. } => 0,
            Self::Part { .. } => 1,
            Self::Stream { size: None, .. } => 2,
        }
    }

    /// Tells its lines.
    ///
    /// # Errors
    ///
    /// It cannot be read to its end; what came before is told.
    pub fn read(self, progress: &Progress, stop: &AtomicBool, tell: impl FnMut(&[u8])) -> io::Result<End> {
        match self {
            Self::Part { file, from, to } => {
                let mut part = Part { file: &file, at: from.saturating_sub(1), to, progress, whole: true };
                let end = blocks(|buffer| part.read(buffer), from > 0, stop, tell)?;
                if end == End::Whole && part.at < to {
                    return Err(io::Error::other("it became shorter while it was read"));
                }
                Ok(end)
            }
            Self::Stream { file, .. } => stream(Patient { file, progress, stop }, stop, tell),
        }
    }
}

/// A part of a file, and what the line that begins in it needs of the next.
struct Part<'a> {
    file: &'a File,
    at: u64,
    to: u64,
    progress: &'a Progress,
    /// What was read last ended a line.
    whole: bool,
}

impl Part<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let left = usize::try_from(self.to.saturating_sub(self.at)).unwrap_or(usize::MAX);
        if left == 0 && self.whole {
            return Ok(0);
        }
        let most = if left == 0 { buffer.len() } else { left.min(buffer.len()) };
        let mut read = self.file.read_at(&mut buffer[..most], self.at)?;
        if left == 0 {
            read = memchr(b'\n', &buffer[..read]).map_or(read, |end| end + 1);
        } else {
            self.progress.read.fetch_add(read as u64, Ordering::Relaxed);
        }
        self.at += read as u64;
        self.whole = read == 0 || buffer[read - 1] == b'\n';
        Ok(read)
    }
}

/// Reads a stream, unpacked where it is packed.
fn stream(mut raw: Patient, stop: &AtomicBool, tell: impl FnMut(&[u8])) -> io::Result<End> {
    let mut beginning = Vec::new();
    raw.by_ref().take(2).read_to_end(&mut beginning)?;
    let packed = beginning == GZIP;
    let mut raw = Cursor::new(beginning).chain(raw);
    let end = if packed {
        let mut unpacked = MultiGzDecoder::new(BufReader::with_capacity(BLOCK, raw));
        blocks(|buffer| unpacked.read(buffer), false, stop, tell)
    } else {
        blocks(|buffer| raw.read(buffer), false, stop, tell)
    };
    // Whoever stops in the middle of a packed stream has not found it broken.
    if stop.load(Ordering::Relaxed) { Ok(End::Stopped) } else { end }
}

/// A stream that says nothing for a long time can be left alone.
struct Patient<'a> {
    file: File,
    progress: &'a Progress,
    stop: &'a AtomicBool,
}

impl Read for Patient<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        loop {
            if self.stop.load(Ordering::Relaxed) {
                return Ok(0);
            }
            let mut wait = [PollFd::new(&self.file, PollFlags::IN)];
            if poll(&mut wait, Some(&PATIENCE))? > 0 {
                let read = self.file.read(buffer)?;
                self.progress.read.fetch_add(read as u64, Ordering::Relaxed);
                return Ok(read);
            }
        }
    }
}
