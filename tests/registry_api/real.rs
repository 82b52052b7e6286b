//! What a real docker-registry answers.

use quarterdeck::{
    registry::{
        digest::Digest,
        layout,
        manifest::{self, media_type},
        mode::Claim,
        reference::{Reference, Repository, Tag},
    },
    sources::registry_api::{Access, ApiErrorKind},
};

use crate::{
    image::LAYER,
    server::{Door, PASSWORD, Registry},
};

fn reference(text: &str) -> Reference {
    Reference::parse(text).unwrap()
}

#[tokio::test]
async fn an_image_that_was_pushed_is_read_part_by_part() {
    let registry = Registry::start(Door::Open).await;
    let pushed = registry.push("g/p:v1", &["amd64", "arm64"]).await;
    let client = registry.client();

    let ping = client.ping().await.unwrap();
    assert_eq!((ping.status, ping.access, ping.database), (200, Access::Open, Claim::Silent));
    assert_eq!(ping.api_version.as_deref(), Some("registry/2.0"));

    let served = client.manifest(&reference("g/p:v1")).await.unwrap();
    assert_eq!(served.digest, pushed);
    assert_eq!(served.contradiction(), None);
    assert_eq!(served.media_type.as_deref(), Some(media_type::OCI_INDEX));
    let head = client.head_manifest(&reference("g/p:v1")).await.unwrap();
    assert_eq!((head.claimed, head.size), (Some(pushed.to_string()), Some(served.bytes.len() as u64)));

    let repository = Repository::parse("g/p").unwrap();
    for child in manifest::parse(&served.bytes).unwrap().children() {
        let digest = child.digest.clone().unwrap();
        let image = client.manifest(&Reference::digest(repository.clone(), digest.clone())).await.unwrap();
        assert_eq!(image.digest, digest);
        for blob in manifest::parse(&image.bytes).unwrap().blobs() {
            let head = client.head_blob(&repository, blob.digest.as_ref().unwrap()).await.unwrap();
            assert_eq!(head.size, blob.size.map(|size| size as u64));
            assert_eq!((head.claimed.as_deref(), head.served_by), (Some(blob.digest_text.as_str()), None));
        }
    }
    let layer = client.head_blob(&repository, &Digest::of(LAYER)).await.unwrap();
    assert_eq!(layer.size, Some(LAYER.len() as u64));
}

#[tokio::test]
async fn tags_are_listed() {
    let registry = Registry::start(Door::Open).await;
    for tag in ["v1", "v2", "latest"] {
        registry.push(&format!("g/p:{tag}"), &["amd64"]).await;
    }
    let page = registry.client().tags(&Repository::parse("g/p").unwrap(), None).await.unwrap();
    let mut tags = page.tags;
    tags.sort();
    assert_eq!((tags, page.next), (vec!["latest".to_owned(), "v1".into(), "v2".into()], None));
}

#[tokio::test]
async fn what_is_not_there_is_not_found_with_the_registrys_code() {
    let registry = Registry::start(Door::Open).await;
    registry.push("g/p:v1", &["amd64"]).await;
    let client = registry.client();
    let error = client.manifest(&reference("g/p:v2")).await.unwrap_err();
    assert_eq!((error.kind, error.code.as_deref()), (ApiErrorKind::NotFound, Some("MANIFEST_UNKNOWN")));
    let error = client.tags(&Repository::parse("g/none").unwrap(), None).await.unwrap_err();
    assert_eq!((error.kind, error.code.as_deref()), (ApiErrorKind::NotFound, Some("NAME_UNKNOWN")));
    let repository = Repository::parse("g/p").unwrap();
    let error = client.head_blob(&repository, &Digest::of(b"another")).await.unwrap_err();
    assert_eq!(error.kind, ApiErrorKind::NotFound);
    let error = client.head_manifest(&reference("g/p:v2")).await.unwrap_err();
    assert_eq!(error.kind, ApiErrorKind::NotFound);
}

#[tokio::test]
async fn a_registry_that_stumbles_over_its_storage_is_broken_not_empty() {
    let registry = Registry::start(Door::Open).await;
    registry.push("g/p:v1", &["amd64"]).await;
    let folder = layout::tag_prefix(&Repository::found("g/p"), &Tag::found("v1"));
    std::fs::write(registry.root().join(folder).join("current/link"), "").unwrap();
    let error = registry.client().manifest(&reference("g/p:v1")).await.unwrap_err();
    assert_eq!((error.kind, error.status), (ApiErrorKind::Broken, Some(500)));
    assert_eq!(error.code.as_deref(), Some("UNKNOWN"));
}

#[tokio::test]
async fn a_registry_behind_a_password_lets_in_who_knows_it() {
    let registry = Registry::start(Door::Password).await;
    let pushed = registry.push("g/p:v1", &["amd64"]).await;

    let client = registry.client_with(PASSWORD);
    assert_eq!(client.manifest(&reference("g/p:v1")).await.unwrap().digest, pushed);
    let ping = client.ping().await.unwrap();
    assert_eq!((ping.status, ping.access, ping.database), (401, Access::Granted, Claim::Silent));
    assert!(!format!("{client:?}").contains(PASSWORD));

    let error = registry.client_with("wrong").manifest(&reference("g/p:v1")).await.unwrap_err();
    assert_eq!((error.kind, error.code.as_deref()), (ApiErrorKind::Denied, Some("UNAUTHORIZED")));
    let error = registry.client().manifest(&reference("g/p:v1")).await.unwrap_err();
    assert_eq!(error.kind, ApiErrorKind::Denied);
    assert!(error.detail.contains("name them in the profile"), "{error}");
    let ping = registry.client().ping().await.unwrap();
    assert!(matches!((ping.access, ping.database), (Access::Refused(_), Claim::Unread(_))));
}

#[tokio::test]
async fn a_registry_that_is_gone_is_unreachable() {
    let registry = Registry::start(Door::Open).await;
    let client = registry.client();
    registry.stop().await;
    let error = client.ping().await.unwrap_err();
    assert_eq!(error.kind, ApiErrorKind::Unreachable, "{error}");
}
