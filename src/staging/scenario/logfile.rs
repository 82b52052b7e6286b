//! The file that an HAProxy's lines are collected in: appended to, and moved aside once before it grows without end.

use std::fs::OpenOptions;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// Bytes at which the file becomes `<name>.1`, and what was that before goes.
const FULL: u64 = 8 << 20;

/// A log file by its path.
#[derive(Clone, Debug)]
pub struct LogFile(PathBuf);

impl LogFile {
    /// Makes the file, so that it can be followed before anything is in it.
    pub fn create(path: &Path) -> io::Result<Self> {
        OpenOptions::new().create(true).append(true).open(path)?;
        Ok(Self(path.to_owned()))
    }

    /// Adds lines, which end in a line feed.
    pub fn append(&self, lines: &str) -> io::Result<()> {
        let mut file = OpenOptions::new().create(true).append(true).open(&self.0)?;
        if file.metadata()?.len() >= FULL {
            let mut aside = self.0.clone().into_os_string();
            aside.push(".1");
            std::fs::rename(&self.0, aside)?;
            file = OpenOptions::new().create(true).append(true).open(&self.0)?;
        }
        file.write_all(lines.as_bytes())
    }
}
