//! The registry's storage layout: path to typed key and back, without loss.
//!
//! ```text
//! docker/registry/lockfiles/{database-in-use,filesystem-in-use}
//! docker/registry/v2/
//!   blobs/sha256/<2 hex>/<hex>/data
//!   repositories/<name>/
//!     _layers/sha256/<hex>/link
//!     _manifests/revisions/sha256/<hex>/link
//!     _manifests/tags/<tag>/current/link
//!     _manifests/tags/<tag>/index/sha256/<hex>/link
//!     _uploads/<id>/{startedat,data,hashstates/sha256/<offset>}
//! ```
//!
//! A repository's name ends at the first part called `_layers`, `_manifests` or `_uploads`: no legal part starts
//! with `_`. Everything after it goes by position, so tags may be called `link`, `current` or `_layers`.

mod key;
mod place;
mod walk;

pub use key::{Key, UploadPart};
pub use place::Place;

use super::{
    digest::Digest,
    reference::{Repository, Tag},
};

/// Where the registry's tree begins, from the store's root on.
pub const ROOT: &str = "docker/registry/v2/";
/// All repositories.
pub const REPOSITORIES: &str = "docker/registry/v2/repositories/";
/// All blobs.
pub const BLOBS: &str = "docker/registry/v2/blobs/";
/// The lock files that tell which kind of metadata is in use (GitLab only).
pub const LOCKFILES: &str = "docker/registry/lockfiles/";

/// The folder that ends a repository's name and holds its layer links; 2.x finds repositories by it.
pub const LAYERS_FOLDER: &str = "_layers";
/// The folder that ends a repository's name and holds revisions and tags; 3.x and GitLab find repositories by it.
pub const MANIFESTS_FOLDER: &str = "_manifests";
/// The folder that ends a repository's name and holds its running and abandoned uploads.
pub const UPLOADS_FOLDER: &str = "_uploads";

/// The folder of a repository, and of those below it.
pub fn repository_prefix(repository: &Repository) -> String {
    format!("{REPOSITORIES}{repository}/")
}

/// The folder of a repository's layer links, with all algorithms.
pub fn layers_prefix(repository: &Repository) -> String {
    format!("{REPOSITORIES}{repository}/_layers/")
}

/// The folder of a repository's revision links, with all algorithms.
pub fn revisions_prefix(repository: &Repository) -> String {
    format!("{REPOSITORIES}{repository}/_manifests/revisions/")
}

/// The folder of a repository's tags.
pub fn tags_prefix(repository: &Repository) -> String {
    format!("{REPOSITORIES}{repository}/_manifests/tags/")
}

/// The folder of one tag.
pub fn tag_prefix(repository: &Repository, tag: &Tag) -> String {
    format!("{REPOSITORIES}{repository}/_manifests/tags/{tag}/")
}

/// The folder of a repository's uploads.
pub fn uploads_prefix(repository: &Repository) -> String {
    format!("{REPOSITORIES}{repository}/_uploads/")
}

/// The folder of one blob.
pub fn blob_prefix(digest: &Digest) -> String {
    let hex = digest.hex();
    format!("{BLOBS}{}/{}/{hex}/", digest.algorithm().name(), &hex[..2])
}

#[cfg(test)]
mod tests;
