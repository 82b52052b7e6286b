//! Manifests and indexes as far as a chain needs them.
