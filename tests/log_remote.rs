//! Logs that are read over the network, with numbered lines: none twice, and none lost in silence.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests")]

#[path = "log_remote/pods.rs"]
mod pods;
