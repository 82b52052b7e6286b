//! Tokens: fetched when asked for, kept while they last, shown to nobody else.

use axum::{
    http::StatusCode,
    response::{IntoResponse, Redirect, Response},
};
use futures::future::join_all;
use quarterdeck::{
    registry::{
        digest::Digest,
        mode::Claim,
        reference::{Reference, Repository},
    },
    sources::registry_api::{Access, ApiErrorKind, Client, Credentials, Password, Settings},
};

use crate::double::{Double, Seen};

fn image() -> Reference {
    Reference::parse("g/p:v1").unwrap()
}

fn with_password(settings: Settings) -> (tempfile::NamedTempFile, Client) {
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), "s3cret").unwrap();
    let credentials = Credentials { username: "me".into(), password: Password::File(file.path().into()) };
    (file, Client::new(Settings { credentials: Some(credentials), ..settings }).unwrap())
}

/// A registry with GitLab's headers and a token service whose tokens last five minutes.
fn gitlab(double: &Double, seen: &Seen) -> Response {
    match seen.path.as_str() {
        "/token" => format!(r#"{{"token":"{}","expires_in":300}}"#, double.issue()).into_response(),
        _ if !double.knows(seen) => double.challenge(),
        "/v2/" => {
            let headers = [
                ("gitlab-container-registry-version", "4.32.0-gitlab"),
                ("gitlab-container-registry-database-enabled", "true"),
            ];
            (headers, "{}").into_response()
        }
        _ => "{}".into_response(),
    }
}

#[tokio::test]
async fn a_token_is_fetched_once_for_many_requests() {
    let double = Double::start(gitlab).await;
    let client = double.client();
    let reference = image();
    let answers = join_all((0..50).map(|_| client.manifest(&reference))).await;
    assert!(answers.iter().all(Result::is_ok), "{answers:?}");
    let asked = double.seen("/token");
    assert_eq!(asked.len(), 1);
    assert_eq!(asked[0].query, "service=registry&scope=repository%3Ag%2Fp%3Apull");
    assert_eq!(asked[0].header("authorization"), None);
    client.manifest(&reference).await.unwrap();
    assert_eq!(double.seen("/token").len(), 1);
}

#[tokio::test]
async fn the_database_header_is_read_behind_the_token() {
    let double = Double::start(gitlab).await;
    let ping = double.client().ping().await.unwrap();
    assert_eq!((ping.status, ping.access, ping.database), (401, Access::Granted, Claim::Enabled));
    assert_eq!(ping.gitlab_version.as_deref(), Some("4.32.0-gitlab"));
}

#[tokio::test]
async fn a_token_that_is_refused_is_renewed_once() {
    let double = Double::start(gitlab).await;
    let client = double.client();
    client.manifest(&image()).await.unwrap();
    double.revoke_all();
    client.manifest(&image()).await.unwrap();
    assert_eq!(double.seen("/token").len(), 2);
}

#[tokio::test]
async fn a_registry_that_refuses_every_token_is_asked_twice_and_no_more() {
    let double = Double::start(|double, seen| match seen.path.as_str() {
        "/token" => format!(r#"{{"access_token":"{}"}}"#, double.issue()).into_response(),
        _ => double.challenge(),
    })
    .await;
    let error = double.client().manifest(&image()).await.unwrap_err();
    assert_eq!((error.kind, error.code.as_deref()), (ApiErrorKind::Denied, Some("UNAUTHORIZED")));
    assert_eq!((double.seen("/token").len(), double.seen("/v2/").len()), (1, 2));
}

#[tokio::test]
async fn a_token_about_to_expire_is_not_used_again() {
    let double = Double::start(|double, seen| match seen.path.as_str() {
        "/token" => format!(r#"{{"token":"{}","expires_in":1}}"#, double.issue()).into_response(),
        _ if double.knows(seen) => "{}".into_response(),
        _ => double.challenge(),
    })
    .await;
    let client = double.client();
    client.manifest(&image()).await.unwrap();
    client.manifest(&image()).await.unwrap();
    assert_eq!(double.seen("/token").len(), 2);
}

#[tokio::test]
async fn a_challenge_without_a_scope_is_answered_with_what_a_pull_needs() {
    let double = Double::start(|double, seen| match seen.path.as_str() {
        "/token" => format!(r#"{{"token":"{}"}}"#, double.issue()).into_response(),
        _ if double.knows(seen) => "{}".into_response(),
        _ => {
            let challenge = format!("Bearer realm=\"{}/token\"", double.url());
            (StatusCode::UNAUTHORIZED, [("www-authenticate", challenge)]).into_response()
        }
    })
    .await;
    double.client().manifest(&image()).await.unwrap();
    assert_eq!(double.seen("/token")[0].query, "scope=repository%3Ag%2Fp%3Apull");
}

#[tokio::test]
async fn the_password_goes_to_the_token_service_and_nowhere_else() {
    let double = Double::start(gitlab).await;
    let (_file, client) = with_password(double.settings());
    client.manifest(&image()).await.unwrap();
    let asked = double.seen("/token");
    assert_eq!(asked[0].header("authorization"), Some("Basic bWU6czNjcmV0"));
    assert!(asked[0].query.ends_with("&account=me"), "{}", asked[0].query);
    assert!(double.seen("/v2/").iter().all(|seen| !format!("{seen:?}").contains("Basic")));
}

#[tokio::test]
async fn a_token_service_that_fails_is_told_apart_from_the_registry() {
    for (status, body, kind, words) in [
        (403, "no", ApiErrorKind::Denied, "HTTP 403"),
        (404, "", ApiErrorKind::Broken, "HTTP 404"),
        (502, "", ApiErrorKind::Unreachable, "HTTP 502"),
        (200, "<html>", ApiErrorKind::Broken, "holds no token"),
        (200, r#"{"token":""}"#, ApiErrorKind::Broken, "holds no token"),
    ] {
        let double = Double::start(move |double, seen| match seen.path.as_str() {
            "/token" => (StatusCode::from_u16(status).unwrap(), body).into_response(),
            _ => double.challenge(),
        })
        .await;
        let error = double.client().manifest(&image()).await.unwrap_err();
        assert_eq!(error.kind, kind, "{error}");
        assert!(error.detail.starts_with("token service at http://127.0.0.1"), "{error}");
        assert!(error.detail.contains(words), "{error}");
    }
}

#[tokio::test]
async fn challenges_that_nobody_understands_are_named() {
    for (challenge, words) in [
        ("", "without a challenge"),
        ("Negotiate", "without a challenge"),
        ("Bearer realm=\"file:///etc/passwd\"", "no URL"),
        ("Bearer realm=\"nonsense\"", "no URL"),
    ] {
        let double = Double::start(move |_, _| {
            (StatusCode::UNAUTHORIZED, [("www-authenticate", challenge)]).into_response()
        })
        .await;
        let error = double.client().manifest(&image()).await.unwrap_err();
        assert_eq!(error.kind, ApiErrorKind::Broken, "{challenge}");
        assert!(error.detail.contains(words), "{challenge}: {error}");
    }
}

#[tokio::test]
async fn a_blob_in_a_bucket_is_looked_at_without_showing_who_we_are() {
    let bucket = Double::start(|_, _| [("content-length", "7")].into_response()).await;
    let signed = format!("{}/blob?X-Goog-Signature=5ec4e7", bucket.url());
    let front = Double::start(move |double, seen| match seen.path.as_str() {
        "/token" => format!(r#"{{"token":"{}"}}"#, double.issue()).into_response(),
        _ if !double.knows(seen) => double.challenge(),
        _ => Redirect::temporary(&signed).into_response(),
    })
    .await;
    let repository = Repository::parse("g/p").unwrap();
    let head = front.client().head_blob(&repository, &Digest::of(b"x")).await.unwrap();
    assert_eq!(head.size, Some(7));
    assert_eq!(head.served_by, Some(bucket.url()));
    let asked = bucket.seen("/blob");
    assert_eq!((asked.len(), asked[0].method.as_str()), (1, "HEAD"));
    assert_eq!(asked[0].query, "X-Goog-Signature=5ec4e7");
    assert!(asked[0].header("authorization").is_none() && asked[0].header("referer").is_none());
}
