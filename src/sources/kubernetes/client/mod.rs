//! The way to the API server: configuration and credentials, found again when they are not taken any more.

mod access;
mod configure;
mod refusal;

pub use access::Access;
pub use refusal::Refusal;

/// An error of the API with this code and text, that came in a stream.
pub fn refused(code: u16, text: &str) -> Refusal {
    refusal::of_code(code, text, None)
}
