//! What log lines say, as pure functions: reading them, what they are about, which are alike, and which are asked for.

mod address;
mod clock;
mod fields;
pub mod haproxy;
mod line;
mod mask;
mod pattern;
mod question;
mod read;
mod store;
mod subject;

pub use address::without_port;
pub use clock::Clock;
pub use fields::Fields;
pub use line::{Answer, Client, Error, Layer, Level, Line, Request};
pub use mask::repository as repository_of_uri;
pub use pattern::pattern;
pub use question::{LENSES, Lens, Question, QuestionError};
pub use read::{Body, document_line, keep, open, read, read_document};
pub use store::{StoreFault, store_fault};
pub use subject::{about, of_uri as subject_of_uri};
