//! What all folded events amount to; a pure function of them.
