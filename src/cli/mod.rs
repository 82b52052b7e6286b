//! The command line: one file per subcommand.

mod arguments;
mod audit;
mod chain;
mod cockpit;
mod completions;
mod config;
mod demo;
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
mod writing;

use std::ffi::OsString;
use std::process::ExitCode;

use clap::Parser;

pub use arguments::{
    Arguments, Arming, Audit, Command, Config, Demo, Look, Output, Place, Scan, Screen, Size,
};
pub use exit::Exit;

/// Runs the program with `arguments` (the first is the program's own name).
pub fn run(arguments: impl IntoIterator<Item = OsString>) -> ExitCode {
    match Arguments::try_parse_from(arguments) {
        Ok(arguments) => dispatch(arguments),
        Err(error) => say(&error).into(),
    }
}

/// Prints help and version to standard output, and wrong usage to standard error.
fn say(error: &clap::Error) -> Exit {
    // A reader that has gone away needs no message.
    let _ = error.print();
    if error.use_stderr() { Exit::Usage } else { Exit::Clean }
}

fn dispatch(arguments: Arguments) -> ExitCode {
    if let Some(why) = arguments.misplaced() {
        out::complain(why);
        return Exit::Usage.into();
    }
    let Arguments { place, screen, arming, command } = arguments;
    match command {
        None => cockpit::run(place, &screen, &arming),
        Some(Command::Demo(inner)) => demo::run(&inner.screen.or(screen), &inner.arming.or(arming)),
        Some(Command::Scan(arguments)) => scan::run(arguments, place).into(),
        Some(Command::Audit(arguments)) => audit::run(arguments, place).into(),
        Some(Command::Config(command)) => config::run(command, place).into(),
        Some(Command::Completions { shell }) => completions::run(shell).into(),
        Some(Command::Man) => man::run().into(),
    }
}
