//! Faults of configurations and layers, whose manifest is fine.

use crate::staging::tree::case::{Fault, Part, Place, Scene};
use crate::staging::tree::error::Result;
use crate::staging::tree::images::{Images, Plan};
use crate::staging::tree::keys;

use super::PULL_BROKEN;

pub const FAULTS: &[Fault] = &[
    Fault { id: "config-layer-link-missing", spoil: |s| link_missing(s, config), ..PULL_BROKEN },
    Fault { id: "config-layer-link-empty", spoil: |s| link(s, config, b""), ..PULL_BROKEN },
    Fault { id: "config-blob-missing", spoil: |s| blob_missing(s, config), ..PULL_BROKEN },
    Fault { id: "config-blob-empty", spoil: |s| blob(s, config, |_| Vec::new()), ..PULL_BROKEN },
    Fault { id: "layer-link-missing", spoil: |s| link_missing(s, first), ..PULL_BROKEN },
    Fault { id: "layer-link-empty", spoil: |s| link(s, first, b""), ..PULL_BROKEN },
    Fault { id: "layer-link-newline", spoil: link_newline, ..PULL_BROKEN },
    Fault { id: "layer-link-mismatch", spoil: link_to_second, ..PULL_BROKEN },
    Fault { id: "layer-blob-missing", spoil: |s| blob_missing(s, first), ..PULL_BROKEN },
    Fault { id: "layer-blob-moved-aside", spoil: moved_aside, ..PULL_BROKEN },
    Fault { id: "layer-blob-empty", spoil: |s| blob(s, first, |_| Vec::new()), ..PULL_BROKEN },
    Fault {
        id: "layer-blob-truncated",
        spoil: |s| blob(s, first, |all| all[..all.len() / 2].to_vec()),
        ..PULL_BROKEN
    },
    Fault {
        id: "layer-blob-padded",
        spoil: |s| blob(s, first, |all| [all, &[0; 512]].concat()),
        ..PULL_BROKEN
    },
    Fault { id: "layer-blob-altered", spoil: |s| blob(s, first, flip_a_byte), ..PULL_BROKEN },
    Fault { id: "descriptor-size-wrong", cast: lying_descriptor, spoil: blame_first_layer, ..PULL_BROKEN },
    Fault { id: "shared-layer-missing", cast: two_repositories, spoil: shared_missing, ..PULL_BROKEN },
];

/// Picks the blob of an image that a fault is about.
type Pick = for<'a> fn(&Scene<'a>) -> Result<&'a str>;

fn config<'a>(scene: &Scene<'a>) -> Result<&'a str> {
    scene.config()
}

fn first<'a>(scene: &Scene<'a>) -> Result<&'a str> {
    scene.layer(0)
}

fn link_missing(scene: &mut Scene, pick: Pick) -> Result<()> {
    let digest = pick(scene)?;
    let key = keys::layer_link(scene.repository(), digest);
    scene.remove(&key)?;
    scene.blame_tag(key);
    Ok(())
}

fn link(scene: &mut Scene, pick: Pick, content: &[u8]) -> Result<()> {
    let key = keys::layer_link(scene.repository(), pick(scene)?);
    scene.put(&key, content)?;
    scene.blame_tag(key);
    Ok(())
}

fn link_newline(scene: &mut Scene) -> Result<()> {
    let digest = scene.layer(0)?;
    link(scene, first, format!("{digest}\n").as_bytes())
}

fn link_to_second(scene: &mut Scene) -> Result<()> {
    let second = scene.layer(1)?;
    link(scene, first, second.as_bytes())
}

fn blob_missing(scene: &mut Scene, pick: Pick) -> Result<()> {
    let key = keys::blob(pick(scene)?);
    scene.remove(&key)?;
    scene.blame_tag(key);
    Ok(())
}

fn blob(scene: &mut Scene, pick: Pick, change: fn(&[u8]) -> Vec<u8>) -> Result<()> {
    let key = keys::blob(pick(scene)?);
    let bytes = scene.get(&key)?;
    scene.put(&key, &change(&bytes))?;
    scene.blame_tag(key);
    Ok(())
}

fn flip_a_byte(bytes: &[u8]) -> Vec<u8> {
    let mut changed = bytes.to_vec();
    changed[bytes.len() / 2] ^= 0xff;
    changed
}

fn moved_aside(scene: &mut Scene) -> Result<()> {
    let key = keys::blob(scene.layer(0)?);
    let bytes = scene.get(&key)?;
    scene.put(&format!("{key}.bak"), &bytes)?;
    scene.remove(&key)?;
    scene.blame_tag(key);
    Ok(())
}

fn lying_descriptor(images: &Images, place: &Place) -> Result<Vec<Part>> {
    let image = images.image_with(&Plan::new(&place.repository), |manifest| {
        if let Some(layer) = manifest.layers.first_mut() {
            layer.size += 7;
        }
    })?;
    Ok(vec![Part::pushed(&place.repository, &place.tag, image).planted()])
}

fn blame_first_layer(scene: &mut Scene) -> Result<()> {
    let key = keys::blob(scene.layer(0)?);
    scene.blame_tag(key);
    Ok(())
}

/// The second repository shares the first layer of the first.
fn two_repositories(images: &Images, place: &Place) -> Result<Vec<Part>> {
    let base = images.layer(&format!("{} shared", place.repository))?;
    let repositories = [place.repository.clone(), format!("{}/sibling", place.repository)];
    let parts = repositories.iter().map(|repository| {
        let plan = Plan { base: vec![base.clone()], own: 1, ..Plan::new(repository) };
        Ok(Part::pushed(repository, &place.tag, images.image(&plan)?))
    });
    parts.collect()
}

fn shared_missing(scene: &mut Scene) -> Result<()> {
    let key = keys::blob(scene.layer(0)?);
    scene.remove(&key)?;
    for part in scene.parts {
        scene.blame_part(part, key.clone());
    }
    Ok(())
}
