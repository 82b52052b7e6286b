//! The command line: one file per subcommand.

mod arguments;
mod audit;
mod chain;
mod completions;
mod config;
mod exit;
mod json;
mod look;
mod man;
mod out;
mod paper;
mod place;
mod references;
mod report;
mod scan;
mod summary;
mod work;

use std::ffi::OsString;
use std::process::ExitCode;

use clap::Parser;

pub use arguments::{Arguments, Audit, Command, Config, Look, Output, Place, Scan, Screen, Size};
pub use exit::Exit;

/// Runs the program with `arguments` (the first is the program's own name).
pub fn run(arguments: impl IntoIterator<Item = OsString>) -> ExitCode {
    match Arguments::try_parse_from(arguments) {
        Ok(arguments) => dispatch(arguments).into(),
        Err(error) => say(&error).into(),
    }
}

/// Prints help and version to standard output, and wrong usage to standard error.
fn say(error: &clap::Error) -> Exit {
    // A reader that has gone away needs no message.
    let _ = error.print();
    if error.use_stderr() { Exit::Usage } else { Exit::Clean }
}

fn dispatch(arguments: Arguments) -> Exit {
    match arguments.command {
        Some(Command::Config(command)) => config::run(command, arguments.place),
        Some(Command::Scan(scan)) => scan::run(scan, arguments.place),
        Some(Command::Audit(audit)) => audit::run(audit, arguments.place),
        None | Some(Command::Demo(_)) => {
            eprintln!("not there yet");
            Exit::Unread
        }
        Some(Command::Completions { shell }) => completions::run(shell),
        Some(Command::Man) => man::run(),
    }
}
