//! Reads and stats one file.

use std::fs::File;
use std::ops::Range;
use std::os::fd::AsFd;
use std::os::unix::fs::FileExt;
use std::path::Path;

use bytes::Bytes;
use rustix::fs::{Mode, OFlags, Stat};
use rustix::io::Errno;

use super::status;
use crate::storage::{Entry, ErrorKind, LARGEST_READ, Object, Result, StoreError};

/// The entry of the file at `path`, with the content in its version where it is small and may be read.
pub fn entry(path: &Path, key: &str) -> Result<Entry> {
    let stat = look(path, key)?;
    if !status::is_file(&stat) || status::size(&stat) >= status::HASHED_BELOW {
        return Ok(status::entry(key.to_owned(), &stat));
    }
    match object(path, key, None) {
        Ok(object) => Ok(object.entry),
        Err(error) if error.kind == ErrorKind::Denied => Ok(status::entry(key.to_owned(), &stat)),
        Err(error) => Err(error),
    }
}

/// The bytes of the file at `path`, or of a range of it; refuses everything that is not a plain file unopened.
pub fn object(path: &Path, key: &str, range: Option<Range<u64>>) -> Result<Object> {
    plain(key, &look(path, key)?)?;
    let (file, stat) = open(path, key)?;
    let size = status::size(&stat);
    let mut entry = status::entry(key.to_owned(), &stat);
    if size < status::HASHED_BELOW {
        let whole = bytes(&file, key, 0..size)?;
        entry.version = status::with_content(&entry.version, &whole);
        let wanted = within(range, size);
        return Ok(Object { entry, bytes: whole.slice(wanted.start as usize..wanted.end as usize) });
    }
    let bytes = bytes(&file, key, within(range, size))?;
    unchanged(&file, key, &stat)?;
    Ok(Object { entry, bytes })
}

/// What stands at `path`, links followed. A folder is an error of its own.
fn look(path: &Path, key: &str) -> Result<Stat> {
    let stat = rustix::fs::stat(path).map_err(|errno| status::error(key, errno))?;
    if status::is_folder(&stat) { Err(status::error(key, Errno::ISDIR)) } else { Ok(stat) }
}

fn plain(key: &str, stat: &Stat) -> Result<()> {
    if status::is_file(stat) {
        return Ok(());
    }
    let detail = format!("{}; it was not opened", status::kind_name(stat));
    Err(StoreError::new(ErrorKind::Special, key, detail))
}

/// Opens a file that was seen to be plain, and looks again at what was opened.
fn open(path: &Path, key: &str) -> Result<(File, Stat)> {
    let flags = OFlags::RDONLY | OFlags::CLOEXEC | OFlags::NONBLOCK | OFlags::NOCTTY;
    let fd = rustix::fs::open(path, flags, Mode::empty()).map_err(|errno| status::error(key, errno))?;
    let stat = fstat(&fd, key)?;
    plain(key, &stat)?;
    Ok((File::from(fd), stat))
}

fn fstat(fd: impl AsFd, key: &str) -> Result<Stat> {
    rustix::fs::fstat(fd).map_err(|errno| status::error(key, errno))
}

/// The part of `range` that a file of `size` bytes has.
fn within(range: Option<Range<u64>>, size: u64) -> Range<u64> {
    let range = range.unwrap_or(0..size);
    let end = range.end.min(size);
    range.start.min(end)..end
}

fn bytes(file: &File, key: &str, range: Range<u64>) -> Result<Bytes> {
    let length = range.end - range.start;
    if length > LARGEST_READ {
        return Err(StoreError::too_large(key, length));
    }
    let mut buffer = vec![0; length as usize];
    match file.read_exact_at(&mut buffer, range.start) {
        Ok(()) => Ok(buffer.into()),
        Err(error) => Err(match error.raw_os_error() {
            Some(code) => status::error(key, Errno::from_raw_os_error(code)),
            None => StoreError::new(ErrorKind::Changed, key, "the file shrank while it was read"),
        }),
    }
}

fn unchanged(file: &File, key: &str, before: &Stat) -> Result<()> {
    if status::version(&fstat(file, key)?) == status::version(before) {
        return Ok(());
    }
    Err(StoreError::new(ErrorKind::Changed, key, "the file was written to while it was read"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_range_is_cut_at_the_end() {
        let table = [
            (None, 5, 0..5),
            (Some(0..3), 5, 0..3),
            (Some(3..9), 5, 3..5),
            (Some(7..9), 5, 5..5),
            (Some(0..u64::MAX), 0, 0..0),
        ];
        for (range, size, expected) in table {
            assert_eq!(within(range.clone(), size), expected, "{range:?} of {size}");
        }
    }
}
