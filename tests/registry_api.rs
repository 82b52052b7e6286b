//! The client of a registry's API against a real docker-registry that skopeo pushed to, and against a double that
//! hands out tokens, redirects, and lies.
#![allow(dead_code, clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[path = "registry_api/database.rs"]
mod database;
#[path = "registry_api/deletes.rs"]
mod deletes;
#[path = "registry_api/double.rs"]
mod double;
#[path = "registry_api/hostile.rs"]
mod hostile;
#[path = "registry_api/image.rs"]
mod image;
#[path = "registry_api/proposed.rs"]
mod proposed;
#[path = "registry_api/real.rs"]
mod real;
#[path = "registry_api/server.rs"]
mod server;
#[path = "registry_api/tokens.rs"]
mod tokens;
