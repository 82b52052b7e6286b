//! Runs a program in a pseudo-terminal and plays the person, the terminal and the kernel around it.
#![allow(dead_code, unused_imports, clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod process;

use std::fs::File;
use std::io::{ErrorKind, Read, Write};
use std::time::{Duration, Instant};

use filedescriptor::FileDescriptor;
use portable_pty::{Child, CommandBuilder, ExitStatus, MasterPty, PtySize, native_pty_system};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::process::{Pid, Signal, kill_process};

pub use process::{children, cpu_time, is_alive, is_stopped};

/// How long a screen or an end may take before the test fails.
pub const DEADLINE: Duration = Duration::from_secs(20);
/// Longest single wait for output between two looks at the clock.
const SLICE: Duration = Duration::from_millis(20);

/// A program in a pseudo-terminal, with the screen that a person would see.
pub struct Pty {
    /// What was written so far, byte for byte.
    pub bytes: Vec<u8>,
    master: Box<dyn MasterPty + Send>,
    line: File,
    child: Box<dyn Child + Send + Sync>,
    emulator: vt100::Parser,
}

/// What became of a program whose terminal went away.
pub struct Vanished {
    child: Box<dyn Child + Send + Sync>,
}

/// Columns and rows as people say them; portable-pty counts rows first.
pub fn size(columns: u16, rows: u16) -> PtySize {
    PtySize { rows, cols: columns, pixel_width: 0, pixel_height: 0 }
}

impl Pty {
    /// Starts `command` as the leader of a session of its own whose terminal is this one.
    pub fn start(command: CommandBuilder, size: PtySize) -> Self {
        let pair = native_pty_system().openpty(size).unwrap();
        let raw = pair.master.as_raw_fd().expect("a pseudo-terminal has a descriptor");
        let mut line = FileDescriptor::dup(&raw).unwrap();
        line.set_non_blocking(true).unwrap();
        let child = pair.slave.spawn_command(command).unwrap();
        Self {
            bytes: Vec::new(),
            master: pair.master,
            line: line.as_file().unwrap(),
            child,
            emulator: vt100::Parser::new(size.rows, size.cols, 0),
        }
    }

    /// The screen as it is now.
    pub fn screen(&self) -> &vt100::Screen {
        self.emulator.screen()
    }

    /// The visible text, one line per row.
    pub fn text(&self) -> String {
        self.screen().contents()
    }

    /// Types `keys`, byte for byte as a terminal would send them.
    pub fn keys(&mut self, keys: &str) {
        self.line.write_all(keys.as_bytes()).unwrap();
    }

    /// Changes the window's size; the kernel tells the program.
    pub fn resize(&mut self, size: PtySize) {
        self.emulator.screen_mut().set_size(size.rows, size.cols);
        self.master.resize(size).unwrap();
    }

    /// Waits until the screen is as wanted, or fails with what was on it instead.
    pub fn wait_for(&mut self, what: &str, wanted: impl Fn(&vt100::Screen) -> bool) {
        let deadline = Instant::now() + DEADLINE;
        while !wanted(self.screen()) {
            assert!(
                Instant::now() < deadline,
                "no {what} within {DEADLINE:?}; the screen is\n{}",
                self.text()
            );
            if !self.pump(SLICE) {
                assert!(wanted(self.screen()), "ended before {what}; the screen is\n{}", self.text());
            }
        }
    }

    /// Waits until `text` is somewhere on the screen.
    pub fn wait_for_text(&mut self, text: &str) {
        self.wait_for(text, |screen| screen.contents().contains(text));
    }

    /// What the program writes of itself during `span`.
    pub fn written_during(&mut self, span: Duration) -> Vec<u8> {
        let (before, end) = (self.bytes.len(), Instant::now() + span);
        while Instant::now() < end && self.pump(SLICE.min(span)) {}
        self.bytes[before..].to_vec()
    }

    /// Waits until the program has written anything more.
    pub fn wait_for_bytes(&mut self) {
        let (before, deadline) = (self.bytes.len(), Instant::now() + DEADLINE);
        while self.bytes.len() == before {
            assert!(Instant::now() < deadline, "not a byte; the screen is\n{}", self.text());
            assert!(self.pump(SLICE), "ended; the screen is\n{}", self.text());
        }
    }

    /// Waits for `quiet` without a byte: the program has drawn all that it had to draw.
    pub fn settle(&mut self, quiet: Duration) {
        let deadline = Instant::now() + DEADLINE;
        while !self.written_during(quiet).is_empty() {
            assert!(Instant::now() < deadline, "never quiet; the screen is\n{}", self.text());
        }
    }

    /// Waits for the program's end and reads what it still wrote.
    pub fn wait_for_end(&mut self) -> ExitStatus {
        let deadline = Instant::now() + DEADLINE;
        loop {
            self.pump(SLICE);
            if let Some(status) = self.child.try_wait().unwrap() {
                while self.pump(SLICE) {}
                return status;
            }
            assert!(Instant::now() < deadline, "still running; the screen is\n{}", self.text());
        }
    }

    /// Waits for the program's end without reading a byte: a terminal that is stuck.
    pub fn wait_for_end_unread(&mut self) -> ExitStatus {
        let mut status = None;
        wait_until("end of a program that nobody reads", || {
            status = self.child.try_wait().unwrap();
            status.is_some()
        });
        status.unwrap()
    }

    /// Ends the program, whatever it is doing.
    pub fn end(mut self) {
        // It may have ended by itself.
        let _ = kill_process(self.pid(), Signal::TERM);
        self.wait_for_end();
    }

    /// Sends a signal to the program alone, as `kill` does.
    pub fn signal(&self, signal: Signal) {
        kill_process(self.pid(), signal).unwrap();
    }

    /// The process that was started.
    pub fn pid(&self) -> Pid {
        Pid::from_raw(self.child.process_id().unwrap().try_into().unwrap()).unwrap()
    }

    /// Whether the line is as a shell left it: echo, line editing and signals by keys.
    pub fn is_cooked(&self) -> bool {
        use rustix::termios::{LocalModes, tcgetattr};
        let cooked = LocalModes::ECHO | LocalModes::ICANON | LocalModes::ISIG;
        tcgetattr(&self.line).unwrap().local_modes.contains(cooked)
    }

    /// Fails unless a shell could go on where the program was started.
    pub fn assert_restored(&self) {
        let screen = self.screen();
        assert!(!screen.alternate_screen(), "still on the alternate screen");
        assert!(!screen.hide_cursor(), "the cursor is still hidden");
        assert!(!screen.bracketed_paste(), "pastes are still bracketed");
        assert_eq!(screen.mouse_protocol_mode(), vt100::MouseProtocolMode::None, "the mouse is still on");
        assert!(self.is_cooked(), "the line is still raw");
    }

    /// The connection is lost: nothing can be written to the program or read from it any more.
    pub fn vanish(self) -> Vanished {
        Vanished { child: self.child }
    }

    /// Feeds what is there within `patience` to the screen; false once nobody has the other end open.
    fn pump(&mut self, patience: Duration) -> bool {
        let patience = Timespec { tv_sec: 0, tv_nsec: patience.subsec_nanos().into() };
        poll(&mut [PollFd::new(&self.line, PollFlags::IN)], Some(&patience)).unwrap();
        let mut buffer = [0; 65536];
        match self.line.read(&mut buffer) {
            Ok(0) => false,
            Ok(count) => {
                self.bytes.extend_from_slice(&buffer[..count]);
                self.emulator.process(&buffer[..count]);
                true
            }
            // Linux says EIO where others say end of file.
            Err(error) => matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::Interrupted),
        }
    }
}

impl Drop for Vanished {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Vanished {
    /// Waits for the end of the started program.
    pub fn wait_for_end(&mut self) -> ExitStatus {
        let mut status = None;
        wait_until("the end of a program without a terminal", || {
            status = self.child.try_wait().unwrap();
            status.is_some()
        });
        status.unwrap()
    }
}

/// Looks again and again until something has happened, or fails.
pub fn wait_until(what: &str, mut happened: impl FnMut() -> bool) {
    let deadline = Instant::now() + DEADLINE;
    while !happened() {
        assert!(Instant::now() < deadline, "no {what} within {DEADLINE:?}");
        std::thread::park_timeout(SLICE);
    }
}

/// Fails if a terminal would answer any of these bytes: an answer arrives as keys, late and in pieces.
pub fn assert_no_question(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    for (number, sequence) in text.split('\x1b').enumerate().skip(1) {
        let end =
            sequence.find(|c: char| c.is_ascii_alphabetic() || c == '~').map_or("", |end| &sequence[..=end]);
        let asks = match end.as_bytes() {
            // Device status and cursor, device attributes, window reports, kitty keyboard, terminal version.
            [b'[', .., b'n' | b'c' | b't' | b'q'] => true,
            [b'[', b'?', .., b'u'] => true,
            // Mode requests end in `$p`.
            [b'[', .., b'$', b'p'] => true,
            _ => false,
        };
        // Operating system commands and device control strings ask with a question mark or a plus.
        let string_asks =
            (sequence.starts_with(']') && sequence.contains(";?")) || sequence.starts_with("P+q");
        assert!(!asks && !string_asks, "sequence {number} asks the terminal: {sequence:?}");
    }
}
