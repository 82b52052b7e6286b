//! Faults of a manifest's blob.

use serde_json::json;

use crate::staging::tree::case::{Fault, Part, Place, Scene, Stores};
use crate::staging::tree::error::Result;
use crate::staging::tree::image::{Image, media};
use crate::staging::tree::images::{Family, Images, Plan};
use crate::staging::tree::keys;
use crate::staging::tree::seed::sha256;

use super::PULL_BROKEN;

pub const FAULTS: &[Fault] = &[
    Fault { id: "manifest-blob-missing", spoil: missing, ..PULL_BROKEN },
    Fault { id: "manifest-blob-empty", spoil: |s| rewrite(s, |_| Vec::new()), ..PULL_BROKEN },
    Fault {
        id: "manifest-blob-truncated",
        spoil: |s| rewrite(s, |raw| raw[..raw.len() / 2].to_vec()),
        ..PULL_BROKEN
    },
    Fault { id: "manifest-blob-garbage", spoil: garbage, ..PULL_BROKEN },
    Fault { id: "manifest-blob-altered", spoil: |s| rewrite(s, shift_a_space), ..PULL_BROKEN },
    Fault { id: "manifest-blob-not-a-manifest", cast: not_a_manifest, spoil: blame, ..PULL_BROKEN },
    Fault { id: "manifest-unknown-media-type", cast: unknown_type, spoil: blame, ..PULL_BROKEN },
    Fault { id: "manifest-schema1", cast: schema1, spoil: blame, ..PULL_BROKEN },
    Fault { id: "manifest-blob-oversized", cast: oversized, spoil: blame, ..PULL_BROKEN },
    Fault { id: "manifest-blob-is-folder", stores: Stores::FileSystem, spoil: is_folder, ..PULL_BROKEN },
];

/// A registry never serves a manifest longer than this.
const LARGEST: usize = 4 * 1024 * 1024;

fn blame(scene: &mut Scene) -> Result<()> {
    let key = keys::blob(&scene.part()?.image.digest);
    scene.blame_tag(key);
    Ok(())
}

fn missing(scene: &mut Scene) -> Result<()> {
    scene.remove(&keys::blob(&scene.part()?.image.digest))?;
    blame(scene)
}

fn rewrite(scene: &mut Scene, change: fn(&[u8]) -> Vec<u8>) -> Result<()> {
    let image = &scene.part()?.image;
    scene.put(&keys::blob(&image.digest), &change(&image.raw))?;
    blame(scene)
}

fn garbage(scene: &mut Scene) -> Result<()> {
    let image = &scene.part()?.image;
    let mut bytes = scene.noise("garbage", image.raw.len());
    bytes[0] |= 0x80;
    scene.put(&keys::blob(&image.digest), &bytes)?;
    blame(scene)
}

/// Still JSON, still as long, another digest.
fn shift_a_space(raw: &[u8]) -> Vec<u8> {
    String::from_utf8_lossy(raw).replacen("\"schemaVersion\": 2", "\"schemaVersion\":2 ", 1).into_bytes()
}

fn is_folder(scene: &mut Scene) -> Result<()> {
    let key = keys::blob(&scene.part()?.image.digest);
    scene.remove(&key)?;
    scene.folder(&key)?;
    blame(scene)
}

fn planted(place: &Place, image: Image) -> Result<Vec<Part>> {
    Ok(vec![Part::pushed(&place.repository, &place.tag, image).planted()])
}

fn not_a_manifest(_: &Images, place: &Place) -> Result<Vec<Part>> {
    let raw = serde_json::to_vec_pretty(&json!({ "hello": place.repository }))?;
    planted(place, Image::of_bytes(raw, media::DOCKER_MANIFEST))
}

fn unknown_type(images: &Images, place: &Place) -> Result<Vec<Part>> {
    let plan = Plan::new(&place.repository).family(Family::Oci);
    let image = images.image_with(&plan, |manifest| {
        manifest.media_type = Some("application/vnd.example.manifest.v9+json".to_owned());
    })?;
    planted(place, image)
}

fn schema1(images: &Images, place: &Place) -> Result<Vec<Part>> {
    let (manifest, blobs) = images.draft(&Plan { own: 1, ..Plan::new(&place.repository) })?;
    let layers: Vec<_> = manifest.layers.iter().map(|layer| json!({ "blobSum": layer.digest })).collect();
    let history = json!({ "id": &sha256(place.repository.as_bytes())[7..], "os": "linux" }).to_string();
    let raw = serde_json::to_vec_pretty(&json!({
        "schemaVersion": 1, "name": place.repository, "tag": place.tag, "architecture": "amd64",
        "fsLayers": layers, "history": [{ "v1Compatibility": history }],
    }))?;
    let mut image = Image::of_bytes(raw, media::DOCKER_SCHEMA1);
    image.layers = manifest.layers;
    image.blobs = image.layers.iter().map(|layer| layer.digest.clone()).zip(blobs).collect();
    planted(place, image)
}

fn oversized(images: &Images, place: &Place) -> Result<Vec<Part>> {
    let (manifest, blobs) = images.draft(&Plan::new(&place.repository))?;
    let mut raw = serde_json::to_vec_pretty(&manifest)?;
    raw.resize(LARGEST + 1, b' ');
    let image = Image::of_manifest(&manifest, media::DOCKER_MANIFEST, blobs)?;
    let sealed = Image::of_bytes(raw, media::DOCKER_MANIFEST);
    planted(place, Image { raw: sealed.raw, digest: sealed.digest, ..image })
}
