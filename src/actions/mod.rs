//! What an operator can do, as tables, and what each event makes us do, as data.
//!
//! Nothing here does anything: [`plan`] answers with effects, and the executor carries them out.

pub mod balancing;
pub mod commands;
pub mod confirm;
mod effect;
mod emptying;
pub mod equivalent;
mod plan;
pub mod verbs;
pub mod writing;

pub use effect::{Effect, Wish, Work};
pub use plan::plan;
