//! Faults of uploads that nobody will finish.

use jiff::SignedDuration;

use crate::staging::tree::case::{Fault, Scene};
use crate::staging::tree::error::Result;
use crate::staging::tree::keys;

use super::BESIDE_IMAGES;

pub const FAULTS: &[Fault] = &[
    Fault { id: "upload-stale", spoil: stale, ..BESIDE_IMAGES },
    Fault { id: "upload-without-startedat", spoil: without_date, ..BESIDE_IMAGES },
    Fault { id: "upload-startedat-empty", spoil: empty_date, ..BESIDE_IMAGES },
    Fault { id: "upload-not-uuid", spoil: not_uuid, ..BESIDE_IMAGES },
];

/// Older than any purger's limit.
const LONG_AGO: SignedDuration = SignedDuration::from_hours(30 * 24);

fn stale(scene: &mut Scene) -> Result<()> {
    let id = scene.uuid("stale");
    scene.upload(&id, LONG_AGO)?;
    scene.blame_repository(keys::upload(scene.repository(), &id));
    Ok(())
}

fn without_date(scene: &mut Scene) -> Result<()> {
    let folder = keys::upload(scene.repository(), &scene.uuid("without date"));
    scene.put_at(&format!("{folder}/data"), &scene.noise("data", 3000), scene.ago(LONG_AGO))?;
    scene.blame_repository(folder);
    Ok(())
}

fn empty_date(scene: &mut Scene) -> Result<()> {
    let folder = keys::upload(scene.repository(), &scene.uuid("empty date"));
    let key = format!("{folder}/startedat");
    scene.put_at(&key, b"", scene.ago(LONG_AGO))?;
    scene.put_at(&format!("{folder}/data"), &scene.noise("data", 3000), scene.ago(LONG_AGO))?;
    scene.blame_repository(key);
    Ok(())
}

fn not_uuid(scene: &mut Scene) -> Result<()> {
    scene.upload("manual", LONG_AGO)?;
    scene.blame_repository(keys::upload(scene.repository(), "manual"));
    Ok(())
}
