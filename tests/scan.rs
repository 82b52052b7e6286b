//! Scans of whole trees: every fault of the catalogue named, every look-alike spared, and what that costs.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[path = "scan/catalogue.rs"]
mod catalogue;
#[path = "scan/costs.rs"]
mod costs;
#[path = "scan/shelf.rs"]
mod shelf;
#[path = "scan/trouble.rs"]
mod trouble;
