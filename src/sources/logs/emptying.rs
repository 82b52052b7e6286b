//! Log files of this host, looked at and emptied where they lie: whoever writes to one has it open and goes on.

use std::fs::{self, OpenOptions};
use std::io;
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::Path;

use rustix::fs::{OFlags, StatVfs, statvfs};

use crate::model::text::clean;
use crate::model::{EmptyLog, Permit};

/// A log file, and the disk that holds it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seen {
    pub file: EmptyLog,
    /// Bytes of the whole disk.
    pub total: u64,
    /// How many names the file has.
    pub names: u64,
}

/// Why a file was not emptied.
#[derive(Debug, thiserror::Error)]
pub enum NotEmptied {
    /// Another file has the name by now; nothing was done.
    #[error("{0} is another file than the one that was looked at: it was rotated since")]
    Changed(String),
    #[error("{path} cannot be emptied: {error}")]
    Failed { path: String, error: io::Error },
}

/// What this host is called, so that what was done to its files is not taken for what was done on another.
pub fn host() -> String {
    let asked = ["/proc/sys/kernel/hostname", "/etc/hostname"];
    let name = asked.iter().find_map(|path| fs::read_to_string(path).ok()).unwrap_or_default();
    clean(name.trim()).into_owned()
}

/// Looks at a file.
///
/// # Errors
///
/// It is not there, or is none that may be emptied; in words for the operator.
pub fn look(path: &str) -> Result<Seen, String> {
    let unread = |error: io::Error| format!("{path} cannot be looked at: {error}");
    let about = fs::symlink_metadata(path).map_err(unread)?;
    if about.is_symlink() {
        let real = fs::canonicalize(path).map_err(unread)?;
        return Err(format!("{path} is a link; follow the file itself, {}", real.display()));
    }
    if !about.is_file() {
        return Err(format!("{path} is no regular file"));
    }
    let real = fs::canonicalize(path).map_err(unread)?;
    let disk = statvfs(&real).map_err(|error| unread(error.into()))?;
    let file = EmptyLog {
        path: real.to_str().ok_or_else(|| format!("the name of {path} is not UTF-8"))?.to_owned(),
        device: about.dev(),
        inode: about.ino(),
        size: about.len(),
        free: free(&disk),
    };
    Ok(Seen { file, total: disk.f_blocks.saturating_mul(disk.f_frsize), names: about.nlink() })
}

/// Cuts a file to nothing, if it is still the one that was looked at; the answer is how many bytes went.
///
/// # Errors
///
/// It is another one, or cannot be written to.
pub fn empty(_: Permit, log: &EmptyLog) -> Result<u64, NotEmptied> {
    let failed = |error| NotEmptied::Failed { path: log.path.clone(), error };
    // Without following a link that somebody may have put there, nor waiting for whoever reads a pipe.
    let flags = (OFlags::NOFOLLOW | OFlags::NONBLOCK).bits();
    let opened = OpenOptions::new().write(true).custom_flags(flags.cast_signed()).open(Path::new(&log.path));
    let file = opened.map_err(failed)?;
    let about = file.metadata().map_err(failed)?;
    if !about.is_file() || (about.dev(), about.ino()) != (log.device, log.inode) {
        return Err(NotEmptied::Changed(log.path.clone()));
    }
    file.set_len(0).map_err(failed)?;
    // Some disks give room back only once they have written it down.
    let _ = file.sync_all();
    Ok(about.len())
}

/// What those may still write who are not the administrator.
fn free(disk: &StatVfs) -> u64 {
    disk.f_bavail.saturating_mul(disk.f_frsize)
}
