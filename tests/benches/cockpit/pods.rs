//! What 5,000 pods cost: memory, key to frame while 200 of them change each second, and the processor once all is quiet.

use std::time::{Duration, Instant};

use super::pty::{Pty, cpu_time, size};
use super::remote::{Remote, memory};
use super::{cluster, print};

const KEYS: usize = 400;
/// Between two keys: not in step with the frames of the changes.
const PAUSE: Duration = Duration::from_millis(37);
const CHANGES: u32 = 200;
const SPAN: Duration = Duration::from_secs(10);

/// Prints memory, times and processor time.
pub fn measure() {
    let mut cluster = Remote::start(cluster::ROLE, cluster::PODS);
    let mut pty = Pty::start(cluster.cockpit(), size(120, 40));
    pty.wait_for("first frame", |screen| !screen.contents().trim().is_empty());
    let started = Instant::now();
    pty.keys("2");
    pty.wait_for_text("5000/5000");
    println!("5,000 pods listed and on the screen after      {:.2?}", started.elapsed());
    pty.settle(Duration::from_secs(2));
    println!("memory with 5,000 pods (want under 60 MiB)     {}", memory(&pty));
    cluster.tell(CHANGES);
    pty.written_during(Duration::from_secs(3));
    let before = cpu_time(pty.pid());
    let began = Instant::now();
    print("key to frame, 200 changes/s (want p99 16 ms)", keys(&mut pty));
    let share = (cpu_time(pty.pid()) - before).as_secs_f64() / began.elapsed().as_secs_f64() * 100.0;
    println!("processor meanwhile                            {share:.2} % of a core");
    println!("memory after the changes                       {}", memory(&pty));
    cluster.tell(0);
    pty.written_during(Duration::from_secs(3));
    let before = cpu_time(pty.pid());
    let written = pty.written_during(SPAN).len();
    let share = (cpu_time(pty.pid()) - before).as_secs_f64() / SPAN.as_secs_f64() * 100.0;
    println!("once quiet for {SPAN:?} (want under 2 %)          {written} bytes  {share:.2} % of a core");
    pty.end();
}

/// Times from a key to the frame in which the cursor has moved: other frames come all the time.
fn keys(pty: &mut Pty) -> Vec<Duration> {
    let press = |number: usize| {
        let before = chosen(pty.screen());
        let pressed = Instant::now();
        pty.keys(if number.is_multiple_of(2) { "j" } else { "k" });
        pty.wait_for("another row", |screen| chosen(screen).is_some() && chosen(screen) != before);
        let taken = pressed.elapsed();
        pty.written_during(PAUSE);
        taken
    };
    (0..KEYS).map(press).collect()
}

/// The name in the row under the cursor, which is the one with a background.
fn chosen(screen: &vt100::Screen) -> Option<String> {
    let (rows, columns) = screen.size();
    let lit = |row: &u16| {
        let cell = screen.cell(*row, 6);
        cell.is_some_and(|cell| cell.inverse() || cell.bgcolor() != vt100::Color::Default)
    };
    let name = |row: u16| {
        let text = screen.contents_between(row, 0, row, columns);
        text.split_whitespace().find(|word| word.starts_with("gitlab-registry-")).map(str::to_owned)
    };
    (2..rows - 2).filter(lit).find_map(name)
}
