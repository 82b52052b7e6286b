//! The command line: one file per subcommand.

mod arguments;
mod audit;
mod chain;
mod check;
mod cockpit;
mod completions;
mod config;
mod deed;
mod delete;
mod demo;
mod done;
mod exit;
mod journal;
mod json;
mod logs;
mod look;
mod man;
mod out;
mod paper;
mod place;
mod proposal;
mod references;
mod report;
mod resume;
mod runbook;
mod runbooks;
mod scan;
mod site;
mod sources;
mod staged;
mod staging;
mod summary;
mod top;
mod undo;
mod work;
mod writing;

use std::ffi::OsString;
use std::process::ExitCode;

use clap::Parser;

pub use arguments::{
    Again, Arguments, Arming, Audit, By, Check, Command, Config, Delete, Demo, Journal, Look, Output, Place,
    Resume, Runbook, Scan, Screen, Size, Staging, Top, Undo, Words,
};
pub use demo::{Demonstration, demonstration};
pub use exit::Exit;
pub use staged::Shelf;

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
    let Arguments { place, screen, arming, logs, command } = arguments;
    match command {
        None => cockpit::run(place, &screen, &arming, &logs.log),
        Some(Command::Demo(inner)) => {
            demo::run(&inner, &inner.screen.clone().or(screen), &inner.arming.clone().or(arming))
        }
        Some(Command::Staging(arguments)) => staging::run(&arguments),
        Some(Command::Scan(arguments)) => scan::run(arguments, place).into(),
        Some(Command::Audit(arguments)) => audit::run(arguments, place).into(),
        Some(Command::Check(arguments)) => check::run(arguments, place).into(),
        Some(Command::Top(arguments)) => top::run(arguments).into(),
        Some(Command::Delete(arguments)) => delete::run(arguments, place, arming).into(),
        Some(Command::Undo(arguments)) => undo::run(arguments, place, arming).into(),
        Some(Command::Resume(arguments)) => resume::run(arguments, place, arming).into(),
        Some(Command::Journal(command)) => journal::run(command, place).into(),
        Some(Command::Runbook(command)) => runbook::run(command, place).into(),
        Some(Command::Config(command)) => config::run(command, place).into(),
        Some(Command::Completions { shell }) => completions::run(shell).into(),
        Some(Command::Man) => man::run().into(),
    }
}
