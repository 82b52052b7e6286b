//! An embedded registry environment for demonstrations, training and tests.

pub mod kubernetes;
pub mod tree;
