//! Logs that are read over the network, with numbered lines: none twice, and none lost in silence.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests")]

#[path = "log_remote/ear.rs"]
mod ear;
#[path = "log_remote/elasticsearch.rs"]
mod elasticsearch;
#[path = "log_remote/google.rs"]
mod google;
#[path = "log_remote/pods.rs"]
mod pods;
#[path = "log_remote/server.rs"]
mod server;
