//! Proposals carried out and taken back: what is done, what is written down, and what is left when something goes wrong.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[path = "deeds/bucket.rs"]
mod bucket;
#[path = "deeds/by_api.rs"]
mod by_api;
#[path = "deeds/crash.rs"]
mod crash;
#[path = "deeds/executor.rs"]
mod executor;
#[path = "deeds/hooked.rs"]
mod hooked;
#[path = "deeds/logs.rs"]
mod logs;
#[path = "deeds/place.rs"]
mod place;
#[path = "deeds/race.rs"]
mod race;
#[path = "deeds/real.rs"]
mod real;
#[path = "deeds/repairs.rs"]
mod repairs;
#[path = "deeds/servers.rs"]
mod servers;
#[path = "deeds/stories.rs"]
mod stories;
mod support;
#[path = "deeds/trouble.rs"]
mod trouble;
