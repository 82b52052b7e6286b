//! What HAProxy says of itself: its instances, their statistics and the state of their servers.
//!
//! Looking can change nothing: each connection gives up every right it has before it asks.

mod address;
mod client;
mod condition;
mod entries;
pub mod facts;
mod look;
mod page;
mod parse;
pub mod picture;
mod watch;
pub mod words;
mod write;

pub use address::{Address, NoAddress};
pub use client::ask;
pub use condition::Condition;
pub use entries::{Entry, Rates, Seen};
pub use parse::look;
pub use watch::{Login, Named, Options, run};
pub use write::{Fleet, NotSet};
