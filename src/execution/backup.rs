//! Keeps what a plan takes away, before anything of it is taken.

use std::path::Path;

use bytes::Bytes;
use futures::stream::FuturesUnordered;
use futures::{FutureExt, StreamExt};

use super::disk::{private_folder, sync_folder, write_private};
use crate::model::{Act, Backup, Proposal, Step};
use crate::registry::digest::Digest;
use crate::registry::reference::{Reference, Repository, Tag};
use crate::sources::registry_api::Client;
use crate::storage::{ErrorKind, LARGEST_READ, ObjectStore, StoreError, Version};

/// Objects of usual size that are kept at once.
const AT_ONCE: usize = 8;
/// Bytes from which on an object is kept alone: it is in memory meanwhile.
const LARGE: u64 = 8 << 20;

/// Why something was not kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NotKept {
    /// It is no longer what it was when the plan was made.
    Changed(String),
    /// It could not be read, or not be written down here.
    Failed(String),
}

/// What is kept, and where.
pub struct Keeper<'a> {
    pub store: &'a dyn ObjectStore,
    /// The registry's own API, for what is deleted by it.
    pub client: Option<&'a Client>,
    /// The folder of all backups.
    pub folder: &'a Path,
    /// Name of the entry's own folder below it.
    pub entry: &'a str,
}

impl Keeper<'_> {
    /// Keeps what each step of `proposal` takes away; yields steps and backups in order. Nothing is yielded for what is
    /// gone already. `told` hears the key of each object that is safe; while `goes_on` says no more, no further one is
    /// begun.
    pub async fn keep(
        &self,
        proposal: &Proposal,
        told: &(dyn Fn(&str) + Send + Sync),
        goes_on: &(dyn Fn() -> bool + Send + Sync),
    ) -> Result<Vec<(usize, Backup)>, NotKept> {
        let own = self.folder.join(self.entry);
        private_folder(&own).map_err(|trouble| NotKept::Failed(trouble.to_string()))?;
        let kept = self.keep_all(proposal, told, goes_on).await;
        let synced = kept.and_then(|kept| match sync_folder(&own) {
            Ok(()) => Ok(kept),
            Err(trouble) => Err(NotKept::Failed(trouble.to_string())),
        });
        if synced.as_ref().map_or(true, Vec::is_empty) {
            // Nothing has been written to the store: what was copied serves nobody, and may be what filled the disk.
            let _ = std::fs::remove_dir_all(&own);
        }
        synced
    }

    async fn keep_all(
        &self,
        proposal: &Proposal,
        told: &(dyn Fn(&str) + Send + Sync),
        goes_on: &(dyn Fn() -> bool + Send + Sync),
    ) -> Result<Vec<(usize, Backup)>, NotKept> {
        let (large, usual): (Vec<_>, Vec<_>) =
            proposal.steps().enumerate().partition(|(_, step)| step.size.is_none_or(|size| size >= LARGE));
        let mut all = Vec::new();
        for (steps, at_once) in [(usual, AT_ONCE), (large, 1)] {
            let (mut steps, mut running) = (steps.into_iter(), FuturesUnordered::new());
            loop {
                while running.len() < at_once && goes_on() {
                    let Some((number, step)) = steps.next() else { break };
                    running.push(self.one(number, step).boxed());
                }
                let Some(kept) = running.next().await else { break };
                let (key, kept) = kept?;
                all.extend(kept);
                told(key);
            }
        }
        all.sort_by_key(|(number, _)| *number);
        Ok(all)
    }

    async fn one<'s>(
        &self,
        number: usize,
        step: &'s Step,
    ) -> Result<(&'s str, Option<(usize, Backup)>), NotKept> {
        let kept = match &step.act {
            Act::Delete { version } | Act::Replace { version, .. } => {
                self.object(number, &step.key, &Version(version.clone())).await?
            }
            Act::RemoveFolder => self.attributes_of(&step.key).await?,
            Act::ApiDelete { repository, tag } => self.manifest(number, repository, tag).await?,
            Act::Create { .. }
            | Act::PutBack { .. }
            | Act::MakeFolder { .. }
            | Act::ApiPut { .. }
            | Act::SetServer(_)
            | Act::EmptyLog(_) => None,
        };
        Ok((&step.key, kept.map(|backup| (number, backup))))
    }

    async fn object(&self, number: usize, key: &str, version: &Version) -> Result<Option<Backup>, NotKept> {
        let entry = match self.store.stat(key).await {
            Err(error) if error.is_gone() => return Ok(None),
            entry => entry.map_err(failed)?,
        };
        same(key, &entry.version, version)?;
        let attributes = match self.store.attributes(key).await {
            Err(error) if error.is_gone() => None,
            attributes => Some(attributes.map_err(failed)?.0),
        };
        if let Some(size) = entry.size.filter(|size| *size > LARGEST_READ) {
            let in_store = self.store.keep(key, version).await.map_err(failed)?;
            return Ok(Some(Backup { file: None, in_store: Some(in_store), size, digest: None, attributes }));
        }
        let object = match self.store.read(key, None).await {
            Err(error) if error.is_gone() => return Ok(None),
            object => object.map_err(failed)?,
        };
        same(key, &object.entry.version, version)?;
        self.write(number, object.bytes, attributes).await.map(Some)
    }

    async fn attributes_of(&self, folder: &str) -> Result<Option<Backup>, NotKept> {
        match self.store.attributes(folder).await {
            Err(error) if error.is_gone() => Ok(None),
            attributes => {
                let attributes = Some(attributes.map_err(failed)?.0);
                Ok(Some(Backup { file: None, in_store: None, size: 0, digest: None, attributes }))
            }
        }
    }

    /// The manifest under a tag, with its media type for an attribute.
    async fn manifest(&self, number: usize, repository: &str, tag: &str) -> Result<Option<Backup>, NotKept> {
        let Some(client) = self.client else {
            return Err(NotKept::Failed(
                "the registry's address is not known; set url in its profile".into(),
            ));
        };
        let reference = Reference::tag(Repository::found(repository), Tag::found(tag));
        match client.manifest(&reference).await {
            Ok(answer) => self.write(number, answer.bytes, answer.media_type).await.map(Some),
            // A broken tag has none to keep: the registry answers 404, or 500 at an empty link. Any other answer tells
            // nothing about the tag.
            Err(error) if error.is_not_found() || error.status == Some(500) => Ok(None),
            Err(error) => Err(NotKept::Failed(error.to_string())),
        }
    }

    async fn write(
        &self,
        number: usize,
        bytes: Bytes,
        attributes: Option<String>,
    ) -> Result<Backup, NotKept> {
        let path = self.folder.join(self.entry).join(number.to_string());
        let file = format!("{}/{number}", self.entry);
        let write = move || {
            let digest = Digest::of(&bytes).to_string();
            let size = bytes.len() as u64;
            write_private(&path, &bytes).map(|()| (digest, size))
        };
        let written = tokio::task::spawn_blocking(write).await;
        let written = written.map_err(|stopped| NotKept::Failed(stopped.to_string()))?;
        let (digest, size) = written.map_err(|trouble| NotKept::Failed(trouble.to_string()))?;
        Ok(Backup { file: Some(file), in_store: None, size, digest: Some(digest), attributes })
    }
}

/// The folders above a key that are not there, outermost first.
pub async fn missing_folders(store: &dyn ObjectStore, key: &str) -> Result<Vec<String>, StoreError> {
    let above = key.match_indices('/').map(|(at, _)| &key[..=at]);
    let mut missing = Vec::new();
    for folder in above.collect::<Vec<_>>().into_iter().rev() {
        match store.attributes(folder).await {
            Ok(_) => break,
            Err(error) if error.is_gone() => missing.push(folder.to_owned()),
            Err(error) => return Err(error),
        }
    }
    missing.reverse();
    Ok(missing)
}

fn failed(error: StoreError) -> NotKept {
    match error.kind {
        ErrorKind::Changed => NotKept::Changed(error.to_string()),
        _ => NotKept::Failed(error.to_string()),
    }
}

fn same(key: &str, now: &Version, then: &Version) -> Result<(), NotKept> {
    if now.agrees_with(then) {
        return Ok(());
    }
    Err(NotKept::Changed(format!("{key} was written to since: it is now {}, not {}", now.0, then.0)))
}

/// The bytes of a backup, proved to be those that were kept.
///
/// # Errors
///
/// The file is not there, or other bytes are in it.
pub fn bytes(folder: &Path, backup: &Backup) -> Result<Bytes, String> {
    let (Some(file), Some(digest)) = (&backup.file, &backup.digest) else {
        return Err("its bytes were kept by the store alone, and it does not give them back".to_owned());
    };
    let path = folder.join(file);
    let bytes = std::fs::read(&path)
        .map_err(|error| format!("the backup {} cannot be read: {error}", path.display()))?;
    match Digest::of(&bytes).to_string() == *digest {
        true => Ok(bytes.into()),
        false => Err(format!(
            "the backup {} is not what was kept: its bytes do not hash to {digest}",
            path.display()
        )),
    }
}
