//! Whether the bucket or a metadata database holds the truth.
