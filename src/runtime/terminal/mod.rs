//! Takes the terminal over and gives it back whatever happens.
//!
//! [`take`] is the way in. The ways out all end in the same restoration: [`Guard`] dropped, a panic on the thread
//! that took the terminal, a signal, a hang-up.

mod frame;
mod modes;
mod screen;
mod tty;
mod watch;

use std::io;
use std::panic;
use std::sync::Arc;
use std::thread;

use ratatui::layout::Rect;
use ratatui::{Frame as Canvas, Terminal};
use rustix::process::{Signal, kill_current_process_group};
use thiserror::Error;
use tokio::sync::mpsc::{Receiver, Sender, channel};

pub use frame::{Frame, Meter};
pub use modes::Mouse;
pub use screen::Screen;
pub use tty::Tty;
pub use watch::{Ending, LastWords, Notice};

use super::report;
use modes::Modes;
use watch::Watch;

/// Why the cockpit cannot have the terminal.
#[derive(Debug, Error)]
pub enum TerminalError {
    /// A pipe, a file or nothing where a terminal is needed.
    #[error(
        "{0} is not a terminal: run quarterdeck in a terminal, or add --print to get one frame as plain text"
    )]
    NotATerminal(&'static str),
    /// The terminal says that it cannot move its cursor.
    #[error(
        "TERM=dumb names a terminal without cursor movement: \
         use another terminal, or add --print to get one frame as plain text"
    )]
    Dumb,
    /// The kernel refused.
    #[error("could not take over the terminal: {0}; `--print` gets one frame as plain text")]
    Refused(#[from] io::Error),
}

/// Holds the terminal; dropping it gives the terminal back.
#[derive(Debug)]
pub struct Guard {
    terminal: Terminal<Screen<Tty>>,
    modes: Arc<Modes>,
    meter: Meter,
}

/// Notices that wait for the loop; of panics beyond these only the reports remain.
const NOTICES: usize = 64;

/// Takes the terminal over: raw keys, alternate screen, hidden cursor, mouse off. Sends the terminal no question.
///
/// Call it once, on the thread that will draw. `last_words` runs when the process is about to be ended by a signal
/// or a hang-up, on a thread of its own, beside whatever the event loop does on [`Notice::End`].
pub fn take(last_words: LastWords) -> Result<(Guard, Receiver<Notice>), TerminalError> {
    tty::require()?;
    let (modes, meter) = (Arc::new(Modes::default()), Meter::default());
    let terminal = Terminal::new(Screen::new(Tty, tty::size, meter.clone()))?;
    let (notices, inbox) = channel(NOTICES);
    restore_before_panics_are_printed(Arc::clone(&modes), notices.clone());
    Watch::start(Arc::clone(&modes), notices, last_words)?;
    let guard = Guard { terminal, modes, meter };
    guard.modes.enter()?;
    Ok((guard, inbox))
}

impl Guard {
    /// Draws one frame: one write with what differs from the last one, none if nothing does.
    pub fn draw(&mut self, render: impl FnOnce(&mut Canvas)) -> io::Result<()> {
        if self.modes.over() {
            return Ok(());
        }
        if !self.modes.taken() {
            // A panic that something caught has restored the screen, and the program went on.
            self.retake()?;
        }
        self.terminal.draw(render).map(|_| ())
    }

    /// Forgets what is on the screen, so that the next frame draws every cell (Ctrl-l).
    pub fn repaint(&mut self) -> io::Result<()> {
        self.terminal.clear()
    }

    /// Switches mouse reports on or off.
    pub fn set_mouse(&mut self, mouse: Mouse) -> io::Result<()> {
        let sequence = self.modes.set_mouse(mouse);
        self.send(sequence.as_bytes())
    }

    /// Writes bytes that are not part of a frame, such as a clipboard sequence, at once.
    pub fn send(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.terminal.backend_mut().append(bytes)?;
        ratatui::backend::Backend::flush(self.terminal.backend_mut())
    }

    /// Gives the terminal back to the shell and stops, as Ctrl-z does elsewhere; returns when continued.
    pub fn suspend(&mut self) -> io::Result<()> {
        self.modes.restore();
        // The whole job, or a shell would go on waiting for what started this program.
        kill_current_process_group(Signal::TSTP)?;
        self.retake()
    }

    /// Gives the terminal back to plain lines until [`Guard::retake`].
    pub fn step_aside(&mut self) {
        self.modes.restore();
    }

    /// Takes the terminal again after it was given away, and repaints.
    pub fn retake(&mut self) -> io::Result<()> {
        self.modes.restore();
        self.modes.enter()?;
        self.terminal.backend_mut().forget();
        self.repaint()
    }

    /// Columns and rows of the last frame.
    pub fn area(&mut self) -> Rect {
        self.terminal.get_frame().area()
    }

    /// Counts the bytes written to the terminal.
    pub fn meter(&self) -> &Meter {
        &self.meter
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        self.modes.restore();
    }
}

/// Puts a hook before the one that prints: a message on the alternate screen would be lost with it.
///
/// A panic elsewhere than on the drawing thread leaves the screen alone: it is recorded, and the loop is told.
fn restore_before_panics_are_printed(modes: Arc<Modes>, notices: Sender<Notice>) {
    let drawing = thread::current().id();
    let print = panic::take_hook();
    panic::set_hook(Box::new(move |info| {
        if thread::current().id() != drawing && modes.taken() {
            let report = report::record(info).ok();
            let _ = notices.try_send(Notice::TaskPanicked(report));
            return;
        }
        modes.restore();
        print(info);
    }));
}
