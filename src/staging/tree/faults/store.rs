//! Faults of the blob store that no tag shows.

use bytes::Bytes;

use crate::model::Severity;
use crate::staging::tree::case::{Control, Fault, Scene};
use crate::staging::tree::error::Result;
use crate::staging::tree::keys::{self, ROOT};
use crate::staging::tree::seed::sha256;

use super::BESIDE_IMAGES;

const WASTE: Fault = Fault { control: Control::Without, ..BESIDE_IMAGES };
const STOPS_COLLECTION: Fault = Fault { severity: Severity::GcBroken, ..WASTE };

pub const FAULTS: &[Fault] = &[
    Fault { id: "blob-unreferenced", spoil: unreferenced, ..WASTE },
    Fault { id: "blob-folder-not-a-digest", spoil: not_a_digest, ..STOPS_COLLECTION },
    Fault { id: "blob-wrong-shard", spoil: wrong_shard, ..STOPS_COLLECTION },
    Fault { id: "blob-uppercase-hex", spoil: uppercase, ..STOPS_COLLECTION },
    Fault { id: "stray-file-in-blobs", spoil: stray, ..WASTE },
];

fn some_blob(scene: &Scene) -> Result<(Bytes, String)> {
    let layer = scene.images.layer(&format!("{} blob", scene.place.repository))?.packed;
    let digest = sha256(&layer);
    Ok((layer, digest))
}

fn place(scene: &mut Scene, key: String, bytes: &[u8]) -> Result<()> {
    scene.put(&key, bytes)?;
    scene.blame_store(key);
    Ok(())
}

fn unreferenced(scene: &mut Scene) -> Result<()> {
    let (bytes, digest) = some_blob(scene)?;
    place(scene, keys::blob(&digest), &bytes)
}

fn not_a_digest(scene: &mut Scene) -> Result<()> {
    place(scene, format!("{ROOT}/blobs/sha256/zz/not-a-digest/data"), b"?")
}

fn wrong_shard(scene: &mut Scene) -> Result<()> {
    let (bytes, digest) = some_blob(scene)?;
    let hex = &digest[7..];
    let shard = if hex.starts_with("00") { "01" } else { "00" };
    place(scene, format!("{ROOT}/blobs/sha256/{shard}/{hex}/data"), &bytes)
}

fn uppercase(scene: &mut Scene) -> Result<()> {
    let (bytes, digest) = some_blob(scene)?;
    let hex = digest[7..].to_uppercase();
    place(scene, format!("{ROOT}/blobs/sha256/{}/{hex}/data", &hex[..2]), &bytes)
}

fn stray(scene: &mut Scene) -> Result<()> {
    let (bytes, digest) = some_blob(scene)?;
    place(scene, format!("{}.partial", keys::blob(&digest)), &bytes[..bytes.len().min(700)])
}
