//! What fails by the logs, told apart: by images that are known to be broken, and by all else.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::Scene;
use crate::model::{Subject, TagState};
use crate::registry::report::{HopState, TagReport};
use crate::sources::bucket::picture::{Picture as Bucket, Verdict};
use crate::sources::logs::picture::Window;
use crate::sources::logs::totals::{Answered, Totals, WINDOW};

/// How many subjects are few.
pub const FEW: usize = 5;

/// Failures of five minutes.
#[derive(Debug, Default)]
pub struct Failures<'a> {
    /// All of them, and those that are about nothing that could be named.
    pub all: u64,
    pub unnamed: u64,
    /// Since when something fails, and when it did last.
    pub first: Option<Timestamp>,
    pub last: Option<Timestamp>,
    /// Images that are known to be broken and fail, most often first.
    pub broken: Vec<Failed<'a>>,
    /// What else fails, most often first.
    pub others: Vec<Failed<'a>>,
    /// How all requests were answered, as the layer tells that told of most.
    pub totals: Totals,
}

/// Something that fails.
#[derive(Clone, Debug)]
pub struct Failed<'a> {
    pub subject: &'a Subject,
    pub count: u64,
    pub first: Option<Timestamp>,
    pub last: Option<Timestamp>,
}

impl<'a> Failures<'a> {
    /// Those that the scene's logs tell of.
    pub fn of(scene: &Scene<'a>) -> Self {
        let (failing, now) = (&scene.logs.failing, scene.now);
        let from = now.checked_sub(WINDOW).unwrap_or(now);
        let guilty = Guilty::of(scene.bucket);
        let mut broken: BTreeMap<&Subject, Failed<'a>> = BTreeMap::new();
        let mut all = failing.all.since(from);
        let mut others = Vec::new();
        for (subject, window, count) in failing.top(now) {
            match guilty.behind(subject) {
                Some(tag) => add(&mut broken, tag, window, count),
                None if is_over(scene.bucket, subject, window) => {}
                None => {
                    others.push(Failed { subject, count, first: window.first, last: window.last });
                }
            }
        }
        // That a blob is not there is no failure of the service, but it is one of the image that needs it.
        for (_, blob, missed, count) in scene.logs.answers.missed(now) {
            if let Some(tag) = guilty.behind(blob) {
                add(&mut broken, tag, &missed.window, count);
                all += count;
            }
        }
        let mut broken: Vec<_> = broken.into_values().collect();
        broken.sort_by(|one, other| other.count.cmp(&one.count).then_with(|| one.subject.cmp(other.subject)));
        Self {
            all,
            unnamed: failing.unnamed.since(from),
            first: failing.all.first.filter(|_| all > 0),
            last: failing.all.last.filter(|_| all > 0),
            broken,
            others,
            totals: scene.logs.answers.lately(now),
        }
    }

    /// Failures of images that are known to be broken.
    pub fn of_broken(&self) -> u64 {
        self.broken.iter().map(|failed| failed.count).sum()
    }

    /// All other failures that go on.
    pub fn of_others(&self) -> u64 {
        self.unnamed + self.others.iter().map(|failed| failed.count).sum::<u64>()
    }

    /// Whether few images cause most of the failures that no broken image causes.
    pub fn are_of_few(&self) -> bool {
        let few = self.others.iter().filter(|failed| is_image(failed.subject)).take(FEW);
        let few: u64 = few.map(|failed| failed.count).sum();
        few * 5 >= self.of_others() * 4
    }

    /// Whether at least so many of a hundred answers failed, of what no broken image causes; not where no answer was
    /// counted.
    pub fn is_share(&self, percent: u64) -> Option<bool> {
        let answers = self.totals.answers();
        let failed = self.totals.all(Answered::Failed).saturating_sub(self.of_broken());
        (answers > 0).then_some(failed * 100 >= percent * answers)
    }

    /// How many of all answers failed, in words; nothing where none was counted.
    pub fn told(&self) -> Option<(u64, u64)> {
        let answers = self.totals.answers();
        (answers > 0).then(|| (self.totals.all(Answered::Failed), answers))
    }
}

fn add<'a>(broken: &mut BTreeMap<&'a Subject, Failed<'a>>, tag: &'a Subject, window: &Window, count: u64) {
    let failed = broken.entry(tag).or_insert(Failed { subject: tag, count: 0, first: None, last: None });
    failed.count += count;
    failed.first = failed.first.into_iter().chain(window.first).min();
    failed.last = failed.last.into_iter().chain(window.last).max();
}

/// Whether it is a part of an image that a pull asks for.
pub fn is_image(subject: &Subject) -> bool {
    matches!(subject, Subject::Tag { .. } | Subject::Manifest { .. } | Subject::Blob(_))
}

/// Whether it was looked at after it failed last, and was found whole or gone: what failed was mended.
fn is_over(bucket: &Bucket, subject: &Subject, window: &Window) -> bool {
    match bucket.verdicts.get(subject) {
        Some(Verdict::Seen { state: TagState::Whole | TagState::Absent, at, .. }) => {
            window.last.is_some_and(|last| last < *at)
        }
        Some(_) | None => false,
    }
}

/// What is known to be broken, by what of it a pull asks for.
struct Guilty<'a> {
    bucket: &'a Bucket,
    manifests: BTreeMap<(&'a str, &'a str), &'a Subject>,
    blobs: BTreeMap<&'a str, &'a Subject>,
}

impl<'a> Guilty<'a> {
    fn of(bucket: &'a Bucket) -> Self {
        let mut guilty = Self { bucket, manifests: BTreeMap::new(), blobs: BTreeMap::new() };
        for (subject, report) in bucket.reports().filter(|(_, report)| report.state == TagState::Broken) {
            if let Some(digest) = &report.digest {
                guilty.manifests.entry((&report.repository, digest)).or_insert(subject);
            }
            for digest in bad(report) {
                guilty.manifests.entry((&report.repository, digest)).or_insert(subject);
                guilty.blobs.entry(digest).or_insert(subject);
            }
        }
        guilty
    }

    /// The image that is known to be broken and makes this fail.
    fn behind(&self, subject: &'a Subject) -> Option<&'a Subject> {
        let (subject, verdict) = match subject {
            Subject::Tag { .. } => (subject, self.bucket.verdicts.get(subject)?),
            Subject::Manifest { repository, digest } => {
                let tag = self.manifests.get(&(repository.as_str(), digest.as_str())).copied();
                let known = tag.unwrap_or(subject);
                (known, self.bucket.verdicts.get(known)?)
            }
            Subject::Blob(digest) => {
                let tag = self.blobs.get(digest.as_str()).copied()?;
                (tag, self.bucket.verdicts.get(tag)?)
            }
            _ => return None,
        };
        (verdict.state() == Some(TagState::Broken)).then_some(subject)
    }
}

/// Digests of what is broken in an image.
fn bad(report: &TagReport) -> impl Iterator<Item = &str> {
    let hops = report.hops.iter().filter(|hop| hop.state == HopState::Bad);
    hops.filter_map(|hop| hop.digest.as_deref())
}
