//! Logs as they are written on a real machine: numbered lines, each exactly once or inside a gap that is told.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[path = "log_sources/desk.rs"]
mod desk;
#[path = "log_sources/docker.rs"]
mod docker;
#[path = "log_sources/files.rs"]
mod files;
#[path = "log_sources/flood.rs"]
mod flood;
#[path = "log_sources/programs.rs"]
mod programs;
