//! `quarterdeck demo`: the cockpit on a registry that quarterdeck writes itself, in a folder that goes away again.

use std::io;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

use jiff::Timestamp;
use tempfile::TempDir;
use tokio::sync::OnceCell;

use super::out::{complain, complain_of};
use super::{Arming, Exit, Screen, cockpit, writing};
use crate::config::{Environment, Flags, Settings, without_file};
use crate::model::{Gate, Watched};
use crate::registry::mode::Configured;
use crate::runtime::stores::{self, OpenOptions};
use crate::runtime::{CockpitOptions, Opener, look_with};
use crate::sources::bucket::scan::ScanOptions;
use crate::sources::look::Looking;
use crate::staging::tree::{Spec, write_into};
use crate::state::Session;
use crate::storage::{ErrorKind, ObjectStore, StoreError};

/// Opens the cockpit on the embedded registry.
pub fn run(screen: &Screen, arming: &Arming) -> ExitCode {
    let folder = match temporary_folder() {
        Ok(folder) => folder,
        Err(error) => {
            complain(&format!("no temporary folder for the demonstration: {error}"));
            return Exit::Unread.into();
        }
    };
    let options = settings(screen).and_then(|settings| {
        let mut gate = Gate::shut(vec!["demo".to_owned()], false);
        writing::arm(&mut gate, arming)?;
        Ok(cockpit::dressed(options(&folder, gate), &settings))
    });
    match options {
        Ok(options) => cockpit::show(options, screen),
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

/// The registry and, beside it, journal and backups: all of it goes away with the folder.
fn options(folder: &TempDir, gate: Gate) -> CockpitOptions {
    let (root, state) = (folder.path().join("registry"), folder.path().join("state"));
    let url = format!("file://{}", root.display());
    let session = Session {
        profile: "demo".to_owned(),
        protection: "embedded".to_owned(),
        bucket: url.clone(),
        registry: None,
        watched: Watched::default(),
    };
    let looking = Looking::new(ScanOptions::default(), Configured::Files, None);
    let open = opener(root);
    let deeds = writing::assembled(
        looking.clone(),
        open.clone(),
        url,
        OpenOptions::default(),
        state,
        "demo embedded".to_owned(),
    );
    let going_away = folder.path().to_owned();
    CockpitOptions {
        deeds: Some(Arc::new(deeds)),
        gate,
        last_words: Box::new(move || {
            // Whoever still writes below the old name fails and stops. Nobody is left to tell.
            let gone = going_away.with_extension("gone");
            let _ = std::fs::rename(going_away, &gone);
            let _ = std::fs::remove_dir_all(gone);
        }),
        ..CockpitOptions::new(session, open, look_with(looking), "")
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
    let writing = tokio::task::spawn_blocking(move || {
        // Not the folder above it: if that is gone, so is whoever wanted the tree.
        std::fs::create_dir(&root).map_err(|error| format!("{}: {error}", root.display()))?;
        write_into(&root, &Spec::demo(Timestamp::now())).map_err(|error| error.to_string())
    });
    match writing.await {
        Ok(Ok(_)) => Ok(()),
        Ok(Err(why)) => Err(failed(why)),
        Err(panic) => Err(failed(panic.to_string())),
    }
}

async fn open(root: &Path) -> Result<Arc<dyn ObjectStore>, StoreError> {
    let url = format!("file://{}", root.display());
    stores::open(&url, &OpenOptions::default()).await.map_err(|error| error.of_store(&url))
}
