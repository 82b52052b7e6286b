//! One thing that speaks for or against a hop, and what all of them make of it.

use jiff::Timestamp;

use crate::model::Subject;
use crate::sources::Trouble;

/// How a hop stands, the worst first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Verdict {
    /// No pull, or only a part of them, gets through here.
    Broken,
    /// It works; mind it.
    Minor,
    /// It could not be looked at, so nothing is claimed.
    Unknown,
    /// No answer yet.
    Waiting,
    Good,
    /// Nobody configured it.
    Off,
}

impl Verdict {
    /// The word that goes with its sign.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Broken => "broken",
            Self::Minor => "works, mind it",
            Self::Unknown => "not known",
            Self::Waiting => "waiting",
            Self::Good => "good",
            Self::Off => "not watched",
        }
    }

    /// Whether somebody should look at it.
    pub const fn is_unwell(self) -> bool {
        matches!(self, Self::Broken | Self::Minor | Self::Unknown)
    }
}

/// One thing that speaks for or against a hop.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Evidence {
    /// What the hop would be if this were all that is known.
    pub verdict: Verdict,
    pub words: String,
    /// Since when it is so, where that is known.
    pub since: Option<Timestamp>,
    /// What it is about.
    pub subject: Option<Subject>,
    /// Worth a word, and no proof that the hop works.
    pub is_aside: bool,
}

impl Evidence {
    pub(super) fn new(verdict: Verdict, words: impl Into<String>) -> Self {
        Self { verdict, words: words.into(), since: None, subject: None, is_aside: false }
    }

    pub(super) fn good(words: impl Into<String>) -> Self {
        Self::new(Verdict::Good, words)
    }

    /// Good to know; that the hop works does not follow from it.
    pub(super) fn aside(words: impl Into<String>) -> Self {
        Self { is_aside: true, ..Self::good(words) }
    }

    pub(super) fn minor(words: impl Into<String>) -> Self {
        Self::new(Verdict::Minor, words)
    }

    pub(super) fn broken(words: impl Into<String>) -> Self {
        Self::new(Verdict::Broken, words)
    }

    /// Something that could not be read.
    pub(super) fn unread(what: &str, trouble: &Trouble, since: Timestamp) -> Self {
        Self::new(Verdict::Unknown, format!("{what}{}: {}", trouble.kind.name(), trouble.why))
            .since(Some(since))
    }

    /// With a hint at the end.
    pub(super) fn with(self, hint: &str) -> Self {
        Self { words: format!("{}; {hint}", self.words), ..self }
    }

    pub(super) fn waiting(what: &str) -> Self {
        Self::new(Verdict::Waiting, format!("{what}: no answer yet"))
    }

    pub(super) fn since(self, since: Option<Timestamp>) -> Self {
        Self { since, ..self }
    }

    pub(super) fn about(self, subject: Subject) -> Self {
        Self { subject: Some(subject), ..self }
    }
}

/// What all evidence together makes of a hop: the worst of it, but what is known to work in part is not unknown.
pub(super) fn of_all(evidence: &[Evidence]) -> Verdict {
    let counts = || evidence.iter().filter(|one| !one.is_aside).map(|one| one.verdict);
    match counts().min() {
        None => Verdict::Unknown,
        Some(Verdict::Unknown) if counts().any(|verdict| verdict == Verdict::Good) => Verdict::Minor,
        Some(worst) => worst,
    }
}
