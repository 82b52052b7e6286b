//! Pulls through a token service and a bucket, and images that are not what they should be.

use std::sync::{Arc, Mutex};

use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use jiff::{SignedDuration, Timestamp};
use quarterdeck::registry::digest::Digest;
use quarterdeck::registry::manifest::media_type;
use quarterdeck::sources::TroubleKind;
use quarterdeck::sources::front_door::Options;
use quarterdeck::sources::front_door::facts::Page;
use quarterdeck::sources::front_door::picture::CanaryState;
use quarterdeck::sources::registry_api::{Credentials, Password};
use serde_json::json;

use crate::desk::{Desk, canary, options};
use crate::double::{Double, Seen};

const LAYER: &[u8] = b"a layer";

/// An image and how it is served.
#[derive(Clone)]
struct Image {
    config: String,
    /// `Last-Modified` of what the bucket serves.
    modified: Option<&'static str>,
    layer_size: usize,
    /// What is served instead of the config.
    config_served: Option<&'static str>,
}

impl Image {
    fn made(created: &str) -> Self {
        let config = json!({ "architecture": "amd64", "os": "linux", "created": created }).to_string();
        Self { config, modified: None, layer_size: LAYER.len(), config_served: None }
    }

    fn manifest(&self) -> String {
        let config = Digest::of(self.config.as_bytes()).to_string();
        json!({
            "schemaVersion": 2,
            "mediaType": media_type::OCI_MANIFEST,
            "config": { "mediaType": "application/vnd.oci.image.config.v1+json", "digest": config, "size": self.config.len() },
            "layers": [{
                "mediaType": "application/vnd.oci.image.layer.v1.tar",
                "digest": Digest::of(LAYER).to_string(),
                "size": self.layer_size,
            }],
        })
        .to_string()
    }

    /// A registry that wants tokens and sends its clients to a bucket, which wants a signature and nothing else.
    fn answer(&self, double: &Double, seen: &Seen) -> Response {
        let api = ("docker-distribution-api-version", "registry/2.0");
        match seen.path.as_str() {
            "/token" => json!({ "token": double.issue(), "expires_in": 300 }).to_string().into_response(),
            "/" => StatusCode::OK.into_response(),
            path if path.starts_with("/bucket/") => self.bucket(seen),
            _ if !double.knows(seen) => double.challenge(),
            "/v2/" => ([api, ("gitlab-container-registry-version", "4.15.2-gitlab")], "{}").into_response(),
            path if path.contains("/manifests/") => {
                ([api, ("content-type", media_type::OCI_MANIFEST)], self.manifest()).into_response()
            }
            path => {
                let digest = path.rsplit('/').next().unwrap();
                let bucket = double.url().replace("127.0.0.1", "localhost");
                let to = format!("{bucket}/bucket/{digest}?X-Goog-Signature=5ec4e7");
                (StatusCode::TEMPORARY_REDIRECT, [("location", to)]).into_response()
            }
        }
    }

    fn bucket(&self, seen: &Seen) -> Response {
        if seen.header("authorization").is_some() || seen.query != "X-Goog-Signature=5ec4e7" {
            return StatusCode::FORBIDDEN.into_response();
        }
        let config = Digest::of(self.config.as_bytes()).to_string();
        let body = match seen.path.ends_with(&config) {
            true => self.config_served.unwrap_or(&self.config).as_bytes().to_vec(),
            false => LAYER.to_vec(),
        };
        let mut response = body.into_response();
        if let Some(modified) = self.modified {
            response.headers_mut().insert("last-modified", modified.parse().unwrap());
        }
        response
    }
}

async fn pulled(image: Image) -> Desk {
    let double = Double::start(move |double, seen| image.answer(double, seen)).await;
    Desk::open(Options { canaries: canary("g/p:v1"), ..options(&double.url()) }).await
}

const LONG_AGO: &str = "2019-04-01T12:00:00Z";

#[tokio::test]
async fn a_pull_goes_by_token_to_the_manifest_and_by_signature_to_the_bucket() {
    let seen = Arc::new(Mutex::new(Vec::new()));
    let (image, noted) = (Image::made(LONG_AGO), seen.clone());
    let double = Double::start(move |double, seen| {
        noted.lock().unwrap().push((seen.path.clone(), seen.header("authorization").map(str::to_owned)));
        image.answer(double, seen)
    })
    .await;
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("password");
    std::fs::write(&file, "hunter2").unwrap();
    let credentials = Some(Credentials { username: "oncall".into(), password: Password::File(file) });
    let desk =
        Desk::open(Options { canaries: canary("g/p:v1"), credentials, ..options(&double.url()) }).await;

    let steps = desk.steps("g/p:v1");
    let bucket = double.url().replace("127.0.0.1", "localhost");
    assert_eq!(steps[0], format!("token: GET /token 200"));
    assert_eq!(steps[1], "manifest: GET /v2/g/p/manifests/v1 200");
    assert!(steps[2].starts_with("config: GET /v2/g/p/blobs/") && steps[2].ends_with(" 307"), "{steps:#?}");
    assert!(steps[3].starts_with(&format!("config: GET {bucket}/bucket/sha256:")), "{steps:#?}");
    assert!(steps[4].starts_with("layer: HEAD /v2/g/p/blobs/") && steps[4].ends_with(" 307"), "{steps:#?}");
    assert!(steps[5].starts_with(&format!("layer: HEAD {bucket}/bucket/")) && steps[5].ends_with(" 200"));
    assert_eq!(desk.picture.canary("g/p:v1"), Some(CanaryState::Pulled));
    assert_eq!(desk.pull("g/p:v1").pushed, LONG_AGO.parse().ok());

    let everything = desk.everything();
    for secret in ["5ec4e7", "hunter2", "t0ken", "Bearer ", "Basic "] {
        assert!(!everything.contains(secret), "{secret}");
    }
    let seen = seen.lock().unwrap();
    let to_bucket: Vec<_> = seen.iter().filter(|(path, _)| path.starts_with("/bucket/")).collect();
    assert!(to_bucket.len() == 2 && to_bucket.iter().all(|(_, authorization)| authorization.is_none()));
}

#[tokio::test]
async fn a_registry_that_tells_its_version_only_to_whom_it_lets_in_is_asked_with_a_token() {
    let desk = pulled(Image::made(LONG_AGO)).await;
    let api = desk.answer(Page::Api);
    assert_eq!((api.status, &api.wrong), (401, &None));
    assert_eq!(desk.picture.version("Gitlab-Container-Registry-Version"), Some("4.15.2-gitlab"));
}

#[tokio::test]
async fn a_fresh_image_is_pulled_but_minded() {
    let fresh = (Timestamp::now() - SignedDuration::from_hours(3)).to_string();
    let desk = pulled(Image::made(&fresh)).await;
    assert_eq!(desk.picture.canary("g/p:v1"), Some(CanaryState::Minded));
    let mind = desk.pull("g/p:v1").mind.clone().unwrap();
    assert!(mind.starts_with("made or pushed 3 h ago"), "{mind}");
}

#[tokio::test]
async fn when_it_was_pushed_counts_before_when_it_was_made() {
    let fresh = (Timestamp::now() - SignedDuration::from_hours(3)).to_string();
    let pushed_long_ago = Image { modified: Some("Mon, 01 Apr 2019 12:00:00 GMT"), ..Image::made(&fresh) };
    let desk = pulled(pushed_long_ago).await;
    assert_eq!(desk.pull("g/p:v1").pushed, LONG_AGO.parse().ok());
    assert_eq!(desk.picture.canary("g/p:v1"), Some(CanaryState::Pulled));
}

#[tokio::test]
async fn a_reproducible_image_says_nothing_of_its_age() {
    let desk = pulled(Image::made("1970-01-01T00:00:00Z")).await;
    assert_eq!((desk.pull("g/p:v1").pushed, &desk.pull("g/p:v1").mind), (None, &None));
}

#[tokio::test]
async fn what_is_not_what_the_manifest_says_fails_the_pull() {
    let good = Image::made(LONG_AGO);
    let table = [
        (Image { layer_size: 8, ..good.clone() }, "layer", "7 bytes, where the manifest says 8"),
        (Image { config_served: Some(""), ..good.clone() }, "config", "0 bytes that are not those of"),
        (Image { config_served: Some("<html>"), ..good }, "config", "6 bytes that are not those of"),
    ];
    for (image, name, why) in table {
        let desk = pulled(image).await;
        let step = desk.pull("g/p:v1").steps.last().unwrap().clone();
        let trouble = step.result.unwrap_err();
        assert_eq!((step.name, trouble.kind), (name, TroubleKind::Broken), "{}", trouble.why);
        assert!(trouble.why.contains(why), "{}", trouble.why);
    }
}

#[tokio::test]
async fn a_token_service_that_fails_is_the_step_that_failed() {
    let double = Double::start(|double, seen| match seen.path.as_str() {
        "/token" => StatusCode::SERVICE_UNAVAILABLE.into_response(),
        "/" => StatusCode::OK.into_response(),
        _ => double.challenge(),
    })
    .await;
    let desk = Desk::open(Options { canaries: canary("g/p:v1"), ..options(&double.url()) }).await;
    assert_eq!(desk.steps("g/p:v1"), ["token: GET /token broken answer"]);
    assert_eq!(desk.answer(Page::Api).wrong, None, "the page itself asks as it should");
}
