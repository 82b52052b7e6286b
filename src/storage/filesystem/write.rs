//! Creates, replaces and deletes one file, never overwriting what was not named.
//!
//! New content is written in our own folder and moved into place whole: a stray file inside a registry's tree is a
//! fault of its own, and so is a link with half its bytes.

use std::fs::{DirBuilder, File};
use std::io::Write;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use rustix::fs::{CWD, Gid, Mode, RenameFlags, Stat, Uid, renameat_with};
use rustix::io::Errno;
use tempfile::NamedTempFile;

use super::{OWN_FOLDER, Root, names, read, status};
use crate::storage::{Entry, ErrorKind, Result, StoreError, Version};

/// Writes a file where there is none, with the owner of the folder it comes into.
pub fn create(root: &Root, key: &str, bytes: &[u8]) -> Result<Entry> {
    let path = root.path_of(key)?;
    if rustix::fs::lstat(&path).is_ok() {
        return Err(status::error(key, Errno::EXIST));
    }
    let folder = path.parent().unwrap_or(&root.path);
    make_folders(&root.path, folder).map_err(|error| io(key, &error))?;
    let above = rustix::fs::stat(folder).map_err(|errno| status::error(key, errno))?;
    let written = written(root, bytes, &above, above.st_mode & 0o666).map_err(|error| io(key, &error))?;
    written.persist_noclobber(&path).map_err(|refused| io(key, &refused.error))?;
    sync(folder);
    read::entry(&path, key)
}

/// Overwrites the file that is in the state `version`, keeping its mode and owner.
pub fn replace(root: &Root, key: &str, bytes: &[u8], version: &Version) -> Result<Entry> {
    let path = root.path_of(key)?;
    let before = expect(&path, key, version)?;
    let written = written(root, bytes, &before, before.st_mode).map_err(|error| io(key, &error))?;
    expect(&path, key, version)?;
    written.persist(&path).map_err(|refused| io(key, &refused.error))?;
    sync(path.parent().unwrap_or(&root.path));
    read::entry(&path, key)
}

/// Moves the file that is in the state `version` into our own folder, and back if it turns out to be another.
pub fn delete(root: &Root, key: &str, version: &Version) -> Result<()> {
    let path = root.path_of(key)?;
    expect(&path, key, version)?;
    let grave = grave(root, key).map_err(|error| io(key, &error))?;
    move_to_free(&path, &grave).map_err(|errno| status::error(key, errno))?;
    sync(path.parent().unwrap_or(&root.path));
    if is_moved(&grave, key, version)? {
        return Ok(());
    }
    let detail = match move_to_free(&grave, &path) {
        Ok(()) => "it changed in the same moment; it was left as it is".to_owned(),
        Err(errno) => format!("it changed in the same moment and now lies at {} ({errno})", grave.display()),
    };
    Err(StoreError::new(ErrorKind::Changed, key, detail))
}

/// What stands at `path`, if it is a plain file in the state `version`.
fn expect(path: &Path, key: &str, version: &Version) -> Result<Stat> {
    let stat = rustix::fs::lstat(path).map_err(|errno| status::error(key, errno))?;
    if status::is_symlink(&stat) {
        return Err(StoreError::new(
            ErrorKind::Denied,
            key,
            "a symbolic link; quarterdeck writes to plain files only",
        ));
    }
    let current = read::entry(path, key)?.version;
    if current.agrees_with(version) {
        return Ok(stat);
    }
    Err(StoreError::new(ErrorKind::Changed, key, format!("the file is now {}, not {}", current.0, version.0)))
}

/// Whether the file at `grave` is the one that `version` names; the move has set its ctime.
fn is_moved(grave: &Path, key: &str, version: &Version) -> Result<bool> {
    let stat = rustix::fs::lstat(grave).map_err(|errno| status::error(key, errno))?;
    let Some((unmoved, _)) = version.0.rsplit_once(':') else { return Ok(false) };
    let Some((_, hash)) = version.0.split_once('#') else { return Ok(unmoved == status::unmoved(&stat)) };
    let now = read::entry(grave, key)?.version;
    Ok(unmoved == status::unmoved(&stat) && now.0.split_once('#').is_some_and(|(_, content)| content == hash))
}

/// A synced file in our own folder with these bytes, the owner of `like` and `mode`.
fn written(root: &Root, bytes: &[u8], like: &Stat, mode: u32) -> std::io::Result<NamedTempFile> {
    let folder = root.path.join(OWN_FOLDER).join("tmp");
    private(&folder)?;
    let mut file = NamedTempFile::new_in(folder)?;
    file.write_all(bytes)?;
    let (uid, gid) = (Uid::from_raw(like.st_uid), Gid::from_raw(like.st_gid));
    rustix::fs::fchown(&file, Some(uid), Some(gid))?;
    rustix::fs::fchmod(&file, Mode::from_raw_mode(mode))?;
    file.as_file().sync_all()?;
    Ok(file)
}

/// A free path in our own folder for a file that goes; its key stays readable in it.
fn grave(root: &Root, key: &str) -> std::io::Result<PathBuf> {
    let deleted = root.path.join(OWN_FOLDER).join("deleted");
    private(&deleted)?;
    let stamp = Timestamp::now().as_nanosecond();
    let own = tempfile::Builder::new().prefix(&format!("{stamp}-")).tempdir_in(deleted)?.keep();
    let grave = names::path(&own, key).map_err(|refused| std::io::Error::other(refused.to_string()))?;
    grave.parent().map_or(Ok(()), private)?;
    Ok(grave)
}

/// Makes a folder of our own that nobody else can look into.
fn private(folder: &Path) -> std::io::Result<()> {
    DirBuilder::new().recursive(true).mode(0o700).create(folder)
}

/// Makes the folders down to `folder`, each with the mode and owner of the one above it.
fn make_folders(root: &Path, folder: &Path) -> std::io::Result<()> {
    if folder == root || folder.is_dir() {
        return Ok(());
    }
    let above = folder.parent().unwrap_or(root);
    make_folders(root, above)?;
    let like = rustix::fs::stat(above)?;
    match rustix::fs::mkdir(folder, Mode::from_raw_mode(like.st_mode)) {
        Err(Errno::EXIST) => Ok(()),
        Err(errno) => Err(errno.into()),
        Ok(()) => {
            let owner = (Uid::from_raw(like.st_uid), Gid::from_raw(like.st_gid));
            rustix::fs::chown(folder, Some(owner.0), Some(owner.1))?;
            Ok(rustix::fs::chmod(folder, Mode::from_raw_mode(like.st_mode))?)
        }
    }
}

/// Renames without overwriting; a network file system that cannot do so in one step gets a link and an unlink.
fn move_to_free(from: &Path, to: &Path) -> rustix::io::Result<()> {
    match renameat_with(CWD, from, CWD, to, RenameFlags::NOREPLACE) {
        Err(Errno::INVAL | Errno::NOSYS | Errno::OPNOTSUPP) => {
            rustix::fs::link(from, to)?;
            rustix::fs::unlink(from)
        }
        done => done,
    }
}

/// Puts a folder's names on disk. The change itself has happened: a file system that cannot sync folders is no error.
fn sync(folder: &Path) {
    if let Ok(folder) = File::open(folder) {
        let _ = folder.sync_all();
    }
}

fn io(key: &str, error: &std::io::Error) -> StoreError {
    match error.raw_os_error() {
        Some(code) => status::error(key, Errno::from_raw_os_error(code)),
        None => StoreError::new(ErrorKind::Unreachable, key, error.to_string()),
    }
}
