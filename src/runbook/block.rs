//! What stands below a heading.

use crate::model::Subject;

/// A part of a runbook's text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Block {
    /// Markdown as it was written, without blank lines around it.
    Text(String),
    Check(Check),
    /// Something that can be done here.
    Verb {
        /// Id of the verb.
        verb: String,
        aim: Aim,
        /// When to do it; empty if nobody said.
        when: String,
    },
    /// Something to type elsewhere.
    Command {
        /// The words after the fence.
        language: String,
        text: String,
    },
}

/// What answers a step by itself, and where to go on after each answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Check {
    /// Id of the rule.
    pub rule: String,
    pub branches: Vec<Branch>,
}

/// Where to go on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Branch {
    pub on: On,
    pub to: Place,
    /// Why; empty if nobody said.
    pub because: String,
    pub line: usize,
}

/// What a check came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum On {
    Fires,
    Clear,
    Unknown,
}

impl On {
    pub const ALL: [Self; 3] = [Self::Fires, Self::Clear, Self::Unknown];

    /// The word of it in a runbook.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Fires => "fires",
            Self::Clear => "clear",
            Self::Unknown => "unknown",
        }
    }
}

/// A step of a runbook, or a runbook as a whole.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Place {
    /// Id of the runbook; in a branch nothing is the one that it stands in.
    pub runbook: String,
    /// Nothing is the runbook as a whole.
    pub anchor: String,
}

impl Place {
    /// `runbook#step`, `#step` or `runbook`.
    pub fn parse(text: &str) -> Self {
        let (runbook, anchor) = text.split_once('#').unwrap_or((text, ""));
        Self { runbook: runbook.to_owned(), anchor: anchor.to_owned() }
    }

    /// Seen from the runbook of this id.
    #[must_use]
    pub fn from(&self, runbook: &str) -> Self {
        let runbook = if self.runbook.is_empty() { runbook } else { &self.runbook };
        Self { runbook: runbook.to_owned(), anchor: self.anchor.clone() }
    }
}

impl std::fmt::Display for Place {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.runbook)?;
        if self.anchor.is_empty() { Ok(()) } else { write!(f, "#{}", self.anchor) }
    }
}

/// What a verb of a runbook is for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Aim {
    /// What the step's check found first.
    Finding,
    /// The service of the profile.
    Service,
    Subject(Subject),
}

/// What a subject can be, for mistakes.
pub const AIMS: &str = "finding, service, tag:REPOSITORY:TAG, repository:NAME, pod:NAME, server:BACKEND/SERVER or \
                        log-file:PATH";

impl Aim {
    /// The subject as a runbook writes it.
    pub fn parse(text: &str) -> Option<Self> {
        let (kind, name) = text.split_once(':').unwrap_or((text, ""));
        let subject = match (kind, name) {
            ("finding", "") => return Some(Self::Finding),
            ("service", "") => return Some(Self::Service),
            (_, "") => return None,
            ("repository", name) => Subject::Repository(name.to_owned()),
            ("pod", name) => Subject::Pod(name.to_owned()),
            ("log-file", path) => Subject::LogFile(path.to_owned()),
            ("tag", name) => {
                let (repository, tag) = name.rsplit_once(':')?;
                Subject::Tag { repository: repository.to_owned(), tag: tag.to_owned() }
            }
            ("server", name) => {
                let (backend, server) = name.split_once('/')?;
                Subject::Server { backend: backend.to_owned(), server: server.to_owned() }
            }
            (_, _) => return None,
        };
        Some(Self::Subject(subject))
    }
}

impl std::fmt::Display for Aim {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Finding => f.write_str("finding"),
            Self::Service => f.write_str("service"),
            Self::Subject(Subject::Repository(name)) => write!(f, "repository:{name}"),
            Self::Subject(Subject::Pod(name)) => write!(f, "pod:{name}"),
            Self::Subject(Subject::LogFile(path)) => write!(f, "log-file:{path}"),
            Self::Subject(subject @ Subject::Tag { .. }) => write!(f, "tag:{subject}"),
            Self::Subject(subject @ Subject::Server { .. }) => write!(f, "server:{subject}"),
            Self::Subject(subject) => write!(f, "{subject}"),
        }
    }
}
