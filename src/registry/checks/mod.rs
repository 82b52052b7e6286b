//! Storage checks: every fault by id, with what it breaks, what clients see, and its cures.
