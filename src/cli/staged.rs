//! What `demo` and `staging` have in common: a scenario on loopback, with all its files in one private folder.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

use jiff::Timestamp;
use tempfile::TempDir;
use tokio::sync::OnceCell;

use super::out::complain;
use super::{Exit, site};
use crate::registry::repair::quote;
use crate::runtime::Opener;
use crate::runtime::stores::{self, OpenOptions};
use crate::staging::scenario::{self, Bucket, Environment, Scenario, Trees, guide};
use crate::staging::tree::{Spec, share_blobs, share_files, write_into};
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
        Self::from_shelf(what, name, port, None)
    }

    /// The same, with a tree from a shelf.
    pub fn from_shelf(
        what: &str,
        name: Option<&str>,
        port: Option<u16>,
        shelf: Option<Arc<Shelf>>,
    ) -> Result<Self, Exit> {
        let unable = |error: io::Error| {
            complain(&format!("cannot bring up the {what}: {error}"));
            Exit::Unread
        };
        let scenario = named(name.unwrap_or(scenario::USUAL))?;
        let folder = temporary_folder(what).map_err(unable)?;
        let root = folder.path().join("registry");
        let trees = trees(folder.path(), &scenario, shelf);
        let open = Arc::clone(&trees.bucket);
        let environment = Environment::open(scenario.clone(), folder.path(), port, trees).map_err(unable)?;
        Ok(Self { folder, scenario, environment, root, open })
    }

    /// Story, addresses and commands for another terminal.
    pub fn guide(&self) -> Vec<String> {
        let mut lines = guide(&self.scenario, &self.environment.addresses);
        let file = quote(&site::place(self.folder.path()).display().to_string());
        lines.extend([
            String::new(),
            "quarterdeck itself, with and without a screen".to_owned(),
            format!("  quarterdeck check --config {file}"),
            format!("  quarterdeck --config {file}"),
        ]);
        lines
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

/// How the registry's tree and its bucket are opened: for a registry with a database the bucket is only a part.
fn trees(folder: &Path, scenario: &Scenario, shelf: Option<Arc<Shelf>>) -> Trees {
    let root = folder.join("registry");
    let tree = if scenario.metadata_database { folder.join("database") } else { root.clone() };
    let place = Arc::new(Place { tree, root, bucket: scenario.bucket, shelf, written: OnceCell::new() });
    let opener = |of: fn(&Place) -> &Path| -> Opener {
        let place = Arc::clone(&place);
        Arc::new(move || {
            let place = Arc::clone(&place);
            Box::pin(async move {
                place.written.get_or_try_init(|| write(Arc::clone(&place))).await?;
                open(of(&place)).await
            })
        })
    };
    Trees { registry: opener(|place| &place.tree), bucket: opener(|place| &place.root) }
}

/// Where everything lies. It is written when it is asked for, once: behind the first frame.
struct Place {
    /// Where the registry's tree is.
    tree: PathBuf,
    /// Where the bucket is: the same, but for a registry with a database.
    root: PathBuf,
    bucket: Bucket,
    shelf: Option<Arc<Shelf>>,
    written: OnceCell<()>,
}

/// Trees that are written once and taken from there as often as wanted.
pub struct Shelf {
    folder: TempDir,
    whole: OnceLock<Result<(), String>>,
    incidents: OnceLock<Result<(), String>>,
}

impl Shelf {
    /// An empty shelf in memory, where that can be had.
    ///
    /// # Errors
    /// There is no room for it.
    pub fn new() -> io::Result<Self> {
        Ok(Self { folder: temporary_folder("shelf")?, whole: OnceLock::new(), incidents: OnceLock::new() })
    }

    fn put_into(&self, bucket: Bucket, tree: &Path) -> Result<(), String> {
        let (name, written) = match bucket {
            Bucket::Whole => ("whole", &self.whole),
            Bucket::Incidents => ("incidents", &self.incidents),
        };
        let kept = self.folder.path().join(name);
        written.get_or_init(|| write_tree(&kept, bucket)).clone()?;
        share_files(&kept, tree).map_err(|error| format!("{}: {error}", tree.display()))
    }
}

fn write_tree(tree: &Path, bucket: Bucket) -> Result<(), String> {
    let spec = match bucket {
        Bucket::Whole => Spec::whole,
        Bucket::Incidents => Spec::demo,
    };
    // Not the folder above it: if that is gone, so is whoever wanted the tree.
    std::fs::create_dir(tree).map_err(|error| format!("{}: {error}", tree.display()))?;
    write_into(tree, &spec(Timestamp::now())).map(|_| ()).map_err(|error| error.to_string())
}

async fn write(place: Arc<Place>) -> Result<(), StoreError> {
    let failed = |why: String| StoreError::new(ErrorKind::Broken, "", why);
    match tokio::task::spawn_blocking(move || place.write()).await {
        Ok(Ok(())) => Ok(()),
        Ok(Err(why)) => Err(failed(why)),
        Err(panic) => Err(failed(panic.to_string())),
    }
}

impl Place {
    fn write(&self) -> Result<(), String> {
        match &self.shelf {
            Some(shelf) => shelf.put_into(self.bucket, &self.tree)?,
            None => write_tree(&self.tree, self.bucket)?,
        }
        if self.tree == self.root {
            return Ok(());
        }
        share_blobs(&self.tree, &self.root).map_err(|error| format!("{}: {error}", self.root.display()))
    }
}

async fn open(root: &Path) -> Result<Arc<dyn ObjectStore>, StoreError> {
    let url = format!("file://{}", root.display());
    stores::open(&url, &OpenOptions::default()).await.map_err(|error| error.of_store(&url))
}
