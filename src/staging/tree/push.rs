//! What a push leaves in the store, object by object, in the order in which a registry writes it.

use jiff::Timestamp;

use super::error::Result;
use super::image::Image;
use super::keys;
use super::sink::Sink;

/// Pushes an image into a repository, and tags it if a tag is given.
pub fn push(
    sink: &mut dyn Sink,
    repository: &str,
    tag: Option<&str>,
    image: &Image,
    modified: Timestamp,
) -> Result<()> {
    sink.folder(&format!("{}/_uploads", keys::repository(repository)))?;
    for (digest, bytes) in &image.blobs {
        blob(sink, digest, bytes, modified)?;
        sink.put(&keys::layer_link(repository, digest), digest.as_bytes(), modified)?;
    }
    for child in &image.children {
        push(sink, repository, None, child, modified)?;
    }
    blob(sink, &image.digest, &image.raw, modified)?;
    let digest = image.digest.as_bytes();
    sink.put(&keys::revision_link(repository, &image.digest), digest, modified)?;
    if let Some(tag) = tag {
        sink.put(&keys::index_link(repository, tag, &image.digest), digest, modified)?;
        sink.put(&keys::current_link(repository, tag), digest, modified)?;
    }
    Ok(())
}

/// A blob that exists is never rewritten.
fn blob(sink: &mut dyn Sink, digest: &str, bytes: &[u8], modified: Timestamp) -> Result<()> {
    let key = keys::blob(digest);
    if sink.has(&key) {
        return Ok(());
    }
    sink.put(&key, bytes, modified)
}
