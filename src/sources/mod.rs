//! What watches the world: one folder each, with its client, its facts and the picture they fold into; and what joins
//! them to one look at a tag.

pub mod bucket;
pub mod look;
pub mod registry_api;
