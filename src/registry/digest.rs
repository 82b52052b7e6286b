//! Content digests by the distribution grammar.
