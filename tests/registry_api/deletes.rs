//! Deleting by tag, asking whether that can be done, and putting a manifest back.

use axum::{
    http::StatusCode,
    response::{IntoResponse, Response},
};
use quarterdeck::{
    model::{Gate, Permit},
    registry::{
        manifest::media_type,
        reference::{Reference, Repository, Tag},
    },
    sources::registry_api::{ApiErrorKind, Client, DeleteByTag, DeleteRoute},
};

use crate::{
    double::{Double, Seen},
    server::{Door, Registry},
};

fn permit() -> Permit {
    let mut gate = Gate::default();
    gate.open(None, None).unwrap();
    gate.permit(jiff::Timestamp::UNIX_EPOCH).unwrap()
}

fn repository() -> Repository {
    Repository::parse("g/p").unwrap()
}

fn tag(name: &str) -> Tag {
    Tag::parse(name).unwrap()
}

async fn probe(client: &Client) -> DeleteByTag {
    client.probe_delete(&permit(), &repository()).await
}

fn error(status: u16, code: &str) -> Response {
    let body = format!(r#"{{"errors":[{{"code":"{code}","message":"said"}}]}}"#);
    (StatusCode::from_u16(status).unwrap(), [("docker-distribution-api-version", "registry/2.0")], body)
        .into_response()
}

/// A registry in which no tag is, whose two routes answer a DELETE like this.
async fn registry(
    manifests: impl Fn() -> Response + Send + Sync + 'static,
    tags: impl Fn() -> Response + Send + Sync + 'static,
) -> Double {
    Double::start(move |_, seen: &Seen| match seen.method.as_str() {
        "HEAD" => error(404, "MANIFEST_UNKNOWN"),
        _ if seen.path.contains("/tags/reference/") => tags(),
        _ => manifests(),
    })
    .await
}

fn no_route() -> Response {
    let mark = [("docker-distribution-api-version", "registry/2.0")];
    (StatusCode::NOT_FOUND, mark, "404 page not found").into_response()
}

#[tokio::test]
async fn a_probe_tells_registries_apart_by_a_tag_that_nobody_has() {
    let new = registry(|| error(404, "MANIFEST_UNKNOWN"), no_route).await;
    assert_eq!(probe(&new.client()).await, DeleteByTag::Yes(DeleteRoute::Manifests));
    let old_gitlab = registry(|| error(400, "DIGEST_INVALID"), || error(404, "TAG_UNKNOWN")).await;
    assert_eq!(probe(&old_gitlab.client()).await, DeleteByTag::Yes(DeleteRoute::TagsReference));
    let two = registry(|| error(400, "DIGEST_INVALID"), no_route).await;
    let said = probe(&two.client()).await;
    assert!(matches!(&said, DeleteByTag::No(why) if why.contains("by digest only")), "{said:?}");
    for double in [&new, &old_gitlab, &two] {
        let seen = double.seen("/v2/g/p/");
        assert_eq!(seen[0].method, "HEAD", "it makes sure first that there is no such tag");
        let name = seen[0].path.rsplit('/').next().unwrap();
        assert!(name.len() > 64 && Tag::parse(name).is_ok(), "{name}");
        assert!(seen.iter().all(|seen| seen.path.ends_with(name)), "no other tag is named: {seen:?}");
    }
}

#[tokio::test]
async fn a_probe_says_why_not_and_does_not_guess() {
    for (answer, part) in [
        ((405, "UNSUPPORTED"), "storage.delete.enabled"),
        ((403, "DENIED"), "repository:g/p:delete"),
        ((401, "UNAUTHORIZED"), "asks for a user"),
    ] {
        let double = registry(
            move || {
                let mut response = error(answer.0, answer.1);
                response.headers_mut().insert("www-authenticate", "Basic realm=\"x\"".parse().unwrap());
                response
            },
            no_route,
        )
        .await;
        let said = probe(&double.client()).await;
        assert!(matches!(&said, DeleteByTag::No(why) if why.contains(part)), "{answer:?}: {said:?}");
    }
    for answer in [(500, "UNKNOWN"), (503, "UNAVAILABLE"), (429, "TOOMANYREQUESTS"), (400, "NAME_INVALID")] {
        let double = registry(move || error(answer.0, answer.1), no_route).await;
        let said = probe(&double.client()).await;
        assert!(matches!(said, DeleteByTag::Unknown(_)), "{answer:?}: {said:?}");
    }
    let some_website = Double::start(|_, _| (StatusCode::NOT_FOUND, "<html>").into_response()).await;
    assert!(matches!(probe(&some_website.client()).await, DeleteByTag::Unknown(_)));
    assert!(some_website.seen("/v2/").iter().all(|seen| seen.method == "HEAD"));
    let everything = Double::start(|_, _| "{}".into_response()).await;
    assert!(matches!(probe(&everything.client()).await, DeleteByTag::Unknown(_)));
    assert!(everything.seen("/v2/").iter().all(|seen| seen.method == "HEAD"), "nothing is deleted");
}

#[tokio::test]
async fn a_tag_is_deleted_by_the_route_that_the_registry_has() {
    let accepted = || StatusCode::ACCEPTED.into_response();
    let new = registry(accepted, no_route).await;
    let done = new.client().delete_tag(&permit(), &repository(), &tag("v1")).await;
    assert_eq!(done, Ok(DeleteRoute::Manifests));
    let old_gitlab = registry(|| error(400, "DIGEST_INVALID"), accepted).await;
    let done = old_gitlab.client().delete_tag(&permit(), &repository(), &tag("v1")).await;
    assert_eq!(done, Ok(DeleteRoute::TagsReference));
    assert_eq!(old_gitlab.seen("/v2/g/p/tags/reference/v1").len(), 1);
    let gone = registry(|| error(404, "MANIFEST_UNKNOWN"), no_route).await;
    let done = gone.client().delete_tag(&permit(), &repository(), &tag("v1")).await.unwrap_err();
    assert!(done.is_not_found(), "{done}");
    let two = registry(|| error(400, "DIGEST_INVALID"), no_route).await;
    let done = two.client().delete_tag(&permit(), &repository(), &tag("v1")).await.unwrap_err();
    assert_eq!(done.code.as_deref(), Some("DIGEST_INVALID"));
}

#[tokio::test]
async fn a_name_that_a_url_would_bend_is_never_sent() {
    let double = Double::start(|_, _| StatusCode::ACCEPTED.into_response()).await;
    let client = double.client();
    for name in ["v1#x", "v1?x", "../v1", "sha256:0000", "a b", "-v1", "v1%2f", ""] {
        let error = client.delete_tag(&permit(), &repository(), &Tag::found(name)).await.unwrap_err();
        assert!(error.detail.contains("the API cannot be asked for it"), "{name:?}: {error}");
        let put = client.put_manifest(&permit(), &repository(), &Tag::found(name), "x/y", "{}".into()).await;
        assert!(put.is_err(), "{name:?}");
    }
    let odd = Repository::found("g/../p");
    assert!(client.delete_tag(&permit(), &odd, &tag("v1")).await.is_err());
    assert!(matches!(client.probe_delete(&permit(), &odd).await, DeleteByTag::Unknown(_)));
    assert_eq!(double.seen("/").len(), 0);
}

#[tokio::test]
async fn a_delete_is_not_carried_to_another_place() {
    let elsewhere = Double::start(|_, _| StatusCode::ACCEPTED.into_response()).await;
    let there = elsewhere.url();
    let double = Double::start(move |_, seen| {
        let target = format!("{there}{}", seen.path);
        (StatusCode::TEMPORARY_REDIRECT, [("location", target)]).into_response()
    })
    .await;
    let error = double.client().delete_tag(&permit(), &repository(), &tag("v1")).await.unwrap_err();
    assert!(error.detail.contains("configure that address"), "{error}");
    assert_eq!(elsewhere.seen("/").len(), 0);
}

/// A registry with a token service; a request is let in with a token that was asked for with its actions.
fn guarded(double: &Double, seen: &Seen) -> Response {
    let actions = match seen.method.as_str() {
        "DELETE" => "delete",
        "PUT" => "pull,push",
        _ => "pull",
    };
    match seen.path.as_str() {
        "/token" => {
            double.issue();
            let scope = seen.query.rsplit("%3A").next().unwrap().replace("%2C", ".");
            format!(r#"{{"token":"{scope}","expires_in":300}}"#).into_response()
        }
        _ if seen.header("authorization") != Some(&format!("Bearer {}", actions.replace(',', "."))) => {
            double.challenge_for(actions)
        }
        _ if seen.method == "DELETE" => StatusCode::ACCEPTED.into_response(),
        _ if seen.method == "PUT" => StatusCode::CREATED.into_response(),
        _ => "{}".into_response(),
    }
}

#[tokio::test]
async fn each_right_has_a_token_of_its_own_and_keeps_it() {
    let double = Double::start(guarded).await;
    let client = double.client();
    for _ in 0..3 {
        client.manifest(&Reference::parse("g/p:v1").unwrap()).await.unwrap();
        client.delete_tag(&permit(), &repository(), &tag("v1")).await.unwrap();
        client
            .put_manifest(&permit(), &repository(), &tag("v1"), media_type::OCI_MANIFEST, "{}".into())
            .await
            .unwrap();
    }
    let scopes: Vec<_> = double.seen("/token").into_iter().map(|seen| seen.query).collect();
    let asked = |actions: &str| format!("service=registry&scope=repository%3Ag%2Fp%3A{actions}");
    assert_eq!(scopes, ["pull", "delete", "pull%2Cpush"].map(asked));
}

#[tokio::test]
async fn a_right_that_the_token_service_does_not_give_is_named() {
    let double = Double::start(|double, seen| match (seen.path.as_str(), seen.method.as_str()) {
        ("/token", _) => format!(r#"{{"token":"{}"}}"#, double.issue()).into_response(),
        (_, "HEAD") if double.knows(seen) => error(404, "MANIFEST_UNKNOWN"),
        (_, "HEAD") => double.challenge(),
        _ => double.challenge_for("delete"),
    })
    .await;
    let said = probe(&double.client()).await;
    assert!(matches!(&said, DeleteByTag::No(why) if why.contains("repository:g/p:delete")), "{said:?}");
}

#[tokio::test]
async fn a_manifest_is_put_with_its_media_type() {
    let digest = "sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a";
    let double =
        Double::start(move |_, _| (StatusCode::CREATED, [("docker-content-digest", digest)]).into_response())
            .await;
    let put = double
        .client()
        .put_manifest(&permit(), &repository(), &tag("v1"), media_type::OCI_INDEX, "{\"x\":1}".into())
        .await;
    assert_eq!(put.unwrap().as_deref(), Some(digest));
    let seen = double.seen("/v2/g/p/manifests/v1");
    assert_eq!((seen.len(), seen[0].method.as_str(), &seen[0].body[..]), (1, "PUT", &b"{\"x\":1}"[..]));
    assert_eq!(seen[0].header("content-type"), Some(media_type::OCI_INDEX));
}

#[tokio::test]
async fn a_real_registry_of_the_second_generation_deletes_by_digest_only() {
    let registry = Registry::start(Door::Password).await;
    registry.push("g/p:v1", &["amd64"]).await;
    let client = registry.client_with(crate::server::PASSWORD);
    let said = probe(&client).await;
    assert!(matches!(&said, DeleteByTag::No(why) if why.contains("by digest only")), "{said:?}");
    let error = client.delete_tag(&permit(), &repository(), &tag("v1")).await.unwrap_err();
    assert_eq!((error.kind, error.code.as_deref()), (ApiErrorKind::Broken, Some("DIGEST_INVALID")));
    let served = client.manifest(&Reference::parse("g/p:v1").unwrap()).await.expect("it is still there");
    let kind = served.media_type.clone().unwrap();
    let again = client.put_manifest(&permit(), &repository(), &tag("v2"), &kind, served.bytes.clone()).await;
    assert_eq!(again.unwrap(), Some(served.digest.to_string()));
    let copy = client.manifest(&Reference::parse("g/p:v2").unwrap()).await.unwrap();
    assert_eq!(copy.bytes, served.bytes);
    let denied = probe(&registry.client_with("wrong")).await;
    assert!(matches!(&denied, DeleteByTag::No(why) if why.contains("repository:g/p:")), "{denied:?}");
}
