//! `quarterdeck demo`: the cockpit on a registry that quarterdeck writes itself, in a folder that goes away again.

use std::io;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

use jiff::Timestamp;
use tempfile::TempDir;
use tokio::sync::OnceCell;

use super::out::{complain, complain_of};
use super::{Exit, Screen, cockpit};
use crate::config::{Environment, Flags, Settings, without_file};
use crate::runtime::stores::{self, OpenOptions};
use crate::runtime::{CockpitOptions, Opener, scan_with};
use crate::sources::bucket::scan::ScanOptions;
use crate::staging::tree::{Spec, write_into};
use crate::state::Session;
use crate::storage::{ErrorKind, ObjectStore, StoreError};

/// Opens the cockpit on the embedded registry.
pub fn run(screen: &Screen) -> ExitCode {
    let folder = match temporary_folder() {
        Ok(folder) => folder,
        Err(error) => {
            complain(&format!("no temporary folder for the demonstration: {error}"));
            return Exit::Unread.into();
        }
    };
    match settings(screen) {
        Ok(settings) => cockpit::show(cockpit::dressed(options(&folder), &settings), screen),
        Err(exit) => exit.into(),
    }
}

/// Where the registry lies: in memory where Linux offers that, for its thousands of folders take seconds on many a
/// disk. A `TMPDIR` that is set is obeyed.
fn temporary_folder() -> io::Result<TempDir> {
    let mut named = tempfile::Builder::new();
    named.prefix("quarterdeck-demo-");
    if std::env::var_os("TMPDIR").is_none()
        && let Ok(folder) = named.tempdir_in("/dev/shm")
    {
        return Ok(folder);
    }
    named.tempdir()
}

/// Colours and clipboard. The file is not read: whatever stands in it, the demonstration works.
fn settings(screen: &Screen) -> Result<Settings, Exit> {
    let flags = Flags { theme: screen.theme, ..Flags::default() };
    without_file(&flags, &Environment::of_process()).map_err(|mistakes| {
        complain_of(&mistakes);
        Exit::Usage
    })
}

fn options(folder: &TempDir) -> CockpitOptions {
    let root = folder.path().to_owned();
    let session = Session {
        profile: "demo".to_owned(),
        protection: "embedded".to_owned(),
        bucket: format!("file://{}", root.display()),
    };
    let going_away = root.clone();
    CockpitOptions {
        last_words: Box::new(move || {
            // Whoever still writes below the old name fails and stops. Nobody is left to tell.
            let gone = going_away.with_extension("gone");
            let _ = std::fs::rename(going_away, &gone);
            let _ = std::fs::remove_dir_all(gone);
        }),
        ..CockpitOptions::new(session, opener(root), scan_with(ScanOptions::default()), "")
    }
}

/// Writes the tree behind the first frame, once.
fn opener(root: PathBuf) -> Opener {
    let written = Arc::new(OnceCell::new());
    Arc::new(move || {
        let (root, written) = (root.clone(), Arc::clone(&written));
        Box::pin(async move {
            written.get_or_try_init(|| write(root.clone())).await?;
            open(&root).await
        })
    })
}

async fn write(root: PathBuf) -> Result<(), StoreError> {
    let failed = |why: String| StoreError::new(ErrorKind::Broken, "", why);
    let writing = tokio::task::spawn_blocking(move || write_into(&root, &Spec::demo(Timestamp::now())));
    match writing.await {
        Ok(Ok(_)) => Ok(()),
        Ok(Err(error)) => Err(failed(error.to_string())),
        Err(panic) => Err(failed(panic.to_string())),
    }
}

async fn open(root: &Path) -> Result<Arc<dyn ObjectStore>, StoreError> {
    let url = format!("file://{}", root.display());
    stores::open(&url, &OpenOptions::default()).await.map_err(|error| match error {
        stores::OpenError::Store(error) => error,
        stores::OpenError::Usage(why) => StoreError::new(ErrorKind::Broken, &url, why),
    })
}
