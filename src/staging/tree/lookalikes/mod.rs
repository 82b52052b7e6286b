//! States that look like faults and are none: no finding may name them.

mod images;
mod leftovers;
mod names;
mod under_way;

use crate::model::TagState;

use super::case::{Lookalike, Part, Place, Stores};
use super::error::Result;
use super::images::{Images, Plan};

/// All look-alikes.
pub fn all() -> impl Iterator<Item = &'static Lookalike> {
    let tables: [&'static [Lookalike]; 4] =
        [leftovers::LOOKALIKES, images::LOOKALIKES, names::LOOKALIKES, under_way::LOOKALIKES];
    tables.into_iter().flatten()
}

/// What most rows have in common: one healthy image.
const ONE_IMAGE: Lookalike = Lookalike {
    id: "",
    why: "",
    stores: Stores::Both,
    state: TagState::Whole,
    cast: |images, place| one_image(images, place),
    add: |_| Ok(()),
};

fn one_image(images: &Images, place: &Place) -> Result<Vec<Part>> {
    Ok(vec![part(images, place, "ok")?])
}

/// An image that differs from others by its label, under the place's tag.
fn part(images: &Images, place: &Place, label: &str) -> Result<Part> {
    let label = format!("{} {label}", place.repository);
    Ok(Part::pushed(&place.repository, &place.tag, images.image(&Plan::new(&label))?))
}
