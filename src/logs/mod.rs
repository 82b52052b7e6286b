//! What log lines say, as pure functions: reading them, what they are about, which are alike, and which are asked for.

pub mod haproxy;
mod line;

pub use line::{Answer, Client, Error, Layer, Level, Line, Request};
