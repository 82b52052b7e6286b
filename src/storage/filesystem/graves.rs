//! Where deleted files lie, and how they come back.
//!
//! A file that goes is moved to `.quarterdeck/deleted/<state>/<time>-<random>/<key>`, where `<state>` stands for the
//! version that was to be deleted. So whatever lies there can be told, even after this program died between two
//! system calls: the file of that version was deleted; any other one was taken by mistake or written to since, and
//! has to go back. Nothing purges these folders.

use std::path::{Path, PathBuf};

use jiff::Timestamp;
use rustix::fs::Stat;
use rustix::io::Errno;
use sha2::{Digest, Sha256};

use super::place::{make_folders, move_to_free, own, private, sync};
use super::{OWN_FOLDER, Root, names, read, status};
use crate::storage::{Aftermath, Entry, ErrorKind, Result, StoreError, Version};

/// The place in our own folder for one file that goes.
pub struct Grave {
    /// The folder that was made for it.
    folder: PathBuf,
    /// Where the file is, or will be; its key stays readable in it.
    pub file: PathBuf,
}

impl Grave {
    /// Makes a free place for `key` in the state `version`.
    pub fn dig(root: &Root, key: &str, version: &Version) -> Result<Self> {
        let state = state(root, version);
        let prefix = format!("{}-", Timestamp::now().as_nanosecond());
        let made = private(&state)
            .and_then(|()| Ok(tempfile::Builder::new().prefix(&prefix).tempdir_in(&state)?.keep()));
        let folder = made.map_err(|error| own(key, &error))?;
        let grave = Self { file: names::path(&folder, key)?, folder };
        private(grave.above()).map_err(|error| own(key, &error)).inspect_err(|_| grave.fill_in())?;
        Ok(grave)
    }

    /// The places that were made for `key` in the state `version`, newest first.
    fn find(root: &Root, key: &str, version: &Version) -> Result<Vec<Self>> {
        let found = match std::fs::read_dir(state(root, version)) {
            Ok(found) => found.collect::<std::io::Result<Vec<_>>>(),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => Err(error),
        };
        let found = found.map_err(|error| own(key, &error))?;
        let mut folders: Vec<_> = found.into_iter().map(|entry| entry.path()).collect();
        folders.sort_unstable_by(|one, other| other.cmp(one));
        folders.into_iter().map(|folder| Ok(Self { file: names::path(&folder, key)?, folder })).collect()
    }

    /// What lies in it, if anything does.
    fn content(&self, key: &str) -> Result<Option<Stat>> {
        match rustix::fs::lstat(&self.file) {
            Ok(stat) => Ok(Some(stat)),
            Err(Errno::NOENT) => Ok(None),
            Err(errno) => Err(status::error(key, errno)),
        }
    }

    /// Moves what lies in it to `path`, where nothing may be.
    pub fn give_back(&self, root: &Root, key: &str, path: &Path) -> Result<()> {
        let folder = path.parent().unwrap_or(&root.path);
        let made = make_folders(root, key, folder)?;
        if let Err(errno) = move_to_free(&self.file, path) {
            made.take_back();
            return Err(status::error(key, errno));
        }
        sync(folder);
        sync(self.above());
        self.fill_in();
        Ok(())
    }

    /// Puts the names on disk after a file was moved here.
    pub fn sync(&self) {
        sync(self.above());
    }

    /// Removes the folders that were made for it, as far as they are empty.
    pub fn fill_in(&self) {
        let state = self.folder.parent().unwrap_or(&self.folder);
        let ours = |folder: &&Path| folder.starts_with(state);
        let _ = self.file.ancestors().skip(1).take_while(ours).try_for_each(rustix::fs::rmdir);
    }

    fn above(&self) -> &Path {
        self.file.parent().unwrap_or(&self.folder)
    }
}

/// The folder of all files that were deleted in this version; the same with and without the content in the version.
fn state(root: &Root, version: &Version) -> PathBuf {
    let state = version.0.split('#').next().unwrap_or_default();
    let mark = hex::encode(&Sha256::digest(state)[..8]);
    root.path.join(OWN_FOLDER).join("deleted").join(mark)
}

/// Brings back the file that was deleted in the state `version`.
pub fn undelete(root: &Root, key: &str, version: &Version) -> Result<Entry> {
    let path = root.path_to_write(key)?;
    let mut other = None;
    for grave in Grave::find(root, key, version)? {
        let Some(stat) = grave.content(key)? else { continue };
        if is_same_file(&path, &stat) {
            forget_link(&grave);
        } else if is_moved(&grave.file, key, version)? {
            grave.give_back(root, key, &path)?;
            return read::entry(&path, key);
        } else {
            other = Some(grave);
        }
    }
    if rustix::fs::lstat(&path).is_ok() && is_moved(&path, key, version)? {
        return read::entry(&path, key);
    }
    let (kind, detail) = match other {
        Some(grave) => {
            let at = grave.file.display();
            (ErrorKind::Changed, format!("it was written to after it was deleted, and lies at {at}"))
        }
        None => (ErrorKind::Gone, "the file that was deleted in this state is not kept".to_owned()),
    };
    Err(StoreError::new(kind, key, detail))
}

/// Puts back what was written to after it was deleted in the state `version`, and what was taken by mistake. A file
/// that was truncated and not yet written counts: its writer finishes it in its old place.
///
/// A writer that has the file open and has done nothing yet cannot be seen: look once more a little later.
pub fn look_again(root: &Root, key: &str, version: &Version) -> Result<Aftermath> {
    let path = root.path_to_write(key)?;
    let mut found = Aftermath::Quiet;
    for grave in Grave::find(root, key, version)? {
        let Some(stat) = grave.content(key)? else { continue };
        if is_same_file(&path, &stat) {
            forget_link(&grave);
        } else if !is_moved(&grave.file, key, version)? {
            match grave.give_back(root, key, &path) {
                Ok(()) if found == Aftermath::Quiet => found = Aftermath::PutBack,
                Ok(()) => {}
                Err(error) if error.kind == ErrorKind::Changed => {
                    found = Aftermath::Aside(grave.file.display().to_string());
                }
                Err(error) => return Err(error),
            }
        }
    }
    Ok(found)
}

/// Whether the file at `path` is the one that `version` names, as far as both tell. A move sets the ctime, and a
/// network file system gets another device number with each mount.
pub fn is_moved(path: &Path, key: &str, version: &Version) -> Result<bool> {
    let stat = rustix::fs::lstat(path).map_err(|errno| status::error(key, errno))?;
    let Some((unmoved, _)) = version.0.rsplit_once(':') else { return Ok(false) };
    if !same_without_device(unmoved, &status::unmoved(&stat)) {
        return Ok(false);
    }
    let Some((_, hash)) = version.0.split_once('#') else { return Ok(true) };
    match read::entry(path, key) {
        Ok(now) => Ok(now.version.0.split_once('#').is_none_or(|(_, content)| content == hash)),
        Err(error) if error.kind == ErrorKind::Changed => Ok(false),
        Err(error) => Err(error),
    }
}

fn same_without_device(one: &str, other: &str) -> bool {
    match (one.split_once(':'), other.split_once(':')) {
        (Some((_, one)), Some((_, other))) => one == other,
        _ => false,
    }
}

fn is_same_file(path: &Path, stat: &Stat) -> bool {
    rustix::fs::lstat(path).is_ok_and(|there| (there.st_dev, there.st_ino) == (stat.st_dev, stat.st_ino))
}

/// Where a move takes a link and an unlink, the second may have been left undone.
fn forget_link(grave: &Grave) {
    if rustix::fs::unlink(&grave.file).is_ok() {
        grave.fill_in();
    }
}
