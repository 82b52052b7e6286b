//! Opens one folder, and tells what is in it in the words of keys.

use std::ffi::{OsStr, OsString};
use std::mem::MaybeUninit;
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::Path;

use rustix::fs::{AtFlags, CWD, FileType, Mode, OFlags, RawDir, Stat, openat, statat};
use rustix::io::Errno;

use super::{OWN_FOLDER, names, status};
use crate::storage::{ErrorKind, Result, StoreError};

/// Bytes of folder that one system call returns.
const BUFFER: usize = 32 * 1024;

/// Whether `root` is a folder that can be listed.
pub fn probe(root: &Path) -> Result<()> {
    let shown = root.display().to_string();
    let stat = rustix::fs::stat(root).map_err(|errno| match errno {
        Errno::NOENT => StoreError::new(
            ErrorKind::Gone,
            &shown,
            "no such folder; give the one that holds the registry's docker/",
        ),
        errno => status::error(&shown, errno),
    })?;
    if !status::is_folder(&stat) {
        let detail = format!(
            "{}, not a folder; give the folder that holds the registry's docker/",
            status::kind_name(&stat)
        );
        return Err(StoreError::new(ErrorKind::Gone, shown, detail));
    }
    open(CWD, root.as_os_str(), OFlags::empty()).map(drop).map_err(|errno| status::error(&shown, errno))
}

/// What a link leads to, or the link itself where it leads nowhere.
pub fn stat_through_links(folder: &OwnedFd, name: &OsStr) -> rustix::io::Result<Stat> {
    let stat = statat(folder, name, AtFlags::SYMLINK_NOFOLLOW)?;
    if !status::is_symlink(&stat) {
        return Ok(stat);
    }
    match statat(folder, name, AtFlags::empty()) {
        Ok(target) if !status::is_folder(&target) => Ok(target),
        Ok(_) | Err(_) => Ok(stat),
    }
}

/// The file name that a name as in keys stands for.
pub fn raw_name(name: &str) -> OsString {
    let name = name.strip_suffix('/').unwrap_or(name);
    OsString::from_vec(names::decode(name).unwrap_or_else(|| name.as_bytes().to_vec()))
}

/// Opens a folder for listing.
pub fn open(folder: impl AsFd, name: &OsStr, more: OFlags) -> rustix::io::Result<OwnedFd> {
    openat(folder, name, OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC | more, Mode::empty())
}

/// The names in a folder in the order of keys, folders with their `/`. In the root our own folder is left out.
pub fn read_names(fd: &OwnedFd, is_root: bool) -> rustix::io::Result<Vec<String>> {
    let mut names = Vec::new();
    let mut buffer = [MaybeUninit::uninit(); BUFFER];
    let mut folder = RawDir::new(fd, &mut buffer);
    while let Some(found) = folder.next() {
        let found = found?;
        let raw = found.file_name().to_bytes();
        if matches!(raw, b"." | b"..") || (is_root && raw == OWN_FOLDER.as_bytes()) {
            continue;
        }
        let mut name = names::encode(raw);
        if leads_to_folder(fd, OsStr::from_bytes(raw), found.file_type()) {
            name.push('/');
        }
        names.push(name);
    }
    names.sort_unstable();
    Ok(names)
}

fn leads_to_folder(folder: &OwnedFd, name: &OsStr, kind: FileType) -> bool {
    match kind {
        FileType::Directory => true,
        FileType::Symlink | FileType::Unknown => {
            statat(folder, name, AtFlags::empty()).is_ok_and(|stat| status::is_folder(&stat))
        }
        FileType::RegularFile
        | FileType::Fifo
        | FileType::Socket
        | FileType::CharacterDevice
        | FileType::BlockDevice => false,
    }
}
