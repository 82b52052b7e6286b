//! Every fault of the catalogue: the images it starts from, and what is done to the store afterwards.

mod blobs;
mod index;
mod manifest;
mod markers;
mod repository;
mod revision;
mod store;
mod tag_folder;
mod tag_link;
mod uploads;

use crate::model::{Severity, TagState};

use super::case::{Control, Fault, Part, Place, Stores};
use super::error::Result;
use super::images::{Images, Plan};

/// All faults, in the order of the catalogue.
pub fn all() -> impl Iterator<Item = &'static Fault> {
    let tables: [&'static [Fault]; 10] = [
        tag_link::FAULTS,
        tag_folder::FAULTS,
        revision::FAULTS,
        manifest::FAULTS,
        blobs::FAULTS,
        index::FAULTS,
        repository::FAULTS,
        uploads::FAULTS,
        store::FAULTS,
        markers::FAULTS,
    ];
    tables.into_iter().flatten()
}

/// The fault of an id.
pub fn by_id(id: &str) -> Option<&'static Fault> {
    all().find(|fault| fault.id == id)
}

/// What most rows have in common: one image that cannot be pulled any more, a healthy one beside it.
const PULL_BROKEN: Fault = Fault {
    id: "",
    severity: Severity::PullBroken,
    tag: TagState::Broken,
    stores: Stores::Both,
    poisons: Stores::Neither,
    control: Control::Beside,
    cast: one_image,
    spoil: |_| Ok(()),
};

/// A fault that no pull notices and that needs no image of its own.
const BESIDE_IMAGES: Fault =
    Fault { severity: Severity::Harmless, tag: TagState::Whole, cast: no_image, ..PULL_BROKEN };

fn no_image(_: &Images, _: &Place) -> Result<Vec<Part>> {
    Ok(Vec::new())
}

fn one_image(images: &Images, place: &Place) -> Result<Vec<Part>> {
    let label = format!("{}:{}", place.repository, place.tag);
    let image = images.image(&Plan::new(&label))?;
    Ok(vec![Part::pushed(&place.repository, &place.tag, image)])
}

/// A digest of an algorithm that no registry knows.
fn md5(bytes: &[u8]) -> Vec<u8> {
    use md5::Digest;
    format!("md5:{}", hex::encode(md5::Md5::digest(bytes))).into_bytes()
}
