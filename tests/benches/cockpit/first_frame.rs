//! Time from exec to the first frame, beside that of the cheapest program there is on the same machine.

use std::time::{Duration, Instant};

use portable_pty::CommandBuilder;

use super::pty::{Pty, size};
use super::{demo, print};

const RUNS: usize = 40;

/// Prints both, and the bytes of the first frame.
pub fn measure() {
    let mut floor = Vec::new();
    let mut frames = Vec::new();
    for _ in 0..RUNS {
        floor.push(until_text(echo()));
        frames.push(until_text(demo()));
    }
    print("exec to the first text of echo (the floor)", floor);
    print("exec to the first frame of demo (want 100 ms)", frames);
}

fn echo() -> CommandBuilder {
    let mut command = CommandBuilder::new("echo");
    command.arg("ready");
    command
}

fn until_text(command: CommandBuilder) -> Duration {
    let started = Instant::now();
    let mut pty = Pty::start(command, size(120, 40));
    pty.wait_for("first frame", |screen| !screen.contents().trim().is_empty());
    let taken = started.elapsed();
    pty.end();
    taken
}
