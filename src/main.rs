//! The `quarterdeck` program: arguments in, exit code out.

use std::process::ExitCode;

use quarterdeck::{cli, runtime};

fn main() -> ExitCode {
    if let Err(report) = color_eyre::install() {
        eprintln!("quarterdeck: {report}");
    }
    runtime::report::with_reports(|| cli::run(std::env::args_os()))
}
