//! Stores that refuse, fail, lag or lie, and pushes under way: never a wrong verdict.
