//! Pulls an image as a client would, step by step, without fetching its layers.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;

use super::Options;
use super::facts::{Pull, PullStep};
use crate::registry::manifest::{self, Descriptor, Manifest};
use crate::registry::reference::{Reference, Target};
use crate::sources::registry_api::{ApiError, Client, Exchange, Log, ManifestAnswer};
use crate::sources::{Trouble, TroubleKind};

/// Bytes of an image's configuration.
const CONFIG_LIMIT: u64 = 4 << 20;
/// Indexes within indexes.
const DEPTH: usize = 4;
/// An image younger than this says little about those that were pushed before.
const YOUNG: SignedDuration = SignedDuration::from_hours(24);
/// Reproducible builds write 1970 or 1980 for the time at which an image was made.
const NO_DATE_BEFORE: i64 = 631_152_000;

/// A pull on its way.
struct Walk<'a> {
    client: Client,
    log: Log,
    origin: String,
    reference: &'a Reference,
    steps: Vec<PullStep>,
    /// When what was served was changed last, as servers told.
    modified: Option<Timestamp>,
    /// When the image was made, as its configuration tells.
    created: Option<Timestamp>,
}

/// The pull ended here; the last step says why.
struct Ended;

/// Pulls `reference` with a connection and tokens of its own, as a client that comes for the first time.
pub async fn pull(options: &Options, reference: &Reference) -> Pull {
    let log = Log::default();
    let client = match Client::new(options.settings(Some(log.clone()))) {
        Ok(client) => client,
        Err(error) => {
            let step = failed_before("manifest", error);
            return Pull { steps: vec![step], pushed: None, mind: None };
        }
    };
    let origin = client.origin();
    let mut walk = Walk { client, log, origin, reference, steps: Vec::new(), modified: None, created: None };
    // How far it came is in its steps.
    let _ = walk.through().await;
    let pushed = walk.modified.or(walk.created);
    Pull { steps: walk.steps, pushed, mind: pushed.and_then(|pushed| mind(pushed, Timestamp::now())) }
}

impl Walk<'_> {
    async fn through(&mut self) -> Result<(), Ended> {
        let image = self.image().await?;
        if let Some(config) = &image.config {
            self.config(config).await?;
        }
        // What is to be had elsewhere need not be here.
        match image.layers.iter().find(|layer| layer.urls.is_empty()) {
            Some(layer) => self.layer(layer).await,
            None => Ok(()),
        }
    }

    /// The manifest, and if that is an index, the first in it that a platform pulls.
    async fn image(&mut self) -> Result<Manifest, Ended> {
        let mut reference = Reference { beside: None, ..self.reference.clone() };
        for _ in 0..DEPTH {
            let answer = self.client.manifest(&reference).await;
            let answer = self.took("manifest", answer)?;
            let found = readable(&reference, &answer).map_err(|why| self.spoilt(&why))?;
            let child = found.children().find(|child| !child.attestation).map(|child| child.digest.clone());
            match child {
                None => return Ok(found),
                Some(Ok(digest)) => {
                    reference = Reference::digest(self.reference.repository.clone(), digest);
                }
                Some(Err(why)) => return Err(self.spoilt(&format!("names an image by no digest: {why}"))),
            }
        }
        Err(self.spoilt("indexes within indexes, and no image"))
    }

    async fn config(&mut self, config: &Descriptor) -> Result<(), Ended> {
        let digest = config.digest.clone().map_err(|why| self.spoilt(&format!("names no config: {why}")))?;
        let bytes = self.client.read_blob(&self.reference.repository, &digest, CONFIG_LIMIT).await;
        let bytes = self.took("config", bytes)?;
        if !digest.matches(&bytes) {
            return Err(self.spoilt(&format!("{} bytes that are not those of {digest}", bytes.len())));
        }
        self.created = created(&bytes);
        Ok(())
    }

    async fn layer(&mut self, layer: &Descriptor) -> Result<(), Ended> {
        let digest = layer.digest.clone().map_err(|why| self.spoilt(&format!("names no layer: {why}")))?;
        let head = self.client.head_blob(&self.reference.repository, &digest).await;
        let head = self.took("layer", head)?;
        match (head.size, layer.size.and_then(|size| u64::try_from(size).ok())) {
            (Some(found), Some(wanted)) if found != wanted => {
                Err(self.spoilt(&format!("{found} bytes, where the manifest says {wanted}")))
            }
            _ => Ok(()),
        }
    }

    /// Notes the steps that led to `result`.
    fn took<T>(&mut self, name: &'static str, result: Result<T, ApiError>) -> Result<T, Ended> {
        let exchanges = self.log.take();
        self.modified = self.modified.max(exchanges.iter().filter_map(|exchange| exchange.modified).max());
        let (value, error) = match result {
            Ok(value) => (Some(value), None),
            Err(error) => (None, Some(error)),
        };
        self.steps.extend(steps(name, &self.origin, exchanges, error));
        value.ok_or(Ended)
    }

    /// The last step's answer is no good.
    fn spoilt(&mut self, why: &str) -> Ended {
        if let Some(step) = self.steps.last_mut() {
            step.result = Err(Trouble::new(TroubleKind::Broken, &format!("{}: {why}", step.target)));
        }
        Ended
    }
}

/// A manifest whose bytes are what they should be.
fn readable(reference: &Reference, answer: &ManifestAnswer) -> Result<Manifest, String> {
    match &reference.target {
        Target::Digest(digest) if *digest != answer.digest => {
            return Err(format!("the bytes hash to {}", answer.digest));
        }
        Target::Digest(_) | Target::Tag(_) => {}
    }
    match answer.contradiction() {
        Some(why) => Err(why),
        None => manifest::parse(&answer.bytes).map_err(|why| why.to_string()),
    }
}

/// What was sent, as steps. A first refusal is how a registry asks for a token, and no step of its own.
fn steps(
    name: &'static str,
    origin: &str,
    exchanges: Vec<Exchange>,
    error: Option<ApiError>,
) -> Vec<PullStep> {
    if let (true, Some(error)) = (exchanges.is_empty(), &error) {
        return vec![failed_before(name, error.clone())];
    }
    let last = exchanges.len().saturating_sub(1);
    let mut refused = None;
    let mut steps = Vec::new();
    for (number, exchange) in exchanges.into_iter().enumerate() {
        let asked = (exchange.origin.clone(), exchange.request.clone());
        if number < last && exchange.result == Ok(401) {
            refused = Some(asked);
            continue;
        }
        let is_token = refused.take().is_some_and(|refused| refused != asked);
        let failed = error.clone().filter(|_| number == last);
        steps.push(PullStep {
            name: if is_token { "token" } else { name },
            target: target(origin, &exchange),
            latency: exchange.latency,
            result: failed.map_or(exchange.result, Err).map_err(Trouble::from),
        });
    }
    steps
}

/// Nothing was sent.
fn failed_before(name: &'static str, error: ApiError) -> PullStep {
    PullStep { name, target: error.request.clone(), latency: Duration::ZERO, result: Err(error.into()) }
}

/// `GET /v2/…`, or `HEAD https://bucket.example.com/…` where it went elsewhere.
fn target(origin: &str, exchange: &Exchange) -> String {
    match exchange.request.split_once(' ') {
        Some((method, path)) if exchange.origin != origin => format!("{method} {}{path}", exchange.origin),
        _ => exchange.request.clone(),
    }
}

#[derive(Deserialize)]
struct Config {
    created: Option<String>,
}

/// When an image was made, if its configuration tells and the time is no placeholder.
fn created(config: &[u8]) -> Option<Timestamp> {
    let config: Config = serde_json::from_slice(config).ok()?;
    let created: Timestamp = config.created?.parse().ok()?;
    (created.as_second() >= NO_DATE_BEFORE).then_some(created)
}

/// What to mind about an image of that age.
fn mind(pushed: Timestamp, now: Timestamp) -> Option<String> {
    let age = now.duration_since(pushed);
    (age < YOUNG).then(|| {
        let hours = age.as_hours().max(0);
        format!(
            "made or pushed {hours} h ago: a fresh image proves little, name one that nobody pushes again"
        )
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::sources::registry_api::ApiErrorKind;

    fn exchange(request: &str, origin: &str, status: u16) -> Exchange {
        Exchange {
            request: request.to_owned(),
            origin: origin.to_owned(),
            latency: Duration::from_millis(7),
            result: Ok(status),
            modified: None,
        }
    }

    fn summary(steps: &[PullStep]) -> Vec<String> {
        let result = |step: &PullStep| match &step.result {
            Ok(status) => status.to_string(),
            Err(trouble) => trouble.kind.name().to_owned(),
        };
        steps.iter().map(|step| format!("{} {} {}", step.name, step.target, result(step))).collect()
    }

    #[test]
    fn a_refusal_that_a_token_cures_is_no_step_and_the_way_to_the_bucket_is_one() {
        let registry = "https://registry.example.com";
        let with_token = vec![
            exchange("GET /v2/g/p/manifests/v1", registry, 401),
            exchange("GET /jwt/auth", "https://gitlab.example.com", 200),
            exchange("GET /v2/g/p/manifests/v1", registry, 200),
        ];
        let told = summary(&steps("manifest", registry, with_token, None));
        assert_eq!(
            told,
            ["token GET https://gitlab.example.com/jwt/auth 200", "manifest GET /v2/g/p/manifests/v1 200"]
        );
        let with_password = vec![
            exchange("GET /v2/g/p/manifests/v1", registry, 401),
            exchange("GET /v2/g/p/manifests/v1", registry, 200),
        ];
        let told = summary(&steps("manifest", registry, with_password, None));
        assert_eq!(told, ["manifest GET /v2/g/p/manifests/v1 200"]);
        let redirected = vec![
            exchange("HEAD /v2/g/p/blobs/sha256:aa", registry, 307),
            exchange("HEAD /bucket/data", "https://storage.example.com", 200),
        ];
        let told = summary(&steps("layer", registry, redirected, None));
        assert_eq!(
            told,
            [
                "layer HEAD /v2/g/p/blobs/sha256:aa 307",
                "layer HEAD https://storage.example.com/bucket/data 200"
            ]
        );
    }

    #[test]
    fn the_last_step_is_the_one_that_failed() {
        let error = |kind| ApiError {
            kind,
            request: "GET /x".to_owned(),
            status: None,
            code: None,
            detail: "why".to_owned(),
            retry_after: None,
        };
        let refused = vec![exchange("GET /x", "http://a", 401)];
        let told = summary(&steps("manifest", "http://a", refused, Some(error(ApiErrorKind::Denied))));
        assert_eq!(told, ["manifest GET /x not logged in"]);
        let no_token = vec![exchange("GET /x", "http://a", 401), exchange("GET /token", "http://b", 503)];
        let told = summary(&steps("manifest", "http://a", no_token, Some(error(ApiErrorKind::Unreachable))));
        assert_eq!(told, ["token GET http://b/token unreachable"]);
        let told = summary(&steps("manifest", "http://a", Vec::new(), Some(error(ApiErrorKind::Broken))));
        assert_eq!(told, ["manifest GET /x broken answer"]);
    }

    #[test]
    fn a_fresh_image_is_minded_and_a_placeholder_is_no_date() {
        let now: Timestamp = "2026-11-21T14:00:00Z".parse().unwrap();
        let told = |created: &str| {
            let config = format!("{{\"architecture\":\"amd64\",\"created\":\"{created}\"}}");
            self::created(config.as_bytes()).map(|created| mind(created, now).is_some())
        };
        assert_eq!(told("2026-11-21T02:00:00.123456789Z"), Some(true));
        assert_eq!(told("2026-11-22T02:00:00Z"), Some(true), "a clock that is ahead");
        assert_eq!(told("2026-11-20T02:00:00+01:00"), Some(false));
        for nothing in ["1970-01-01T00:00:00Z", "1980-01-01T00:00:01Z", "0001-01-01T00:00:00Z", "soon", ""] {
            assert_eq!(told(nothing), None, "{nothing}");
        }
    }

    proptest! {
        #[test]
        fn any_bytes_are_a_config_with_a_date_or_without(bytes in proptest::collection::vec(any::<u8>(), 0..200), text in ".{0,40}") {
            let _ = created(&bytes);
            let config = serde_json::json!({ "created": text }).to_string();
            let _ = created(config.as_bytes());
        }
    }
}
