//! The staging API against recorded answers of a real API server, and against the real kubectl.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod faults;
mod kubectl;
mod protocol;
mod stage;
mod tables;
mod workload;
