//! Images out of the ordinary.

use bytes::Bytes;

use crate::staging::tree::case::{Lookalike, Part, Place, Scene};
use crate::staging::tree::error::Result;
use crate::staging::tree::image::{Descriptor, Image, Manifest, media};
use crate::staging::tree::images::{Family, Images, Plan};
use crate::staging::tree::keys;
use crate::staging::tree::seed::{sha256, sha512};

use super::{ONE_IMAGE, one_image};

pub const LOOKALIKES: &[Lookalike] = &[
    Lookalike {
        id: "multiarch",
        why: "children of an index have revisions and no tags",
        cast: both_indexes,
        ..ONE_IMAGE
    },
    Lookalike {
        id: "index-no-media-type",
        why: "OCI manifests and indexes may leave their mediaType out",
        cast: without_media_type,
        ..ONE_IMAGE
    },
    Lookalike {
        id: "attestation",
        why: "a child for platform unknown/unknown holds provenance",
        cast: attested,
        ..ONE_IMAGE
    },
    Lookalike {
        id: "artifact-empty-config",
        why: "an artifact's configuration is the two bytes {}, and its subject another manifest",
        cast: artifact,
        ..ONE_IMAGE
    },
    Lookalike {
        id: "subject-gone",
        why: "a signature still pulls when its subject is deleted",
        cast: signature,
        ..ONE_IMAGE
    },
    Lookalike {
        id: "helm-chart",
        why: "charts have media types of their own",
        cast: |images, place| {
            Ok(vec![Part::pushed(&place.repository, "1.0.0_build.5", images.chart(&place.repository)?)])
        },
        ..ONE_IMAGE
    },
    Lookalike {
        id: "buildkit-cache-index",
        why: "an index whose entries are layers and a cache configuration",
        cast: |images, place| {
            Ok(vec![
                Part::pushed(&place.repository, "buildcache", images.build_cache(&place.repository)?)
                    .planted(),
            ])
        },
        ..ONE_IMAGE
    },
    Lookalike { id: "foreign-layer", why: "layers with urls are not stored", cast: foreign, ..ONE_IMAGE },
    Lookalike {
        id: "empty-blob",
        why: "no bytes are right for exactly one digest",
        cast: empty_layer,
        ..ONE_IMAGE
    },
    Lookalike {
        id: "alias-link-sha512",
        why: "a blob pushed by sha512 is stored under its sha256, and its link says so",
        cast: by_sha512,
        add: link_alias,
        ..ONE_IMAGE
    },
    Lookalike { id: "mounted-blob", why: "repositories share blobs", cast: shared_base, ..ONE_IMAGE },
    Lookalike {
        id: "two-tags-one-digest",
        why: "tags share a manifest",
        cast: |images, place| {
            let part = one_image(images, place)?.remove(0);
            Ok(vec![Part { tag: Some("stable".to_owned()), ..part.clone() }, part])
        },
        ..ONE_IMAGE
    },
];

fn both_indexes(images: &Images, place: &Place) -> Result<Vec<Part>> {
    let kinds = [("list", Family::Docker), ("index", Family::Oci)];
    let parts = kinds.into_iter().map(|(tag, family)| {
        let label = format!("{} {tag}", place.repository);
        Ok(Part::pushed(&place.repository, tag, images.multi_arch(&label, family)?))
    });
    parts.collect()
}

fn without_media_type(images: &Images, place: &Place) -> Result<Vec<Part>> {
    let plan = Plan::new(&place.repository).family(Family::Oci);
    let image = images.image_with(&plan, |manifest| manifest.media_type = None)?;
    let manifest = Manifest { schema_version: 2, manifests: vec![image.descriptor()], ..Manifest::default() };
    let mut index = Image::of_manifest(&manifest, media::OCI_INDEX, [])?;
    index.children = vec![image.clone()];
    Ok(vec![Part::pushed(&place.repository, "image", image), Part::pushed(&place.repository, "index", index)])
}

fn attested(images: &Images, place: &Place) -> Result<Vec<Part>> {
    let mut children = images.platforms(&place.repository, Family::Oci)?;
    let (subject, _) = &children[0];
    children.push(images.attestation(&place.repository, subject)?);
    Ok(vec![Part::pushed(&place.repository, &place.tag, images.index(Family::Oci, children)?)])
}

fn artifact(images: &Images, place: &Place) -> Result<Vec<Part>> {
    let name = &place.repository;
    let image = images.image(&Plan::new(name).family(Family::Oci))?;
    let bill =
        images.artifact(&format!("{name} sbom"), "application/vnd.example.sbom.v1+json", Some(&image))?;
    let referrers = images.index(Family::Oci, vec![(bill, None)])?;
    let tag = image.digest.replace(':', "-");
    Ok(vec![Part::pushed(name, &place.tag, image), Part::pushed(name, &tag, referrers)])
}

fn signature(images: &Images, place: &Place) -> Result<Vec<Part>> {
    let name = &place.repository;
    let gone = images.image(&Plan::new(name).family(Family::Oci))?;
    let signed = images.artifact(name, "application/vnd.example.signature.v1+json", Some(&gone))?;
    Ok(vec![Part::pushed(name, &format!("{}.sig", gone.digest.replace(':', "-")), signed)])
}

fn foreign(images: &Images, place: &Place) -> Result<Vec<Part>> {
    let kinds = [("docker", Family::Docker), ("oci", Family::Oci)];
    let parts = kinds.into_iter().map(|(tag, family)| {
        let label = format!("{} {tag}", place.repository);
        let image = images.with_foreign_layer(&Plan::new(&label).family(family))?;
        Ok(Part::pushed(&place.repository, tag, image).planted())
    });
    parts.collect()
}

fn empty_layer(images: &Images, place: &Place) -> Result<Vec<Part>> {
    let (mut manifest, mut blobs) = images.draft(&Plan::new(&place.repository).family(Family::Oci))?;
    manifest.layers.push(Descriptor::of("application/octet-stream", b""));
    blobs.push(Bytes::new());
    let image = Image::of_manifest(&manifest, media::OCI_MANIFEST, blobs)?;
    Ok(vec![Part::pushed(&place.repository, &place.tag, image)])
}

fn by_sha512(images: &Images, place: &Place) -> Result<Vec<Part>> {
    let (mut manifest, blobs) = images.draft(&Plan::new(&place.repository).family(Family::Oci))?;
    if let (Some(layer), Some(bytes)) = (manifest.layers.first_mut(), blobs.first()) {
        layer.digest = sha512(bytes);
    }
    let image = Image::of_manifest(&manifest, media::OCI_MANIFEST, blobs)?;
    Ok(vec![Part::pushed(&place.repository, &place.tag, image).planted()])
}

fn link_alias(scene: &mut Scene) -> Result<()> {
    let alias = scene.layer(0)?;
    let bytes = scene.part()?.image.blobs.values().find(|bytes| sha512(bytes) == alias);
    let target = sha256(bytes.map_or(&[][..], |bytes| bytes));
    scene.put(&keys::layer_link(scene.repository(), alias), target.as_bytes())
}

fn shared_base(images: &Images, place: &Place) -> Result<Vec<Part>> {
    let base = images.layer(&format!("{} base", place.repository))?;
    let parts = ["one", "two", "deep/er/three"].iter().map(|below| {
        let repository = format!("{}/{below}", place.repository);
        let plan = Plan { base: vec![base.clone()], own: 1, ..Plan::new(&repository) };
        Ok(Part::pushed(&repository, &place.tag, images.image(&plan)?))
    });
    parts.collect()
}
