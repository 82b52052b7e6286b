//! Files on this host.

use std::path::PathBuf;

use super::desk::{Desk, First};

/// Which files.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Options {
    pub name: String,
    pub path: PathBuf,
}

impl Options {
    /// A file or a pattern under a name of one's choice.
    pub fn new(name: &str, path: &std::path::Path) -> Self {
        Self { name: name.to_owned(), path: path.to_owned() }
    }
}

/// Follows them for ever.
pub async fn run(_options: Options, _desk: Desk, _first: First) {}
