//! Time from a key's byte in to the last byte of its frame out.

use std::time::{Duration, Instant};

use super::pty::{Pty, size};
use super::{demo, print};

const KEYS: usize = 400;
/// A frame is one write, so this long without a byte means that it is all there.
const QUIET: Duration = Duration::from_millis(5);

/// Prints the times for moving down and up in the tree.
pub fn measure() {
    let mut pty = Pty::start(demo(), size(120, 40));
    pty.wait_for("first frame", |screen| !screen.contents().trim().is_empty());
    pty.settle(Duration::from_secs(2));
    let (mut times, mut bytes) = (Vec::new(), 0);
    for number in 0..KEYS {
        let key = if number % 2 == 0 { "j" } else { "k" };
        let before = pty.bytes.len();
        let pressed = Instant::now();
        pty.keys(key);
        pty.wait_for_bytes();
        times.push(pressed.elapsed());
        pty.settle(QUIET);
        bytes += pty.bytes.len() - before;
    }
    print("key to frame (want p99 under 16 ms)", times);
    println!("bytes to the terminal for one key              {}", bytes / KEYS);
    pty.end();
}
