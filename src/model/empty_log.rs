//! Emptying a log file of this host, as a proposal holds it.

use serde::{Deserialize, Serialize};

/// Cut a file to nothing where it lies, while it is the file that was looked at.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EmptyLog {
    /// From the root on, without links in it.
    pub path: String,
    pub device: u64,
    pub inode: u64,
    /// Bytes when it was looked at; a log that is written to has more since.
    pub size: u64,
    /// Bytes that its disk had free then.
    pub free: u64,
}

impl EmptyLog {
    const PLACE: &'static str = "logs of host ";

    /// Where log files of a host are emptied; it stands where the URL of a store does.
    pub fn place(host: &str) -> String {
        format!("{}{host}", Self::PLACE)
    }

    /// Whether that is a place where log files are emptied, on whichever host.
    pub fn is_place(place: &str) -> bool {
        place.starts_with(Self::PLACE)
    }
}
