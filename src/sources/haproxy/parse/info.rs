//! `show info`: a name, a colon and a value on each line.

use super::{number, safe};
use crate::sources::haproxy::facts::Info;

/// What `show info` says of a worker; what it does not say is none.
pub(super) fn info(text: &str) -> Info {
    let mut info = Info::default();
    for (name, value) in text.lines().filter_map(|line| line.split_once(": ")) {
        match name {
            "Version" => info.version = Some(safe(value)),
            "node" => info.node = Some(safe(value)).filter(|node| !node.is_empty()),
            "Pid" => info.pid = number(value),
            "Nbproc" => info.processes = number(value),
            "Uptime_sec" => info.uptime = number(value),
            "Stopping" => info.is_stopping = value.trim() != "0",
            _ => {}
        }
    }
    info
}
