//! Layers over a store, one habit each: retry, limit, read-only.
