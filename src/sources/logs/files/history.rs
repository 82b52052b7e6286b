//! What was written lately: the end of a file, and of its older parts beside it.

use std::collections::VecDeque;
use std::fs::File;
use std::io::{self, BufReader, Read};
use std::ops::ControlFlow;
use std::os::unix::fs::FileExt;
use std::path::Path;

use flate2::read::MultiGzDecoder;
use jiff::Timestamp;

use super::paths::{is_packed, older_parts};
use super::reader::open;
use crate::sources::logs::lines::Lines;

/// Bytes that are kept of older parts, however few lines they are.
const MOST: usize = 32 << 20;
/// Bytes of a file that are looked back through at once.
const BLOCK: u64 = 64 << 10;

/// A line as it was read from a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Old {
    pub bytes: Vec<u8>,
    /// What it took in the file.
    pub length: u64,
    /// When its collector had it, or the file was written last.
    pub at: Option<Timestamp>,
}

/// Where the last `lines` lines of a file of `size` begin, and how many there are.
///
/// # Errors
///
/// It cannot be read.
pub fn tail(file: &File, size: u64, lines: usize) -> io::Result<(u64, usize)> {
    let (mut end, mut found, mut oldest) = (size, 0, size);
    let mut block = vec![0; usize::try_from(BLOCK).unwrap_or_default()];
    // Where the lines are so long that not all are looked for, those that were found are read.
    while end > 0 && found < lines && size - end < MOST as u64 {
        let from = end.saturating_sub(BLOCK);
        let bytes = &mut block[..usize::try_from(end - from).unwrap_or_default()];
        file.read_exact_at(bytes, from)?;
        for newline in memchr::memrchr_iter(b'\n', bytes) {
            let start = from + newline as u64 + 1;
            if start < size {
                (oldest, found) = (start, found + 1);
            }
            if found == lines {
                return Ok((oldest, found));
            }
        }
        end = from;
    }
    if end == 0 && found < lines { Ok((0, found + usize::from(size > 0))) } else { Ok((oldest, found)) }
}

/// The last line of a file of `size`, as far as it is no longer than a block.
///
/// # Errors
///
/// It cannot be read.
pub fn last_line(file: &File, size: u64) -> io::Result<Vec<u8>> {
    let (start, _) = tail(file, size, 1)?;
    let mut line = vec![0; usize::try_from((size - start).min(BLOCK)).unwrap_or_default()];
    file.read_exact_at(&mut line, start)?;
    Ok(line)
}

/// The last `lines` lines of what `path` was before, as far as they were written since `since`; oldest first.
pub fn older(path: &Path, lines: usize, since: Option<Timestamp>) -> Vec<Old> {
    let mut parts: Vec<Vec<Old>> = Vec::new();
    let mut left = lines;
    for part in older_parts(path).into_iter().rev() {
        if left == 0 || !is_since(&part, since) {
            break;
        }
        // One that is being packed at this moment is there twice; half of it can be read.
        if let Ok(found) = last_lines(&part, left) {
            left -= found.len();
            parts.push(found);
        }
    }
    parts.into_iter().rev().flatten().collect()
}

fn is_since(path: &Path, since: Option<Timestamp>) -> bool {
    since.is_none_or(|since| modified(path).is_some_and(|modified| modified >= since))
}

/// When a file was written last.
pub fn modified(path: &Path) -> Option<Timestamp> {
    Timestamp::try_from(std::fs::metadata(path).ok()?.modified().ok()?).ok()
}

/// The last lines of a file that nobody writes to any more.
///
/// # Errors
///
/// It cannot be opened or unpacked.
pub fn last_lines(path: &Path, lines: usize) -> io::Result<Vec<Old>> {
    let mut kept = Kept { lines: VecDeque::new(), bytes: 0, most: lines };
    let at = modified(path);
    each_line(path, |bytes, length| {
        kept.push(Old { bytes: bytes.to_vec(), length, at });
        ControlFlow::Continue(())
    })?;
    Ok(kept.lines.into())
}

/// Each line of a file, unpacked if need be, for as long as they are wanted.
///
/// # Errors
///
/// It cannot be opened or unpacked; the lines before that were given.
pub fn each_line(path: &Path, mut each: impl FnMut(&[u8], u64) -> ControlFlow<()>) -> io::Result<()> {
    let file = open(path)?;
    let mut source: Box<dyn Read> = match path.extension() {
        Some(extension) if extension == "gz" => Box::new(MultiGzDecoder::new(BufReader::new(file))),
        Some(_) if is_packed(path) => {
            return Err(io::Error::new(io::ErrorKind::Unsupported, "of packed files only .gz is read"));
        }
        Some(_) | None => Box::new(file),
    };
    let (mut lines, mut buffer) = (Lines::default(), vec![0; 128 << 10]);
    loop {
        let count = match source.read(&mut buffer) {
            Ok(0) => break,
            Ok(count) => count,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => return Err(error),
        };
        let mut chunk = &buffer[..count];
        while let Some(piece) = lines.next(&mut chunk) {
            if each(piece.bytes, piece.length).is_break() {
                return Ok(());
            }
        }
    }
    if let Some(piece) = lines.rest() {
        // It is the last one, wanted or not.
        let _ = each(piece.bytes, piece.length);
    }
    Ok(())
}

/// The last lines of many.
struct Kept {
    lines: VecDeque<Old>,
    bytes: usize,
    most: usize,
}

impl Kept {
    fn push(&mut self, line: Old) {
        self.bytes += line.bytes.len();
        self.lines.push_back(line);
        while self.lines.len() > self.most || self.bytes > MOST {
            let Some(gone) = self.lines.pop_front() else { break };
            self.bytes -= gone.bytes.len();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_lines_begin_where_they_begin() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x.log");
        let start = |text: &str, lines| {
            std::fs::write(&path, text).unwrap();
            tail(&open(&path).unwrap(), text.len() as u64, lines).unwrap()
        };
        assert_eq!(start("a\nb\nc\n", 2), (2, 2));
        assert_eq!(start("a\nb\nc", 2), (2, 2), "the last line may have no end yet");
        assert_eq!(start("a\nb\nc\n", 3), (0, 3));
        assert_eq!(start("a\nb\nc\n", 9), (0, 3));
        assert_eq!(start("", 9), (0, 0));
        assert_eq!(start("a\nb\n", 0), (4, 0));
        let long = format!("{0}\n{0}\n{0}\n{0}\n", "x".repeat(10 << 20));
        assert_eq!(start(&long, 9), ((10 << 20) + 1, 3), "too long for all of them");
        let many: String = (0..50_000).map(|line| format!("line {line}\n")).collect();
        let (from, found) = start(&many, 20_000);
        assert_eq!((found, &many[usize::try_from(from).unwrap()..][..11]), (20_000, "line 30000\n"));
    }
}
