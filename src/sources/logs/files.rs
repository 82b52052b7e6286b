//! Files on this host.

use std::path::PathBuf;

use super::desk::{Desk, First};

/// Which files.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Options {
    pub name: String,
    pub path: PathBuf,
}

/// Follows them for ever.
pub async fn run(_options: Options, _desk: Desk, _first: First) {}
