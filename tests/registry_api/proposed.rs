//! What deleting a tag through the registry's API would do, proposed on a real registry's folder.

use axum::{
    http::StatusCode,
    response::{IntoResponse, Response},
};
use quarterdeck::{
    model::{Act, Gate, Order, Permit, Proposal, Subject, TagState, Target},
    proposals::{NoProposal, Scene, propose},
    registry::{mode::Configured, reference::Reference},
    sources::{bucket::scan::ScanOptions, look::Looking, registry_api::Client},
    storage::filesystem::Filesystem,
};

use crate::{
    double::{Double, Seen},
    server::{Door, Registry},
};

fn permit() -> Option<Permit> {
    let mut gate = Gate::default();
    gate.open(None, None).unwrap();
    gate.permit(jiff::Timestamp::UNIX_EPOCH)
}

/// A registry that deletes by tag and serves this manifest as v1.
async fn deletes_by_tag(manifest: Vec<u8>, headers: &'static [(&'static str, &'static str)]) -> Double {
    Double::start(move |_, seen: &Seen| {
        let mut response: Response = match seen.path.as_str() {
            "/v2/" => "{}".into_response(),
            path if path.ends_with("/v1") && seen.method != "DELETE" => manifest.clone().into_response(),
            _ => (StatusCode::NOT_FOUND, r#"{"errors":[{"code":"MANIFEST_UNKNOWN"}]}"#).into_response(),
        };
        let mark = ("docker-distribution-api-version", "registry/2.0");
        for (name, value) in headers.iter().chain([&mark]) {
            response.headers_mut().insert(*name, value.parse().unwrap());
        }
        response
    })
    .await
}

async fn proposed(
    registry: &Registry,
    client: Option<Client>,
    permit: Option<Permit>,
    tag: &str,
) -> Result<Proposal, NoProposal> {
    let store = Filesystem::open(registry.root()).unwrap();
    let looking = Looking::new(ScanOptions::default(), Configured::Auto, client);
    let subject = Subject::Tag { repository: "g/p".into(), tag: tag.into() };
    let order = Order { verb: "delete-tag-api", targets: vec![Target { subject, object: None }] };
    propose(&order, &Scene { store: &store, looking: &looking, fleet: None, permit }).await
}

async fn image() -> (Registry, Vec<u8>) {
    let registry = Registry::start(Door::Open).await;
    registry.push("g/p:v1", &["amd64"]).await;
    let served = registry.client().manifest(&Reference::parse("g/p:v1").unwrap()).await.unwrap();
    (registry, served.bytes.to_vec())
}

#[tokio::test]
async fn an_armed_session_may_ask_and_is_told_that_nothing_guards_the_delete() {
    let (registry, manifest) = image().await;
    let size = manifest.len() as u64;
    let double = deletes_by_tag(manifest, &[]).await;
    let item = proposed(&registry, Some(double.client()), permit(), "v1").await.unwrap().items.remove(0);
    assert_eq!(item.state, Some(TagState::Whole));
    assert_eq!((item.steps.len(), item.steps[0].size), (1, Some(size)));
    assert!(
        matches!(&item.steps[0].act, Act::ApiDelete { repository, tag } if repository == "g/p" && tag == "v1")
    );
    assert!(item.mind.iter().any(|text| text.contains("no precondition")), "{:?}", item.mind);
    assert!(item.mind.iter().any(|text| text.starts_with("delete-tag does the same")), "{:?}", item.mind);
    let deleted = double.seen("/v2/").into_iter().filter(|seen| seen.method == "DELETE");
    assert!(
        deleted.map(|seen| seen.path).all(|path| path.contains("quarterdeck-asks-")),
        "only nobody's tag"
    );
}

#[tokio::test]
async fn what_cannot_be_done_or_known_is_not_proposed() {
    let (registry, manifest) = image().await;
    let double = deletes_by_tag(manifest, &[]).await;
    let client = || Some(double.client());
    let said = proposed(&registry, client(), None, "v1").await.unwrap_err();
    assert!(matches!(&said, NoProposal::NotHere(why) if why.contains("start with --write")), "{said:?}");
    assert!(double.seen("/").iter().all(|seen| seen.method != "DELETE"), "nothing is tried unarmed");
    let said = proposed(&registry, None, permit(), "v1").await.unwrap_err();
    assert!(
        matches!(&said, NoProposal::NotHere(why) if why.contains("QUARTERDECK_REGISTRY_URL")),
        "{said:?}"
    );
    let said = proposed(&registry, Some(registry.client()), permit(), "v1").await.unwrap_err();
    assert!(matches!(&said, NoProposal::NotHere(why) if why.contains("by digest only")), "{said:?}");
    let said = proposed(&registry, client(), permit(), "v2").await.unwrap_err();
    assert!(matches!(said, NoProposal::Absent(_)), "{said:?}");
    let said = proposed(&registry, client(), permit(), "v1#x").await.unwrap_err();
    assert!(matches!(&said, NoProposal::NotHere(why) if why.contains("no words for this name")), "{said:?}");
}

#[tokio::test]
async fn another_registrys_answer_is_not_taken_for_this_buckets() {
    let (registry, _) = image().await;
    let double = deletes_by_tag(b"{\"schemaVersion\":2}".to_vec(), &[]).await;
    let said = proposed(&registry, Some(double.client()), permit(), "v1").await.unwrap_err();
    assert!(matches!(&said, NoProposal::Unread(why) if why.contains("does not keep its tags")), "{said:?}");
}

#[tokio::test]
async fn with_a_metadata_database_the_registry_alone_is_asked() {
    let (registry, manifest) = image().await;
    let double = deletes_by_tag(manifest, &[("gitlab-container-registry-database-enabled", "true")]).await;
    let item = proposed(&registry, Some(double.client()), permit(), "v1").await.unwrap().items.remove(0);
    assert!(item.mind.iter().any(|text| text.contains("metadata database collects")), "{:?}", item.mind);
    assert!(!item.mind.iter().any(|text| text.starts_with("delete-tag does")), "{:?}", item.mind);
}
