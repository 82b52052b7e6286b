//! `quarterdeck completions SHELL`: prints a completion script.

use std::io::{self, Write};

use clap::CommandFactory;
use clap_complete::Shell;

use super::out::printed;
use super::{Arguments, Exit};

/// Prints the completion script for `shell`.
pub fn run(shell: Shell) -> Exit {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Arguments::command(), "quarterdeck", &mut script);
    printed(io::stdout().write_all(&script), Exit::Clean)
}
