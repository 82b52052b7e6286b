//! What verbs that write propose: exactly what they should, nothing of healthy neighbours, and why they refuse.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[path = "proposals/by_hand.rs"]
mod by_hand;
#[path = "proposals/catalogue.rs"]
mod catalogue;
#[path = "proposals/in_doubt.rs"]
mod in_doubt;
#[path = "proposals/place.rs"]
mod place;
#[path = "proposals/refused.rs"]
mod refused;
#[path = "proposals/repositories.rs"]
mod repositories;
#[path = "proposals/tags.rs"]
mod tags;
