//! The logs of everything on the way of a pull: followed where they are written, read in batches, and never silently incomplete.

pub mod facts;
pub mod picture;

pub use facts::{Batch, Fact, Origin, StreamId};
