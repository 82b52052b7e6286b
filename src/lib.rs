//! A terminal incident cockpit for whoever is on call for a container registry.
//!
//! Everything that happens is an event. The screen is a function of the folded events. What we want done is an
//! effect, and it comes back as events.

pub mod actions;
pub mod bus;
pub mod cli;
pub mod config;
pub mod event;
pub mod execution;
pub mod model;
pub mod registry;
pub mod runtime;
pub mod sources;
pub mod staging;
pub mod state;
pub mod storage;
pub mod ui;
