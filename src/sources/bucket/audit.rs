//! Looks at every tag under a prefix, and at the faults that no tag shows.
