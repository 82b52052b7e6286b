//! What a real docker-registry shows at its front door.

use quarterdeck::sources::front_door::facts::{Fact, Page};
use quarterdeck::sources::front_door::{Options, picture::CanaryState};
use quarterdeck::sources::{Health, TroubleKind};

use crate::desk::{Desk, canary, options};
use crate::server::{Door, PASSWORD, Registry};

fn at(registry: &Registry) -> Options {
    options(registry.settings().url.as_str())
}

#[tokio::test]
async fn an_open_registry_answers_on_both_pages_and_its_canary_is_pulled() {
    let registry = Registry::start(Door::Open).await;
    let index = registry.push("g/p:v1", &["amd64", "arm64"]).await;
    let desk = Desk::open(Options { canaries: canary("g/p:v1"), ..at(&registry) }).await;

    assert_eq!(desk.picture.url, registry.settings().url.as_str().trim_end_matches('/'));
    let (root, api) = (desk.answer(Page::Root), desk.answer(Page::Api));
    assert_eq!((root.status, root.bytes, &root.wrong), (200, 0, &None));
    assert_eq!((api.status, &api.wrong), (200, &None));
    assert_eq!(desk.picture.version("docker-distribution-api-version"), Some("registry/2.0"));
    assert_eq!(desk.picture.certificate, None, "there is none without TLS");

    let steps = desk.steps("g/p:v1");
    assert_eq!(steps.len(), 4, "index, image, config, layer: {steps:#?}");
    assert_eq!(steps[0], "manifest: GET /v2/g/p/manifests/v1 200");
    assert!(
        steps[1].starts_with("manifest: GET /v2/g/p/manifests/sha256:") && !steps[1].contains(&index.hex())
    );
    assert!(steps[2].starts_with("config: GET /v2/g/p/blobs/sha256:"), "{steps:#?}");
    assert!(steps[3].starts_with("layer: HEAD /v2/g/p/blobs/sha256:"), "{steps:#?}");
    assert_eq!(desk.picture.canary("g/p:v1"), Some(CanaryState::Pulled));
    assert_eq!(desk.pull("g/p:v1").pushed, None, "this image does not say when it was made");
}

#[tokio::test]
async fn a_blob_that_vanishes_behind_the_front_door_fails_the_canary_until_it_is_back() {
    let registry = Registry::start(Door::Open).await;
    registry.push("g/p:v1", &["amd64"]).await;
    let digest = quarterdeck::registry::digest::Digest::of(crate::image::LAYER);
    let (first, hex) = (&digest.hex()[..2], digest.hex());
    let blob = registry.root().join(format!("docker/registry/v2/blobs/sha256/{first}/{hex}/data"));
    let aside = blob.with_extension("aside");
    std::fs::rename(&blob, &aside).unwrap();

    let mut desk = Desk::open(Options { canaries: canary("g/p:v1"), ..at(&registry) }).await;
    let step = desk.pull("g/p:v1").steps.last().unwrap().clone();
    assert_eq!((step.name, step.result.unwrap_err().kind), ("layer", TroubleKind::Absent));
    assert!(desk.picture.failing.contains_key("g/p:v1"));
    assert_eq!(desk.answer(Page::Api).wrong, None, "both pages are as good as ever");

    std::fs::rename(&aside, &blob).unwrap();
    desk.again(|fact| matches!(fact, Fact::Canary { .. })).await;
    assert_eq!(desk.picture.canary("g/p:v1"), Some(CanaryState::Pulled));
    assert!(desk.picture.failing.is_empty());
}

#[tokio::test]
async fn a_registry_behind_a_password_is_good_without_one_and_pulled_from_with_it() {
    let registry = Registry::start(Door::Password).await;
    registry.push("g/p:v1", &["amd64"]).await;

    let stranger = Desk::open(Options { canaries: canary("g/p:v1"), ..at(&registry) }).await;
    let api = stranger.answer(Page::Api);
    assert_eq!((api.status, &api.wrong), (401, &None), "a proper challenge is a good answer");
    let steps = &stranger.pull("g/p:v1").steps;
    let trouble = steps.last().unwrap().result.clone().unwrap_err();
    assert_eq!((steps.len(), trouble.kind), (1, TroubleKind::Unauthenticated));

    for (password, expected) in [(PASSWORD, CanaryState::Pulled), ("wrong", CanaryState::Failed)] {
        let credentials = Some(registry.credentials(password));
        let desk = Desk::open(Options { canaries: canary("g/p:v1"), credentials, ..at(&registry) }).await;
        assert_eq!(desk.picture.canary("g/p:v1"), Some(expected), "{:#?}", desk.steps("g/p:v1"));
        assert!(!desk.everything().contains(PASSWORD));
    }
}

#[tokio::test]
async fn a_registry_that_goes_is_down_since_then_and_its_last_answer_stays() {
    let registry = Registry::start(Door::Open).await;
    let mut desk = Desk::open(at(&registry)).await;
    registry.stop().await;
    desk.again(|fact| matches!(fact, Fact::NotAnswered { page: Page::Api, .. })).await;
    let asked = &desk.picture.pages[&Page::Api];
    let Health::Down { trouble, seen: Some(_), .. } = &asked.health else { panic!("{:?}", asked.health) };
    assert_eq!(trouble.kind, TroubleKind::Unreachable);
    assert_eq!(asked.answer.as_ref().map(|answer| answer.status), Some(200));
}
