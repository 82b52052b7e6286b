//! What a push leaves while it runs: right only because it is young.

use jiff::SignedDuration;

use crate::model::TagState;
use crate::staging::tree::case::{Lookalike, Scene};
use crate::staging::tree::error::Result;
use crate::staging::tree::keys;
use crate::staging::tree::seed::sha256;

use super::ONE_IMAGE;

pub const LOOKALIKES: &[Lookalike] = &[
    Lookalike {
        id: "upload-in-progress",
        why: "a push is sending a blob",
        add: |scene| scene.upload(&scene.uuid("running"), MOMENTS),
        ..ONE_IMAGE
    },
    Lookalike {
        id: "push-before-layer-link",
        why: "a push has stored a blob and not linked it yet",
        add: blob_without_link,
        ..ONE_IMAGE
    },
    Lookalike {
        id: "push-before-manifest",
        why: "a push into a new repository has linked its layers and not sent a manifest yet",
        cast: |_, _| Ok(Vec::new()),
        add: layer_without_manifest,
        ..ONE_IMAGE
    },
    Lookalike {
        id: "push-before-tag-link",
        why: "a push has noted the tag's history and not pointed the tag at it yet",
        state: TagState::Unknown,
        add: history_without_link,
        ..ONE_IMAGE
    },
];

/// Younger than anything that may be judged.
const MOMENTS: SignedDuration = SignedDuration::from_mins(2);

fn blob_without_link(scene: &mut Scene) -> Result<()> {
    let bytes = scene.noise("blob under way", 600);
    scene.put_at(&keys::blob(&sha256(&bytes)), &bytes, scene.ago(MOMENTS))
}

fn layer_without_manifest(scene: &mut Scene) -> Result<()> {
    let bytes = scene.noise("layer under way", 600);
    let digest = sha256(&bytes);
    scene.put_at(&keys::blob(&digest), &bytes, scene.ago(MOMENTS))?;
    scene.put_at(&keys::layer_link(scene.repository(), &digest), digest.as_bytes(), scene.ago(MOMENTS))
}

fn history_without_link(scene: &mut Scene) -> Result<()> {
    let part = scene.part()?;
    let digest = &part.image.digest;
    scene.remove(&keys::current_link(&part.repository, scene.tag()))?;
    let entry = keys::index_link(&part.repository, scene.tag(), digest);
    scene.put_at(&entry, digest.as_bytes(), scene.ago(MOMENTS))
}
