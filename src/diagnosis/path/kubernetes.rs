//! Whether a kind of Kubernetes objects can be believed.

use jiff::Timestamp;

use super::{Evidence, Verdict};
use crate::sources::Health;
use crate::sources::kubernetes::objects::Kind;
use crate::sources::kubernetes::picture::Picture;

/// Whether what is known of a kind is so now.
pub enum Standing {
    /// Nothing was told yet.
    Waiting,
    /// It is so; when the source last said so, if it did.
    Live(Option<Timestamp>),
    /// It was so, perhaps, before this.
    Blind { why: Evidence, seen: Option<Timestamp> },
}

/// How a kind stands.
pub fn standing(picture: &Picture, kind: Kind) -> Standing {
    let own = picture.kinds.get(&kind).unwrap_or(&Health::Waiting);
    // Without an API server to ask there is no kind that could stand any better.
    let health = if matches!(picture.health, Health::Down { .. }) { &picture.health } else { own };
    match health {
        Health::Off | Health::Waiting => Standing::Waiting,
        Health::Live { seen } => Standing::Live(Some(*seen)),
        Health::Down { trouble, since, seen } => {
            let why = Evidence::unread(&format!("{}: ", kind.resource()), trouble, *since);
            Standing::Blind { why, seen: *seen }
        }
    }
}

/// What is left of evidence where some objects of a kind could not be read: that there is none is not known then.
pub fn as_far_as_read(picture: &Picture, kind: Kind, mut evidence: Vec<Evidence>) -> Vec<Evidence> {
    let Some(trouble) = picture.odd.get(&kind) else { return evidence };
    if evidence.iter().any(|one| one.verdict == Verdict::Broken) {
        for one in evidence.iter_mut().filter(|one| one.verdict.is_unwell()) {
            one.verdict = Verdict::Unknown;
            one.words.push_str(", as far as could be read");
        }
    }
    let words = format!("{}: {}: {}", kind.resource(), trouble.kind.name(), trouble.why);
    evidence.push(Evidence::new(Verdict::Unknown, words));
    evidence
}
