//! The event loop, the wiring, and the terminal.

pub mod clipboard;
mod cockpit;
mod engine;
mod observe;
mod onlooker;
mod paper;
pub mod report;
pub mod stores;
pub mod terminal;
mod watching;

pub use cockpit::{CockpitOptions, Sheet, cockpit, drive, look_on, look_with, open_with, print, scan_with};
pub use observe::{Observed, observe};
pub use paper::Paper;
pub use watching::Source;

pub use crate::execution::Opener;
