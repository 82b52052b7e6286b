//! The whole program in a pseudo-terminal: what people, terminals and kernels do to it.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

/// Lists the stories of a file under their own names.
macro_rules! stories {
    ($file:literal: $($story:ident,)*) => {
        pub const STORIES: &[crate::Story] = &[$((concat!($file, "::", stringify!($story)), $story)),*];
    };
}

#[path = "pty/cockpit.rs"]
mod cockpit;
#[path = "pty/guard.rs"]
mod guard;
#[path = "support/pty/program.rs"]
mod program;
#[path = "support/pty/mod.rs"]
mod pty;

use std::process::ExitCode;

use libtest_mimic::{Arguments, Trial};

/// Set in the environment, this makes the test binary the program under test.
const AS_PROGRAM: &str = "QUARTERDECK_TEST_PROGRAM";

/// A story by its name.
type Story = (&'static str, fn());

fn main() -> ExitCode {
    if std::env::var_os(AS_PROGRAM).is_some() {
        return program::main();
    }
    let stories = guard::STORIES.iter().chain(cockpit::STORIES);
    let trials = stories.map(|(name, story)| {
        Trial::test(*name, move || {
            story();
            Ok(())
        })
    });
    libtest_mimic::run(&Arguments::from_args(), trials.collect()).exit_code()
}
