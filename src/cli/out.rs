//! Standard output and standard error, for readers that may go away.

use std::io::{self, BufWriter, ErrorKind, StdoutLock, Write};

use super::Exit;
use crate::config::Mistakes;
use crate::model::text::sanitise;

/// Standard output, one answer at a time.
pub struct Out(BufWriter<StdoutLock<'static>>);

impl Out {
    /// Takes standard output for itself.
    pub fn lock() -> Self {
        Self(BufWriter::new(io::stdout().lock()))
    }

    /// Prints an answer of one line or more, at once.
    ///
    /// # Errors
    ///
    /// The reader has gone away, or the disk is full.
    pub fn print(&mut self, answer: &str) -> io::Result<()> {
        self.0.write_all(answer.as_bytes())?;
        if !answer.ends_with('\n') {
            self.0.write_all(b"\n")?;
        }
        self.0.flush()
    }

    /// Prints any number of whole lines, at once.
    ///
    /// # Errors
    ///
    /// As [`Out::print`].
    pub fn print_all(&mut self, lines: &str) -> io::Result<()> {
        self.0.write_all(lines.as_bytes())?;
        self.0.flush()
    }
}

/// What printing came to, after work that amounts to `exit`: a reader that has gone away has seen what it wanted.
pub fn printed(result: io::Result<()>, exit: Exit) -> Exit {
    match result {
        Ok(()) => exit,
        Err(error) if error.kind() == ErrorKind::BrokenPipe => exit,
        Err(error) => {
            complain(&format!("cannot print: {error}"));
            exit.and(Exit::Unread)
        }
    }
}

/// Says something on standard error; every line of it is made safe for a terminal.
pub fn complain(what: &str) {
    let mut stderr = io::stderr().lock();
    for (at, line) in what.lines().enumerate() {
        let name = if at == 0 { "quarterdeck: " } else { "  " };
        // Nobody is left to tell.
        let _ = writeln!(stderr, "{name}{}", sanitise(line));
    }
}

/// Says every mistake on a line of its own, place first, as compilers do.
pub fn complain_of(mistakes: &Mistakes) {
    let mut stderr = io::stderr().lock();
    for mistake in &mistakes.0 {
        // Nobody is left to tell.
        let _ = writeln!(stderr, "{}", sanitise(&mistake.to_string()));
    }
    drop(stderr);
    let count = mistakes.0.len();
    complain(&if count == 1 {
        "1 mistake in the settings".to_owned()
    } else {
        format!("{count} mistakes in the settings")
    });
}
