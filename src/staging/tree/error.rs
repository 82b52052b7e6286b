//! Why a tree could not be written.

use std::io;

/// A step of writing a tree that failed.
#[derive(Debug, thiserror::Error)]
pub enum TreeError {
    /// The folder did not take an object.
    #[error("could not {action} {key}: {source}; is the folder there, writable, and is there room?")]
    Io { action: &'static str, key: String, source: io::Error },
    /// A manifest or configuration could not be put into JSON.
    #[error("could not write a manifest as JSON: {0}")]
    Json(#[from] serde_json::Error),
    /// A layer could not be packed.
    #[error("could not pack a layer: {0}")]
    Layer(#[from] io::Error),
    /// A fault or look-alike asked for something that its images do not have.
    #[error("nothing to spoil: {0}")]
    Missing(String),
}

/// What every step of writing a tree returns.
pub type Result<T> = std::result::Result<T, TreeError>;
