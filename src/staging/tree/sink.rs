//! Where a tree goes: into memory (an object store to be) or into a folder (a registry's root directory).

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use bytes::Bytes;
use jiff::Timestamp;

use super::error::{Result, TreeError};
use super::keys::ROOT;
use crate::registry::checks::StoreKind;

/// Something that takes objects and gives them back.
pub trait Sink {
    /// Which states this sink can hold.
    fn kind(&self) -> StoreKind;
    /// Writes or overwrites an object.
    fn put(&mut self, key: &str, bytes: &[u8], modified: Timestamp) -> Result<()>;
    /// The bytes of an object.
    fn get(&self, key: &str) -> Result<Bytes>;
    /// Whether there is an object or a folder.
    fn has(&self, key: &str) -> bool;
    /// Removes an object, and the folders that this leaves empty.
    fn remove(&mut self, key: &str) -> Result<()>;
    /// Removes everything below a folder, and the folder.
    fn remove_all(&mut self, folder: &str) -> Result<()>;
    /// Makes an empty folder, where there is such a thing.
    fn folder(&mut self, key: &str) -> Result<()>;
}

/// One object in memory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stored {
    pub bytes: Bytes,
    pub modified: Timestamp,
}

/// A tree in memory.
#[derive(Clone, Debug)]
pub struct Memory {
    kind: StoreKind,
    /// Objects by key.
    pub objects: BTreeMap<String, Stored>,
    /// Folders that were made as such, without a final `/`; none on an object store.
    pub folders: BTreeSet<String>,
}

impl Memory {
    /// An empty tree for a kind of store.
    pub fn new(kind: StoreKind) -> Self {
        Self { kind, objects: BTreeMap::new(), folders: BTreeSet::new() }
    }

    /// Bytes of all objects together.
    pub fn size(&self) -> u64 {
        self.objects.values().map(|object| object.bytes.len() as u64).sum()
    }

    /// Copies the tree into a folder, which becomes a registry's root directory.
    pub fn pour(&self, root: &Path) -> Result<()> {
        let mut folder = Folder::new(root);
        for key in &self.folders {
            folder.folder(key)?;
        }
        for (key, object) in &self.objects {
            folder.put(key, &object.bytes, object.modified)?;
        }
        Ok(())
    }

    fn missing(action: &'static str, key: &str) -> TreeError {
        TreeError::Io { action, key: key.to_owned(), source: io::ErrorKind::NotFound.into() }
    }
}

impl Sink for Memory {
    fn kind(&self) -> StoreKind {
        self.kind
    }

    fn put(&mut self, key: &str, bytes: &[u8], modified: Timestamp) -> Result<()> {
        self.objects.insert(key.to_owned(), Stored { bytes: Bytes::copy_from_slice(bytes), modified });
        Ok(())
    }

    fn get(&self, key: &str) -> Result<Bytes> {
        self.objects.get(key).map(|object| object.bytes.clone()).ok_or_else(|| Self::missing("read", key))
    }

    fn has(&self, key: &str) -> bool {
        let below = format!("{key}/");
        let next = self.objects.range(below.clone()..).next();
        self.objects.contains_key(key)
            || self.folders.contains(key)
            || next.is_some_and(|(found, _)| found.starts_with(&below))
    }

    fn remove(&mut self, key: &str) -> Result<()> {
        self.objects.remove(key).map(|_| ()).ok_or_else(|| Self::missing("remove", key))
    }

    fn remove_all(&mut self, folder: &str) -> Result<()> {
        let below = format!("{folder}/");
        self.objects.retain(|key, _| !key.starts_with(&below));
        self.folders.retain(|key| key != folder && !key.starts_with(&below));
        Ok(())
    }

    fn folder(&mut self, key: &str) -> Result<()> {
        if self.kind == StoreKind::FileSystem {
            self.folders.insert(key.to_owned());
        }
        Ok(())
    }
}

/// A tree on disk.
#[derive(Debug)]
pub struct Folder {
    root: PathBuf,
    made: BTreeSet<PathBuf>,
}

impl Folder {
    /// A tree whose `docker/registry/v2` is to lie in `root`.
    pub fn new(root: impl Into<PathBuf>) -> Self {
        Self { root: root.into(), made: BTreeSet::new() }
    }

    fn path(&self, key: &str) -> PathBuf {
        self.root.join(key)
    }

    fn make(&mut self, folder: &Path) -> io::Result<()> {
        if self.made.contains(folder) {
            return Ok(());
        }
        // The root itself is for its owner to make: a tree that is taken away while it is written stays away.
        if folder == self.root {
            fs::metadata(folder)?;
        } else {
            folder.parent().map_or(Ok(()), |parent| self.make(parent))?;
            fs::create_dir(folder).or_else(|error| match error.kind() {
                io::ErrorKind::AlreadyExists => Ok(()),
                _ => Err(error),
            })?;
        }
        self.made.insert(folder.to_owned());
        Ok(())
    }

    fn prune(&mut self, from: &Path) {
        let top = self.root.join(ROOT);
        let mut folder = from;
        while folder != top && fs::remove_dir(folder).is_ok() {
            let Some(parent) = folder.parent() else { break };
            folder = parent;
        }
        self.made.clear();
    }
}

fn at<T>(action: &'static str, key: &str, result: io::Result<T>) -> Result<T> {
    result.map_err(|source| TreeError::Io { action, key: key.to_owned(), source })
}

fn write(path: &Path, bytes: &[u8], modified: Timestamp) -> io::Result<()> {
    let mut file = fs::File::create(path)?;
    file.write_all(bytes)?;
    file.set_modified(SystemTime::from(modified))
}

impl Sink for Folder {
    fn kind(&self) -> StoreKind {
        StoreKind::FileSystem
    }

    fn put(&mut self, key: &str, bytes: &[u8], modified: Timestamp) -> Result<()> {
        let path = self.path(key);
        if let Some(parent) = path.parent() {
            at("make the folder of", key, self.make(parent))?;
        }
        at("write", key, write(&path, bytes, modified))
    }

    fn get(&self, key: &str) -> Result<Bytes> {
        at("read", key, fs::read(self.path(key))).map(Bytes::from)
    }

    fn has(&self, key: &str) -> bool {
        self.path(key).symlink_metadata().is_ok()
    }

    fn remove(&mut self, key: &str) -> Result<()> {
        let path = self.path(key);
        at("remove", key, fs::remove_file(&path))?;
        if let Some(parent) = path.parent() {
            self.prune(parent);
        }
        Ok(())
    }

    fn remove_all(&mut self, folder: &str) -> Result<()> {
        let path = self.path(folder);
        self.made.clear();
        at("remove", folder, fs::remove_dir_all(&path))
    }

    fn folder(&mut self, key: &str) -> Result<()> {
        let path = self.path(key);
        at("make", key, self.make(&path))
    }
}
