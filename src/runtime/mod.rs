//! The event loop, the wiring, and the terminal.

pub mod clipboard;
pub mod report;
pub mod stores;
pub mod terminal;
