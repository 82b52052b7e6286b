//! What fails by the logs, told apart: by images that are known to be broken, and by all else.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::Scene;
use super::look::Need;
use super::words::roughly;
use crate::model::{Subject, TagState};
use crate::registry::report::{HopState, TagReport};
use crate::sources::bucket::picture::{Picture as Bucket, Verdict};
use crate::sources::logs::picture::{Answers, Window};
use crate::sources::logs::totals::{Answered, Totals, WINDOW};

/// How many subjects are few.
pub const FEW: usize = 5;
/// Fewer failures than this within five minutes happen by themselves.
const ENOUGH: u64 = 10;
/// Where nobody tells how many answers were good, so many of many things must there be.
const MANY: u64 = 20;
/// So many of a hundred answers must fail: a few among thousands do on every day.
const SHARE: u64 = 1;
/// Where so many of a hundred fail, few answers are too few to say that all is well.
const HIGH: u64 = 20;
/// When so many of a hundred fail, it is the service.
const NEARLY_ALL: u64 = 90;
/// Of so few answers, that they all failed tells nothing yet.
const HARDLY_ANY: u64 = 3;

/// What fails, all together.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Spread {
    /// Nothing, or no more than on every day.
    #[default]
    Quiet,
    /// Many of so few answers that it may be chance.
    Unsure,
    /// A few images, while others are served.
    Few,
    /// Many different things.
    Many,
    /// Nearly all that is asked for.
    All,
}

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
    /// Whether good answers are told of as well, so that there is a whole of which the failures are a part.
    pub is_counted: bool,
    /// What all that comes to.
    pub spread: Spread,
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
        let mut failures = Self {
            all,
            unnamed: failing.unnamed.since(from),
            first: failing.all.first.filter(|_| all > 0),
            last: failing.all.last.filter(|_| all > 0),
            broken,
            others,
            totals: scene.logs.answers.lately(now),
            is_counted: scene.logs.answers.tells_of_good(),
            spread: Spread::Quiet,
        };
        failures.spread = failures.judged(&scene.logs.answers, now);
        failures
    }

    fn judged(&self, answers: &Answers, now: Timestamp) -> Spread {
        let (count, is_few) = (self.of_others(), self.are_of_few());
        if !self.is_counted {
            return match count {
                0 => Spread::Quiet,
                ENOUGH.. if is_few => Spread::Few,
                MANY.. => Spread::Many,
                // Where only errors are told of, nobody knows whether these are all answers.
                _ if self.totals.answers() > 0 => Spread::Unsure,
                _ => Spread::Quiet,
            };
        }
        // What reached the measure lately is over only when it is well below it, so that counts which hover do not
        // make it come and go.
        let was = |percent| answers.past(now).any(|past| is_worth(&past, self.of_broken(), percent, ENOUGH));
        let lasts = |percent| {
            let is_enough = count >= ENOUGH && self.is_share(percent);
            is_enough || (count * 2 >= ENOUGH && self.is_part(percent, 200) && was(percent))
        };
        match count {
            0 => Spread::Quiet,
            HARDLY_ANY.. if self.is_share(NEARLY_ALL) => Spread::All,
            _ if is_few && lasts(0) => Spread::Few,
            _ if !is_few && lasts(SHARE) => Spread::Many,
            ..ENOUGH if self.is_share(HIGH) => Spread::Unsure,
            _ => Spread::Quiet,
        }
    }

    /// Whether these are so many that it is no chance.
    pub fn is_many(&self) -> bool {
        self.of_others() >= ENOUGH
    }

    /// Whether that it is the service, and no single image, is beyond doubt.
    pub fn is_much(&self) -> bool {
        self.of_others() >= MANY || (self.is_many() && !self.are_of_few())
    }

    /// What would tell more, while they are [`Spread::Unsure`].
    pub fn need(&self) -> Need {
        let (count, answers) = (roughly(self.of_others()), roughly(self.totals.answers()));
        Need::waiting(&match self.is_counted {
            true => format!("more answers ({count} of {answers} failed)"),
            false => format!("good answers in the logs ({count} failed)"),
        })
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

    /// Whether at least so many of a hundred answers failed, of what no broken image causes.
    fn is_share(&self, percent: u64) -> bool {
        self.is_part(percent, 100)
    }

    fn is_part(&self, part: u64, of: u64) -> bool {
        is_part(&self.totals, self.of_broken(), part, of)
    }

    /// How many of all answers failed; nothing where those that are good are not counted.
    pub fn told(&self) -> Option<(u64, u64)> {
        let answers = self.totals.answers();
        (self.is_counted && answers > 0).then(|| (self.totals.all(Answered::Failed), answers))
    }
}

/// Whether that part of all answers failed, without so many that broken images cause.
fn is_part(totals: &Totals, broken: u64, part: u64, of: u64) -> bool {
    let failed = totals.all(Answered::Failed).saturating_sub(broken);
    totals.answers() > 0 && failed * of >= part * totals.answers()
}

fn is_worth(totals: &Totals, broken: u64, percent: u64, count: u64) -> bool {
    totals.all(Answered::Failed).saturating_sub(broken) >= count && is_part(totals, broken, percent, 100)
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
