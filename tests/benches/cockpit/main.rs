//! Measures the cockpit on a pseudo-terminal: time to the first frame, what idling costs, key to frame, 5,000 pods, and
//! 50,000 lines of logs a second.
//!
//! `cargo bench --bench cockpit` prints figures and asserts nothing: what is fast depends on the machine. Names of parts
//! after `--` measure only those.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod cluster;
mod first_frame;
mod flood;
mod idle;
mod keys;
mod logs;
mod pods;
#[path = "../../support/pty/mod.rs"]
mod pty;
mod remote;

use std::time::Duration;

use portable_pty::CommandBuilder;

/// What is measured, by name.
const PARTS: [(&str, fn()); 5] = [
    ("first-frame", first_frame::measure),
    ("idle", idle::measure),
    ("keys", keys::measure),
    ("pods", pods::measure),
    ("logs", logs::measure),
];

/// What this program is when it is started with one of these arguments.
const ROLES: [(&str, fn()); 2] = [(cluster::ROLE, cluster::be), (flood::ROLE, flood::be)];

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if let Some((_, be)) = ROLES.iter().find(|(role, _)| arguments.iter().any(|argument| argument == role)) {
        return be();
    }
    // Cargo adds options of its own.
    let wanted: Vec<_> = arguments.iter().filter(|argument| !argument.starts_with('-')).collect();
    let parts = PARTS.iter().filter(|(name, _)| wanted.is_empty() || wanted.iter().any(|it| it == name));
    let profile = if cfg!(debug_assertions) { "debug build: for comparison only" } else { "release build" };
    println!("quarterdeck on a pseudo-terminal of 120x40, {profile}, load {}", load());
    for (_, measure) in parts {
        measure();
    }
    println!("load {}", load());
}

/// What the machine did besides, over one, five and fifteen minutes.
fn load() -> String {
    let load = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
    load.split_whitespace().take(3).collect::<Vec<_>>().join(" ")
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
