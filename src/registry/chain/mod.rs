//! The chain from a tag to its bytes: what was seen of it, and the verdict that follows.
//!
//! A pull walks `current/link` → revision link → manifest → for an index its children, each by its own revision
//! link → configuration and layers, each by its layer link. [`Chain`] holds what somebody saw of these objects,
//! however they came to see it; [`judge`] says what that means and does nothing else. What could not be read is
//! never taken for broken: if it decides, the verdict is unknown.

mod judge;
mod manifest;
mod parts;
mod revision;
mod seen;
mod tag;
mod verdict;

pub use judge::judge;
pub use seen::{
    Age, BlobSeen, Chain, Facts, Hash, Link, Listing, Look, ManifestSeen, PartSeen, Recalled, RevisionSeen,
    TagFolder, TagSeen, promised, size_differs,
};
pub use verdict::Verdict;

#[cfg(test)]
mod tests;
