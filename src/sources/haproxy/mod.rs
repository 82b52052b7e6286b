//! What HAProxy says of itself: its instances, their statistics and the state of their servers.

pub mod facts;
pub mod picture;
