//! What a cockpit costs that nobody touches and where nothing changes.

use std::time::Duration;

use super::demo;
use super::pty::{Pty, cpu_time, size};

const SPAN: Duration = Duration::from_secs(10);

/// Prints bytes to the terminal and processor time per second.
pub fn measure() {
    let mut pty = Pty::start(demo(), size(120, 40));
    pty.wait_for("first frame", |screen| !screen.contents().trim().is_empty());
    pty.settle(Duration::from_secs(2));
    let before = cpu_time(pty.pid());
    let written = pty.written_during(SPAN);
    let burnt = cpu_time(pty.pid()) - before;
    let share = burnt.as_secs_f64() / SPAN.as_secs_f64() * 100.0;
    println!(
        "idle for {SPAN:?} (want 0 bytes, under 0.5 %)      {} bytes  {share:.2} % of a core",
        written.len()
    );
    pty.end();
}
