//! The `quarterdeck` program: arguments in, exit code out.

use std::process::ExitCode;

fn main() -> ExitCode {
    if let Err(report) = color_eyre::install() {
        eprintln!("quarterdeck: {report}");
    }
    quarterdeck::cli::run(std::env::args_os())
}
