//! What staging says on the wire, beside what the real programs say, and beside what our own sources make of it.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[path = "wire/front_door.rs"]
mod front_door;
#[path = "wire/haproxy.rs"]
mod haproxy;
#[path = "support/registry/mod.rs"]
mod registry;
#[path = "wire/scenarios.rs"]
mod scenarios;
#[path = "wire/traffic.rs"]
mod traffic;
