//! The catalogue of what a registry's storage can have wrong, one row each, and pure functions that find it.
//!
//! Every row was measured on a real registry: what clients are answered, what else stops working, and which
//! cures work in which order. A family of faults is one file: its rows as constants, and functions that lead
//! from what was seen to a row. What is seen outside the catalogue is reported under the nearest row, with the
//! exact observation as its detail: it never passes as whole.

pub mod blob_store;
mod check;
pub mod config_and_layers;
pub mod index;
pub mod link;
pub mod manifest;
pub mod poison;
pub mod repairs;
pub mod repository;
pub mod revision;
pub mod tag_folder;
pub mod tag_link;
pub mod uploads;

pub use check::{Answers, Check, Effect, Elsewhere, StoreKind};

/// The families in the order of a pull, then what no pull touches.
const FAMILIES: [&[Check]; 10] = [
    tag_link::ROWS,
    tag_folder::ROWS,
    revision::ROWS,
    manifest::ROWS,
    config_and_layers::ROWS,
    index::ROWS,
    repository::ROWS,
    uploads::ROWS,
    blob_store::ROWS,
    poison::ROWS,
];

const COUNT: usize = {
    let (mut family, mut count) = (0, 0);
    while family < FAMILIES.len() {
        count += FAMILIES[family].len();
        family += 1;
    }
    count
};

/// Every row of the catalogue.
pub static CHECKS: [Check; COUNT] = {
    let mut rows = [poison::POISONED; COUNT];
    let (mut family, mut at) = (0, 0);
    while family < FAMILIES.len() {
        let mut row = 0;
        while row < FAMILIES[family].len() {
            rows[at] = FAMILIES[family][row];
            row += 1;
            at += 1;
        }
        family += 1;
    }
    rows
};

/// The row with this id.
pub fn find(id: &str) -> Option<&'static Check> {
    CHECKS.iter().find(|check| check.id == id)
}

#[cfg(test)]
mod tests;
