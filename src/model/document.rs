//! Texts about a subject that are fetched when somebody wants to read them: descriptions, logs, YAML.

use super::Subject;

/// What kind of text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Document {
    /// What `kubectl describe` would show, events included.
    Describe,
    Yaml,
    /// The logs of its containers from here on, followed until nobody reads them any more.
    Logs,
    /// The logs of the run before this one.
    PreviousLogs,
}

impl Document {
    /// What it is called in a title.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Describe => "describe",
            Self::Yaml => "YAML",
            Self::Logs => "logs",
            Self::PreviousLogs => "logs of the run before",
        }
    }
}

/// A text that somebody wants to read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Question {
    pub subject: Subject,
    pub document: Document,
}

/// A part of a document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Page {
    /// More lines, made safe to show, without secrets.
    Lines(Vec<String>),
    /// All that was asked for came, or a stream ended by itself.
    End,
    /// It could not be read, or not on; why, and what to do next.
    Failed(String),
}
