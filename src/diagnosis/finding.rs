//! What a rule concludes: what is wrong, what speaks for and against it, and what to do next.

use jiff::{SignedDuration, Timestamp};

use crate::model::Subject;

/// What a fault means for those who pull and push; the worst first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Impact {
    /// Nobody, or hardly anybody, is served.
    Outage,
    /// Some requests fail, or all are slow.
    Degraded,
    /// All are served, and may not be for long.
    Risk,
}

impl Impact {
    /// The stable word of it, on the screen and in JSON.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Outage => "outage",
            Self::Degraded => "degraded",
            Self::Risk => "risk",
        }
    }
}

/// How sure a finding is; the surest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Confidence {
    /// It was seen itself, lately, and nothing speaks against it.
    Certain,
    /// Several signs agree, or it was seen and something speaks against it.
    Likely,
    /// One sign.
    Possible,
}

impl Confidence {
    /// The stable word of it, on the screen and in JSON.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Certain => "certain",
            Self::Likely => "likely",
            Self::Possible => "possible",
        }
    }
}

/// Who told of something.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Witness {
    FrontDoor,
    /// What the front door shows of itself: nothing behind it can make that better or worse.
    Certificate,
    Google,
    Haproxy,
    Kubernetes,
    Logs,
    Bucket,
}

impl Witness {
    /// What it is called on the screen.
    pub const fn name(self) -> &'static str {
        match self {
            Self::FrontDoor => "front door",
            Self::Certificate => "certificate",
            Self::Google => "Google Cloud",
            Self::Haproxy => "HAProxy",
            Self::Kubernetes => "Kubernetes",
            Self::Logs => "logs",
            Self::Bucket => "bucket",
        }
    }
}

/// How much one thing tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Weight {
    /// The fault itself was seen.
    Proof,
    /// It fits the fault, and others too.
    Hint,
}

/// One thing that speaks for or against a finding.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Evidence {
    pub words: String,
    pub from: Witness,
    pub weight: Weight,
    /// When it was seen last, where that is known.
    pub seen: Option<Timestamp>,
}

/// What was seen longer ago than this is only a hint of how it is now.
const FRESH: SignedDuration = SignedDuration::from_mins(2);

impl Evidence {
    /// The fault itself, seen.
    pub fn proof(from: Witness, words: impl Into<String>) -> Self {
        Self { words: words.into(), from, weight: Weight::Proof, seen: None }
    }

    /// Something that fits.
    pub fn hint(from: Witness, words: impl Into<String>) -> Self {
        Self { weight: Weight::Hint, ..Self::proof(from, words) }
    }

    /// Seen last at this time.
    #[must_use]
    pub fn seen(self, seen: Option<Timestamp>) -> Self {
        Self { seen, ..self }
    }

    fn weight_at(&self, now: Timestamp) -> Weight {
        match self.seen {
            Some(seen) if now.duration_since(seen) > FRESH => Weight::Hint,
            _ => self.weight,
        }
    }
}

/// What is wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// Id of the rule that found it.
    pub rule: &'static str,
    /// What is wrong, in a line that stands by itself: `3 pods crash again and again: exit 137 OOMKilled`.
    pub words: String,
    pub impact: Impact,
    /// What it is about, what to begin with first: the verbs are about this one. Nothing where it is about all.
    pub about: Vec<Subject>,
    /// Since when it is so, where that is known.
    pub since: Option<Timestamp>,
    /// What speaks for it, the weightiest first.
    pub evidence: Vec<Evidence>,
    /// What speaks against it.
    pub against: Vec<Evidence>,
    /// The next safe step, in a sentence.
    pub next: String,
    /// Ids of verbs that apply to what it is about, the best first.
    pub verbs: Vec<&'static str>,
}

impl Finding {
    /// How sure it is, from its evidence alone.
    pub fn confidence(&self, now: Timestamp) -> Confidence {
        let proven = self.evidence.iter().any(|one| one.weight_at(now) == Weight::Proof);
        let mut witnesses: Vec<_> = self.evidence.iter().map(|one| one.from).collect();
        witnesses.sort_unstable();
        witnesses.dedup();
        match (proven, self.against.is_empty(), witnesses.len()) {
            (true, true, _) => Confidence::Certain,
            (true, false, _) | (false, true, 2..) => Confidence::Likely,
            (false, _, _) => Confidence::Possible,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn finding(evidence: Vec<Evidence>, against: Vec<Evidence>) -> Finding {
        Finding {
            rule: "crash-loop",
            words: String::new(),
            impact: Impact::Degraded,
            about: Vec::new(),
            since: None,
            evidence,
            against,
            next: String::new(),
            verbs: Vec::new(),
        }
    }

    #[test]
    fn confidence_follows_from_what_speaks_for_and_against_and_how_old_it_is() {
        let now = Timestamp::from_second(1_700_000_000).unwrap();
        let ago = |seconds| now.checked_sub(SignedDuration::from_secs(seconds)).ok();
        let proof = || Evidence::proof(Witness::Kubernetes, "");
        let hint = |from| Evidence::hint(from, "");
        for (evidence, against, expected) in [
            (vec![proof()], vec![], Confidence::Certain),
            (vec![proof().seen(ago(30))], vec![], Confidence::Certain),
            (vec![proof().seen(ago(300))], vec![], Confidence::Possible),
            (vec![proof()], vec![hint(Witness::Logs)], Confidence::Likely),
            (vec![hint(Witness::Logs)], vec![], Confidence::Possible),
            (vec![hint(Witness::Logs), hint(Witness::Logs)], vec![], Confidence::Possible),
            (vec![hint(Witness::Logs), hint(Witness::Haproxy)], vec![], Confidence::Likely),
            (
                vec![hint(Witness::Logs), hint(Witness::Haproxy)],
                vec![hint(Witness::Bucket)],
                Confidence::Possible,
            ),
        ] {
            let finding = finding(evidence, against);
            assert_eq!(finding.confidence(now), expected, "{finding:?}");
        }
    }
}
