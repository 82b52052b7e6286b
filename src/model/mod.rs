//! The bottom room: words that every other room shares, and nothing that depends on them.

mod age;
mod demand;
mod document;
mod done;
mod empty_log;
mod finding;
mod gate;
mod hop;
mod nearest;
mod past;
mod proposal;
mod server;
mod severity;
mod subject;
pub mod text;
mod watched;

pub use age::age;
pub use demand::{Answer, Demand, demand};
pub use document::{Document, Page, Question};
pub use done::{Done, Ending, Proof, StepOutcome};
pub use empty_log::EmptyLog;
pub use finding::{Finding, Repair, Unread};
pub use gate::{Gate, Permit, Refusal};
pub use hop::HopId;
pub use nearest::nearest;
pub use past::{Past, Phase, Progress, Standing};
pub use proposal::{About, Act, Backup, Content, Expect, Guard, Item, Order, Proposal, Step, Target};
pub use server::{AdminState, SetServer, Setting, Weight, is_balancers, lies_in, place};
pub use severity::{Severity, TagState};
pub use subject::Subject;
pub use watched::{Called, Reading, Watched, Workload};
