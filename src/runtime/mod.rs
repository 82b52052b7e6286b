//! The event loop, the wiring, and the terminal.

pub mod stores;
pub mod terminal;
