//! Looks at what is to be written to: everything below a prefix, each object in the version it has now.

use std::collections::BTreeSet;

use futures::StreamExt;
use jiff::{SignedDuration, Timestamp};

use super::{Ground, NoProposal, words};
use crate::model::{Act, Guard, Step};
use crate::registry::checks::StoreKind;
use crate::registry::checks::link::{self, Malformed};
use crate::registry::digest::{Algorithm, Digest, Hasher};
use crate::storage::{Delimiter, Entry, ErrorKind, ObjectStore, Page, StoreError};

/// The most objects that one proposal takes from below one prefix.
pub const MOST_OBJECTS: usize = 10_000;
/// Objects asked for side by side.
pub const SIDE_BY_SIDE: usize = 64;

/// Everything below a prefix.
#[derive(Clone, Debug, Default)]
pub struct Contents {
    /// As a direct question answered, in order of their keys.
    pub objects: Vec<Entry>,
    /// Folders of a file system with all that lie between, the prefix itself among them; innermost first. In a bucket
    /// there are none.
    pub folders: Vec<String>,
}

impl Contents {
    pub fn is_empty(&self) -> bool {
        self.objects.is_empty() && self.folders.is_empty()
    }

    /// The steps that remove the folders once they are empty.
    pub fn remove_folders(&self, guards: &[Guard]) -> impl Iterator<Item = Step> {
        self.folders.iter().map(move |folder| remove_folder(folder, guards.to_vec()))
    }
}

/// The step that removes a folder if it is empty by then.
pub fn remove_folder(folder: &str, guards: Vec<Guard>) -> Step {
    Step { act: Act::RemoveFolder, key: folder.to_owned(), size: None, modified: None, guards }
}

/// The step that deletes an object in the version it was seen in.
pub fn delete(entry: &Entry, guards: Vec<Guard>) -> Step {
    Step {
        act: Act::Delete { version: entry.version.0.clone() },
        key: entry.key.clone(),
        size: entry.size,
        modified: entry.modified,
        guards,
    }
}

/// What could not be read is named, and what to do about it.
pub fn unread(error: &StoreError) -> NoProposal {
    NoProposal::Unread(format!("{error}; nothing is proposed on what could not be read"))
}

/// What stands at a key now.
#[derive(Clone, Debug)]
pub enum Stands {
    Object(Entry),
    /// A folder of a file system.
    Folder,
    Nothing,
}

/// What stands at a key now, by a direct question.
pub async fn at(store: &dyn ObjectStore, key: &str) -> Result<Stands, NoProposal> {
    match store.stat(key).await {
        Ok(entry) => Ok(Stands::Object(entry)),
        Err(error) if error.is_gone() => Ok(Stands::Nothing),
        Err(error) if error.kind == ErrorKind::Folder => Ok(Stands::Folder),
        Err(error) => Err(unread(&error)),
    }
}

/// A link as it is now, with its entry by a direct question: a download tells less.
pub async fn link(store: &dyn ObjectStore, key: &str) -> Result<Option<(Entry, Content)>, NoProposal> {
    let entry = match at(store, key).await? {
        Stands::Object(entry) => entry,
        Stands::Nothing => return Ok(None),
        Stands::Folder => {
            return Err(NoProposal::NotHere(format!(
                "a folder stands where the link {key} should be: it has to go first"
            )));
        }
    };
    let object = store.read(key, Some(0..link::READ_AT_MOST)).await.map_err(|error| unread(&error))?;
    if !entry.version.agrees_with(&object.entry.version) {
        return Err(changed(key));
    }
    let size = entry.size.unwrap_or(object.bytes.len() as u64);
    Ok(Some((entry, link::read(&object.bytes, size))))
}

/// What a link says.
pub type Content = Result<Digest, Malformed>;

/// Bytes that are read at once for hashing.
const PIECE: u64 = 8 << 20;

/// What an object's bytes hash to, read piece by piece while it stays in this version.
pub async fn hash(
    store: &dyn ObjectStore,
    entry: &Entry,
    algorithm: Algorithm,
) -> Result<Digest, NoProposal> {
    let (mut hasher, mut from) = (Hasher::new(algorithm), 0);
    if entry.size == Some(0) {
        return Ok(hasher.finish());
    }
    loop {
        let read = store.read(&entry.key, Some(from..from + PIECE)).await;
        let object = read.map_err(|error| unread(&error))?;
        if !entry.version.agrees_with(&object.entry.version) {
            return Err(changed(&entry.key));
        }
        hasher.update(&object.bytes);
        let got = object.bytes.len() as u64;
        from += got;
        match entry.size {
            Some(size) if from >= size => return Ok(hasher.finish()),
            Some(size) if got == 0 => {
                let key = &entry.key;
                return Err(NoProposal::Unread(format!("{key}: only {from} of its {size} bytes were sent")));
            }
            None if got < PIECE => return Ok(hasher.finish()),
            Some(_) | None => {}
        }
    }
}

/// How to go on at once where no push is under way.
const AT_ONCE: &str = "settle = \"0\" in the profile, or QUARTERDECK_SETTLE=0, judges at once";

/// Refuses what changed so recently that a push may be under way, by the store's own clock.
pub async fn has_settled(
    ground: &Ground<'_>,
    what: &str,
    newest: Option<Timestamp>,
) -> Result<(), NoProposal> {
    let settle = ground.scene.looking.options.settle;
    let settle = SignedDuration::try_from(settle).unwrap_or(SignedDuration::MAX);
    if settle.is_zero() {
        return Ok(());
    }
    let now = ground.store().now().await.map_err(|error| unread(&error))?;
    match newest.map(|newest| now.duration_since(newest)) {
        Some(age) if age >= settle => Ok(()),
        Some(age) => Err(NoProposal::NotHere(format!(
            "{what} changed {} ago: a push may be under way; wait until nothing changed for {}, or {AT_ONCE}",
            words::age(age),
            words::age(settle)
        ))),
        None => Err(NoProposal::Unread(format!(
            "the store does not tell when {what} changed last, so a push may be under way; {AT_ONCE}"
        ))),
    }
}

/// Everything below a prefix, all pages of it.
///
/// # Errors
///
/// Some of it could not be read, there is more than [`MOST_OBJECTS`], or it changed meanwhile.
pub async fn below(store: &dyn ObjectStore, prefix: &str) -> Result<Contents, NoProposal> {
    let (listed, mut folders) = names(store, prefix).await?;
    if StoreKind::of(store.url()) == StoreKind::FileSystem {
        let named = listed.iter().map(|entry| entry.key.as_str());
        let between: BTreeSet<String> = named.flat_map(|key| above(key, prefix)).collect();
        folders.extend(between);
    } else {
        folders.clear();
    }
    let mut folders: Vec<String> = folders.into_iter().collect();
    folders.sort_by_key(|folder| std::cmp::Reverse((folder.matches('/').count(), folder.clone())));
    Ok(Contents { objects: versions(store, listed).await?, folders })
}

/// What a listing shows below a prefix, and its empty folders with those above them.
async fn names(store: &dyn ObjectStore, prefix: &str) -> Result<(Vec<Entry>, BTreeSet<String>), NoProposal> {
    let (mut objects, mut folders) = (Vec::new(), BTreeSet::new());
    let mut last: Option<Page> = None;
    loop {
        let next = last.as_ref().and_then(|page| page.next.clone());
        if last.is_some() && next.is_none() {
            return Ok((objects, folders));
        }
        let mut page = match store.list(prefix, Delimiter::None, next.as_ref()).await {
            Ok(page) => page,
            Err(error) if error.is_gone() && last.is_none() => return Ok((objects, folders)),
            Err(error) => return Err(unread(&error)),
        };
        if let Some(error) = page.unread.first() {
            return Err(unread(error));
        }
        // Whatever is below, on a file system the folder itself is there.
        folders.insert(prefix.to_owned());
        objects.append(&mut page.entries);
        for folder in &page.prefixes {
            folders.insert(folder.clone());
            folders.extend(above(folder.trim_end_matches('/'), prefix));
        }
        if objects.len() > MOST_OBJECTS {
            return Err(NoProposal::NotHere(format!(
                "more than {MOST_OBJECTS} objects lie below {prefix}: too many for one proposal; take parts of it \
                 first, or use the store's own lifecycle rules"
            )));
        }
        last = Some(page);
    }
}

/// The folders from `prefix` down to the one that holds `key`.
fn above(key: &str, prefix: &str) -> Vec<String> {
    let rest = key.strip_prefix(prefix).unwrap_or_default();
    let inner = rest.match_indices('/').map(|(at, _)| format!("{prefix}{}", &rest[..=at]));
    std::iter::once(prefix.to_owned()).chain(inner).collect()
}

/// The objects as direct questions answer: a listing's version is not enough to write by.
pub async fn versions(store: &dyn ObjectStore, listed: Vec<Entry>) -> Result<Vec<Entry>, NoProposal> {
    let asked = listed.into_iter().map(|entry| async move {
        store.stat(&entry.key).await.map_err(|error| match error.is_gone() {
            true => changed(&entry.key),
            false => unread(&error),
        })
    });
    futures::stream::iter(asked).buffered(SIDE_BY_SIDE).collect::<Vec<_>>().await.into_iter().collect()
}

/// Somebody writes to it just now.
pub fn changed(key: &str) -> NoProposal {
    NoProposal::Unread(format!(
        "{key} changed while it was looked at: a push may be under way; ask once more"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_folder_between_is_named() {
        assert_eq!(above("a/b/c/d", "a/b/"), ["a/b/", "a/b/c/"]);
        assert_eq!(above("a/b/d", "a/b/"), ["a/b/"]);
        assert_eq!(above("a/b", "a/b/"), ["a/b/"]);
    }
}
