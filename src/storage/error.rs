//! Why a storage call did not do what it was asked.

use std::time::Duration;

/// The class of a failure; it decides what the caller may conclude.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ErrorKind {
    /// The object is not there: the store itself said so.
    Gone,
    /// A folder stands where an object was asked for (file systems only).
    Folder,
    /// What stands there is no regular file: a FIFO, a socket or a device (file systems only).
    Special,
    /// The object changed since its version was noted, or exists where it must not.
    Changed,
    /// The store refuses for lack of rights or credentials.
    Denied,
    /// The store asks to slow down.
    Throttled,
    /// No answer: network, name, timeout, connection cut, server error.
    Unreachable,
    /// An answer that makes no sense or contradicts itself.
    Broken,
}

impl ErrorKind {
    /// Whether asking again later can help without anybody mending anything.
    pub const fn is_transient(self) -> bool {
        matches!(self, Self::Throttled | Self::Unreachable)
    }

    /// A word for screens and messages.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Gone => "gone",
            Self::Folder => "is a folder",
            Self::Special => "not a regular file",
            Self::Changed => "changed",
            Self::Denied => "denied",
            Self::Throttled => "throttled",
            Self::Unreachable => "unreachable",
            Self::Broken => "broken answer",
        }
    }
}

/// A failed storage call: what was asked of which object, and why it failed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}{}{key}: {detail}", kind.name(), if key.is_empty() { "" } else { " " })]
pub struct StoreError {
    /// The class of the failure.
    pub kind: ErrorKind,
    /// Key or prefix that was asked for.
    pub key: String,
    /// What the store or the system said.
    pub detail: String,
    /// How long the store asked to wait, if it did.
    pub retry_after: Option<Duration>,
}

impl StoreError {
    /// A failure of `kind` at `key`, with what was said about it.
    pub fn new(kind: ErrorKind, key: impl Into<String>, detail: impl Into<String>) -> Self {
        Self { kind, key: key.into(), detail: detail.into(), retry_after: None }
    }

    /// The refusal of a read of so many bytes at once.
    pub(super) fn too_large(key: &str, bytes: u64) -> Self {
        let most = super::LARGEST_READ;
        Self::new(
            ErrorKind::Denied,
            key,
            format!("{bytes} bytes are too many to read at once; read ranges up to {most}"),
        )
    }

    /// Whether the store itself said that there is no such object.
    pub fn is_gone(&self) -> bool {
        self.kind == ErrorKind::Gone
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failure_names_its_object_if_it_has_one() {
        for (key, shown) in [("a/link", "denied a/link: no rights"), ("", "denied: no rights")] {
            assert_eq!(StoreError::new(ErrorKind::Denied, key, "no rights").to_string(), shown);
        }
    }
}
