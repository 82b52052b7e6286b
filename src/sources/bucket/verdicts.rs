//! What came of every tag that was looked at, counted as it comes so that no frame has to count.

use std::collections::{BTreeMap, BTreeSet};

use super::picture::Verdict;
use crate::model::{Severity, Subject, TagState};

/// What came of every tag ever looked at, by subject.
#[derive(Debug, Default)]
pub struct Verdicts {
    all: BTreeMap<Subject, Verdict>,
    /// The tags that need somebody.
    faulty: BTreeSet<Subject>,
    /// The same, worst first.
    ranked: BTreeSet<(Rank, Subject)>,
    /// How they are spread below each group and repository.
    below: BTreeMap<String, Below>,
    tally: Tally,
}

/// How many tags below a group or repository were looked at, and what came of them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Below {
    /// With a finding.
    pub found: u64,
    /// Without one: they could not be read.
    pub unread: u64,
    /// The others: nothing is wrong with them, or they are not there.
    pub sound: u64,
    /// All that are of the repository itself.
    pub own: u64,
}

impl Below {
    const fn slot(&mut self, rank: Option<Rank>) -> &mut u64 {
        match rank {
            Some(Rank::Found(_)) => &mut self.found,
            Some(Rank::Unread) => &mut self.unread,
            None => &mut self.sound,
        }
    }

    /// Whether tags were looked at and none of them needs somebody.
    pub const fn is_sound(&self) -> bool {
        self.sound > 0 && self.found == 0 && self.unread == 0
    }
}

/// What could not be read stands after what is known to be broken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Rank {
    Found(Severity),
    Unread,
}

#[derive(Clone, Copy, Debug, Default)]
struct Tally {
    whole: usize,
    broken: usize,
    absent: usize,
    unknown: usize,
    scanning: usize,
}

impl Tally {
    const fn slot(&mut self, state: Option<TagState>) -> &mut usize {
        match state {
            Some(TagState::Whole) => &mut self.whole,
            Some(TagState::Broken) => &mut self.broken,
            Some(TagState::Absent) => &mut self.absent,
            Some(TagState::Unknown) => &mut self.unknown,
            None => &mut self.scanning,
        }
    }
}

impl Verdicts {
    /// What came of a tag.
    pub fn get(&self, subject: &Subject) -> Option<&Verdict> {
        self.all.get(subject)
    }

    /// Whether a tag was looked at or is being looked at.
    pub fn contains(&self, subject: &Subject) -> bool {
        self.all.contains_key(subject)
    }

    /// All of them, by subject.
    pub fn iter(&self) -> impl Iterator<Item = (&Subject, &Verdict)> {
        self.all.iter()
    }

    /// How many tags were looked at to the end.
    pub fn seen(&self) -> usize {
        self.all.len() - self.tally.scanning
    }

    /// How many came out as `state`.
    pub const fn count(&self, state: TagState) -> usize {
        match state {
            TagState::Whole => self.tally.whole,
            TagState::Broken => self.tally.broken,
            TagState::Absent => self.tally.absent,
            TagState::Unknown => self.tally.unknown,
        }
    }

    /// How many are being looked at.
    pub const fn scanning(&self) -> usize {
        self.tally.scanning
    }

    /// How many need somebody.
    pub fn faults(&self) -> usize {
        self.faulty.len()
    }

    /// What came of the tags below a group or in a repository.
    pub fn below(&self, name: &str) -> Below {
        self.below.get(name).copied().unwrap_or_default()
    }

    /// Whether a tag needs somebody, as far as it was looked at.
    pub fn is_faulty(&self, subject: &Subject) -> bool {
        self.faulty.contains(subject)
    }

    /// The tags that need somebody, worst first, then by name.
    pub fn ranked(&self) -> impl Iterator<Item = &Subject> {
        self.ranked.iter().map(|(_, subject)| subject)
    }

    /// The tags of one repository that need somebody, by name.
    pub fn faulty_tags(&self, repository: &str) -> impl Iterator<Item = &str> {
        let first = Subject::Tag { repository: repository.to_owned(), tag: String::new() };
        let tags = self.faulty.range(first..).map_while(move |subject| match subject {
            Subject::Tag { repository: of, tag } => (of == repository).then_some(tag.as_str()),
            _ => None,
        });
        tags.collect::<Vec<_>>().into_iter()
    }

    /// Takes a verdict in place of the one before.
    pub fn set(&mut self, subject: &Subject, verdict: Verdict) {
        self.remove(subject);
        *self.tally.slot(verdict.state()) += 1;
        if let Some(rank) = rank(&verdict) {
            self.faulty.insert(subject.clone());
            self.ranked.insert((rank, subject.clone()));
        }
        if verdict.state().is_some() {
            for (above, name) in holders(subject).enumerate() {
                let below = self.below.entry(name.to_owned()).or_default();
                *below.slot(rank(&verdict)) += 1;
                below.own += u64::from(above == 0);
            }
        }
        self.all.insert(subject.clone(), verdict);
    }

    /// Forgets a verdict.
    pub fn remove(&mut self, subject: &Subject) {
        let Some(verdict) = self.all.remove(subject) else { return };
        *self.tally.slot(verdict.state()) -= 1;
        if let Some(rank) = rank(&verdict) {
            self.faulty.remove(subject);
            self.ranked.remove(&(rank, subject.clone()));
        }
        if verdict.state().is_some() {
            for (above, name) in holders(subject).enumerate() {
                if let Some(below) = self.below.get_mut(name) {
                    *below.slot(rank(&verdict)) -= 1;
                    below.own -= u64::from(above == 0);
                }
            }
        }
    }

    /// Forgets the scans that have not ended.
    pub fn forget_scanning(&mut self) {
        self.all.retain(|_, verdict| *verdict != Verdict::Scanning);
        self.tally.scanning = 0;
    }
}

fn rank(verdict: &Verdict) -> Option<Rank> {
    match verdict {
        Verdict::Seen { worst, .. } if verdict.is_fault() => {
            Some(worst.map_or(Rank::Unread, |(_, severity)| Rank::Found(severity)))
        }
        Verdict::Seen { .. } | Verdict::Scanning => None,
    }
}

/// The repository of a tag and the groups above it.
fn holders(subject: &Subject) -> impl Iterator<Item = &str> {
    let repository = match subject {
        Subject::Tag { repository, .. } => Some(repository.as_str()),
        _ => None,
    };
    std::iter::successors(repository, |name| name.rsplit_once('/').map(|(above, _)| above))
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;

    fn tag(repository: &str, tag: &str) -> Subject {
        Subject::Tag { repository: repository.into(), tag: tag.into() }
    }

    fn seen(state: TagState, worst: Option<(&'static str, Severity)>) -> Verdict {
        Verdict::Seen { state, worst, at: Timestamp::UNIX_EPOCH }
    }

    #[test]
    fn counts_follow_every_change() {
        let mut verdicts = Verdicts::default();
        let (bad, odd, unread) = (tag("g/p", "bad"), tag("g/p", "odd"), tag("g/q", "unread"));
        verdicts.set(&odd, seen(TagState::Whole, Some(("odd", Severity::GcBroken))));
        verdicts.set(&unread, seen(TagState::Unknown, None));
        verdicts.set(&bad, Verdict::Scanning);
        assert_eq!((verdicts.seen(), verdicts.scanning(), verdicts.faults()), (2, 1, 2));
        verdicts.set(&bad, seen(TagState::Broken, Some(("bad", Severity::PullBroken))));
        assert_eq!(verdicts.ranked().collect::<Vec<_>>(), [&bad, &odd, &unread]);
        let below = |verdicts: &Verdicts, name: &str| {
            let Below { found, unread, .. } = verdicts.below(name);
            (found, unread)
        };
        let names = ["g", "g/p", "g/q", "g/"];
        assert_eq!(names.map(|name| below(&verdicts, name)), [(2, 1), (2, 0), (0, 1), (0, 0)]);
        verdicts.set(&bad, seen(TagState::Whole, None));
        assert_eq!(verdicts.below("g"), Below { found: 1, unread: 1, sound: 1, own: 0 });
        assert_eq!(verdicts.below("g/p"), Below { found: 1, unread: 0, sound: 1, own: 2 });
        verdicts.remove(&unread);
        assert_eq!(names.map(|name| below(&verdicts, name)), [(1, 0), (1, 0), (0, 0), (0, 0)]);
        assert_eq!((verdicts.count(TagState::Whole), verdicts.count(TagState::Unknown)), (2, 0));
        verdicts.set(&unread, Verdict::Scanning);
        verdicts.forget_scanning();
        assert!(!verdicts.contains(&unread) && verdicts.scanning() == 0);
    }
}
