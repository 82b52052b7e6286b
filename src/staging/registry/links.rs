//! From a link to the blob that it names, by the rules of distribution 2.x.

use super::answers::Refusal;
use crate::registry::digest::Digest;
use crate::registry::layout::Key;
use crate::storage::{Entry, ErrorKind, ObjectStore, StoreError};

/// More than any digest takes.
const LONGEST_LINK: u64 = 4096;

/// What the link at `key` names; none if there is no such link. A link that names nothing sensible is a refusal.
pub async fn read(store: &dyn ObjectStore, key: &Key) -> Result<Option<Digest>, Refusal> {
    match store.read(&key.path(), Some(0..LONGEST_LINK)).await {
        Ok(object) => Ok(Some(Digest::parse_bytes(&object.bytes)?)),
        Err(error) if error.is_gone() => Ok(None),
        Err(error) => Err(error.into()),
    }
}

/// The blob of this digest; none if there is none, or if a folder stands in its place.
pub async fn blob(store: &dyn ObjectStore, digest: &Digest) -> Result<Option<Entry>, Refusal> {
    let absent = |error: &StoreError| error.is_gone() || error.kind == ErrorKind::Folder;
    match store.stat(&Key::BlobData { digest: digest.clone() }.path()).await {
        Ok(entry) => Ok(Some(entry)),
        Err(error) if absent(&error) => Ok(None),
        Err(error) => Err(error.into()),
    }
}

/// The blob that the first link which is there leads to.
pub async fn follow(store: &dyn ObjectStore, links: &[Key]) -> Result<Option<(Digest, Entry)>, Refusal> {
    for link in links {
        if let Some(target) = read(store, link).await? {
            return Ok(blob(store, &target).await?.map(|entry| (target, entry)));
        }
    }
    Ok(None)
}
