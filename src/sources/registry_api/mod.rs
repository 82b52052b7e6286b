//! Speaks the registry's own HTTP API, tokens included.
