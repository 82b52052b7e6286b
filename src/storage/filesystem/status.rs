//! What the system says of a file, as entry, version and error.

use jiff::Timestamp;
use rustix::fs::{FileType, Stat};
use rustix::io::Errno;
use sha2::{Digest, Sha256};

use crate::storage::{Entry, ErrorKind, StoreError, Version};

/// Below this size a version tells the content as well: a registry writes such files in place, within one tick of
/// the clock.
pub const HASHED_BELOW: u64 = 4096;

/// Whether `stat` is of a plain file, the only kind that is ever opened.
pub fn is_file(stat: &Stat) -> bool {
    FileType::from_raw_mode(stat.st_mode).is_file()
}

/// Whether `stat` is of a folder.
pub fn is_folder(stat: &Stat) -> bool {
    FileType::from_raw_mode(stat.st_mode).is_dir()
}

/// Whether `stat` is of a symbolic link.
pub fn is_symlink(stat: &Stat) -> bool {
    FileType::from_raw_mode(stat.st_mode).is_symlink()
}

/// The entry of a file; anything but a plain file has an unknown size.
pub fn entry(key: String, stat: &Stat) -> Entry {
    let size = is_file(stat).then(|| size(stat));
    Entry { key, size, version: version(stat), modified: modified(stat), checksum: None }
}

/// Bytes of a file.
pub fn size(stat: &Stat) -> u64 {
    u64::try_from(stat.st_size).unwrap_or(0)
}

/// The version as far as `stat` tells it.
pub fn version(stat: &Stat) -> Version {
    Version(format!("{}:{}.{}", unmoved(stat), stat.st_ctime, stat.st_ctime_nsec))
}

/// What of a version survives a rename, which sets the ctime.
pub fn unmoved(stat: &Stat) -> String {
    format!("{}:{}:{}:{}.{}", stat.st_dev, stat.st_ino, stat.st_size, stat.st_mtime, stat.st_mtime_nsec)
}

/// The version with the content in it.
pub fn with_content(version: &Version, content: &[u8]) -> Version {
    let hash = Sha256::digest(content);
    Version(format!("{}#{}", version.0, hex::encode(&hash[..16])))
}

fn modified(stat: &Stat) -> Option<Timestamp> {
    Timestamp::new(stat.st_mtime, i32::try_from(stat.st_mtime_nsec).ok()?).ok()
}

/// What else than a file or folder stands there, in words.
pub fn kind_name(stat: &Stat) -> &'static str {
    match FileType::from_raw_mode(stat.st_mode) {
        FileType::RegularFile => "a file",
        FileType::Directory => "a folder",
        FileType::Symlink => "a symbolic link",
        FileType::Fifo => "a FIFO",
        FileType::Socket => "a socket",
        FileType::CharacterDevice | FileType::BlockDevice => "a device",
        FileType::Unknown => "of an unknown kind",
    }
}

/// What a system error means for the object `key`.
pub fn error(key: &str, errno: Errno) -> StoreError {
    let (kind, detail) = match errno {
        Errno::NOENT => (ErrorKind::Gone, "no such file or folder"),
        Errno::NOTDIR => (ErrorKind::Gone, "no such object: a file stands where a folder is needed"),
        Errno::NAMETOOLONG => {
            (ErrorKind::Gone, "no such object: the name is longer than this file system allows")
        }
        Errno::ISDIR => (ErrorKind::Folder, "a folder stands where a file is expected"),
        Errno::EXIST => (ErrorKind::Changed, "something is already there"),
        Errno::ACCESS | Errno::PERM => {
            (ErrorKind::Denied, "no permission; run as the user of the registry, or as root")
        }
        Errno::BUSY => (ErrorKind::Denied, "in use by the system, for example as a mount point"),
        Errno::FBIG => (ErrorKind::Denied, "larger than this file system or the limit of this user allows"),
        Errno::ROFS => (ErrorKind::Denied, "the file system is mounted read-only"),
        Errno::NOSPC | Errno::DQUOT => (ErrorKind::Denied, "no space left"),
        Errno::XDEV => {
            (ErrorKind::Denied, "on another file system than the root; open the store at the mount itself")
        }
        Errno::LOOP => (ErrorKind::Broken, "symbolic links lead in a circle"),
        _ => return StoreError::new(ErrorKind::Unreachable, key, errno.to_string()),
    };
    StoreError::new(kind, key, detail)
}
