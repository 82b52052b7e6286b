//! The registry's storage layout: path to typed key and back.
