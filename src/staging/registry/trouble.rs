//! What is wrong behind the front door: requests that the registry fails at, a store that ails, blobs it has forgotten.

use std::time::Duration;

use axum::http::Method;

use super::answers::Refusal;
use crate::registry::reference::{ApiPath, Reference};

/// How the registry's store answers it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum StoreManner {
    #[default]
    Well,
    /// It is there, and fails.
    Refuses,
    /// It does not let the registry in any more.
    Denies,
    /// Each answer takes that much longer.
    Slow(Duration),
}

impl StoreManner {
    /// What the registry's log says of it, in the words of its driver for Google Cloud Storage; none where it answers.
    const fn words(self) -> Option<&'static str> {
        match self {
            Self::Well | Self::Slow(_) => None,
            Self::Refuses => Some(
                "gcs: googleapi: Error 503: We encountered an internal error. Please try again., backendError",
            ),
            Self::Denies => Some(
                "gcs: googleapi: Error 403: registry@harbour-production.iam.gserviceaccount.com does not have \
                 storage.objects.get access to the Google Cloud Storage object., forbidden",
            ),
        }
    }
}

/// Requests that the registry fails at.
#[derive(Clone, Debug, PartialEq)]
pub struct Failing {
    /// What its log says.
    pub says: String,
    /// Share of the requests, from 0 to 1.
    pub share: f64,
    /// Only in these pods; in all if there are none.
    pub pods: Vec<String>,
    /// Only these manifests; all requests if there are none.
    pub images: Vec<Reference>,
}

/// Everything that is wrong at a moment.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Troubles {
    pub failing: Vec<Failing>,
    pub store: StoreManner,
    /// Whether only blobs are known that were pushed since.
    pub forgets_blobs: bool,
    /// The pods that take requests, in turn.
    pub pods: Vec<String>,
}

/// By whom a request is answered, and what decides where only some fail.
#[derive(Clone, Copy, Debug)]
pub struct Hand<'a> {
    pub pod: &'a str,
    /// From 0 to 1.
    pub chance: f64,
}

impl Troubles {
    /// How much longer an answer takes because of the store.
    pub fn wait(&self, asked: &ApiPath) -> Duration {
        match self.store {
            StoreManner::Slow(wait) if !matches!(asked, ApiPath::Base) => wait,
            _ => Duration::ZERO,
        }
    }

    /// What is answered instead of what was asked for; none where nothing is in its way.
    pub fn refusal(
        &self,
        asked: &ApiPath,
        method: &Method,
        hand: Hand<'_>,
        is_fresh: bool,
    ) -> Option<Refusal> {
        if matches!(asked, ApiPath::Base) {
            return None;
        }
        if let Some(words) = self.store.words() {
            return Some(Refusal::unknown(&words));
        }
        if let Some(failing) = self.failing.iter().find(|failing| failing.concerns(asked, hand)) {
            return Some(Refusal::unknown(&failing.says));
        }
        match asked {
            ApiPath::Blob { digest, .. } if self.forgets_blobs && !is_fresh && *method != Method::PUT => {
                Some(Refusal::no_blob(&digest.to_string()))
            }
            _ => None,
        }
    }

    /// Share of an ordinary day's requests that fail.
    #[allow(clippy::cast_precision_loss)]
    pub fn share(&self) -> f64 {
        if self.store.words().is_some() {
            return 1.0;
        }
        let all = self.pods.len().max(1) as f64;
        let of = |failing: &Failing| match (failing.images.is_empty(), failing.pods.len()) {
            (false, _) => 0.0,
            (true, 0) => failing.share,
            (true, pods) => failing.share * pods as f64 / all,
        };
        self.failing.iter().map(of).sum::<f64>().min(1.0)
    }
}

impl Failing {
    fn concerns(&self, asked: &ApiPath, hand: Hand<'_>) -> bool {
        let names = |image: &Reference| match asked {
            ApiPath::Manifest { repository, target } => {
                (repository, target) == (&image.repository, &image.target)
            }
            _ => false,
        };
        let is_here = self.pods.is_empty() || self.pods.iter().any(|pod| pod == hand.pod);
        let is_it = self.images.is_empty() || self.images.iter().any(names);
        is_here && is_it && hand.chance < self.share
    }
}
