//! Files of the state folder: nobody else may read them, and what was written outlasts a crash.

use std::fs::{DirBuilder, File, OpenOptions};
use std::io::{self, ErrorKind, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

/// What to do where the state folder cannot be used.
const ELSEWHERE: &str =
    "or let QUARTERDECK_STATE_FOLDER (state_folder in the configuration) name another folder";

/// Something in the state folder that could not be read or written.
#[derive(Debug, thiserror::Error)]
#[error("{} cannot be {what}: {error}; {}", path.display(), advice(error))]
pub struct Trouble {
    pub path: PathBuf,
    /// What was to be done: `written`, `read`.
    pub what: &'static str,
    pub error: io::Error,
}

impl Trouble {
    /// Of this file or folder, for `map_err`.
    pub fn of(path: &Path, what: &'static str) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_owned();
        move |error| Self { path, what, error }
    }
}

fn advice(error: &io::Error) -> String {
    match error.kind() {
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded | ErrorKind::FileTooLarge => {
            format!("make room there, {ELSEWHERE}")
        }
        ErrorKind::PermissionDenied | ErrorKind::ReadOnlyFilesystem => {
            format!("make it writable for you, {ELSEWHERE}")
        }
        ErrorKind::NotFound => format!("bring it back, {ELSEWHERE}"),
        _ => format!("look after that disk, {ELSEWHERE}"),
    }
}

/// Makes a folder that only its owner can look into, and those above it that are missing.
pub fn private_folder(folder: &Path) -> Result<(), Trouble> {
    if folder.is_dir() {
        return Ok(());
    }
    let folder = &std::path::absolute(folder).map_err(Trouble::of(folder, "made"))?;
    let there = folder.ancestors().find(|above| above.is_dir());
    let made = DirBuilder::new().recursive(true).mode(0o700).create(folder);
    made.map_err(Trouble::of(folder, "made"))?;
    // Each name that is new, in the folder that holds it.
    for made in folder.ancestors().take_while(|above| Some(*above) != there) {
        sync_folder(made)?;
    }
    match there.map_or(Ok(()), sync_folder) {
        // Who may make folders in one may still not look into it.
        Err(trouble) if trouble.error.kind() == ErrorKind::PermissionDenied => Ok(()),
        synced => synced,
    }
}

/// A new file that only its owner can read; its name is on disk once [`sync_folder`] was called.
pub fn private_file(path: &Path) -> Result<File, Trouble> {
    let opened = OpenOptions::new().append(true).create_new(true).mode(0o600).open(path);
    opened.map_err(Trouble::of(path, "made"))
}

/// Writes a new file with these bytes, down to the disk. What was begun is taken away again where that fails.
pub fn write_private(path: &Path, bytes: &[u8]) -> Result<(), Trouble> {
    let mut file = private_file(path)?;
    file.write_all(bytes).and_then(|()| file.sync_all()).map_err(|error| {
        let _ = std::fs::remove_file(path);
        Trouble::of(path, "written")(error)
    })
}

/// Puts the names in a folder on disk.
pub fn sync_folder(folder: &Path) -> Result<(), Trouble> {
    let synced = File::open(folder).and_then(|folder| folder.sync_all());
    synced.map_err(Trouble::of(folder, "written"))
}
