//! Measures the cockpit on a pseudo-terminal: time to the first frame, what idling costs, key to frame, 5,000 pods.
//!
//! `cargo bench --bench cockpit` prints figures and asserts nothing: what is fast depends on the machine.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod cluster;
mod first_frame;
mod idle;
mod keys;
mod pods;
#[path = "../../support/pty/mod.rs"]
mod pty;

use std::time::Duration;

use portable_pty::CommandBuilder;

fn main() {
    if cluster::is_meant() {
        return cluster::be();
    }
    let profile = if cfg!(debug_assertions) { "debug build: for comparison only" } else { "release build" };
    println!("quarterdeck demo on a pseudo-terminal of 120x40, {profile}");
    first_frame::measure();
    idle::measure();
    keys::measure();
    pods::measure();
}

fn demo() -> CommandBuilder {
    let mut command = CommandBuilder::new(env!("CARGO_BIN_EXE_quarterdeck"));
    command.arg("demo");
    command.env("TERM", "xterm-256color");
    command
}

/// Prints the middle, the slow end and the worst of what was measured.
fn print(what: &str, mut times: Vec<Duration>) {
    times.sort();
    let at = |percent: usize| times[(times.len() - 1) * percent / 100];
    let (p50, p99, worst) = (at(50), at(99), at(100));
    println!("{what:<44} p50 {p50:>9.2?}  p99 {p99:>9.2?}  worst {worst:>9.2?}  n {}", times.len());
}
