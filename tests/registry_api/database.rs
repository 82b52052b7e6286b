//! A registry that keeps its metadata in a database: only blobs are in the bucket, and only blobs are judged there.

use std::{collections::BTreeMap, fs, path::PathBuf, sync::Arc};

use axum::{
    http::StatusCode,
    response::{IntoResponse, Response},
};
use quarterdeck::{
    model::{Repair, TagState},
    registry::{
        digest::Digest,
        layout,
        manifest::media_type,
        mode::Configured,
        reference::{Reference, Repository, Tag},
        report::{Role, TagReport},
    },
    sources::bucket::scan::{Hashing, ScanOptions, database},
    sources::look::Looking,
    storage::filesystem::Filesystem,
};
use serde_json::{Value, json};

use crate::{
    double::{Double, Seen},
    server::{Door, Registry},
};

const LAYER: &[u8] = b"a layer";
const CONFIG: &[u8] = b"{\"os\":\"linux\"}";

/// A bucket, and the manifests that its registry serves by tag or digest.
struct Scene {
    folder: tempfile::TempDir,
    manifests: BTreeMap<String, String>,
}

impl Scene {
    /// An index of one image under `v1`, with everything in its place.
    fn whole() -> Self {
        let mut scene = Self { folder: tempfile::tempdir().unwrap(), manifests: BTreeMap::new() };
        fs::create_dir_all(scene.folder.path().join(layout::ROOT)).unwrap();
        for bytes in [LAYER, CONFIG] {
            scene.store(&Digest::of(bytes), bytes);
        }
        let image = scene.serve(&json!({
            "schemaVersion": 2,
            "mediaType": media_type::OCI_MANIFEST,
            "config": part(CONFIG),
            "layers": [part(LAYER)],
        }));
        let index = scene.serve(&json!({
            "schemaVersion": 2,
            "mediaType": media_type::OCI_INDEX,
            "manifests": [{ "mediaType": media_type::OCI_MANIFEST, "digest": image.to_string() }],
        }));
        let text = scene.manifests[&index.to_string()].clone();
        scene.manifests.insert("v1".into(), text);
        scene
    }

    fn serve(&mut self, manifest: &Value) -> Digest {
        let text = manifest.to_string();
        let digest = Digest::of(text.as_bytes());
        self.manifests.insert(digest.to_string(), text);
        digest
    }

    fn path(&self, digest: &Digest) -> PathBuf {
        self.folder.path().join(layout::blob_prefix(digest)).join("data")
    }

    fn store(&self, digest: &Digest, bytes: &[u8]) {
        let path = self.path(digest);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, bytes).unwrap();
    }

    async fn scan(&self, hashing: Hashing) -> TagReport {
        let manifests = self.manifests.clone();
        self.scan_with(hashing, move |_, seen| answer(&manifests, seen)).await
    }

    async fn scan_with(
        &self,
        hashing: Hashing,
        script: impl Fn(&Double, &Seen) -> Response + Send + Sync + 'static,
    ) -> TagReport {
        let double = Double::start(script).await;
        let store = Filesystem::open(self.folder.path()).unwrap();
        let options = ScanOptions { hashing, ..ScanOptions::default() };
        database::scan(&double.client(), &store, &reference(), &options).await
    }
}

fn part(bytes: &[u8]) -> Value {
    json!({ "mediaType": "application/x", "digest": Digest::of(bytes).to_string(), "size": bytes.len() })
}

fn reference() -> Reference {
    Reference::parse("g/p:v1").unwrap()
}

fn answer(manifests: &BTreeMap<String, String>, seen: &Seen) -> Response {
    let name = seen.path.rsplit('/').next().unwrap();
    match manifests.get(name) {
        Some(text) => text.clone().into_response(),
        None => not_found(),
    }
}

fn not_found() -> Response {
    let body = r#"{"errors":[{"code":"MANIFEST_UNKNOWN","message":"manifest unknown"}]}"#;
    (StatusCode::NOT_FOUND, body).into_response()
}

fn ids(report: &TagReport) -> Vec<&'static str> {
    report.findings.iter().map(|finding| finding.id).collect()
}

#[tokio::test]
async fn blobs_without_any_link_make_a_whole_tag() {
    let report = Scene::whole().scan(Hashing::Suspects).await;
    assert_eq!((report.state, ids(&report)), (TagState::Whole, vec![]), "{report:?}");
    assert_eq!((report.tag.as_deref(), report.unhashed, report.unread.len()), (Some("v1"), 2, 0));
    let hops: Vec<_> = report.hops.iter().map(|hop| (hop.role, hop.depth)).collect();
    assert_eq!(hops, [(Role::Manifest, 0), (Role::Manifest, 1), (Role::Config, 1), (Role::Layer, 1)]);
    assert!(report.hops[0].object.starts_with("/v2/g/p/manifests/sha256:"));
    assert!(report.hops[3].object.starts_with(layout::BLOBS));
    assert_eq!((report.requests, report.trips), (4, 3));
}

#[tokio::test]
async fn leftovers_from_before_the_import_are_no_faults() {
    let scene = Scene::whole();
    let tag = layout::tag_prefix(&Repository::found("g/p"), &Tag::found("v1"));
    fs::create_dir_all(scene.folder.path().join(&tag).join("current")).unwrap();
    fs::write(scene.folder.path().join(&tag).join("current/link"), "").unwrap();
    let report = scene.scan(Hashing::All).await;
    assert_eq!((report.state, ids(&report), report.unhashed), (TagState::Whole, vec![], 0));
}

#[tokio::test]
async fn a_blob_that_is_gone_breaks_the_tag_and_no_cure_touches_the_bucket() {
    let scene = Scene::whole();
    fs::remove_file(scene.path(&Digest::of(LAYER))).unwrap();
    let report = scene.scan(Hashing::Suspects).await;
    assert_eq!((report.state, ids(&report)), (TagState::Broken, vec!["index-child-layer-missing"]));
    let finding = &report.findings[0];
    assert_eq!(finding.object, format!("{}data", layout::blob_prefix(&Digest::of(LAYER))));
    assert_eq!(finding.repairs, [Repair::RePush, Repair::Verb("copy-repush-request")]);
}

#[tokio::test]
async fn a_blob_with_wrong_bytes_is_found_by_its_size_or_by_hashing_all() {
    let scene = Scene::whole();
    scene.store(&Digest::of(LAYER), &LAYER[1..]);
    let report = scene.scan(Hashing::Suspects).await;
    assert_eq!((report.state, ids(&report)), (TagState::Broken, vec!["layer-blob-truncated"]));
    assert_eq!(report.findings[0].repairs, [Repair::Verb("delete-tag-api"), Repair::RePush]);

    scene.store(&Digest::of(LAYER), b"A LAYER");
    let report = scene.scan(Hashing::Suspects).await;
    assert_eq!((report.state, report.unhashed), (TagState::Whole, 2));
    let report = scene.scan(Hashing::All).await;
    assert_eq!((report.state, ids(&report)), (TagState::Broken, vec!["layer-blob-altered"]));
}

#[tokio::test]
async fn a_child_that_the_registry_does_not_know_breaks_the_index() {
    let mut scene = Scene::whole();
    scene.manifests.retain(|name, text| name == "v1" || text.contains("manifests"));
    let report = scene.scan(Hashing::Suspects).await;
    assert_eq!((report.state, ids(&report)), (TagState::Broken, vec!["index-child-blob-missing"]));
    assert!(report.findings[0].object.starts_with("/v2/g/p/manifests/sha256:"));
}

#[tokio::test]
async fn what_the_registry_does_not_know_is_absent_and_what_it_does_not_say_is_unknown() {
    let cases: [(fn() -> Response, TagState); 5] = [
        (not_found, TagState::Absent),
        (|| StatusCode::NOT_FOUND.into_response(), TagState::Unknown),
        (|| StatusCode::SERVICE_UNAVAILABLE.into_response(), TagState::Unknown),
        (|| "<html>".into_response(), TagState::Unknown),
        (
            || ([("docker-content-digest", Digest::EMPTY.to_string())], "{}").into_response(),
            TagState::Unknown,
        ),
    ];
    for (answer, state) in cases {
        let report = Scene::whole().scan_with(Hashing::Suspects, move |_, _| answer()).await;
        assert_eq!((report.state, ids(&report)), (state, vec![]), "{report:?}");
        assert_eq!(report.unread.is_empty(), state == TagState::Absent);
    }
}

#[tokio::test]
async fn bytes_that_are_not_the_child_asked_for_are_not_judged() {
    let scene = Scene::whole();
    let index = scene.manifests["v1"].clone();
    let report = scene.scan_with(Hashing::Suspects, move |_, _| index.clone().into_response()).await;
    assert_eq!((report.state, ids(&report)), (TagState::Unknown, vec![]));
    assert!(report.unread[0].why.contains("with bytes of"), "{:?}", report.unread);
}

#[tokio::test]
async fn a_blob_that_arrives_while_we_look_is_no_fault() {
    let scene = Scene::whole();
    let path = Arc::new(scene.path(&Digest::of(LAYER)));
    fs::remove_file(&*path).unwrap();
    let manifests = scene.manifests.clone();
    let report = scene
        .scan_with(Hashing::Suspects, move |double, seen| {
            if double.seen("/v2/g/p/manifests/v1").len() == 2 {
                fs::write(&*path, LAYER).unwrap();
            }
            answer(&manifests, seen)
        })
        .await;
    assert_eq!((report.state, ids(&report)), (TagState::Whole, vec![]), "{report:?}");
}

#[tokio::test]
async fn a_registry_that_says_it_uses_a_database_is_asked_for_its_manifests() {
    let scene = Scene::whole();
    let manifests = scene.manifests.clone();
    let double = Double::start(move |_, seen| match seen.path.as_str() {
        "/v2/" => ([("gitlab-container-registry-database-enabled", "true")], "{}").into_response(),
        _ => answer(&manifests, seen),
    })
    .await;
    let store = Filesystem::open(scene.folder.path()).unwrap();
    let looking = Looking::new(ScanOptions::default(), Configured::Auto, Some(double.client()));
    let report = looking.look(&store, &reference()).await;
    assert_eq!((report.state, ids(&report)), (TagState::Whole, vec![]));

    let looking = Looking::new(ScanOptions::default(), Configured::Files, Some(double.client()));
    let report = looking.look(&store, &reference()).await;
    assert_eq!((report.state, ids(&report)), (TagState::Unknown, vec![]));
    assert!(report.unread[0].why.contains("but the configuration speaks for files"), "{:?}", report.unread);
}

#[tokio::test]
async fn an_image_behind_a_real_registry_is_whole_until_its_layer_goes() {
    let registry = Registry::start(Door::Open).await;
    let pushed = registry.push("g/p:v1", &["amd64", "arm64"]).await;
    let store = Filesystem::open(registry.root()).unwrap();
    let options = ScanOptions { hashing: Hashing::All, ..ScanOptions::default() };
    let report = database::scan(&registry.client(), &store, &reference(), &options).await;
    assert_eq!((report.state, ids(&report)), (TagState::Whole, vec![]));
    assert_eq!(report.digest, Some(pushed.to_string()));

    let layer = layout::blob_prefix(&Digest::of(crate::image::LAYER));
    fs::remove_file(registry.root().join(layer).join("data")).unwrap();
    let report = database::scan(&registry.client(), &store, &reference(), &options).await;
    assert_eq!((report.state, ids(&report)), (TagState::Broken, vec!["index-child-layer-missing"]));
}
