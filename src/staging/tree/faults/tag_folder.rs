//! Faults of a tag's folder, of its history, and of what lies beside tags.

use crate::model::{Severity, TagState};
use crate::staging::tree::case::{Fault, Part, Place, Scene, Stores};
use crate::staging::tree::error::Result;
use crate::staging::tree::images::{Images, Plan};
use crate::staging::tree::keys;

use super::{BESIDE_IMAGES, PULL_BROKEN, one_image};

const HARMLESS: Fault = Fault { severity: Severity::Harmless, tag: TagState::Whole, ..PULL_BROKEN };
const STRAY: Fault = Fault { severity: Severity::DeleteBroken, poisons: Stores::FileSystem, ..BESIDE_IMAGES };
const ODD_NAME: Fault = Fault { severity: Severity::ListPolluted, tag: TagState::Whole, ..PULL_BROKEN };

pub const FAULTS: &[Fault] = &[
    Fault { id: "missing-current-link", spoil: missing_link, ..PULL_BROKEN },
    Fault {
        id: "missing-current-link-many-revisions",
        cast: three_pushes,
        spoil: missing_link,
        ..PULL_BROKEN
    },
    Fault {
        id: "empty-tag-folder",
        severity: Severity::ListPolluted,
        tag: TagState::Absent,
        stores: Stores::FileSystem,
        spoil: empty_folder,
        ..PULL_BROKEN
    },
    Fault {
        id: "current-link-is-folder",
        stores: Stores::FileSystem,
        poisons: Stores::FileSystem,
        spoil: link_is_folder,
        ..PULL_BROKEN
    },
    Fault { id: "index-entry-missing", spoil: entry_missing, ..HARMLESS },
    Fault { id: "index-entry-empty", spoil: entry_empty, ..HARMLESS },
    Fault { id: "stray-file-in-tags", spoil: |s| stray(s, "notes.txt", b"left by hand\n"), ..STRAY },
    Fault { id: "hidden-file-in-tags", spoil: |s| stray(s, ".DS_Store", b"\0\0\0\x01Bud1"), ..STRAY },
    Fault {
        id: "tag-name-starts-with-dash",
        cast: |images, place| odd_name(images, place, format!("-{}", place.tag)),
        spoil: blame_folder,
        ..ODD_NAME
    },
    Fault {
        id: "tag-name-with-space",
        severity: Severity::DeleteBroken,
        poisons: Stores::Both,
        cast: |images, place| odd_name(images, place, format!("{} copy", place.tag)),
        spoil: blame_folder,
        ..ODD_NAME
    },
    Fault {
        id: "tag-name-too-long",
        cast: |images, place| odd_name(images, place, "t".repeat(129)),
        spoil: blame_folder,
        ..ODD_NAME
    },
];

fn three_pushes(images: &Images, place: &Place) -> Result<Vec<Part>> {
    let pushes = (0..3).map(|number| {
        let label = format!("{}:{} push {number}", place.repository, place.tag);
        Ok(Part::pushed(&place.repository, &place.tag, images.image(&Plan::new(&label))?))
    });
    pushes.collect()
}

fn odd_name(images: &Images, place: &Place, tag: String) -> Result<Vec<Part>> {
    let parts = one_image(images, place)?;
    Ok(parts.into_iter().map(|part| Part { tag: Some(tag.clone()), ..part }.planted()).collect())
}

fn missing_link(scene: &mut Scene) -> Result<()> {
    let key = keys::current_link(scene.repository(), scene.tag());
    scene.remove(&key)?;
    scene.blame_tag(key);
    Ok(())
}

fn empty_folder(scene: &mut Scene) -> Result<()> {
    let folder = keys::tag(scene.repository(), scene.tag());
    scene.remove_all(&folder)?;
    scene.folder(&format!("{folder}/current"))?;
    scene.blame_tag(folder);
    Ok(())
}

fn link_is_folder(scene: &mut Scene) -> Result<()> {
    let key = keys::current_link(scene.repository(), scene.tag());
    scene.remove(&key)?;
    scene.put(&format!("{key}/x"), b"")?;
    scene.blame_tag(key);
    Ok(())
}

fn entry_missing(scene: &mut Scene) -> Result<()> {
    let key = keys::index_link(scene.repository(), scene.tag(), &scene.part()?.image.digest);
    scene.remove(&key)?;
    scene.blame_tag(key);
    Ok(())
}

fn entry_empty(scene: &mut Scene) -> Result<()> {
    let key = keys::index_link(scene.repository(), scene.tag(), &scene.part()?.image.digest);
    scene.put(&key, b"")?;
    scene.blame_tag(key);
    Ok(())
}

fn stray(scene: &mut Scene, name: &str, bytes: &[u8]) -> Result<()> {
    let key = keys::tag(scene.repository(), name);
    scene.put(&key, bytes)?;
    scene.blame_name(name, key);
    Ok(())
}

fn blame_folder(scene: &mut Scene) -> Result<()> {
    let folder = keys::tag(scene.repository(), scene.tag());
    scene.blame_tag(folder);
    Ok(())
}
