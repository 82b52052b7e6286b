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
    /// Whether something lies behind them that could not be cut off.
    torn: bool,
    next: u64,
    prev: String,
}

impl Session {
    /// Begins a file in `folder`.
    pub fn begin(folder: &Path, at: Timestamp) -> Result<Self, Trouble> {
        private_folder(folder)?;
        let path = folder.join(format!("{}.jsonl", stamped(at, 8)));
        let file = private_file(&path)?;
        let mut session = Self { path, file, length: 0, torn: false, next: 0, prev: NO_LINE.to_owned() };
        session.open(folder, at).inspect_err(|_| {
            let _ = fs::remove_file(&session.path);
        })?;
        Ok(session)
    }

    fn open(&mut self, folder: &Path, at: Timestamp) -> Result<(), Trouble> {
        // Only a reader can be in the way, and only for a moment.
        self.file.lock().map_err(Trouble::of(&self.path, "locked"))?;
        let program = format!("quarterdeck {}", env!("CARGO_PKG_VERSION"));
        self.append(at, None, vec![Record::Session { program, by: who(), pid: std::process::id() }])?;
        sync_folder(folder)
    }

    /// Appends lines down to the disk, all of them or none: where that fails the file is as it was before.
    pub fn append(
        &mut self,
        at: Timestamp,
        entry: Option<&str>,
        records: Vec<Record>,
    ) -> Result<(), Trouble> {
        let failed = |error| Trouble::of(&self.path, "written")(error);
        let (mut all, mut next, mut prev) = (Vec::new(), self.next, self.prev.clone());
        for record in records {
            let line = Line { seq: next, at, prev, entry: entry.map(str::to_owned), record };
            let bytes = line.bytes().map_err(io::Error::other).map_err(failed)?;
            prev = hash(&bytes[..bytes.len() - 1]);
            next += 1;
            all.extend(bytes);
        }
        if self.torn {
            self.cut().map_err(failed)?;
        }
        if let Err(error) = self.put(&all) {
            // A line behind a torn one would spoil them all.
            self.torn = self.cut().is_err();
            return Err(failed(error));
        }
        self.length += all.len() as u64;
        (self.torn, self.next, self.prev) = (false, next, prev);
        Ok(())
    }

    fn put(&self, bytes: &[u8]) -> io::Result<()> {
        (&self.file).write_all(bytes)?;
        self.file.sync_data()
    }

    fn cut(&self) -> io::Result<()> {
        self.file.set_len(self.length)?;
        self.file.sync_all()
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::execution::journal::{Chronicle, Condition};

    #[test]
    fn several_lines_at_once_are_chained_and_nothing_follows_what_could_not_be_cut_off() {
        let folder = tempfile::tempdir().unwrap();
        let at = Timestamp::UNIX_EPOCH;
        let mut session = Session::begin(folder.path(), at).unwrap();
        let doing = |steps: std::ops::Range<usize>| steps.map(|step| Record::Doing { step }).collect();
        session.append(at, Some("entry"), doing(0..3)).unwrap();
        (&session.file).write_all(b"{\"half a line").unwrap();
        session.torn = true;
        session.append(at, Some("entry"), doing(3..4)).unwrap();
        let chronicle = Chronicle::of(&session.path);
        assert_eq!((chronicle.lines.len(), chronicle.condition), (5, Condition::Whole));
    }
}
