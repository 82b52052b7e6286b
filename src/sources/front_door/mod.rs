//! What clients see of the registry: its first page, its API, its certificate, and whether an image can be pulled.

pub mod facts;
pub mod picture;
