//! What watches the world: one folder each, with its client, its facts and the picture they fold into; and what joins
//! them to one look at a tag.

pub mod bucket;
pub mod front_door;
pub mod google;
pub mod haproxy;
pub mod kubernetes;
pub mod logs;
pub mod look;
mod pauses;
mod proxy;
pub mod registry_api;
mod teller;
mod trouble;

use pauses::Pauses;
pub use teller::Teller;
pub use trouble::{Health, Trouble, TroubleKind};
