//! An embedded registry environment for demonstrations, training and tests.

pub mod tree;
