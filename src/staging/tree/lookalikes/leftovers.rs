//! What history, deletes, collections and older registries leave behind.

use crate::staging::tree::case::{Lookalike, Part, Place, Scene, Stores};
use crate::staging::tree::error::Result;
use crate::staging::tree::images::Images;
use crate::staging::tree::keys;
use crate::staging::tree::seed::sha256;

use super::{ONE_IMAGE, part};

pub const LOOKALIKES: &[Lookalike] = &[
    Lookalike {
        id: "index-history",
        why: "a tag keeps an index entry for every revision it ever pointed at",
        cast: |images, place| {
            ["4", "3", "2", "1"].iter().map(|push| part(images, place, push)).rev().collect()
        },
        ..ONE_IMAGE
    },
    Lookalike {
        id: "index-entry-dangling",
        why: "a delete by digest leaves the index entries of tags that moved on",
        cast: |images, place| Ok(vec![part(images, place, "old")?, part(images, place, "new")?]),
        add: forget_first,
        ..ONE_IMAGE
    },
    Lookalike {
        id: "layer-link-dangling",
        why: "garbage collection removes blobs and leaves the layer links",
        add: dangling_layer_link,
        ..ONE_IMAGE
    },
    Lookalike {
        id: "untagged-revision",
        why: "an older push; it can still be pulled by digest",
        cast: with_untagged,
        ..ONE_IMAGE
    },
    Lookalike {
        id: "orphan-revision-dangling",
        why: "nothing asks for an untagged revision whose blob was collected",
        cast: with_untagged,
        add: collect_untagged,
        ..ONE_IMAGE
    },
    Lookalike {
        id: "revision-folder-empty",
        why: "a delete by digest leaves the folder on a file system",
        stores: Stores::FileSystem,
        add: empty_revision_folder,
        ..ONE_IMAGE
    },
    Lookalike {
        id: "no-tags-left",
        why: "every tag was deleted",
        cast: |images, place| Ok(vec![part(images, place, "left")?.untagged()]),
        ..ONE_IMAGE
    },
    Lookalike {
        id: "legacy-tarsum-and-signatures",
        why: "registries before 2.5 kept tarsum links and signatures",
        add: legacy_folders,
        ..ONE_IMAGE
    },
    Lookalike {
        id: "revision-linked-under-layers",
        why: "registry 2.1.0 linked manifests under _layers, and 2.x still finds them there",
        cast: |images, place| {
            let keep = Part { tag: Some("keep".to_owned()), ..part(images, place, "keep")? };
            Ok(vec![part(images, place, "old")?, keep])
        },
        add: link_under_layers,
        ..ONE_IMAGE
    },
    Lookalike {
        id: "temp-link-file",
        why: "registry 3.x writes a temporary file and renames it; a crash leaves it beside a good link",
        add: temporary_links,
        ..ONE_IMAGE
    },
];

fn with_untagged(images: &Images, place: &Place) -> Result<Vec<Part>> {
    Ok(vec![part(images, place, "ok")?, part(images, place, "old")?.untagged()])
}

fn forget_first(scene: &mut Scene) -> Result<()> {
    let part = scene.part()?;
    scene.remove(&keys::revision_link(&part.repository, &part.image.digest))?;
    scene.remove(&keys::blob(&part.image.digest))
}

fn dangling_layer_link(scene: &mut Scene) -> Result<()> {
    let gone = sha256(&scene.noise("collected layer", 64));
    scene.put(&keys::layer_link(scene.repository(), &gone), gone.as_bytes())
}

fn collect_untagged(scene: &mut Scene) -> Result<()> {
    for part in scene.parts.iter().filter(|part| part.tag.is_none()) {
        scene.remove(&keys::blob(&part.image.digest))?;
    }
    Ok(())
}

fn empty_revision_folder(scene: &mut Scene) -> Result<()> {
    let gone = sha256(&scene.noise("deleted manifest", 64));
    scene.folder(&keys::revision(scene.repository(), &gone))
}

fn legacy_folders(scene: &mut Scene) -> Result<()> {
    let name = scene.repository();
    let part = scene.part()?;
    let sum = hex::encode(scene.noise("tarsum", 32));
    let tarsum = format!("{}/_layers/tarsum/v1/sha256/{sum}/link", keys::repository(name));
    scene.put(&tarsum, scene.layer(0)?.as_bytes())?;
    let signature = scene.noise("signature", 64);
    let digest = sha256(&signature);
    scene.put(&keys::blob(&digest), &signature)?;
    let folder = keys::revision(name, &part.image.digest);
    scene.put(&format!("{folder}/signatures/sha256/{}/link", &digest[7..]), digest.as_bytes())
}

fn link_under_layers(scene: &mut Scene) -> Result<()> {
    let part = scene.part()?;
    let digest = &part.image.digest;
    scene.remove(&keys::revision_link(&part.repository, digest))?;
    scene.put(&keys::layer_link(&part.repository, digest), digest.as_bytes())
}

fn temporary_links(scene: &mut Scene) -> Result<()> {
    let part = scene.part()?;
    let current = keys::current_link(scene.repository(), scene.tag());
    let revision = keys::revision_link(scene.repository(), &part.image.digest);
    for link in [current, revision] {
        scene.put(&format!("{link}.{}.tmp", scene.uuid(&link)), b"")?;
    }
    Ok(())
}
