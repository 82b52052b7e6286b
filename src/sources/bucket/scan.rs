//! Walks the chain of one tag with as few round trips as it takes.
