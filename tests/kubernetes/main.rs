//! The Kubernetes source, held against recorded answers of a real API server, over real HTTP on loopback.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod documents;
mod objects;
mod server;
mod staged;
mod trouble;
mod watching;
