//! Faults of `_manifests/revisions/…/link`.

use crate::staging::tree::case::{Fault, Scene};
use crate::staging::tree::error::{Result, TreeError};
use crate::staging::tree::keys;
use crate::staging::tree::seed::sha256;

use super::{PULL_BROKEN, md5};

pub const FAULTS: &[Fault] = &[
    Fault { id: "revision-link-missing", spoil: missing, ..PULL_BROKEN },
    Fault { id: "revision-and-blob-missing", spoil: both_missing, ..PULL_BROKEN },
    Fault { id: "revision-link-empty", spoil: |s| write(s, b""), ..PULL_BROKEN },
    Fault { id: "revision-link-newline", spoil: newline, ..PULL_BROKEN },
    Fault { id: "revision-link-md5", spoil: unknown_algorithm, ..PULL_BROKEN },
    Fault { id: "revision-link-mismatch", spoil: other_revision, ..PULL_BROKEN },
    Fault { id: "revision-link-mismatch-dangling", spoil: nowhere, ..PULL_BROKEN },
];

fn write(scene: &mut Scene, content: &[u8]) -> Result<()> {
    let key = keys::revision_link(scene.repository(), &scene.part()?.image.digest);
    scene.put(&key, content)?;
    scene.blame_tag(key);
    Ok(())
}

fn missing(scene: &mut Scene) -> Result<()> {
    let key = keys::revision_link(scene.repository(), &scene.part()?.image.digest);
    scene.remove(&key)?;
    scene.blame_tag(key);
    Ok(())
}

fn both_missing(scene: &mut Scene) -> Result<()> {
    let digest = &scene.part()?.image.digest;
    scene.remove(&keys::revision_link(scene.repository(), digest))?;
    scene.remove(&keys::blob(digest))?;
    let key = keys::current_link(scene.repository(), scene.tag());
    scene.blame_tag(key);
    Ok(())
}

fn newline(scene: &mut Scene) -> Result<()> {
    let content = format!("{}\n", scene.part()?.image.digest);
    write(scene, content.as_bytes())
}

fn unknown_algorithm(scene: &mut Scene) -> Result<()> {
    let content = md5(&scene.part()?.image.raw);
    write(scene, &content)
}

fn other_revision(scene: &mut Scene) -> Result<()> {
    let other = scene.control.ok_or_else(|| TreeError::Missing("no other revision to name".to_owned()))?;
    write(scene, other.digest.as_bytes())
}

fn nowhere(scene: &mut Scene) -> Result<()> {
    let digest = sha256(&scene.noise("nowhere", 32));
    write(scene, digest.as_bytes())
}
