//! Brings whole files and folders to their place without overwriting, and leaves nothing behind when that fails.

use std::fs::{DirBuilder, File};
use std::io::Write;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};

use rustix::fs::{CWD, RenameFlags, Stat, renameat_with};
use rustix::io::Errno;
use tempfile::{NamedTempFile, TempDir};

use super::attributes::Look;
use super::{OWN_FOLDER, Root, status};
use crate::storage::{ErrorKind, Result, StoreError};

/// A synced file in our own folder with these bytes and this look; it is gone when dropped.
pub fn written(root: &Root, key: &str, bytes: &[u8], look: &Look) -> Result<NamedTempFile> {
    let failed = |error: std::io::Error| own(key, &error);
    let mut file = NamedTempFile::new_in(unfinished(root).map_err(failed)?).map_err(failed)?;
    file.write_all(bytes).map_err(failed)?;
    look.put_on(key, &file)?;
    file.as_file().sync_all().map_err(failed)?;
    Ok(file)
}

/// An empty folder in our own folder with this look; it is gone when dropped.
pub fn empty_folder(root: &Root, key: &str, look: &Look) -> Result<TempDir> {
    let failed = |error: std::io::Error| own(key, &error);
    let folder = TempDir::new_in(unfinished(root).map_err(failed)?).map_err(failed)?;
    look.put_on(key, File::open(folder.path()).map_err(failed)?)?;
    Ok(folder)
}

fn unfinished(root: &Root) -> std::io::Result<PathBuf> {
    let folder = root.path.join(OWN_FOLDER).join("tmp");
    private(&folder).map(|()| folder)
}

/// Makes a folder of our own that nobody else can look into.
pub fn private(folder: &Path) -> std::io::Result<()> {
    DirBuilder::new().recursive(true).mode(0o700).create(folder)
}

/// The nearest folder at or above `folder` that exists; what is made below it is made like it.
pub fn nearest(key: &str, folder: &Path) -> Result<Stat> {
    for folder in folder.ancestors() {
        match rustix::fs::stat(folder) {
            Ok(stat) if status::is_folder(&stat) => return Ok(stat),
            Ok(_) => return Err(status::error(key, Errno::NOTDIR)),
            Err(Errno::NOENT | Errno::NOTDIR) => {}
            Err(errno) => return Err(status::error(key, errno)),
        }
    }
    Err(status::error(key, Errno::NOENT))
}

/// Folders that were made on the way, outermost first.
pub struct Made(Vec<PathBuf>);

impl Made {
    /// Removes them again, unless somebody has put something there.
    pub fn take_back(&self) {
        let _ = self.0.iter().rev().try_for_each(rustix::fs::rmdir);
    }
}

/// Makes the folders down to `folder`, each with the mode and owner of the one above it; all of them or none.
pub fn make_folders(root: &Root, key: &str, folder: &Path) -> Result<Made> {
    let mut made = Made(Vec::new());
    let missing = |folder: &&Path| *folder != root.path && !folder.is_dir();
    let missing: Vec<_> = folder.ancestors().take_while(missing).collect();
    for folder in missing.into_iter().rev() {
        match make_like_above(root, key, folder) {
            Ok(true) => made.0.push(folder.to_owned()),
            Ok(false) => {}
            Err(error) => {
                made.take_back();
                return Err(error);
            }
        }
    }
    Ok(made)
}

/// Makes one folder; answers whether it was not there yet.
fn make_like_above(root: &Root, key: &str, folder: &Path) -> Result<bool> {
    let above = folder.parent().unwrap_or(&root.path);
    let look = Look::without_time(&nearest(key, above)?);
    match place_folder(empty_folder(root, key, &look)?, folder) {
        Ok(()) => Ok(true),
        Err(Errno::EXIST | Errno::NOTEMPTY) => Ok(false),
        Err(errno) => Err(status::error(key, errno)),
    }
}

/// Moves an empty folder to `path`, where nothing may be.
pub fn place_folder(mut folder: TempDir, path: &Path) -> rustix::io::Result<()> {
    match renameat_with(CWD, folder.path(), CWD, path, RenameFlags::NOREPLACE) {
        // A plain rename can at worst take the place of an empty folder.
        Err(Errno::INVAL | Errno::NOSYS | Errno::OPNOTSUPP) => rustix::fs::rename(folder.path(), path)?,
        done => done?,
    }
    folder.disable_cleanup(true);
    sync(path.parent().unwrap_or(path));
    Ok(())
}

/// Renames without overwriting; a network file system that cannot do so in one step gets a link and an unlink.
pub fn move_to_free(from: &Path, to: &Path) -> rustix::io::Result<()> {
    match renameat_with(CWD, from, CWD, to, RenameFlags::NOREPLACE) {
        Err(Errno::INVAL | Errno::NOSYS | Errno::OPNOTSUPP) => {
            rustix::fs::link(from, to)?;
            rustix::fs::unlink(from)
        }
        done => done,
    }
}

/// Puts a folder's names on disk. The change itself has happened: a file system that cannot sync folders is no error.
pub fn sync(folder: &Path) {
    if let Ok(folder) = File::open(folder) {
        let _ = folder.sync_all();
    }
}

/// A failure at the object itself.
pub fn io(key: &str, error: &std::io::Error) -> StoreError {
    let code = error.raw_os_error().map(Errno::from_raw_os_error);
    match code.or_else(|| WRAPPED.iter().find(|(kind, _)| *kind == error.kind()).map(|(_, errno)| *errno)) {
        Some(errno) => status::error(key, errno),
        None => StoreError::new(ErrorKind::Unreachable, key, error.to_string()),
    }
}

/// Failures that reach us without the system's number, inside others that name a path.
const WRAPPED: [(std::io::ErrorKind, Errno); 7] = [
    (std::io::ErrorKind::AlreadyExists, Errno::EXIST),
    (std::io::ErrorKind::FileTooLarge, Errno::FBIG),
    (std::io::ErrorKind::NotFound, Errno::NOENT),
    (std::io::ErrorKind::PermissionDenied, Errno::ACCESS),
    (std::io::ErrorKind::QuotaExceeded, Errno::DQUOT),
    (std::io::ErrorKind::ReadOnlyFilesystem, Errno::ROFS),
    (std::io::ErrorKind::StorageFull, Errno::NOSPC),
];

/// A failure in our own folder, which says nothing about the object.
pub fn own(key: &str, error: &std::io::Error) -> StoreError {
    let failed = io(key, error);
    let kind = if failed.kind.is_transient() { failed.kind } else { ErrorKind::Denied };
    let detail = format!("{} (in {OWN_FOLDER} in the root; nothing was changed)", failed.detail);
    StoreError { kind, detail, ..failed }
}
