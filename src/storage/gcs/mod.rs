//! Google Cloud Storage, over gRPC or over JSON.
