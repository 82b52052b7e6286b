//! The front door as clients see it: a real docker-registry, open, behind a password and behind TLS; and doubles that
//! hand out tokens, send clients to a bucket, hang, reset and lie.
#![allow(dead_code, clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[path = "front_door/desk.rs"]
mod desk;
#[path = "registry_api/double.rs"]
mod double;
#[path = "registry_api/image.rs"]
mod image;
#[path = "front_door/pulls.rs"]
mod pulls;
#[path = "front_door/real.rs"]
mod real;
#[path = "registry_api/server.rs"]
mod server;
#[path = "front_door/tls.rs"]
mod tls;
#[path = "front_door/trouble.rs"]
mod trouble;
