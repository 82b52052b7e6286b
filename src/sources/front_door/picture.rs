//! What is known of the front door: the fold of its own facts.

use std::collections::BTreeMap;
use std::time::Duration;

use indexmap::IndexMap;
use jiff::{SignedDuration, Timestamp};

use super::facts::{Answer, Certificate, Fact, Page, Pull};
use crate::sources::Health;

/// What is known of the front door.
#[derive(Debug, Default)]
pub struct Picture {
    /// What is asked; empty where nobody configured it.
    pub url: String,
    /// How each page answers.
    pub pages: BTreeMap<Page, Asked>,
    pub certificate: Option<Certificate>,
    /// By image, in the configured order; none before the first pull.
    pub canaries: IndexMap<String, Option<(Timestamp, Pull)>>,
    /// Since when pulls of these canaries have failed; those that are pulled are not in it.
    pub failing: BTreeMap<String, Timestamp>,
}

/// What is known of one page.
#[derive(Debug, Default)]
pub struct Asked {
    pub health: Health,
    /// The newest answer, kept while there is none.
    pub answer: Option<Answer>,
    /// How long answers take, roughly: it follows only what is clearly quicker or slower.
    pub pace: Duration,
    /// Since when answers have been no good; none while they are good.
    pub wrong_since: Option<Timestamp>,
    /// Since when answers have been slow, and how many that were; none while they are quick.
    slow: Option<(Timestamp, u32)>,
}

/// One answer that takes long, or two, are no slow registry.
const SEVERAL: u32 = 3;

impl Asked {
    /// Since when answers have been slow, once several in a row were.
    pub fn slow_since(&self) -> Option<Timestamp> {
        self.slow.filter(|(_, answers)| *answers >= SEVERAL).map(|(since, _)| since)
    }
}

/// An answer that takes longer than this is slow.
pub const SLOW: Duration = Duration::from_secs(1);

/// How a certificate stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum CertificateState {
    Good,
    /// It ends within three weeks.
    EndsSoon,
    /// It is over, or clients refuse it for another reason.
    Refused,
}

/// A certificate that ends sooner than this is pointed out: renewals that run by themselves were due by then.
const SOON: SignedDuration = SignedDuration::from_hours(21 * 24);

impl Certificate {
    /// How it stands at `now`.
    pub fn state(&self, now: Timestamp) -> CertificateState {
        let is_over = now > self.not_after || now < self.not_before;
        match self.not_after.duration_since(now) {
            _ if is_over || self.wrong.is_some() => CertificateState::Refused,
            left if left < SOON => CertificateState::EndsSoon,
            _ => CertificateState::Good,
        }
    }
}

/// How a canary fares.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CanaryState {
    /// It was not pulled yet.
    Waiting,
    Pulled,
    /// Pulled, but there is something to mind.
    Minded,
    Failed,
}

impl CanaryState {
    /// A word for screens.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Waiting => "not pulled yet",
            Self::Pulled => "pulled",
            Self::Minded => "pulled, but young",
            Self::Failed => "not pulled",
        }
    }
}

/// The new pace, after an answer that took so long.
fn paced(pace: Duration, latency: Duration) -> Duration {
    let usual = pace.mul_f64(0.6)..=pace.mul_f64(1.6);
    if usual.contains(&latency) { pace } else { latency }
}

impl Picture {
    /// Takes in one fact, seen at `at`.
    pub fn fold(&mut self, fact: &Fact, at: Timestamp) {
        match fact {
            Fact::Configured { url, canaries } => self.configured(url, canaries),
            Fact::Answered { page, answer } => {
                let asked = self.pages.entry(*page).or_default();
                asked.health.answered(at);
                asked.wrong_since = answer.wrong.as_ref().map(|_| asked.wrong_since.unwrap_or(at));
                let (since, before) = asked.slow.unwrap_or((at, 0));
                asked.slow = (answer.latency > SLOW).then(|| (since, before.saturating_add(1)));
                asked.pace = paced(asked.pace, answer.latency);
                asked.answer = Some(answer.clone());
            }
            Fact::NotAnswered { page, trouble } => {
                self.pages.entry(*page).or_default().health.failed(trouble.clone(), at);
            }
            Fact::Certificate(certificate) => self.certificate.clone_from(certificate),
            Fact::Canary { image, pull } => {
                if pull.is_good() {
                    self.failing.remove(image);
                } else {
                    self.failing.entry(image.clone()).or_insert(at);
                }
                self.canaries.insert(image.clone(), Some((at, pull.clone())));
            }
        }
    }

    /// What was seen before is kept: a source that failed is begun again.
    fn configured(&mut self, url: &str, canaries: &[String]) {
        url.clone_into(&mut self.url);
        for page in [Page::Root, Page::Api] {
            let asked = self.pages.entry(page).or_default();
            if asked.health == Health::Off {
                asked.health = Health::Waiting;
            }
        }
        let kept = |image: &String| (image.clone(), self.canaries.get(image).cloned().flatten());
        self.canaries = canaries.iter().map(kept).collect();
        self.failing.retain(|image, _| canaries.contains(image));
    }

    /// How a canary fares; none if there is no such canary.
    pub fn canary(&self, image: &str) -> Option<CanaryState> {
        Some(match self.canaries.get(image)? {
            None => CanaryState::Waiting,
            Some((_, pull)) if !pull.is_good() => CanaryState::Failed,
            Some((_, pull)) if pull.mind.is_some() => CanaryState::Minded,
            Some(_) => CanaryState::Pulled,
        })
    }

    /// How the certificate stands at `now`; none where none was seen.
    pub fn certificate(&self, now: Timestamp) -> Option<CertificateState> {
        self.certificate.as_ref().map(|certificate| certificate.state(now))
    }

    /// A header in which the registry says what it is, by its usual spelling.
    pub fn version(&self, header: &str) -> Option<&str> {
        let answer = self.pages.get(&Page::Api)?.answer.as_ref()?;
        let found = answer.versions.iter().find(|(name, _)| name.eq_ignore_ascii_case(header));
        found.map(|(_, value)| value.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sources::front_door::facts::PullStep;
    use crate::sources::{Trouble, TroubleKind};

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    fn good() -> Answer {
        Answer {
            status: 200,
            latency: Duration::from_millis(38),
            bytes: 0,
            versions: vec![("Gitlab-Container-Registry-Version".to_owned(), "4.15.2".to_owned())],
            wrong: None,
        }
    }

    fn answered(wrong: Option<&str>) -> Fact {
        Fact::Answered { page: Page::Api, answer: Answer { wrong: wrong.map(str::to_owned), ..good() } }
    }

    fn pulled(result: Result<u16, Trouble>, mind: Option<&str>) -> Fact {
        let step = PullStep { name: "manifest", target: "GET /x".into(), latency: Duration::ZERO, result };
        let pull = Pull { steps: vec![step], pushed: None, mind: mind.map(str::to_owned) };
        Fact::Canary { image: "g/p:v1".to_owned(), pull }
    }

    fn picture(facts: &[(i64, Fact)]) -> Picture {
        let mut picture = Picture::default();
        let canaries = vec!["g/p:v1".to_owned()];
        picture.fold(&Fact::Configured { url: "https://r".to_owned(), canaries }, at(0));
        facts.iter().for_each(|(second, fact)| picture.fold(fact, at(*second)));
        picture
    }

    #[test]
    fn wrong_answers_are_counted_from_the_first_and_a_silence_keeps_the_last_answer() {
        let silence = Trouble::new(TroubleKind::Slow, "no complete answer in time");
        let silence = Fact::NotAnswered { page: Page::Api, trouble: silence };
        let told =
            picture(&[(1, answered(None)), (2, answered(Some("x"))), (3, answered(Some("y"))), (4, silence)]);
        let asked = &told.pages[&Page::Api];
        assert_eq!(asked.wrong_since, Some(at(2)));
        assert!(
            matches!(asked.health, Health::Down { since, seen: Some(seen), .. } if since == at(4) && seen == at(3))
        );
        assert_eq!(told.version("gitlab-container-registry-version"), Some("4.15.2"));
        assert_eq!(told.pages[&Page::Root].health, Health::Waiting);
        assert_eq!(told.pages[&Page::Api].slow_since(), None);
        let mended = picture(&[(2, answered(Some("x"))), (3, answered(None))]);
        assert_eq!(mended.pages[&Page::Api].wrong_since, None);
    }

    #[test]
    fn several_slow_answers_in_a_row_are_counted_from_the_first() {
        let took = |millis| Fact::Answered {
            page: Page::Api,
            answer: Answer { latency: Duration::from_millis(millis), ..good() },
        };
        for (latencies, since) in [
            (vec![1_500, 1_500], None),
            (vec![1_500, 1_500, 1_500], Some(at(0))),
            (vec![1_500, 1_500, 900, 1_500, 1_500], None),
            (vec![900, 1_500, 1_500, 1_500, 1_500], Some(at(1))),
        ] {
            let facts: Vec<_> = (0..).zip(latencies.into_iter().map(took)).collect();
            assert_eq!(picture(&facts).pages[&Page::Api].slow_since(), since);
        }
    }

    #[test]
    fn the_pace_follows_only_what_is_clearly_quicker_or_slower() {
        let millis = Duration::from_millis;
        for (pace, latency, expected) in [(0, 38, 38), (38, 45, 38), (38, 31, 38), (38, 90, 90), (90, 20, 20)]
        {
            assert_eq!(paced(millis(pace), millis(latency)), millis(expected), "{pace} {latency}");
        }
    }

    #[test]
    fn a_canary_fails_since_its_first_failure_and_until_it_is_pulled() {
        let gone = || pulled(Err(Trouble::new(TroubleKind::Absent, "gone")), None);
        let told = picture(&[(1, gone()), (2, gone())]);
        assert_eq!(told.failing.get("g/p:v1"), Some(&at(1)));
        assert_eq!(told.canary("g/p:v1").map(CanaryState::name), Some("not pulled"));
        let told = picture(&[(1, gone()), (2, pulled(Ok(200), Some("young")))]);
        assert!(told.failing.is_empty());
        assert_eq!(told.canary("g/p:v1"), Some(CanaryState::Minded));
        assert_eq!(picture(&[]).canary("g/p:v1"), Some(CanaryState::Waiting));
        assert_eq!(told.canary("other"), None);
    }

    #[test]
    fn a_source_that_is_begun_again_forgets_nothing() {
        let mut told = picture(&[(1, answered(None)), (2, pulled(Ok(200), None))]);
        told.fold(
            &Fact::Configured { url: "https://r".to_owned(), canaries: vec!["g/p:v1".to_owned()] },
            at(3),
        );
        assert_eq!(told.canary("g/p:v1"), Some(CanaryState::Pulled));
        assert!(told.pages[&Page::Api].health.is_live());
    }

    #[test]
    fn a_certificate_is_good_until_three_weeks_before_its_end() {
        let day = 24 * 3600;
        let certificate = |wrong: Option<&str>| Certificate {
            subject: "r".to_owned(),
            issuer: "ca".to_owned(),
            not_before: at(10 * day),
            not_after: at(100 * day),
            wrong: wrong.map(str::to_owned),
        };
        let table = [
            (9, None, CertificateState::Refused),
            (10, None, CertificateState::Good),
            (79, None, CertificateState::Good),
            (80, None, CertificateState::EndsSoon),
            (101, None, CertificateState::Refused),
            (50, Some("it is for another host"), CertificateState::Refused),
        ];
        for (today, wrong, expected) in table {
            assert_eq!(certificate(wrong).state(at(today * day)), expected, "{today} {wrong:?}");
        }
    }
}
