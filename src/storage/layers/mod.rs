//! Layers over a store, one habit each: count, limit, deadline, retry, read-only.

mod counted;
mod deadline;
mod limit;
mod read_only;
mod retry;

pub use counted::{Counted, Requests};
pub use deadline::Deadline;
pub use limit::Limit;
pub use read_only::ReadOnly;
pub use retry::{Policy, Retry};
