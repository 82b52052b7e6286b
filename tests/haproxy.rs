//! The HAProxy source beside real HAProxies: over a Unix socket, a port and the statistics page, through reloads,
//! kills and hangs. Everything is waited for as a fact, nothing for a time.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[path = "haproxy/balancer.rs"]
mod balancer;
#[path = "haproxy/life.rs"]
mod life;
#[path = "haproxy/rows.rs"]
mod rows;
#[path = "haproxy/watcher.rs"]
mod watcher;
