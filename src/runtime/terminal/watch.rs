//! A thread of its own that waits for signals and for the terminal to hang up, and sees to it that the program ends.
//!
//! It must not be a task of the event loop: crossterm 0.29 never returns from reading a terminal that is gone,
//! and a frame that a stalled terminal does not take blocks the loop.

use std::io;
use std::os::unix::net::UnixStream;
use std::path::PathBuf;
use std::sync::{Arc, mpsc};
use std::thread;
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::stdio::stdin;
use signal_hook::consts::signal::{SIGCONT, SIGHUP, SIGINT, SIGQUIT, SIGTERM};
use signal_hook::iterator::backend::SignalDelivery;
use signal_hook::iterator::exfiltrator::SignalOnly;
use tokio::sync::mpsc::Sender;

use super::modes::Modes;

/// Why the program has to end though the operator did not say so on the keyboard.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    /// A signal by its number, from outside.
    Signal(i32),
    /// The terminal is gone: connection lost, window closed.
    HangUp,
}

impl Ending {
    /// What a shell shows for a program that such a signal ended: 128 + its number.
    pub fn exit_code(self) -> u8 {
        let signal = match self {
            Self::Signal(signal) => signal,
            Self::HangUp => SIGHUP,
        };
        u8::try_from(128 + signal).unwrap_or(u8::MAX)
    }

    /// How long the event loop has to end by itself and clean up. On a lost terminal crossterm burns a core until then.
    fn grace(self) -> Duration {
        match self {
            Self::Signal(_) => Duration::from_secs(5),
            Self::HangUp => Duration::from_secs(3),
        }
    }
}

/// What the event loop is told from outside its own keys and facts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Notice {
    /// End now, and exit with [`Ending::exit_code`]: after a short grace the process is ended the hard way.
    End(Ending),
    /// The process was stopped and runs again: [`super::Guard::retake`] the terminal.
    Continued,
    /// A background task panicked; the screen is untouched. The path is that of the report, if it could be written.
    TaskPanicked(Option<PathBuf>),
}

/// What is done before the program ends from outside, such as bringing the journal to disk. Runs before the event
/// loop is told, for a loop that ends at once takes the process with it.
pub type LastWords = Box<dyn FnOnce() + Send>;

pub(super) struct Watch {
    signals: SignalDelivery<UnixStream, SignalOnly>,
    modes: Arc<Modes>,
    notices: Sender<Notice>,
}

/// How long the last words may hold up the end.
const PATIENCE: Duration = Duration::from_secs(1);

/// A hang-up of a real line wakes only readers and writers, so the watch looks again now and then.
const LOOK_AGAIN: Duration = Duration::from_secs(5);

impl Watch {
    pub(super) fn start(modes: Arc<Modes>, notices: Sender<Notice>, last_words: LastWords) -> io::Result<()> {
        let (read, write) = UnixStream::pair()?;
        let watched = [SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGCONT];
        let signals = SignalDelivery::with_pipe(read, write, SignalOnly, watched)?;
        let watch = Self { signals, modes, notices };
        thread::Builder::new().name("terminal-watch".into()).spawn(move || watch.run(last_words))?;
        Ok(())
    }

    fn run(mut self, last_words: LastWords) {
        let ending = loop {
            if hung_up(&self.signals, LOOK_AGAIN) {
                break Ending::HangUp;
            }
            if let Some(signal) = self.ending_signal() {
                break Ending::Signal(signal);
            }
        };
        speak(last_words);
        // The loop may be past listening; the deadline below does not depend on it.
        let _ = self.notices.try_send(Notice::End(ending));
        self.await_deadline(Instant::now() + ending.grace());
        self.modes.restore_for_good();
        signal_hook::low_level::exit(ending.exit_code().into());
    }

    /// The first signal among those that came in that ends the program; passes a continuation on.
    fn ending_signal(&mut self) -> Option<i32> {
        let (continued, ending): (Vec<i32>, Vec<i32>) =
            self.signals.pending().partition(|signal| *signal == SIGCONT);
        if !continued.is_empty() {
            let _ = self.notices.try_send(Notice::Continued);
        }
        ending.first().copied()
    }

    /// Returns at the deadline, or when somebody asks again; a lost terminal sends its own SIGHUP, which is no such wish.
    fn await_deadline(&mut self, deadline: Instant) {
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            let asked_again = self.signals.pending().any(|signal| !matches!(signal, SIGHUP | SIGCONT));
            if left.is_zero() || asked_again {
                return;
            }
            let _ = poll(&mut [PollFd::new(self.signals.get_read(), PollFlags::IN)], Some(&timespec(left)));
        }
    }
}

/// Has the last words spoken, and waits for them as long as a disk may take; one that hangs must not keep the program.
fn speak(last_words: LastWords) {
    let (done, spoken) = mpsc::channel();
    thread::spawn(move || {
        last_words();
        let _ = done.send(());
    });
    let _ = spoken.recv_timeout(PATIENCE);
}

/// Waits for a signal or a hang-up; says whether it was the terminal that went away.
fn hung_up(signals: &SignalDelivery<UnixStream, SignalOnly>, patience: Duration) -> bool {
    let terminal = stdin();
    let mut waited = [
        // Hang-up and error are reported unasked; waiting for input here would take it from the keyboard reader.
        PollFd::new(&terminal, PollFlags::empty()),
        PollFd::new(signals.get_read(), PollFlags::IN),
    ];
    // An interrupted poll reports nothing, and the caller looks again.
    let _ = poll(&mut waited, Some(&timespec(patience)));
    waited[0].revents().intersects(PollFlags::HUP | PollFlags::ERR | PollFlags::NVAL)
}

fn timespec(duration: Duration) -> Timespec {
    Timespec {
        tv_sec: i64::try_from(duration.as_secs()).unwrap_or(i64::MAX),
        tv_nsec: i64::from(duration.subsec_nanos()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exit_codes_are_those_that_a_shell_gives_for_the_signal() {
        let codes = [Ending::HangUp, Ending::Signal(SIGINT), Ending::Signal(SIGTERM)].map(Ending::exit_code);
        assert_eq!(codes, [129, 130, 143]);
    }
}
