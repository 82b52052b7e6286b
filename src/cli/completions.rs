//! `quarterdeck completions SHELL`: prints a completion script.

use std::io::Write;

use clap::CommandFactory;
use clap_complete::Shell;

use super::{Arguments, Exit};

/// Prints the completion script for `shell`.
pub fn run(shell: Shell) -> Exit {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Arguments::command(), "quarterdeck", &mut script);
    // A reader that has gone away needs no message.
    let _ = std::io::stdout().write_all(&script);
    Exit::Clean
}
