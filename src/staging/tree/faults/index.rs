//! Faults of what an index leads to.

use crate::staging::tree::case::{Fault, Part, Place, Scene};
use crate::staging::tree::error::Result;
use crate::staging::tree::images::{Family, Images};
use crate::staging::tree::keys;

use super::PULL_BROKEN;

const DOCKER: Fault =
    Fault { cast: |images, place| multi_arch(images, place, Family::Docker), ..PULL_BROKEN };
const OCI: Fault = Fault { cast: |images, place| multi_arch(images, place, Family::Oci), ..PULL_BROKEN };

pub const FAULTS: &[Fault] = &[
    Fault { id: "index-child-revision-missing", spoil: revision_missing, ..DOCKER },
    Fault { id: "index-child-blob-missing", spoil: blob_missing, ..DOCKER },
    Fault { id: "index-child-blob-empty", spoil: blob_empty, ..DOCKER },
    Fault { id: "index-children-collected", spoil: collected, ..DOCKER },
    Fault { id: "index-child-layer-missing", spoil: layer_missing, ..OCI },
];

fn multi_arch(images: &Images, place: &Place, family: Family) -> Result<Vec<Part>> {
    let label = format!("{}:{}", place.repository, place.tag);
    Ok(vec![Part::pushed(&place.repository, &place.tag, images.multi_arch(&label, family)?)])
}

fn revision_missing(scene: &mut Scene) -> Result<()> {
    let key = keys::revision_link(scene.repository(), &scene.child(1)?.digest);
    scene.remove(&key)?;
    scene.blame_tag(key);
    Ok(())
}

fn blob_missing(scene: &mut Scene) -> Result<()> {
    let key = keys::blob(&scene.child(1)?.digest);
    scene.remove(&key)?;
    scene.blame_tag(key);
    Ok(())
}

fn blob_empty(scene: &mut Scene) -> Result<()> {
    let key = keys::blob(&scene.child(1)?.digest);
    scene.put(&key, b"")?;
    scene.blame_tag(key);
    Ok(())
}

/// What a garbage collection of untagged manifests leaves of a multi-arch tag.
fn collected(scene: &mut Scene) -> Result<()> {
    for child in &scene.part()?.image.children {
        let key = keys::revision_link(scene.repository(), &child.digest);
        scene.remove(&key)?;
        for digest in child.blobs.keys() {
            scene.remove(&keys::blob(digest))?;
        }
        scene.blame_tag(key);
    }
    Ok(())
}

fn layer_missing(scene: &mut Scene) -> Result<()> {
    let layer = scene.child(1)?.layers.first().map(|layer| keys::blob(&layer.digest)).unwrap_or_default();
    scene.remove(&layer)?;
    scene.blame_tag(layer);
    Ok(())
}
