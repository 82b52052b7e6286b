//! One open file: what was read of it, and how it is known again.

use std::fs::{File, Metadata, OpenOptions};
use std::io;
use std::os::unix::fs::{FileExt, MetadataExt, OpenOptionsExt};
use std::path::Path;
use std::time::{Duration, SystemTime};

use jiff::Timestamp;

use super::history::Old;
use crate::logs;
use crate::sources::logs::lines::{LONGEST, Lines, Piece};

/// Bytes that are read at once.
const CHUNK: usize = 128 << 10;
/// So many bytes before where we are tell whether it is still the same file.
const KNOWN: usize = 256;

/// Two writes may have the same time if they follow each other sooner.
const SETTLED: Duration = Duration::from_secs(1);

/// Where a file was read to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mark {
    device: u64,
    inode: u64,
    /// The end of the last whole line, and the bytes before it.
    offset: u64,
    before: Vec<u8>,
    seen: Timestamp,
}

impl Mark {
    /// When it was read to there.
    pub const fn seen(&self) -> Timestamp {
        self.seen
    }

    /// Whether both are about the same file.
    pub fn is_same(&self, other: &Self) -> bool {
        (self.device, self.inode) == (other.device, other.inode)
    }

    /// Whether it is about the file of these metadata.
    pub fn is_at(&self, found: &Metadata) -> bool {
        (found.dev(), found.ino()) == (self.device, self.inode)
    }

    /// Bytes before it.
    pub const fn offset(&self) -> u64 {
        self.offset
    }

    /// Whether it is about the file at `path`, under whatever name it was read.
    pub fn was_at(&self, path: &Path) -> bool {
        open(path).is_ok_and(|file| self.is_of(&file))
    }

    /// Whether `file` is the one, and still holds what was read.
    pub fn is_of(&self, file: &File) -> bool {
        file.metadata().is_ok_and(|found| self.is_at(&found)) && self.is_in(file)
    }

    /// Whether `file` holds what was read, be it a copy.
    pub fn is_in(&self, file: &File) -> bool {
        self.offset > 0 && holds(file, self.offset, &self.before)
    }
}

/// Opens a file that is one; never waits for somebody at the other end of a pipe.
pub fn open(path: &Path) -> io::Result<File> {
    let nonblocking = i32::try_from(rustix::fs::OFlags::NONBLOCK.bits()).unwrap_or_default();
    let file = OpenOptions::new().read(true).custom_flags(nonblocking).open(path)?;
    if file.metadata()?.is_file() {
        return Ok(file);
    }
    Err(io::Error::new(io::ErrorKind::Unsupported, "it is no regular file"))
}

/// A file that is read.
#[derive(Debug)]
pub struct Reader {
    file: File,
    device: u64,
    inode: u64,
    offset: u64,
    before: Vec<u8>,
    /// When it was written last, once that is so long ago that a later write has a later time.
    written: Option<SystemTime>,
    pub lines: Lines,
    /// The beginning of a line that its writer wrote in parts.
    pub parts: Vec<u8>,
    pub parts_length: u64,
}

impl Reader {
    /// A file that is read from `offset` on.
    pub fn new(file: File, offset: u64) -> io::Result<Self> {
        let found = file.metadata()?;
        let mut reader = Self {
            device: found.dev(),
            inode: found.ino(),
            file,
            offset,
            before: Vec::new(),
            written: None,
            lines: Lines::default(),
            parts: Vec::new(),
            parts_length: 0,
        };
        reader.remember()?;
        Ok(reader)
    }

    /// A file that is read from where `mark` is.
    pub fn at(file: File, mark: &Mark) -> io::Result<Self> {
        Self::new(file, mark.offset)
    }

    /// Whether this is the file of these metadata.
    pub fn is(&self, found: &Metadata) -> bool {
        (found.dev(), found.ino()) == (self.device, self.inode)
    }

    /// Where whole lines were read to.
    pub fn mark(&self) -> Mark {
        let offset = self.offset - self.lines.begun() - self.parts_length;
        let before = read_before(&self.file, offset).unwrap_or_default();
        Mark { device: self.device, inode: self.inode, offset, before, seen: Timestamp::now() }
    }

    /// Where it was read to, be it in the middle of a line.
    pub fn here(&self) -> Mark {
        let (offset, before) = (self.offset, self.before.clone());
        Mark { device: self.device, inode: self.inode, offset, before, seen: Timestamp::now() }
    }

    /// When it was written last.
    pub fn modified(&self) -> Option<SystemTime> {
        self.file.metadata().ok()?.modified().ok()
    }

    /// Goes on in another file at the same place, and gives back this one.
    pub const fn swap(&mut self, file: File) -> File {
        std::mem::replace(&mut self.file, file)
    }

    /// Cuts what was read into lines.
    pub fn cut(&mut self, mut chunk: &[u8], out: &mut Vec<Old>) {
        let mut lines = std::mem::take(&mut self.lines);
        while let Some(piece) = lines.next(&mut chunk) {
            self.join(piece, out);
        }
        self.lines = lines;
    }

    /// What is left of a file that nobody writes to any more: a line without an end.
    pub fn rest(&mut self) -> Option<Old> {
        let mut lines = std::mem::take(&mut self.lines);
        let mut out = Vec::new();
        if let Some(piece) = lines.rest() {
            self.join(piece, &mut out);
        }
        out.pop().or_else(|| self.joined(None))
    }

    /// A line that its writer wrote in parts is one line.
    fn join(&mut self, piece: Piece<'_>, out: &mut Vec<Old>) {
        let bytes = without_hole(piece.bytes);
        let body = (self.parts_length > 0 || may_be_part(bytes)).then(|| logs::open(bytes));
        let Some(body) = body.filter(|body| self.parts_length > 0 || body.is_partial) else {
            return out.push(Old { bytes: bytes.to_vec(), length: piece.length, at: None });
        };
        let room = LONGEST.saturating_sub(self.parts.len()).min(body.text.len());
        self.parts.extend_from_slice(&body.text.as_bytes()[..room]);
        self.parts_length += piece.length;
        if !body.is_partial {
            out.extend(self.joined(body.at));
        }
    }

    fn joined(&mut self, at: Option<Timestamp>) -> Option<Old> {
        let length = std::mem::take(&mut self.parts_length);
        (length > 0).then(|| Old { bytes: std::mem::take(&mut self.parts), length, at })
    }

    /// Whether nothing was written since this was asked last.
    pub fn is_quiet(&mut self, found: &Metadata) -> bool {
        let modified = found.modified().ok();
        if found.len() == self.offset && modified.is_some() && modified == self.written {
            return true;
        }
        let is_past = |at: &SystemTime| at.elapsed().is_ok_and(|ago| ago >= SETTLED);
        self.written = modified.filter(is_past);
        false
    }

    /// Whether the file was emptied and perhaps written to again.
    pub fn is_begun_anew(&self, size: u64) -> bool {
        size < self.offset || !holds(&self.file, self.offset, &self.before)
    }

    /// The next bytes, none at the end.
    pub fn read(&mut self) -> io::Result<Vec<u8>> {
        let mut chunk = vec![0; CHUNK];
        let count = self.file.read_at(&mut chunk, self.offset)?;
        chunk.truncate(count);
        self.offset += count as u64;
        if count > 0 {
            self.remember()?;
        }
        Ok(chunk)
    }

    /// Begins at the beginning.
    pub fn rewind(&mut self) {
        (self.offset, self.lines, self.parts_length) = (0, Lines::default(), 0);
        self.before.clear();
        self.parts.clear();
    }

    fn remember(&mut self) -> io::Result<()> {
        self.before = read_before(&self.file, self.offset)?;
        Ok(())
    }
}

/// What was written to a place in the middle of a file that was emptied leaves a hole before it.
fn without_hole(bytes: &[u8]) -> &[u8] {
    &bytes[bytes.iter().position(|byte| *byte != 0).unwrap_or(bytes.len())..]
}

/// Whether it looks like a part of a line: of Docker's without an end, or marked as one by the container runtime.
fn may_be_part(bytes: &[u8]) -> bool {
    let is_of_docker = bytes.starts_with(br#"{"log":""#);
    is_of_docker && memchr::memmem::find(bytes, br#"\n","#).is_none()
        || bytes.get(..64).is_some_and(|start| memchr::memmem::find(start, b" P ").is_some())
}

fn read_before(file: &File, offset: u64) -> io::Result<Vec<u8>> {
    let count = offset.min(KNOWN as u64);
    let mut before = vec![0; usize::try_from(count).unwrap_or_default()];
    file.read_exact_at(&mut before, offset - count)?;
    Ok(before)
}

fn holds(file: &File, offset: u64, before: &[u8]) -> bool {
    let mut found = vec![0; before.len()];
    let from = offset.saturating_sub(before.len() as u64);
    file.read_exact_at(&mut found, from).is_ok() && found == before
}
