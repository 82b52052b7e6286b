//! The terminal as two file descriptors: size, writes that survive signals, and whether it is one at all.

use std::io::{self, Write};

use ratatui::layout::Size;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;
use rustix::stdio::{stdin, stdout};
use rustix::termios::{isatty, tcgetwinsize};

use super::TerminalError;

/// What a terminal has that does not say how big it is (serial lines, some containers).
const UNTOLD: Size = Size { width: 80, height: 24 };
/// How long the last write waits for a terminal that takes nothing.
const PATIENCE: Timespec = Timespec { tv_sec: 0, tv_nsec: 200_000_000 };

/// Standard output as ratatui's sink, unbuffered: the frame is the buffer.
#[derive(Clone, Copy, Debug)]
pub struct Tty;

impl Write for Tty {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        write_all(bytes).map(|()| bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Fails unless both standard input and standard output are a terminal that can move its cursor.
pub(super) fn require() -> Result<(), TerminalError> {
    if !isatty(stdin()) {
        return Err(TerminalError::NotATerminal("standard input"));
    }
    if !isatty(stdout()) {
        return Err(TerminalError::NotATerminal("standard output"));
    }
    match std::env::var("TERM") {
        Ok(name) if name == "dumb" => Err(TerminalError::Dumb),
        Ok(_) | Err(_) => Ok(()),
    }
}

/// Columns and rows; asks the kernel, never the terminal.
pub(super) fn size() -> io::Result<Size> {
    match tcgetwinsize(stdout()) {
        Ok(size) if size.ws_col > 0 && size.ws_row > 0 => {
            Ok(Size { width: size.ws_col, height: size.ws_row })
        }
        // A terminal that is gone has no size; as with writes, that is not what ends the program.
        Ok(_) | Err(Errno::IO) => Ok(UNTOLD),
        Err(error) => Err(error.into()),
    }
}

/// Writes everything. A terminal that is gone swallows it: the watch on hang-up ends the program, not the write.
pub(super) fn write_all(mut bytes: &[u8]) -> io::Result<()> {
    while !bytes.is_empty() {
        match rustix::io::write(stdout(), bytes) {
            Ok(count) => bytes = &bytes[count..],
            Err(Errno::INTR) => {}
            Err(Errno::AGAIN) => wait_for_room(None)?,
            Err(Errno::IO) => return Ok(()),
            Err(error) => return Err(error.into()),
        }
    }
    Ok(())
}

/// As [`write_all`] for a few bytes, but gives up on a terminal that takes nothing for a while.
pub(super) fn write_if_ready(bytes: &[u8]) -> io::Result<()> {
    wait_for_room(Some(&PATIENCE))?;
    write_all(bytes)
}

fn wait_for_room(timeout: Option<&Timespec>) -> io::Result<()> {
    let output = stdout();
    match poll(&mut [PollFd::new(&output, PollFlags::OUT)], timeout) {
        Ok(0) => Err(io::ErrorKind::TimedOut.into()),
        Ok(_) | Err(Errno::INTR) => Ok(()),
        Err(error) => Err(error.into()),
    }
}
