//! The chain of a tag, from its link down to its layers, as it was observed.
