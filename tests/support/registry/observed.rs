//! What a real registry, its garbage collection and skopeo make of a fault.

use std::path::Path;

use quarterdeck::staging::tree::case::{Arrival, Part};
use quarterdeck::staging::tree::image::Image;
use reqwest::Method;

use super::answers::Questions;
use super::skopeo::{self, Outcome};
use super::stage::Stage;
use super::{Registry, Untagged};

/// What a pull brought.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pulled {
    /// What was pushed.
    Whole,
    /// Another manifest than was pushed.
    OtherImage,
    /// A blob of another size than its descriptor says, which skopeo does not mind.
    OtherSize,
    Nothing,
}

/// What came of a delete by digest.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Deleted {
    pub status: u16,
    /// GET of the deleted digest afterwards.
    pub digest_after: u16,
    /// Whether the tag is still listed afterwards.
    pub still_listed: bool,
}

/// What came of pushing the same image again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PushedAgain {
    Refused,
    /// Accepted, and a pull brings this afterwards.
    Accepted(Pulled),
}

/// Everything that was asked about a fault; None where there is nobody to ask for.
#[derive(Clone, Debug)]
pub struct Observed {
    pub by_tag: Option<u16>,
    pub head_by_tag: Option<u16>,
    pub by_digest: Option<u16>,
    pub part: Option<u16>,
    pub gc: Option<i32>,
    pub gc_untagged: Option<i32>,
    /// Garbage collection without untagged manifests would delete blobs that the tag needs.
    pub gc_loses: bool,
    pub pull: Option<Pulled>,
    pub neighbour: Option<Deleted>,
    pub own: Option<Deleted>,
    pub again: Option<PushedAgain>,
    /// Whether `tags/list` names the tag; None if it does not answer.
    pub listed: Option<bool>,
    pub in_catalog: bool,
}

impl Observed {
    /// Asks everything. Questions that change the registry are asked of copies.
    pub async fn of(stage: &Stage) -> Self {
        let ask = Questions::to(&stage.registry);
        let name = stage.repository();
        let part = stage.parts.first();
        let mut seen = Self {
            by_tag: None,
            head_by_tag: None,
            by_digest: None,
            part: None,
            gc: None,
            gc_untagged: None,
            gc_loses: false,
            pull: None,
            neighbour: None,
            own: None,
            again: None,
            listed: None,
            in_catalog: ask.catalog().await.is_ok_and(|names| names.iter().any(|found| found == name)),
        };
        if let Some(tag) = stage.tag() {
            seen.by_tag = Some(ask.manifest(Method::GET, name, tag).await);
            seen.head_by_tag = Some(ask.manifest(Method::HEAD, name, tag).await);
            seen.listed = is_listed(&ask, name, tag).await;
        }
        if let Some(part) = part {
            seen.by_digest = Some(ask.manifest(Method::GET, name, &part.image.digest).await);
            seen.pull = Some(pull(&stage.registry, part).await);
            seen.own = Some(delete(&stage.registry.copy().await, part).await);
            seen.again = Some(push_again(stage, part).await);
        }
        seen.part = guilty_part(stage, &ask).await;
        if let Some(control) = &stage.control {
            seen.neighbour = Some(delete(&stage.registry.copy().await, control).await);
        }
        let plain = stage.registry.collect(Untagged::Kept).await;
        seen.gc = plain.exit;
        seen.gc_loses = part.is_some_and(|part| takes_blobs_of(&plain.said, &part.image));
        seen.gc_untagged = stage.registry.collect(Untagged::Deleted).await.exit;
        seen
    }
}

async fn is_listed(ask: &Questions, repository: &str, tag: &str) -> Option<bool> {
    let tags = ask.tags(repository).await.ok()?;
    Some(tags.iter().any(|found| found == tag))
}

/// Pulls the tag of a part and says what came.
pub async fn pull(registry: &Registry, part: &Part) -> Pulled {
    let Some(tag) = &part.tag else { return Pulled::Nothing };
    let folder = super::scratch();
    match skopeo::pull(registry, &part.repository, tag, folder.path()).await {
        Outcome::Failed(_) => Pulled::Nothing,
        Outcome::Done => compare(folder.path(), &part.image),
    }
}

fn compare(folder: &Path, image: &Image) -> Pulled {
    let manifest = std::fs::read(folder.join("manifest.json")).unwrap();
    let sizes_differ = image.layers.iter().any(|layer| {
        let blob = folder.join(layer.digest.split(':').next_back().unwrap());
        blob.metadata().is_ok_and(|file| file.len() != layer.size)
    });
    match (manifest == image.raw || is_signed(&manifest, &image.raw), sizes_differ) {
        (false, _) => Pulled::OtherImage,
        (true, true) => Pulled::OtherSize,
        (true, false) => Pulled::Whole,
    }
}

/// A registry signs manifests of the first schema anew whenever it serves them.
fn is_signed(served: &[u8], pushed: &[u8]) -> bool {
    let parse = |bytes| serde_json::from_slice::<serde_json::Value>(bytes).unwrap_or_default();
    let mut served = parse(served);
    let signatures = served.as_object_mut().and_then(|fields| fields.remove("signatures"));
    signatures.is_some() && served == parse(pushed)
}

async fn delete(registry: &Registry, part: &Part) -> Deleted {
    let ask = Questions::to(registry);
    let (name, digest) = (&part.repository, &part.image.digest);
    let status = ask.manifest(Method::DELETE, name, digest).await;
    let digest_after = ask.manifest(Method::GET, name, digest).await;
    let tag = part.tag.as_deref().unwrap_or_default();
    Deleted { status, digest_after, still_listed: is_listed(&ask, name, tag).await.unwrap_or_default() }
}

async fn push_again(stage: &Stage, part: &Part) -> PushedAgain {
    let registry = stage.registry.copy().await;
    let tag = part.tag.as_deref().unwrap_or_default();
    match skopeo::push(&registry, &part.repository, tag, &part.image).await {
        Outcome::Failed(_) => PushedAgain::Refused,
        Outcome::Done => PushedAgain::Accepted(pull(&registry, part).await),
    }
}

/// What the registry answers for the blob or child that the finding names.
async fn guilty_part(stage: &Stage, ask: &Questions) -> Option<u16> {
    let object = &stage.blames.iter().find(|blame| blame.id == stage.fault.id)?.object;
    let name = stage.repository();
    let image = stage.parts.first().map(|part| &part.image);
    if object.ends_with("/_layers") {
        let layer = image.and_then(|image| image.layers.first())?;
        return Some(ask.blob(Method::GET, name, &layer.digest).await);
    }
    let hex =
        object.split('/').find(|part| part.len() == 64 && part.bytes().all(|it| it.is_ascii_hexdigit()))?;
    let digest = format!("sha256:{}", hex.to_lowercase());
    match image {
        Some(image) if image.digest == digest => None,
        Some(image) if image.children.iter().any(|child| child.digest == digest) => {
            Some(ask.manifest(Method::GET, name, &digest).await)
        }
        _ => Some(ask.blob(Method::GET, name, &digest).await),
    }
}

/// Whether a garbage collection said that it would take a blob that the image needs.
fn takes_blobs_of(said: &str, image: &Image) -> bool {
    let needed = |line: &str| {
        let digest = line.rsplit(' ').next().unwrap_or_default();
        digest == image.digest || image.blobs.contains_key(digest)
    };
    said.lines().filter(|line| line.contains("eligible for deletion")).any(needed)
}

/// Whether the registry would have taken the image from a client in the first place.
pub fn was_pushed(stage: &Stage) -> bool {
    stage.parts.iter().all(|part| part.arrival == Arrival::Pushed)
}
