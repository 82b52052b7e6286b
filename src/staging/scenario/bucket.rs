//! What becomes of single objects of the store while a scenario is played.

use bytes::Bytes;

use super::situation::Damage;
use crate::registry::digest::Digest;
use crate::registry::layout::Key;
use crate::registry::reference::{Reference, Repository, Target};
use crate::storage::filesystem::Filesystem;
use crate::storage::{ErrorKind, ObjectStore, StoreError};

/// The store at a URL. What the registry reads cannot be written to, so its folder is opened anew.
fn open(url: &str) -> Result<Filesystem, StoreError> {
    let root = url.strip_prefix("file://");
    let root =
        root.ok_or_else(|| StoreError::new(ErrorKind::Broken, url, "staging writes into folders only"))?;
    Filesystem::open(root)
}

/// Damages what belongs to a tag.
///
/// # Errors
/// It is not there, or cannot be written to.
pub async fn damage(url: &str, damage: Damage, reference: &Reference) -> Result<(), StoreError> {
    let Target::Tag(tag) = &reference.target else { return Ok(()) };
    let store = open(url)?;
    let link = Key::CurrentLink { repository: reference.repository.clone(), tag: tag.clone() }.path();
    if damage == Damage::EmptyLink {
        return empty(&store, &link).await;
    }
    let bytes = store.read(&link, None).await?.bytes;
    let broken = |why| StoreError::new(ErrorKind::Broken, &link, format!("{why}"));
    let digest = Digest::parse_bytes(&bytes).map_err(broken)?;
    let blob = Key::BlobData { digest }.path();
    match damage {
        Damage::NoManifest => store.delete(&blob, &store.stat(&blob).await?.version).await,
        Damage::EmptyManifest | Damage::EmptyLink => empty(&store, &blob).await,
    }
}

async fn empty(store: &Filesystem, key: &str) -> Result<(), StoreError> {
    let version = store.stat(key).await?.version;
    store.replace(key, Bytes::new(), &version).await?;
    Ok(())
}

/// Writes the links of layers that a registry without a database writes with a push.
///
/// # Errors
/// One of them is there already, or cannot be written.
pub async fn link(
    url: &str,
    repository: &Repository,
    digests: impl Iterator<Item = Digest>,
) -> Result<(), StoreError> {
    let store = open(url)?;
    for digest in digests {
        let text = Bytes::from(digest.to_string());
        let key = Key::LayerLink { repository: repository.clone(), digest };
        store.create(&key.path(), text, None).await?;
    }
    Ok(())
}
