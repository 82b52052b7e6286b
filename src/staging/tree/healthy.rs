//! Repositories in which nothing is wrong: many of them, or a few believable ones.

use super::case::Part;
use super::error::Result;
use super::images::{Family, Images, Layer, Plan};

/// Which healthy repositories a tree gets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Healthy {
    None,
    /// So many repositories with so many tags each.
    Bulk {
        repositories: u32,
        tags: u32,
    },
    /// The repositories of an invented harbour, with a few incidents in them.
    Showcase,
}

/// What a believable repository holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Goods {
    Images(Family),
    MultiArch(Family),
    Attested,
    Charts,
    BuildCache,
}

/// Repository, what it holds, and how many releases.
const SHELVES: &[(&str, Goods, u32)] = &[
    ("base/alder/runtime", Goods::MultiArch(Family::Oci), 4),
    ("lighthouse/checkout/api", Goods::Images(Family::Docker), 14),
    ("lighthouse/checkout/web", Goods::Attested, 6),
    ("lighthouse/checkout/worker", Goods::Images(Family::Oci), 8),
    ("cartography/tiles/renderer", Goods::MultiArch(Family::Docker), 5),
    ("cartography/tiles/renderer/cache", Goods::BuildCache, 1),
    ("shipyard/ci/runner", Goods::Images(Family::Docker), 9),
    ("shipyard/deploy/charts/harbour", Goods::Charts, 4),
    ("signal/bridge/relay", Goods::Images(Family::Docker), 7),
];

/// Repository, tag and fault of what is broken among the believable repositories.
pub const INCIDENTS: &[(&str, &str, &str)] = &[
    ("lighthouse/checkout/api", "v1.14.0", "empty-current-link"),
    ("lighthouse/checkout/worker", "v1.8.1", "layer-blob-empty"),
    ("cartography/tiles/renderer", "v1.5.0", "index-children-collected"),
    ("shipyard/ci/runner", "nightly", "missing-current-link"),
    ("signal/bridge/relay", "hotfix-42", "manifest-blob-missing"),
];

/// The images of the healthy repositories, in the order in which they were pushed.
pub fn parts(images: &Images, healthy: Healthy) -> Result<Vec<Part>> {
    match healthy {
        Healthy::None => Ok(Vec::new()),
        Healthy::Bulk { repositories, tags } => bulk(images, repositories, tags),
        Healthy::Showcase => showcase(images),
    }
}

fn bulk(images: &Images, repositories: u32, tags: u32) -> Result<Vec<Part>> {
    let shared = layers(images, "shared", 8)?;
    let mut parts = Vec::new();
    for number in 0..repositories {
        let repository = format!("bulk/group-{:03}/project-{number:04}/image", number / 50);
        let at = number as usize % 7;
        let base = shared[at..at + 2].to_vec();
        for tag in 0..tags {
            let family = if (number + tag) % 3 == 0 { Family::Oci } else { Family::Docker };
            let label = format!("{repository}:{tag}");
            let plan = Plan { base: base.clone(), own: 0, ..Plan::new(&label).family(family) };
            parts.push(Part::pushed(
                &repository,
                &format!("v{}.{}", tag / 10, tag % 10),
                images.image(&plan)?,
            ));
        }
        with_latest(&mut parts, &repository);
    }
    Ok(parts)
}

fn layers(images: &Images, label: &str, count: usize) -> Result<Vec<Layer>> {
    (0..count).map(|number| images.layer(&format!("{label} {number}"))).collect()
}

/// Tags the last image `latest` as well.
fn with_latest(parts: &mut Vec<Part>, repository: &str) {
    let last = parts.last().filter(|part| part.repository == repository).cloned();
    parts.extend(last.map(|part| Part { tag: Some("latest".to_owned()), ..part }));
}

fn showcase(images: &Images) -> Result<Vec<Part>> {
    let base = layers(images, "base/alder/runtime", 2)?;
    let mut parts = Vec::new();
    for (repository, goods, releases) in SHELVES {
        for release in 0..*releases {
            parts.push(shelve(images, repository, *goods, release, &base)?);
        }
        with_latest(&mut parts, repository);
    }
    Ok(parts)
}

fn shelve(images: &Images, repository: &str, goods: Goods, release: u32, base: &[Layer]) -> Result<Part> {
    let tag = format!("v1.{release}.0");
    let label = format!("{repository}:{tag}");
    let plan = Plan { base: base.to_vec(), own: 1, ..Plan::new(&label) };
    let image = match goods {
        Goods::Images(family) => images.image(&plan.family(family))?,
        Goods::MultiArch(family) => images.multi_arch(&label, family)?,
        Goods::Attested => {
            let mut children = images.platforms(&label, Family::Oci)?;
            let provenance = images.attestation(&label, &children[0].0)?;
            children.push(provenance);
            images.index(Family::Oci, children)?
        }
        Goods::Charts => images.chart(&label)?,
        Goods::BuildCache => images.build_cache(&label)?,
    };
    Ok(Part::pushed(repository, &tag, image))
}
