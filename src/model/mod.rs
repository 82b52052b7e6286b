//! The bottom room: words that every other room shares, and nothing that depends on them.

mod finding;
mod severity;
mod subject;
pub mod text;

pub use finding::{Finding, Repair, Unread};
pub use severity::{Severity, TagState};
pub use subject::Subject;
