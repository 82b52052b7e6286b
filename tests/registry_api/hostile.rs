//! Servers that are slow, cut off, or lie: each ends in an error of the right class, never in an answer.

use std::time::Duration;

use axum::{
    body::{Body, Bytes},
    http::StatusCode,
    response::{IntoResponse, Redirect, Response},
};
use proptest::prelude::*;
use quarterdeck::{
    registry::reference::{Reference, Repository, Tag},
    sources::registry_api::{ApiErrorKind, Client, Settings},
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpListener,
};

use crate::double::Double;

fn image() -> Reference {
    Reference::parse("g/p:v1").unwrap()
}

fn repository() -> Repository {
    Repository::parse("g/p").unwrap()
}

/// A client of a server that answers every request with these bytes and closes.
async fn raw(bytes: Vec<u8>) -> Client {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let mut request = [0; 4096];
            let _ = stream.read(&mut request).await;
            let _ = stream.write_all(&bytes).await;
        }
    });
    Client::new(Settings::at(url.parse().unwrap())).unwrap()
}

#[tokio::test]
async fn answers_that_are_no_manifest_have_their_class() {
    type Case = (fn() -> Response, ApiErrorKind, &'static str);
    let cases: [Case; 8] = [
        (
            || (StatusCode::NOT_FOUND, "<html>").into_response(),
            ApiErrorKind::Broken,
            "is this the registry's",
        ),
        (|| StatusCode::TOO_MANY_REQUESTS.into_response(), ApiErrorKind::Throttled, "429"),
        (|| StatusCode::SERVICE_UNAVAILABLE.into_response(), ApiErrorKind::Unreachable, "503"),
        (|| StatusCode::FORBIDDEN.into_response(), ApiErrorKind::Denied, "403"),
        (|| StatusCode::NO_CONTENT.into_response(), ApiErrorKind::Broken, "204"),
        (|| vec![b'x'; 50 << 20].into_response(), ApiErrorKind::Broken, "more than 4194304 bytes"),
        (endless, ApiErrorKind::Broken, "more than 4194304 bytes"),
        (
            || Redirect::temporary("https://other.example.com/x?sig=5ec4e7").into_response(),
            ApiErrorKind::Broken,
            "redirected to https://other.example.com; configure",
        ),
    ];
    for (answer, kind, words) in cases {
        let double = Double::start(move |_, _| answer()).await;
        let error = double.client().manifest(&image()).await.unwrap_err();
        assert_eq!(error.kind, kind, "{error}");
        assert!(error.to_string().contains(words) && !error.to_string().contains("5ec4e7"), "{error}");
    }
}

fn endless() -> Response {
    let chunks =
        futures::stream::repeat_with(|| Ok::<_, std::io::Error>(Bytes::from_static(&[b'x'; 1 << 16])));
    Body::from_stream(chunks).into_response()
}

#[tokio::test]
async fn a_server_that_says_nothing_is_unreachable() {
    let double = Double::start(|_, _| {
        Body::from_stream(futures::stream::pending::<Result<Bytes, std::io::Error>>()).into_response()
    })
    .await;
    let settings = Settings { deadline: Duration::from_millis(100), ..double.settings() };
    let error = Client::new(settings).unwrap().manifest(&image()).await.unwrap_err();
    assert_eq!(
        (error.kind, error.detail.as_str()),
        (ApiErrorKind::Unreachable, "no complete answer in time")
    );
}

#[tokio::test]
async fn an_answer_that_is_cut_off_is_unreachable() {
    for bytes in [
        &b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{\"schemaVersion\":2"[..],
        b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\n{\"sch",
        b"HTTP/1.1 200",
        b"",
    ] {
        let error = raw(bytes.to_vec()).await.manifest(&image()).await.unwrap_err();
        assert_eq!(error.kind, ApiErrorKind::Unreachable, "{bytes:?}: {error}");
    }
}

#[tokio::test]
async fn bytes_that_are_not_what_they_are_called_are_noticed() {
    let double = Double::start(|_, _| {
        let digest = "sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08";
        ([("docker-content-digest", digest)], "{}").into_response()
    })
    .await;
    let served = double.client().manifest(&image()).await.unwrap();
    assert!(served.contradiction().unwrap().contains("9f86d081"));
}

#[tokio::test]
async fn tags_are_read_page_by_page() {
    let double = Double::start(|_, seen| match seen.query.as_str() {
        "n=1000" => {
            let next = "<http://elsewhere.example.com/v2/g/p/tags/list?last=b&n=2>; rel=\"next\"";
            ([("link", next)], r#"{"name":"g/p","tags":["a","b"]}"#).into_response()
        }
        "last=b&n=2" => r#"{"name":"g/p","tags":["c"]}"#.into_response(),
        other => panic!("{other}"),
    })
    .await;
    let client = double.client();
    let first = client.tags(&repository(), None).await.unwrap();
    let second = client.tags(&repository(), first.next.as_ref()).await.unwrap();
    assert_eq!((first.tags, second.tags), (vec!["a".to_owned(), "b".into()], vec!["c".to_owned()]));
    assert_eq!(second.next, None);
}

#[tokio::test]
async fn tag_lists_that_make_no_sense_are_broken() {
    for (link, body, words) in [
        ("", "<html>", "no list of tags"),
        ("", r#"{"tags":[1]}"#, "no list of tags"),
        ("</v2/g/p/tags/list?n=1000>; rel=\"next\"", r#"{"tags":[]}"#, "leads back"),
        ("</v2/other/tags/list?n=1>; rel=\"next\"", r#"{"tags":[]}"#, "leads elsewhere"),
    ] {
        let double = Double::start(move |_, _| ([("link", link)], body).into_response()).await;
        let error = double.client().tags(&repository(), None).await.unwrap_err();
        assert_eq!(error.kind, ApiErrorKind::Broken);
        assert!(error.detail.contains(words), "{error}");
    }
    let double = Double::start(|_, _| r#"{"name":"g/p","tags":null}"#.into_response()).await;
    assert_eq!(double.client().tags(&repository(), None).await.unwrap().tags, Vec::<String>::new());
}

#[tokio::test]
async fn a_circle_of_redirects_ends() {
    let double = Double::start(|_, _| Redirect::temporary("/v2/again").into_response()).await;
    let digest = quarterdeck::registry::digest::Digest::of(b"x");
    let error = double.client().head_blob(&repository(), &digest).await.unwrap_err();
    assert_eq!(error.kind, ApiErrorKind::Broken);
    assert_eq!(double.seen("/").len(), 4);
}

#[tokio::test]
async fn names_without_words_in_the_api_are_not_asked_for() {
    let double = Double::start(|_, _| "{}".into_response()).await;
    for reference in [
        Reference::tag(Repository::found("../../admin"), Tag::found("v1")),
        Reference::tag(repository(), Tag::found("bad copy")),
        Reference::tag(repository(), Tag::found("v1?x=y")),
    ] {
        let error = double.client().manifest(&reference).await.unwrap_err();
        assert!(error.detail.contains("cannot be asked for"), "{error}");
    }
    assert_eq!(double.seen("/").len(), 0);
}

#[tokio::test]
async fn a_server_that_does_not_speak_tls_is_unreachable_by_https() {
    let double = Double::start(|_, _| "{}".into_response()).await;
    let url = double.url().replace("http:", "https:").parse().unwrap();
    let error = Client::new(Settings::at(url)).unwrap().ping().await.unwrap_err();
    assert_eq!(error.kind, ApiErrorKind::Unreachable, "{error}");
    assert_eq!(double.seen("/").len(), 0);
}

#[test]
fn addresses_that_cannot_be_asked_are_refused() {
    for (url, words) in [
        ("ftp://registry.example.com", "https://registry.example.com"),
        ("https://me:s3cret@registry.example.com", "in the profile"),
    ] {
        let error = Client::new(Settings::at(url.parse().unwrap())).unwrap_err();
        assert!(error.detail.contains(words) && !error.to_string().contains("s3cret"), "{error}");
    }
}

#[test]
fn no_answer_whatever_makes_the_client_panic() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let header = "(www-authenticate|link|location|docker-content-digest|retry-after|content-type)";
    let strategy = (
        prop::sample::select(vec![200_u16, 204, 301, 307, 401, 404, 429, 500]),
        prop::collection::vec((header, "[ -~]{0,40}"), 0..4),
        prop::collection::vec(any::<u8>(), 0..200),
    );
    proptest!(ProptestConfig::with_cases(64), |((status, headers, body) in strategy)| {
        let mut bytes = format!("HTTP/1.1 {status} X\r\nconnection: close\r\n").into_bytes();
        for (name, value) in headers {
            bytes.extend(format!("{name}: {value}\r\n").bytes());
        }
        bytes.extend(b"\r\n");
        bytes.extend(body);
        runtime.block_on(async {
            let client = raw(bytes).await;
            let _ = client.ping().await;
            let _ = client.manifest(&image()).await;
            let _ = client.tags(&repository(), None).await;
        });
    });
}
