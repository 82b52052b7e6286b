//! What the kernel tells about a process: alive or not, its children, the time it has burnt.

use std::fs;
use std::time::Duration;

use rustix::process::Pid;

/// Clock ticks per second in `/proc`, fixed by the kernel's interface to programs.
const TICKS: u64 = 100;

/// Whether the process exists and still runs; one that waits to be reaped does not.
pub fn is_alive(pid: Pid) -> bool {
    fields(pid).is_some_and(|fields| fields[0] != "Z" && fields[0] != "X")
}

/// Whether a signal has stopped the process.
pub fn is_stopped(pid: Pid) -> bool {
    fields(pid).is_some_and(|fields| fields[0] == "T")
}

/// Processor time spent so far, in the program and on its behalf; zero once it is gone.
pub fn cpu_time(pid: Pid) -> Duration {
    let ticks = |fields: Vec<String>| -> u64 {
        fields[11..=12].iter().map(|ticks| ticks.parse::<u64>().unwrap_or(0)).sum()
    };
    Duration::from_millis(fields(pid).map_or(0, ticks) * 1000 / TICKS)
}

/// The processes that this one started and that are not reaped yet.
pub fn children(pid: Pid) -> Vec<Pid> {
    let path = format!("/proc/{0}/task/{0}/children", pid.as_raw_nonzero());
    let text = fs::read_to_string(path).unwrap_or_default();
    text.split_whitespace().filter_map(|word| Pid::from_raw(word.parse().ok()?)).collect()
}

/// The words of `/proc/PID/stat` from the state on, which follows the last parenthesis.
fn fields(pid: Pid) -> Option<Vec<String>> {
    let text = fs::read_to_string(format!("/proc/{}/stat", pid.as_raw_nonzero())).ok()?;
    let (_, rest) = text.rsplit_once(')')?;
    Some(rest.split_whitespace().map(str::to_owned).collect())
}
