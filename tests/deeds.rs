//! Proposals carried out and taken back: what is done, what is written down, and what is left when something goes wrong.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[path = "deeds/place.rs"]
mod place;
#[path = "deeds/stories.rs"]
mod stories;
mod support;
