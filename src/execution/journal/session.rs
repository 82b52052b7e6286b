//! The file that this process appends to.

use std::env;
use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use jiff::Timestamp;

use super::record::{Line, NO_LINE, Record, hash};
use crate::execution::disk::{Trouble, private_file, private_folder, sync_folder};

/// An open and locked file of the journal.
#[derive(Debug)]
pub struct Session {
    path: PathBuf,
    file: File,
    /// Bytes of whole lines.
    length: u64,
    next: u64,
    prev: String,
}

impl Session {
    /// Begins a file in `folder`.
    pub fn begin(folder: &Path, at: Timestamp) -> Result<Self, Trouble> {
        private_folder(folder)?;
        let path = folder.join(format!("{}.jsonl", stamped(at, 8)));
        let file = private_file(&path)?;
        let mut session = Self { path, file, length: 0, next: 0, prev: NO_LINE.to_owned() };
        session.open(folder, at).inspect_err(|_| {
            let _ = fs::remove_file(&session.path);
        })?;
        Ok(session)
    }

    fn open(&mut self, folder: &Path, at: Timestamp) -> Result<(), Trouble> {
        // Only a reader can be in the way, and only for a moment.
        self.file.lock().map_err(Trouble::of(&self.path, "locked"))?;
        let program = format!("quarterdeck {}", env!("CARGO_PKG_VERSION"));
        self.append(at, None, Record::Session { program, by: who(), pid: std::process::id() })?;
        sync_folder(folder)
    }

    /// Appends a line down to the disk. Where that fails the file is as it was before.
    pub fn append(&mut self, at: Timestamp, entry: Option<&str>, record: Record) -> Result<(), Trouble> {
        let (prev, entry) = (self.prev.clone(), entry.map(str::to_owned));
        let line = Line { seq: self.next, at, prev, entry, record };
        let bytes = line.bytes().map_err(io::Error::other).map_err(Trouble::of(&self.path, "written"))?;
        if let Err(error) = self.put(&bytes) {
            let _ = self.file.set_len(self.length).and_then(|()| self.file.sync_all());
            return Err(Trouble::of(&self.path, "written")(error));
        }
        self.length += bytes.len() as u64;
        self.next += 1;
        self.prev = hash(&bytes[..bytes.len() - 1]);
        Ok(())
    }

    fn put(&mut self, bytes: &[u8]) -> io::Result<()> {
        let written = self.file.write(bytes)?;
        if written < bytes.len() {
            return Err(io::ErrorKind::StorageFull.into());
        }
        self.file.sync_data()
    }
}

/// A name that begins with the time: `20260115T120000Z-` and so many letters.
pub fn stamped(at: Timestamp, letters: usize) -> String {
    let letters: String = (0..letters).map(|_| fastrand::lowercase()).collect();
    format!("{}-{letters}", at.strftime("%Y%m%dT%H%M%SZ"))
}

/// Who this is, as `user@machine`.
fn who() -> String {
    let variable = |name| env::var(name).ok().filter(|value| !value.is_empty());
    let user = variable("USER").or_else(|| variable("LOGNAME"));
    let user = user.unwrap_or_else(|| format!("uid {}", rustix::process::getuid().as_raw()));
    let asked = ["/proc/sys/kernel/hostname", "/etc/hostname"];
    let machine =
        asked.iter().find_map(|path| fs::read_to_string(path).ok()).or_else(|| variable("HOSTNAME"));
    let machine = machine.map_or_else(|| "unknown".to_owned(), |name| name.trim().to_owned());
    format!("{user}@{machine}")
}
