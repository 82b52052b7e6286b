//! Creates and deletes files and folders, never overwriting what was not named.
//!
//! New content is written in our own folder and moved into place whole: a stray file inside a registry's tree is a
//! fault of its own, and so is a link with half its bytes.

use std::path::Path;

use bytes::Bytes;
use rustix::fs::Stat;
use rustix::io::Errno;

use super::attributes::Look;
use super::graves::{Grave, is_moved};
use super::place::{empty_folder, io, make_folders, move_to_free, nearest, place_folder, sync, written};
use super::{OWN_FOLDER, Root, read, status};
use crate::storage::{Attributes, Entry, ErrorKind, Result, StoreError, Version};

/// What has to be noted of a file, or of a folder, to put it back as it was.
pub fn attributes(root: &Root, key: &str) -> Result<Attributes> {
    let of_folder = key.ends_with('/');
    let path = if of_folder { root.folder_of(key)? } else { root.path_of(key)? };
    let stat = rustix::fs::stat(&path).map_err(|errno| status::error(key, errno))?;
    match (of_folder, status::is_folder(&stat)) {
        (true, true) => Look::without_time(&stat).noted(key),
        (false, false) => Look::of_file(&stat).noted(key),
        (true, false) => Err(status::error(key, Errno::NOTDIR)),
        (false, true) => Err(status::error(key, Errno::ISDIR)),
    }
}

/// Writes a file where there is none: as it was, or with the owner of the folder it comes into.
pub fn create(root: &Root, key: &str, bytes: &Bytes, attributes: Option<&Attributes>) -> Result<Entry> {
    let path = root.path_to_write(key)?;
    if rustix::fs::lstat(&path).is_ok() {
        return Err(status::error(key, Errno::EXIST));
    }
    let folder = path.parent().unwrap_or(&root.path);
    let above = nearest(key, folder)?;
    let look =
        attributes.map_or_else(|| Ok(Look::of_new_file_in(&above)), |noted| Look::parse(key, noted))?;
    let written = written(root, key, bytes, &look)?;
    let made = make_folders(root, key, folder)?;
    if let Err(refused) = written.persist_noclobber(&path) {
        made.take_back();
        return Err(io(key, &refused.error));
    }
    sync(folder);
    read::entry(&path, key)
}

/// Moves the file that is in the state `version` into our own folder, and back if it turns out to be another.
pub fn delete(root: &Root, key: &str, version: &Version) -> Result<()> {
    let path = root.path_to_write(key)?;
    expect(&path, key, version)?;
    let grave = Grave::dig(root, key, version)?;
    if let Err(errno) = move_to_free(&path, &grave.file) {
        grave.fill_in();
        return Err(status::error(key, errno));
    }
    grave.sync();
    sync(path.parent().unwrap_or(&root.path));
    let why = match is_moved(&grave.file, key, version) {
        Ok(true) => return Ok(()),
        Ok(false) => "it changed in the same moment".to_owned(),
        Err(error) => format!("it cannot be told whether it changed in the same moment ({})", error.detail),
    };
    let outcome = match grave.give_back(root, key, &path) {
        Ok(()) => "it was left as it is".to_owned(),
        Err(error) => format!("it now lies at {} ({})", grave.file.display(), error.detail),
    };
    Err(StoreError::new(ErrorKind::Changed, key, format!("{why}; {outcome}")))
}

/// Says where a delete will put the file that is in the state `version`.
pub fn keep(root: &Root, key: &str, version: &Version) -> Result<String> {
    expect(&root.path_to_write(key)?, key, version)?;
    let own = root.path.join(OWN_FOLDER);
    Ok(format!("{}/deleted/…/{key}, where deleting moves it", own.display()))
}

/// Removes a folder that is empty.
pub fn remove_folder(root: &Root, prefix: &str) -> Result<()> {
    let path = root.folder_to_write(prefix)?;
    let stat = rustix::fs::lstat(&path).map_err(|errno| status::error(prefix, errno))?;
    if status::is_symlink(&stat) {
        return Err(StoreError::new(ErrorKind::Denied, prefix, SYMLINK));
    }
    rustix::fs::rmdir(&path).map_err(|errno| match errno {
        Errno::NOTEMPTY | Errno::EXIST => {
            StoreError::new(ErrorKind::Changed, prefix, "the folder is not empty")
        }
        errno => status::error(prefix, errno),
    })?;
    sync(path.parent().unwrap_or(&root.path));
    Ok(())
}

/// Makes a folder where there is none: as it was, or like the one above it.
pub fn make_folder(root: &Root, prefix: &str, attributes: Option<&Attributes>) -> Result<()> {
    let path = root.folder_to_write(prefix)?;
    if rustix::fs::lstat(&path).is_ok() {
        return Err(status::error(prefix, Errno::EXIST));
    }
    let above = path.parent().unwrap_or(&root.path);
    let like = nearest(prefix, above)?;
    let look =
        attributes.map_or_else(|| Ok(Look::without_time(&like)), |noted| Look::parse(prefix, noted))?;
    let folder = empty_folder(root, prefix, &look)?;
    let made = make_folders(root, prefix, above)?;
    place_folder(folder, &path).map_err(|errno| {
        made.take_back();
        match errno {
            Errno::NOTEMPTY | Errno::NOTDIR => status::error(prefix, Errno::EXIST),
            errno => status::error(prefix, errno),
        }
    })
}

const SYMLINK: &str = "a symbolic link; quarterdeck writes to plain files and folders only";

/// What stands at `path`, if it is a file in the state `version`.
pub fn expect(path: &Path, key: &str, version: &Version) -> Result<Stat> {
    let stat = rustix::fs::lstat(path).map_err(|errno| status::error(key, errno))?;
    if status::is_symlink(&stat) {
        return Err(StoreError::new(ErrorKind::Denied, key, SYMLINK));
    }
    let current = read::entry(path, key)?.version;
    if current.agrees_with(version) {
        return Ok(stat);
    }
    Err(StoreError::new(ErrorKind::Changed, key, "it was written to since"))
}
