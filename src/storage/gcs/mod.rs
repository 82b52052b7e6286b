//! Google Cloud Storage, over gRPC or over JSON.
//!
//! Both drivers send each call once: asking again is a layer's work. An answer is believed only after it was held
//! against what was asked: names, order, generations, lengths and, for whole objects, checksums. The version of an
//! object is its generation. A delete names the generation as a precondition, never as the object to delete, which
//! would pass by a bucket's versioning and soft delete.
//!
//! What was deleted comes back by `restore` where the bucket has a soft-delete policy, else as a copy of the noncurrent
//! generation where it is versioned, else from what `keep` copied to `.quarterdeck/kept/` in the root before. No
//! listing shows that folder, and nothing purges it: it costs storage until somebody removes it.

mod attributes;
mod bucket;
mod clock;
mod copies;
mod failure;
mod grpc;
mod http_answer;
mod identity;
mod json;
mod listing;
mod media;
mod metadata;
mod multipart;
mod place;
mod witness;

pub use bucket::Bucket;
pub use grpc::Grpc;
pub use identity::Identity;
pub use json::Json;
pub use place::Place;

/// Where Google serves both APIs.
pub const ENDPOINT: &str = "https://storage.googleapis.com";
