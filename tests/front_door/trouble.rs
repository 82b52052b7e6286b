//! Servers that are no registry, or none that works.

use axum::http::StatusCode;
use axum::response::IntoResponse;
use quarterdeck::sources::front_door::Options;
use quarterdeck::sources::front_door::facts::Page;
use quarterdeck::sources::{Health, TroubleKind};
use std::time::Duration;
use tokio::net::TcpListener;

use crate::desk::{Desk, canary, options};
use crate::double::Double;

#[tokio::test]
async fn a_login_page_with_200_is_no_registry() {
    let html = "<html>Please log in</html>";
    let double =
        Double::start(move |_, _| ([("content-type", "text/html; charset=utf-8")], html).into_response());
    let desk = Desk::open(Options { canaries: canary("g/p:v1"), ..options(&double.await.url()) }).await;
    assert_eq!(
        desk.answer(Page::Root).wrong.as_deref(),
        Some("not a registry's empty page but 26 bytes of text/html")
    );
    assert_eq!(
        desk.answer(Page::Api).wrong.as_deref(),
        Some("not a registry's answer but 26 bytes of text/html")
    );
    assert_eq!(desk.steps("g/p:v1"), ["manifest: GET /v2/g/p/manifests/v1 broken answer"]);
}

#[tokio::test]
async fn a_gateway_without_its_registry_answers_and_is_wrong() {
    let double = Double::start(|_, _| StatusCode::SERVICE_UNAVAILABLE.into_response()).await;
    let desk = Desk::open(Options { canaries: canary("g/p:v1"), ..options(&double.url()) }).await;
    for page in [Page::Root, Page::Api] {
        let answer = desk.answer(page);
        assert_eq!((answer.status, answer.wrong.as_deref()), (503, Some("Service Unavailable")));
        assert!(desk.picture.pages[&page].wrong_since.is_some());
    }
    assert_eq!(desk.steps("g/p:v1"), ["manifest: GET /v2/g/p/manifests/v1 broken answer"]);
}

#[tokio::test]
async fn a_redirect_is_told_without_its_query_and_not_followed() {
    let double = Double::start(|_, _| {
        let to = [("location", "https://login.example.com/oauth?state=s3cret")];
        (StatusCode::FOUND, to).into_response()
    })
    .await;
    let desk = Desk::open(options(&double.url())).await;
    let wrong = desk.answer(Page::Root).wrong.as_deref();
    assert_eq!(wrong, Some("sends clients to https://login.example.com/oauth"));
    assert!(!desk.everything().contains("s3cret"));
}

#[tokio::test]
async fn a_server_that_accepts_and_says_nothing_is_slow_and_not_gone() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let held = tokio::spawn(async move {
        let mut held = Vec::new();
        while let Ok((stream, _)) = listener.accept().await {
            held.push(stream);
        }
    });
    let deadline = Duration::from_millis(200);
    let desk = Desk::open(Options { deadline, canaries: canary("g/p:v1"), ..options(&url) }).await;
    held.abort();
    for page in [Page::Root, Page::Api] {
        let Health::Down { trouble, seen: None, .. } = &desk.picture.pages[&page].health else {
            panic!("{:?}", desk.picture.pages[&page]);
        };
        assert_eq!(trouble.kind, TroubleKind::Slow, "{}", trouble.why);
    }
    assert_eq!(desk.steps("g/p:v1"), ["manifest: GET /v2/g/p/manifests/v1 no answer in time"]);
}

#[tokio::test]
async fn a_server_that_cuts_every_connection_is_unreachable() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let cutting = tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            stream.set_zero_linger().unwrap();
        }
    });
    let desk = Desk::open(options(&url)).await;
    cutting.abort();
    let Health::Down { trouble, .. } = &desk.picture.pages[&Page::Api].health else { panic!() };
    assert_eq!(trouble.kind, TroubleKind::Unreachable, "{}", trouble.why);
}

#[tokio::test]
async fn words_of_a_server_cannot_steer_the_terminal() {
    let double = Double::start(|_, _| {
        let headers = [
            ("docker-distribution-api-version", "registry/2.0\t\u{9b}31m"),
            ("content-type", "text/\u{9b}31mhtml"),
        ];
        (headers, "x").into_response()
    })
    .await;
    let desk = Desk::open(options(&double.url())).await;
    assert!(!desk.answer(Page::Root).wrong.as_ref().unwrap().contains('\u{9b}'));
    let told = &desk.answer(Page::Api).versions;
    assert!(told.iter().all(|(_, value)| !value.contains(['\u{9b}', '\t'])), "{told:?}");
}
