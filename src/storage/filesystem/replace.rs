//! Overwrites one file and keeps the old one: whoever has it open may be writing a push to it.

use std::path::Path;

use rustix::fs::{CWD, RenameFlags, renameat_with};
use rustix::io::Errno;

use super::attributes::Look;
use super::graves::{Grave, is_moved};
use super::place::{io, move_to_free, sync, written};
use super::write::expect;
use super::{Root, read, status};
use crate::storage::{Entry, ErrorKind, Result, StoreError, Version};

/// Overwrites the file that is in the state `version`, keeping its mode and owner. The old one goes where deleted
/// files lie.
pub fn replace(root: &Root, key: &str, bytes: &[u8], version: &Version) -> Result<Entry> {
    let path = root.path_to_write(key)?;
    let look = Look::without_time(&expect(&path, key, version)?);
    let new = written(root, key, bytes, &look)?;
    expect(&path, key, version)?;
    let grave = Grave::dig(root, key, version)?;
    let kept = new.into_temp_path().keep();
    let other = kept.map_err(|refused| io(key, &refused.error)).inspect_err(|_| grave.fill_in())?;
    if let Err(errno) = exchange(&other, &path) {
        let _ = rustix::fs::unlink(&other);
        grave.fill_in();
        return Err(status::error(key, errno));
    }
    // A file system that cannot swap two files has dropped the old one.
    if rustix::fs::lstat(&other).is_ok() {
        if !is_moved(&other, key, version).unwrap_or(false) {
            grave.fill_in();
            return Err(swapped_back(&other, &path, key, bytes));
        }
        // The write has happened; where the old file lies does not change that.
        let _ = move_to_free(&other, &grave.file);
        grave.sync();
    } else {
        grave.fill_in();
    }
    sync(path.parent().unwrap_or(&root.path));
    read::entry(&path, key)
}

/// Swaps two files in one step, or moves the first over the second where the file system cannot.
fn exchange(new: &Path, path: &Path) -> rustix::io::Result<()> {
    match renameat_with(CWD, new, CWD, path, RenameFlags::EXCHANGE) {
        Err(Errno::INVAL | Errno::NOSYS | Errno::OPNOTSUPP) => rustix::fs::rename(new, path),
        done => done,
    }
}

/// Puts back what stood at `path`, which was another file than the one meant, and says so.
fn swapped_back(other: &Path, path: &Path, key: &str, ours: &[u8]) -> StoreError {
    let back = renameat_with(CWD, other, CWD, path, RenameFlags::EXCHANGE);
    let outcome = match back.or_else(|_| move_to_free(other, path)) {
        Ok(()) if is_only(other, ours) => "it was left as it is".to_owned(),
        Ok(()) => format!("it was left as it is, and what was written besides lies at {}", other.display()),
        Err(errno) => format!("it now lies at {} ({errno})", other.display()),
    };
    StoreError::new(ErrorKind::Changed, key, format!("it changed in the same moment; {outcome}"))
}

/// Removes our own file, if nobody wrote to it; answers whether nothing else lies there.
fn is_only(path: &Path, ours: &[u8]) -> bool {
    match std::fs::read(path) {
        Ok(bytes) if bytes == ours => rustix::fs::unlink(path).is_ok(),
        Ok(_) => false,
        Err(error) => error.kind() == std::io::ErrorKind::NotFound,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_swapped_by_mistake_is_swapped_back() {
        for (written_besides, left) in [(None, false), (Some("pushed again"), true)] {
            let folder = tempfile::tempdir().unwrap();
            let (ours, path) = (folder.path().join("ours"), folder.path().join("link"));
            std::fs::write(&ours, "ours").unwrap();
            std::fs::write(&path, "pushed").unwrap();
            exchange(&ours, &path).unwrap();
            if let Some(bytes) = written_besides {
                std::fs::write(&path, bytes).unwrap();
            }
            let error = swapped_back(&ours, &path, "link", b"ours");
            assert_eq!(error.kind, ErrorKind::Changed);
            assert_eq!(
                (std::fs::read_to_string(&path).unwrap(), ours.exists()),
                ("pushed".to_owned(), left),
                "{error}"
            );
        }
    }
}
