//! Faults of a whole repository.

use jiff::SignedDuration;

use crate::model::{Severity, TagState};
use crate::staging::tree::case::{Control, Fault, Part, Place, Scene};
use crate::staging::tree::error::Result;
use crate::staging::tree::images::Images;
use crate::staging::tree::keys;
use crate::staging::tree::seed::sha256;

use super::{BESIDE_IMAGES, PULL_BROKEN, one_image};

const ALONE: Fault = Fault { control: Control::Without, ..PULL_BROKEN };
const NAMELESS: Fault =
    Fault { severity: Severity::GcBroken, tag: TagState::Whole, spoil: blame_folder, ..ALONE };
const EMPTY: Fault = Fault { control: Control::Without, ..BESIDE_IMAGES };

pub const FAULTS: &[Fault] = &[
    Fault { id: "repo-only-uploads", spoil: only_uploads, ..EMPTY },
    Fault { id: "repo-without-layers-folder", spoil: without_layers, ..ALONE },
    Fault {
        id: "repo-without-manifests-folder",
        severity: Severity::ListPolluted,
        spoil: without_manifests,
        ..EMPTY
    },
    Fault {
        id: "repo-name-uppercase",
        cast: |images, place| renamed(images, place, |name| format!("{name}/Upper-Case")),
        ..NAMELESS
    },
    Fault { id: "repo-name-too-long", cast: |images, place| renamed(images, place, too_long), ..NAMELESS },
    Fault {
        id: "repo-path-with-space",
        cast: |images, place| renamed(images, place, |name| format!("{name}/my image")),
        ..NAMELESS
    },
    Fault { id: "stray-file-in-repo", spoil: stray, ..BESIDE_IMAGES },
    Fault {
        id: "stray-file-in-revisions",
        severity: Severity::GcBroken,
        spoil: stray_in_revisions,
        ..BESIDE_IMAGES
    },
];

fn renamed(images: &Images, place: &Place, rename: fn(&str) -> String) -> Result<Vec<Part>> {
    let parts = one_image(images, place)?;
    let rename = |part: Part| Part { repository: rename(&part.repository), ..part }.planted();
    Ok(parts.into_iter().map(rename).collect())
}

/// One character more than the longest legal name.
fn too_long(name: &str) -> String {
    let stem = format!("{name}/{}/{}/", "x".repeat(80), "y".repeat(80));
    format!("{stem}{}", "z".repeat(256_usize.saturating_sub(stem.len())))
}

fn blame_folder(scene: &mut Scene) -> Result<()> {
    let folder = keys::repository(scene.repository());
    scene.blame_repository(folder);
    Ok(())
}

fn only_uploads(scene: &mut Scene) -> Result<()> {
    scene.upload(&scene.uuid("only"), SignedDuration::from_hours(30 * 24))?;
    let folder = format!("{}/_uploads", keys::repository(scene.repository()));
    scene.blame_repository(folder);
    Ok(())
}

fn without_layers(scene: &mut Scene) -> Result<()> {
    let folder = format!("{}/_layers", keys::repository(scene.repository()));
    scene.remove_all(&folder)?;
    scene.blame_tag(folder);
    Ok(())
}

fn without_manifests(scene: &mut Scene) -> Result<()> {
    let name = scene.repository();
    for number in 0..2 {
        let layer = scene.images.layer(&format!("{name} {number}"))?.packed;
        let digest = sha256(&layer);
        scene.put(&keys::blob(&digest), &layer)?;
        scene.put(&keys::layer_link(name, &digest), digest.as_bytes())?;
    }
    scene.blame_repository(format!("{}/_manifests", keys::repository(name)));
    Ok(())
}

fn stray(scene: &mut Scene) -> Result<()> {
    let key = format!("{}/README", keys::repository(scene.repository()));
    scene.put(&key, b"left by hand\n")?;
    scene.blame_repository(key);
    Ok(())
}

fn stray_in_revisions(scene: &mut Scene) -> Result<()> {
    let key = format!("{}/_manifests/revisions/sha256/link", keys::repository(scene.repository()));
    scene.put(&key, b"")?;
    scene.blame_repository(key);
    Ok(())
}
