//! Makes text from outside safe to show and to keep.
