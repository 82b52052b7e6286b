//! Zero-byte objects whose key ends in `/`, as consoles and mount tools make them.

use crate::model::Severity;
use crate::staging::tree::case::{Fault, Scene, Stores};
use crate::staging::tree::error::Result;
use crate::staging::tree::keys::{self, ROOT};

use super::BESIDE_IMAGES;

pub const FAULTS: &[Fault] = &[Fault {
    id: "folder-marker",
    severity: Severity::GcBroken,
    stores: Stores::Bucket,
    spoil: markers,
    ..BESIDE_IMAGES
}];

fn markers(scene: &mut Scene) -> Result<()> {
    let name = scene.repository().to_owned();
    let folder = keys::repository(&name);
    let inside = [
        (Severity::GcBroken, "/"),
        (Severity::GcBroken, "/_uploads/"),
        (Severity::ListPolluted, "/_manifests/tags/"),
        (Severity::ListPolluted, "/_manifests/tags/ghost/"),
        (Severity::GcBroken, "/_manifests/revisions/sha256/"),
    ];
    for (severity, below) in inside {
        let key = format!("{folder}{below}");
        scene.put(&key, b"")?;
        scene.blame_as(severity, Some(name.clone()), key);
    }
    for top in ["repositories", "blobs"] {
        let key = format!("{ROOT}/{top}/");
        scene.put(&key, b"")?;
        scene.blame_as(Severity::GcBroken, None, key);
    }
    Ok(())
}
