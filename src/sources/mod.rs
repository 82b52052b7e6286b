//! What watches the world: one folder each, with its client, its facts and the picture they fold into.

pub mod bucket;
pub mod registry_api;
