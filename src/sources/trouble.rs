//! Why a source could not look, in words that an operator can act on.

use jiff::Timestamp;

/// Why a source got no answer, or none that it may use.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trouble {
    pub kind: TroubleKind,
    /// What was asked and what came of it, made safe to show; no secrets.
    pub why: String,
}

/// The class of a failure: what it is not, is as important as what it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum TroubleKind {
    /// What we were told to use is missing or wrong, so nobody was asked.
    Misconfigured,
    /// The other side knows us and refuses.
    Denied,
    /// The other side does not know us, or not any more: credentials missing, wrong or expired.
    Unauthenticated,
    /// What was asked for is not there.
    Absent,
    /// The other side asks for patience.
    Throttled,
    /// Connected, and no answer in time.
    Slow,
    /// No connection: network, name, port, TLS, or the other side is gone.
    Unreachable,
    /// An answer that makes no sense.
    Broken,
}

impl TroubleKind {
    /// A word for screens and messages.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Misconfigured => "misconfigured",
            Self::Denied => "no permission",
            Self::Unauthenticated => "not logged in",
            Self::Absent => "not there",
            Self::Throttled => "throttled",
            Self::Slow => "no answer in time",
            Self::Unreachable => "unreachable",
            Self::Broken => "broken answer",
        }
    }
}

impl Trouble {
    /// A failure, and what was said about it.
    pub fn new(kind: TroubleKind, why: &str) -> Self {
        Self { kind, why: crate::model::text::clean(why).into_owned() }
    }
}

/// Whether a source answers, and since when not.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Health {
    /// Nobody configured it, so it is not asked.
    #[default]
    Off,
    /// No answer yet.
    Waiting,
    /// It answers; when it last did, where that is noted (a watch is live without a word for minutes).
    Live { seen: Timestamp },
    /// It does not, for this reason, since then; when it last did, if ever.
    Down { trouble: Trouble, since: Timestamp, seen: Option<Timestamp> },
}

impl Health {
    /// An answer came.
    pub fn answered(&mut self, at: Timestamp) {
        *self = Self::Live { seen: at };
    }

    /// No answer came. The first failure in a row is when it began; the newest reason is kept.
    pub fn failed(&mut self, trouble: Trouble, at: Timestamp) {
        *self = match self {
            Self::Off | Self::Waiting => Self::Down { trouble, since: at, seen: None },
            Self::Live { seen } => Self::Down { trouble, since: at, seen: Some(*seen) },
            Self::Down { since, seen, .. } => Self::Down { trouble, since: *since, seen: *seen },
        };
    }

    /// Whether it answers now.
    pub const fn is_live(&self) -> bool {
        matches!(self, Self::Live { .. })
    }

    /// When it last answered.
    pub const fn seen(&self) -> Option<Timestamp> {
        match self {
            Self::Off | Self::Waiting => None,
            Self::Live { seen } => Some(*seen),
            Self::Down { seen, .. } => *seen,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failure_keeps_when_it_began_and_when_all_was_well() {
        let at = |second| Timestamp::from_second(second).unwrap();
        let trouble = |why| Trouble::new(TroubleKind::Unreachable, why);
        let mut health = Health::Waiting;
        health.answered(at(1));
        health.failed(trouble("first"), at(5));
        health.failed(trouble("second"), at(9));
        assert_eq!(health, Health::Down { trouble: trouble("second"), since: at(5), seen: Some(at(1)) });
        health.answered(at(10));
        assert!(health.is_live());
    }
}
