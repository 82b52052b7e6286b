//! Names at the edges of their grammars.

use crate::staging::tree::case::{Lookalike, Part, Place};
use crate::staging::tree::error::Result;
use crate::staging::tree::images::{Images, Plan};

use super::ONE_IMAGE;

pub const LOOKALIKES: &[Lookalike] = &[
    Lookalike {
        id: "tag-grammar-edge",
        why: "tags may be 128 characters long and look like folders of the layout",
        cast: edge_tags,
        ..ONE_IMAGE
    },
    Lookalike {
        id: "repo-grammar-edge",
        why: "repositories may be nested, 255 characters long, and look like folders of the layout",
        cast: edge_repositories,
        ..ONE_IMAGE
    },
    Lookalike {
        id: "repo-uppercase-first-part",
        why: "the first part of a name may hold capitals and dots: it is taken for a host name",
        cast: |images, place| {
            let inner = format!("Fine.Example/{}", place.repository);
            small(images, &inner, &place.tag).map(|part| vec![part.planted()])
        },
        ..ONE_IMAGE
    },
];

const TAGS: [&str; 15] = [
    "_",
    "__",
    "0",
    "A",
    "v1..2",
    "a-",
    "a.",
    "Latest",
    "latest",
    "link",
    "current",
    "index",
    "_uploads",
    "_layers",
    "_manifests",
];

const BELOW: [&str; 10] = [
    "/tags",
    "/link",
    "/current/link",
    "/index/sha256",
    "/data",
    "/blobs/sha256",
    "/revisions",
    "/manifests/tags/list",
    "/a__b/c-----d/e.f_g",
    "/0",
];

fn small(images: &Images, repository: &str, tag: &str) -> Result<Part> {
    let label = format!("{repository}:{tag}");
    let image = images.image(&Plan { own: 1, ..Plan::new(&label) })?;
    Ok(Part::pushed(repository, tag, image))
}

fn edge_tags(images: &Images, place: &Place) -> Result<Vec<Part>> {
    let long = ["t".repeat(128), format!("sha256-{}", "a".repeat(64))];
    let tags = TAGS.iter().copied().chain(long.iter().map(String::as_str));
    tags.map(|tag| small(images, &place.repository, tag)).collect()
}

fn edge_repositories(images: &Images, place: &Place) -> Result<Vec<Part>> {
    let base = &place.repository;
    let stem = format!("{base}/{}/", "n".repeat(60));
    let longest = format!("{stem}{}", "m".repeat(255_usize.saturating_sub(stem.len())));
    let nested = BELOW.iter().map(|below| format!("{base}{below}"));
    let names = [base.clone()].into_iter().chain(nested);
    let mut parts = names.map(|name| small(images, &name, &place.tag)).collect::<Result<Vec<_>>>()?;
    // Clients count the host name as well, and would refuse to push it.
    parts.push(small(images, &longest, &place.tag)?.planted());
    Ok(parts)
}
