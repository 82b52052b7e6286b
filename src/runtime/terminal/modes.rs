//! The modes that the terminal is put into, and the one way back out of them that every exit takes.

use std::io;
use std::sync::atomic::{AtomicBool, Ordering};

use crossterm::event::{
    DisableBracketedPaste, DisableMouseCapture, EnableBracketedPaste, EnableMouseCapture,
};
use crossterm::style::ResetColor;
use crossterm::terminal::{
    Clear, ClearType, EnterAlternateScreen, LeaveAlternateScreen, disable_raw_mode, enable_raw_mode,
};
use crossterm::{Command, cursor};

use super::tty;

/// Whether mouse reports are asked for. Off leaves selecting text to the terminal, as people expect over SSH.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mouse {
    /// Clicks and wheel reach the program.
    On,
    /// Clicks and wheel stay with the terminal.
    Off,
}

/// What is switched on right now; shared with the panic hook and the watch, which may have to undo it.
#[derive(Debug, Default)]
pub(super) struct Modes {
    taken: AtomicBool,
    over: AtomicBool,
    mouse: AtomicBool,
}

impl Modes {
    /// Whether the screen is ours at the moment.
    pub(super) fn taken(&self) -> bool {
        self.taken.load(Ordering::SeqCst)
    }

    /// Whether the terminal was given back for good, because the process is about to be ended.
    pub(super) fn over(&self) -> bool {
        self.over.load(Ordering::SeqCst)
    }

    /// Takes the terminal over: raw input, alternate screen, hidden cursor, pastes marked as such.
    ///
    /// Nothing here asks the terminal a question: an answer that comes late would be read as keys. Pastes are
    /// marked so that pasted text is never taken for commands.
    pub(super) fn enter(&self) -> io::Result<()> {
        if self.over() {
            return Ok(());
        }
        enable_raw_mode()?;
        self.taken.store(true, Ordering::SeqCst);
        let mut sequence = String::new();
        push(&mut sequence, EnterAlternateScreen);
        push(&mut sequence, cursor::Hide);
        // Where there is no alternate screen, the first frame would be drawn over the shell's text.
        push(&mut sequence, Clear(ClearType::All));
        push(&mut sequence, EnableBracketedPaste);
        if self.mouse.load(Ordering::SeqCst) {
            push(&mut sequence, EnableMouseCapture);
        }
        tty::write_all(sequence.as_bytes())
    }

    /// Gives the terminal back as it was. Safe to call from any thread, any number of times.
    pub(super) fn restore(&self) {
        if !self.taken.swap(false, Ordering::SeqCst) {
            return;
        }
        let mut sequence = String::new();
        if self.mouse.load(Ordering::SeqCst) {
            push(&mut sequence, DisableMouseCapture);
        }
        push(&mut sequence, DisableBracketedPaste);
        push(&mut sequence, ResetColor);
        push(&mut sequence, LeaveAlternateScreen);
        push(&mut sequence, cursor::Show);
        // A terminal that is gone or stalled cannot be restored, and there is nobody left to tell.
        let _ = disable_raw_mode();
        let _ = tty::write_if_ready(sequence.as_bytes());
    }

    /// As [`Modes::restore`], and nothing takes the terminal again.
    pub(super) fn restore_for_good(&self) {
        self.over.store(true, Ordering::SeqCst);
        self.restore();
    }

    /// Switches mouse reports; returns the bytes that tell the terminal, none if nothing changes.
    pub(super) fn set_mouse(&self, mouse: Mouse) -> String {
        let on = mouse == Mouse::On;
        let mut sequence = String::new();
        if self.mouse.swap(on, Ordering::SeqCst) != on {
            match mouse {
                Mouse::On => push(&mut sequence, EnableMouseCapture),
                Mouse::Off => push(&mut sequence, DisableMouseCapture),
            }
        }
        sequence
    }
}

fn push(sequence: &mut String, command: impl Command) {
    // Writing to a String cannot fail.
    let _ = command.write_ansi(sequence);
}
