//! A tag that goes through the registry's API and comes back through it.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::body::{Body, Bytes, to_bytes};
use axum::extract::{Request, State};
use axum::http::{Method, StatusCode};
use axum::response::{IntoResponse, Response};
use quarterdeck::execution::deeds::Deeds;
use quarterdeck::model::{About, Act, Done, Ending, Item, Proposal, Step, TagState};
use quarterdeck::registry::digest::Digest;
use quarterdeck::registry::mode::Configured;
use quarterdeck::sources::bucket::scan::ScanOptions;
use quarterdeck::sources::look::Looking;
use quarterdeck::sources::registry_api::{Client, Settings};
use tokio::net::TcpListener;

use super::place::{self, Place, outcomes, tag};

const MEDIA_TYPE: &str = "application/vnd.oci.image.manifest.v1+json";
const MANIFEST: &str = r#"{"schemaVersion":2,"layers":[]}"#;

/// What the registry has under its one tag.
type Tag = Arc<Mutex<Option<Bytes>>>;

async fn answer(State(tag): State<Tag>, request: Request<Body>) -> Response {
    let (head, body) = request.into_parts();
    let mark = ("docker-distribution-api-version", "registry/2.0".to_owned());
    if head.uri.path() == "/v2/" {
        return (StatusCode::OK, [mark]).into_response();
    }
    let body = to_bytes(body, 1 << 20).await.unwrap();
    let mut tag = tag.lock().unwrap();
    let digest = |bytes: &Bytes| ("docker-content-digest", Digest::of(bytes).to_string());
    match (head.method, tag.clone()) {
        (Method::PUT, _) => {
            let answer = (StatusCode::CREATED, [mark, digest(&body)]).into_response();
            *tag = Some(body);
            answer
        }
        (_, None) => {
            let body = r#"{"errors":[{"code":"MANIFEST_UNKNOWN","message":"manifest unknown"}]}"#;
            (StatusCode::NOT_FOUND, [mark], body).into_response()
        }
        (Method::DELETE, Some(_)) => {
            *tag = None;
            (StatusCode::ACCEPTED, [mark]).into_response()
        }
        (_, Some(bytes)) => {
            let kind = ("content-type", MEDIA_TYPE.to_owned());
            (StatusCode::OK, [mark, kind, digest(&bytes)], bytes).into_response()
        }
    }
}

async fn registry() -> (Tag, Client) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let tag: Tag = Arc::new(Mutex::new(Some(Bytes::from_static(MANIFEST.as_bytes()))));
    let app = Router::new().fallback(answer).with_state(Arc::clone(&tag));
    tokio::spawn(async move { axum::serve(listener, app).await });
    (tag, Client::new(Settings::at(url.parse().unwrap())).unwrap())
}

fn deletes(store: &str) -> Proposal {
    let step = Step {
        act: Act::ApiDelete { repository: "g/p".into(), tag: "v1".into() },
        key: "g/p:v1".into(),
        size: None,
        modified: None,
        guards: Vec::new(),
    };
    let item = Item {
        subject: tag("g/p", "v1"),
        state: Some(TagState::Broken),
        why: Vec::new(),
        steps: vec![step],
        references: Vec::new(),
        before: "200".into(),
        after: "404".into(),
        mind: Vec::new(),
    };
    Proposal {
        verb: "delete-tag-api".into(),
        store: store.into(),
        about: None,
        backups: None,
        items: vec![item],
    }
}

async fn deleted() -> (Place, Deeds, Tag, Done) {
    let place = Place::small();
    let (there, client) = registry().await;
    let options = ScanOptions { settle: Duration::ZERO, ..ScanOptions::default() };
    let looking = Looking::new(options, Configured::Database, Some(client));
    let deeds = Deeds { looking, ..place.deeds() };
    let url = (deeds.open)().await.unwrap().url().to_owned();
    let done = place::carry_out(&deeds, deletes(&url)).await;
    (place, deeds, there, done)
}

#[tokio::test]
async fn it_goes_and_comes_back_with_the_answers_for_proof() {
    let (_place, deeds, there, done) = deleted().await;
    assert_eq!(done.ending, Ending::Done, "{done:#?}");
    assert_eq!(*there.lock().unwrap(), None);
    let door = done.proofs.iter().find(|proof| proof.of == "front door g/p:v1").unwrap();
    assert_eq!(door.before, format!("200 {}", Digest::of(MANIFEST.as_bytes())));
    assert_eq!(door.after.as_deref(), Some("404 MANIFEST_UNKNOWN"));

    let undo = place::propose_from(&deeds, About::Undo(done.entry.unwrap())).await.unwrap();
    let undone = place::carry_out(&deeds, undo).await;
    assert_eq!(undone.ending, Ending::Done, "{undone:#?}");
    assert_eq!(there.lock().unwrap().as_deref(), Some(MANIFEST.as_bytes()));
}

#[tokio::test]
async fn what_was_pushed_since_stays() {
    let (_place, deeds, there, done) = deleted().await;
    let id = done.entry.unwrap();
    let undo = place::propose_from(&deeds, About::Undo(id.clone())).await.unwrap();
    let pushed = Bytes::from_static(b"{}");
    *there.lock().unwrap() = Some(pushed.clone());
    let undone = place::carry_out(&deeds, undo).await;
    assert_eq!(outcomes(&undone), ["changed"], "{undone:#?}");
    assert_eq!(*there.lock().unwrap(), Some(pushed));
    let why = place::propose_from(&deeds, About::Undo(id)).await.unwrap_err().to_string();
    assert!(why.contains("was pushed since"), "{why}");
}
