//! An embedded registry environment for demonstrations, training and tests.

pub mod google;
pub mod haproxy;
pub mod kubernetes;
pub mod registry;
pub mod scenario;
pub mod tree;
