//! What several test files share.
#![allow(dead_code, unused_imports, clippy::unwrap_used, clippy::expect_used, clippy::panic)]

pub mod deeds;
pub mod gcs;
pub mod haproxy;
