//! The file that an HAProxy's lines are collected in: appended to, and moved aside once before it grows without end.

use std::fs::OpenOptions;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// Bytes at which the file becomes `<name>.1`, and what was that before goes.
const FULL: u64 = 8 << 20;

/// Bytes that logs may take here. Beyond the size at which a file is moved aside only a log gets that is written in a flood.
pub const LOG_ROOM: u64 = 64 << 20;

/// The same where no log is to fill it.
pub const PLENTY: u64 = 64 << 30;

/// A log file by its path.
#[derive(Clone, Debug)]
pub struct LogFile {
    path: PathBuf,
    /// Whether it grows on where it usually would be moved aside.
    flooded: Arc<AtomicBool>,
}

impl LogFile {
    /// Makes the file, so that it can be followed before anything is in it.
    pub fn create(path: &Path) -> io::Result<Self> {
        OpenOptions::new().create(true).append(true).open(path)?;
        Ok(Self { path: path.to_owned(), flooded: Arc::default() })
    }

    /// Adds lines, which end in a line feed, until the file takes all the room that there is for logs.
    pub fn fill(&self, lines: &str) -> io::Result<()> {
        self.flooded.store(true, Ordering::Relaxed);
        let mut file = OpenOptions::new().create(true).append(true).open(&self.path)?;
        let left = LOG_ROOM.saturating_sub(file.metadata()?.len());
        match usize::try_from(left).is_ok_and(|left| lines.len() <= left) {
            true => file.write_all(lines.as_bytes()),
            false => Ok(()),
        }
    }

    /// Adds lines, which end in a line feed.
    pub fn append(&self, lines: &str) -> io::Result<()> {
        let mut file = OpenOptions::new().create(true).append(true).open(&self.path)?;
        if file.metadata()?.len() >= FULL && !self.flooded.load(Ordering::Relaxed) {
            let mut aside = self.path.clone().into_os_string();
            aside.push(".1");
            std::fs::rename(&self.path, aside)?;
            file = OpenOptions::new().create(true).append(true).open(&self.path)?;
        }
        file.write_all(lines.as_bytes())
    }
}
