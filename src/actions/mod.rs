//! What an operator can do, as tables, and what each event makes us do, as data.
//!
//! Nothing here does anything: [`plan`] answers with effects, and the executor carries them out.

pub mod commands;
mod effect;
mod equivalent;
mod plan;
pub mod verbs;

pub use effect::Effect;
pub use plan::plan;
