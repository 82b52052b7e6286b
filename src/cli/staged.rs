//! What `demo` and `staging` have in common: a scenario on loopback, with all its files in one private folder.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use jiff::Timestamp;
use tempfile::TempDir;
use tokio::sync::OnceCell;

use super::Exit;
use super::out::complain;
use crate::runtime::Opener;
use crate::runtime::stores::{self, OpenOptions};
use crate::staging::scenario::{self, Bucket, Environment, Scenario, guide};
use crate::staging::tree::{Spec, write_into};
use crate::storage::{ErrorKind, ObjectStore, StoreError};

/// A scenario whose sockets are open. Its files are in `folder` and go away with it.
pub struct Staged {
    pub folder: TempDir,
    pub scenario: Scenario,
    pub environment: Environment,
    /// The folder that holds the registry's tree, once it is written.
    pub root: PathBuf,
    /// Opens the tree; the first time it is written.
    pub open: Opener,
}

impl Staged {
    /// Opens the sockets of a scenario, the usual one without a name; `what` says for whom, in names and messages.
    pub fn open(what: &str, name: Option<&str>, port: Option<u16>) -> Result<Self, Exit> {
        let unable = |error: io::Error| {
            complain(&format!("cannot bring up the {what}: {error}"));
            Exit::Unread
        };
        let scenario = named(name.unwrap_or(scenario::USUAL))?;
        let folder = temporary_folder(what).map_err(unable)?;
        let root = folder.path().join("registry");
        let open = opener(root.clone(), scenario.bucket);
        let environment =
            Environment::open(scenario.clone(), folder.path(), port, open.clone()).map_err(unable)?;
        Ok(Self { folder, scenario, environment, root, open })
    }

    /// Story, addresses and commands for another terminal.
    pub fn guide(&self) -> Vec<String> {
        guide(&self.scenario, &self.environment.addresses)
    }

    /// URL of the bucket.
    pub fn url(&self) -> String {
        format!("file://{}", self.root.display())
    }
}

fn named(name: &str) -> Result<Scenario, Exit> {
    let usage = |why: String| {
        complain(&why);
        Exit::Usage
    };
    let known = || scenario::names().collect::<Vec<_>>().join(", ");
    let read = scenario::find(name)
        .ok_or_else(|| usage(format!("there is no scenario {name:?}; there are {}", known())))?;
    read.map_err(|error| usage(error.to_string()))
}

/// Where the files lie: in memory where Linux offers that, for the thousands of folders of a registry take seconds on
/// many a disk. A `TMPDIR` that is set is obeyed.
fn temporary_folder(what: &str) -> io::Result<TempDir> {
    let prefix = format!("quarterdeck-{what}-");
    let mut named = tempfile::Builder::new();
    named.prefix(&prefix);
    if std::env::var_os("TMPDIR").is_none()
        && let Ok(folder) = named.tempdir_in("/dev/shm")
    {
        return Ok(folder);
    }
    named.tempdir()
}

/// Removes a folder, also while somebody still writes into it.
pub fn remove(folder: &Path) {
    // Whoever still writes below the old name fails and stops. Nobody is left to tell.
    let gone = folder.with_extension("gone");
    let _ = std::fs::rename(folder, &gone);
    let _ = std::fs::remove_dir_all(gone);
}

/// Writes the tree when it is asked for, once: behind the first frame.
fn opener(root: PathBuf, bucket: Bucket) -> Opener {
    let written = Arc::new(OnceCell::new());
    Arc::new(move || {
        let (root, written) = (root.clone(), Arc::clone(&written));
        Box::pin(async move {
            written.get_or_try_init(|| write(root.clone(), bucket)).await?;
            open(&root).await
        })
    })
}

async fn write(root: PathBuf, bucket: Bucket) -> Result<(), StoreError> {
    let failed = |why: String| StoreError::new(ErrorKind::Broken, "", why);
    let spec = match bucket {
        Bucket::Whole => Spec::whole,
        Bucket::Incidents => Spec::demo,
    };
    let writing = tokio::task::spawn_blocking(move || {
        // Not the folder above it: if that is gone, so is whoever wanted the tree.
        std::fs::create_dir(&root).map_err(|error| format!("{}: {error}", root.display()))?;
        write_into(&root, &spec(Timestamp::now())).map_err(|error| error.to_string())
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
