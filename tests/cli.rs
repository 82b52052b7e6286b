//! The program itself, as a shell sees it: what it prints, where, and with which exit code.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[path = "cli/audit.rs"]
mod audit;
#[path = "cli/check.rs"]
mod check;
#[path = "cli/delete.rs"]
mod delete;
#[path = "cli/hostile.rs"]
mod hostile;
#[path = "cli/program.rs"]
mod program;
#[path = "cli/readme.rs"]
mod readme;
#[path = "cli/real.rs"]
mod real;
#[path = "support/registry/mod.rs"]
mod registry;
#[path = "cli/runbook.rs"]
mod runbook;
#[path = "cli/scan.rs"]
mod scan;
#[path = "cli/setup.rs"]
mod setup;
#[path = "cli/top.rs"]
mod top;
