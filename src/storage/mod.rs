//! Object stores: one contract, one driver each, and layers that add one habit each.
//!
//! Nothing here knows what a registry is. Keys are relative to the root that the store was opened at, use
//! `/`, and never start with it. A prefix is empty or ends in `/`. Names that are not UTF-8 (file systems
//! only) travel losslessly: see [`filesystem`].

mod contract;
mod error;
pub mod filesystem;
pub mod gcs;
pub mod layers;
mod nowhere;

pub use contract::{
    Aftermath, Attributes, Checksum, Delimiter, Entry, LARGEST_READ, Object, ObjectStore, Page, PageToken,
    Version,
};
pub use error::{ErrorKind, StoreError};
pub use nowhere::Nowhere;

/// What every storage call returns.
pub type Result<T> = std::result::Result<T, StoreError>;
