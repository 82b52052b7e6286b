//! Chains as somebody might see them, and the verdicts that follow.

use std::collections::BTreeMap;

use bytes::Bytes;
use jiff::SignedDuration;
use serde_json::json;

use super::*;
use crate::model::TagState;
use crate::registry::checks::StoreKind;
use crate::registry::digest::{Digest, Hasher};
use crate::registry::manifest;
use crate::registry::reference::{Reference, Repository, Tag};
use crate::registry::report::HopState;

const SETTLE: SignedDuration = SignedDuration::from_mins(10);
const LAYER: &[u8] = b"a layer";
const CONFIG: &[u8] = b"a configuration";

fn facts(size: usize) -> Facts {
    Facts { size: Some(size as u64), modified: None, version: Some("1".into()) }
}

fn link_of(text: impl AsRef<[u8]>) -> Look<Link> {
    let head = Bytes::copy_from_slice(text.as_ref());
    Look::There(Link { facts: facts(head.len()), head })
}

fn link(digest: &Digest) -> Look<Link> {
    link_of(digest.to_string())
}

fn manifest_of(digest: &Digest, bytes: &[u8]) -> ManifestSeen {
    let hash = if digest.matches(bytes) { Hash::Right } else { Hash::Wrong };
    ManifestSeen { data: Look::There(facts(bytes.len())), hash, content: Some(manifest::parse(bytes)) }
}

fn revision(digest: &Digest, bytes: &[u8]) -> RevisionSeen {
    RevisionSeen {
        link: link(digest),
        under_layers: None,
        manifest: manifest_of(digest, bytes),
        elsewhere: None,
    }
}

fn blob(size: usize) -> BlobSeen {
    BlobSeen { data: Look::There(facts(size)), neighbours: vec![], hash: Hash::Unhashed }
}

fn part(digest: &Digest, size: usize) -> PartSeen {
    PartSeen { link: link(digest), at: digest.clone(), blob: blob(size) }
}

fn image_bytes() -> Vec<u8> {
    image_of(&Digest::of(LAYER).to_string(), LAYER.len() as i64)
}

fn image_of(layer: &str, size: i64) -> Vec<u8> {
    let part =
        |media: &str, digest: &str, size: i64| json!({"mediaType": media, "digest": digest, "size": size});
    json!({
        "schemaVersion": 2,
        "mediaType": manifest::media_type::OCI_MANIFEST,
        "config": part("application/vnd.oci.image.config.v1+json", &Digest::of(CONFIG).to_string(), CONFIG.len() as i64),
        "layers": [part("application/vnd.oci.image.layer.v1.tar+gzip", layer, size)],
    })
    .to_string()
    .into_bytes()
}

fn tag_of(digest: &Digest) -> TagSeen {
    let folder = TagFolder {
        index: BTreeMap::from([(digest.clone(), facts(71))]),
        markers: vec![],
        objects: 2,
        listing: Listing::Complete,
        newest: None,
        age: Age::NotAsked,
    };
    TagSeen { link: link(digest), folder: Look::There(folder), file: None }
}

fn chain_of(root: &[u8]) -> Chain {
    let reference = Reference::tag(Repository::found("group/image"), Tag::found("v1"));
    let digest = Digest::of(root);
    let mut chain = Chain::unseen(reference, StoreKind::Bucket);
    chain.tag = Some(tag_of(&digest));
    chain.revisions.insert(digest.clone(), revision(&digest, root));
    for bytes in [LAYER, CONFIG] {
        let digest = Digest::of(bytes);
        chain.parts.insert(digest.clone(), part(&digest, bytes.len()));
    }
    chain
}

fn image() -> Chain {
    chain_of(&image_bytes())
}

fn root() -> Digest {
    Digest::of(&image_bytes())
}

fn layer() -> Digest {
    Digest::of(LAYER)
}

fn ids(verdict: &Verdict) -> Vec<&'static str> {
    verdict.report.findings.iter().map(|finding| finding.id).collect()
}

/// The state and the findings' ids of a whole image after a change.
fn after(change: impl FnOnce(&mut Chain)) -> (TagState, Vec<&'static str>) {
    let mut chain = image();
    change(&mut chain);
    let verdict = judge(&chain, SETTLE);
    (verdict.report.state, ids(&verdict))
}

fn layer_part(chain: &mut Chain) -> &mut PartSeen {
    chain.parts.get_mut(&layer()).unwrap()
}

fn root_revision(chain: &mut Chain) -> &mut RevisionSeen {
    chain.revisions.get_mut(&root()).unwrap()
}

fn tag(chain: &mut Chain) -> &mut TagSeen {
    chain.tag.as_mut().unwrap()
}

fn folder(chain: &mut Chain) -> &mut TagFolder {
    match &mut tag(chain).folder {
        Look::There(folder) => folder,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_whole_image_has_its_hops_in_the_order_of_a_pull() {
    let verdict = judge(&image(), SETTLE);
    assert_eq!((verdict.report.state, ids(&verdict)), (TagState::Whole, vec![]));
    assert_eq!(verdict.report.digest, Some(root().to_string()));
    assert_eq!(verdict.report.unhashed, 2);
    assert!(verdict.rests_on.is_empty());
    let roles: Vec<_> = verdict.report.hops.iter().map(|hop| (hop.role, hop.state)).collect();
    use crate::registry::report::Role::*;
    let good = [TagLink, RevisionLink, Manifest, ConfigLink, Config, LayerLink, Layer]
        .map(|role| (role, HopState::Good));
    assert_eq!(roles, good);
}

#[test]
fn faults_outside_the_catalogue_get_the_nearest_id() {
    type Change = Box<dyn FnOnce(&mut Chain)>;
    let table: Vec<(&str, Change)> = vec![
        ("revision-link-empty", Box::new(|chain| root_revision(chain).link = link_of("rubbish"))),
        ("revision-link-newline", Box::new(|chain| root_revision(chain).link = link_of("sha256:abc"))),
        ("revision-link-md5", Box::new(|chain| root_revision(chain).link = link_of("sha1:0123abcd"))),
        ("revision-link-empty", Box::new(|chain| root_revision(chain).link = Look::Folder)),
        ("layer-link-empty", Box::new(|chain| layer_part(chain).link = link_of([0; 71]))),
        (
            "layer-link-newline",
            Box::new(|chain| layer_part(chain).link = link_of(format!("{}\r\n", layer()))),
        ),
        ("layer-link-empty", Box::new(|chain| layer_part(chain).link = Look::Folder)),
        ("layer-blob-moved-aside", Box::new(|chain| layer_part(chain).blob.data = Look::Folder)),
        (
            "layer-link-newline",
            Box::new(|chain| {
                chain.parts.get_mut(&Digest::of(CONFIG)).unwrap().link =
                    link_of(format!("{}\n", Digest::of(CONFIG)));
            }),
        ),
        (
            "layer-link-mismatch",
            Box::new(|chain| chain.parts.get_mut(&Digest::of(CONFIG)).unwrap().link = link(&layer())),
        ),
        (
            "layer-blob-truncated",
            Box::new(|chain| {
                let part = chain.parts.get_mut(&Digest::of(CONFIG)).unwrap();
                part.blob = BlobSeen { hash: Hash::Wrong, ..blob(3) };
            }),
        ),
        (
            "index-entry-empty",
            Box::new(|chain| {
                let digest = root();
                folder(chain).index.insert(digest, facts(70));
            }),
        ),
    ];
    for (id, change) in table {
        let (state, found) = after(change);
        assert_eq!(found, [id]);
        let expected = if id == "index-entry-empty" { TagState::Whole } else { TagState::Broken };
        assert_eq!(state, expected, "{id}");
    }
}

#[test]
fn a_manifest_that_names_a_part_by_no_digest_is_not_whole() {
    let chain = chain_of(&image_of("sha256:short", 1));
    let verdict = judge(&chain, SETTLE);
    assert_eq!((verdict.report.state, ids(&verdict)), (TagState::Broken, vec!["layer-blob-missing"]));
    assert!(verdict.report.findings[0].detail.contains("sha256:short"), "{:?}", verdict.report.findings);
}

#[test]
fn a_tag_that_names_a_large_layer_is_not_taken_for_an_unlinked_manifest() {
    let (state, found) = after(|chain| {
        let target = Digest::of(b"a large layer");
        tag(chain).link = link(&target);
        let data = Look::There(Facts { size: Some(1 << 30), ..Facts::default() });
        let seen = RevisionSeen {
            link: Look::Missing,
            under_layers: Some(link(&target)),
            manifest: ManifestSeen::unseen(data),
            elsewhere: None,
        };
        chain.revisions.insert(target, seen);
    });
    assert_eq!((state, found), (TagState::Broken, vec!["current-link-to-layer"]));
}

#[test]
fn writing_a_link_back_is_offered_only_if_the_bytes_behind_it_are_there() {
    let offers = |change: fn(&mut Chain)| {
        let mut chain = image();
        change(&mut chain);
        let verdict = judge(&chain, SETTLE);
        let link = verdict.report.findings.into_iter().find(|found| found.id.contains("link")).unwrap();
        link.repairs.iter().any(|repair| repair.name() == "restore-link")
    };
    assert!(offers(|chain| layer_part(chain).link = Look::Missing));
    assert!(offers(|chain| root_revision(chain).link = link_of("")));
    assert!(!offers(|chain| {
        layer_part(chain).link = link_of("");
        layer_part(chain).blob.data = Look::Missing;
    }));
    assert!(!offers(|chain| {
        layer_part(chain).link = Look::Missing;
        layer_part(chain).blob = BlobSeen { hash: Hash::Wrong, ..blob(3) };
    }));
    assert!(!offers(|chain| {
        root_revision(chain).link = Look::Missing;
        root_revision(chain).under_layers = Some(Look::Missing);
        root_revision(chain).manifest.hash = Hash::Wrong;
    }));
}

#[test]
fn a_descriptor_lies_or_its_blob_does_and_only_the_hash_tells() {
    let stated_wrongly = image_of(&layer().to_string(), 99);
    for (hash, expected) in [
        (Hash::Right, (TagState::Broken, vec!["descriptor-size-wrong"])),
        (Hash::Wrong, (TagState::Broken, vec!["layer-blob-truncated"])),
        (Hash::Unhashed, (TagState::Unknown, vec![])),
        (Hash::Unread("denied".into()), (TagState::Unknown, vec![])),
    ] {
        let mut chain = chain_of(&stated_wrongly);
        layer_part(&mut chain).blob.hash = hash.clone();
        let verdict = judge(&chain, SETTLE);
        assert_eq!((verdict.report.state, ids(&verdict)), expected, "{hash:?}");
    }
}

#[test]
fn a_blob_by_another_algorithm_lies_where_its_link_says() {
    let sha512 = {
        let mut hasher = Hasher::new(crate::registry::digest::Algorithm::Sha512);
        hasher.update(LAYER);
        hasher.finish()
    };
    let mut chain = chain_of(&image_of(&sha512.to_string(), LAYER.len() as i64));
    chain
        .parts
        .insert(sha512.clone(), PartSeen { link: link(&layer()), at: layer(), blob: blob(LAYER.len()) });
    let verdict = judge(&chain, SETTLE);
    assert_eq!((verdict.report.state, ids(&verdict)), (TagState::Whole, vec![]));

    let nowhere = BlobSeen { data: Look::Missing, ..blob(0) };
    chain.parts.insert(sha512.clone(), PartSeen { link: Look::Missing, at: sha512, blob: nowhere });
    let verdict = judge(&chain, SETTLE);
    assert_eq!(ids(&verdict), ["layer-link-missing"], "nobody knows whether the blob is gone");
}

#[test]
fn what_was_not_looked_at_is_unknown() {
    let (state, found) = after(|chain| {
        chain.parts.remove(&layer());
    });
    assert_eq!((state, found), (TagState::Unknown, vec![]));
    let (state, found) = after(|chain| {
        chain.revisions.clear();
    });
    assert_eq!((state, found), (TagState::Unknown, vec![]));
}

#[test]
fn a_digest_that_the_repository_does_not_have_is_absent_and_not_broken() {
    let mut chain = image();
    chain.reference = Reference::digest(Repository::found("group/image"), root());
    chain.tag = None;
    assert_eq!(judge(&chain, SETTLE).report.state, TagState::Whole);
    root_revision(&mut chain).link = Look::Missing;
    root_revision(&mut chain).under_layers = Some(Look::Missing);
    let verdict = judge(&chain, SETTLE);
    assert_eq!((verdict.report.state, ids(&verdict)), (TagState::Absent, vec![]));
}

#[test]
fn an_index_is_judged_child_by_child() {
    let child = image_bytes();
    let index = json!({
        "schemaVersion": 2,
        "mediaType": manifest::media_type::OCI_INDEX,
        "manifests": [{
            "mediaType": manifest::media_type::OCI_MANIFEST,
            "digest": root().to_string(),
            "size": child.len(),
            "platform": {"os": "linux", "architecture": "arm64"},
        }],
    })
    .to_string()
    .into_bytes();
    let with = |change: &dyn Fn(&mut RevisionSeen, &mut PartSeen)| {
        let mut chain = chain_of(&index);
        let mut seen = revision(&root(), &child);
        change(&mut seen, chain.parts.get_mut(&layer()).unwrap());
        chain.revisions.insert(root(), seen);
        let verdict = judge(&chain, SETTLE);
        (verdict.report.state, ids(&verdict))
    };
    let unlinked = |child: &mut RevisionSeen| {
        child.link = Look::Missing;
        child.under_layers = Some(Look::Missing);
    };
    assert_eq!(with(&|_, _| ()), (TagState::Whole, vec![]));
    type Change<'a> = &'a dyn Fn(&mut RevisionSeen, &mut PartSeen);
    let table: [(&str, Change<'_>); 6] = [
        ("index-child-revision-missing", &|child, _| unlinked(child)),
        ("index-child-blob-missing", &|child, _| child.manifest = ManifestSeen::unseen(Look::Missing)),
        ("index-child-blob-empty", &|child, _| child.manifest = manifest_of(&root(), b"")),
        ("manifest-blob-truncated", &|child, _| child.manifest = manifest_of(&root(), b"{\"a\":")),
        ("index-child-layer-missing", &|_, layer| layer.blob.data = Look::Missing),
        ("index-children-collected", &|child, layer| {
            unlinked(child);
            layer.blob.data = Look::Missing;
        }),
    ];
    for (id, change) in table {
        assert_eq!(with(change), (TagState::Broken, vec![id]));
    }
    assert_eq!(with(&|child, _| child.link = Look::Unread("denied".into())), (TagState::Unknown, vec![]));
}

#[test]
fn a_folder_of_folders_is_listed_and_absent() {
    let empty = |chain: &mut Chain| {
        tag(chain).link = Look::Missing;
        *folder(chain) = TagFolder {
            index: BTreeMap::new(),
            markers: vec![],
            objects: 0,
            listing: Listing::Complete,
            newest: None,
            age: Age::NotAsked,
        };
    };
    let (state, found) = after(|chain| {
        chain.store = StoreKind::FileSystem;
        empty(chain);
    });
    assert_eq!((state, found), (TagState::Absent, vec!["empty-tag-folder"]));
    let (state, found) = after(|chain| {
        empty(chain);
        folder(chain).markers.push("docker/registry/v2/repositories/group/image/_manifests/tags/v1/".into());
    });
    assert_eq!((state, found), (TagState::Absent, vec!["folder-marker"]));
}

#[test]
fn a_file_beside_the_tags_is_a_stray_and_poisons_file_systems_only() {
    let stray = |store| {
        after(|chain| {
            chain.store = store;
            chain.tag = Some(TagSeen {
                link: Look::Missing,
                folder: Look::Missing,
                file: Some(Look::There(facts(13))),
            });
        })
    };
    assert_eq!(stray(StoreKind::Bucket), (TagState::Absent, vec!["stray-file-in-tags"]));
    assert_eq!(
        stray(StoreKind::FileSystem),
        (TagState::Absent, vec!["stray-file-in-tags", "poisoned-repository"])
    );
}

#[test]
fn findings_come_worst_first() {
    let (_, found) = after(|chain| {
        folder(chain).index.clear();
        layer_part(chain).link = Look::Missing;
    });
    assert_eq!(found, ["layer-link-missing", "index-entry-missing"]);
}

#[test]
fn a_finding_says_what_is_there_and_what_should_be() {
    let wrong = |size| {
        Box::new(move |chain: &mut Chain| layer_part(chain).blob = BlobSeen { hash: Hash::Wrong, ..size })
    };
    let sizeless = BlobSeen { data: Look::There(Facts::default()), ..blob(0) };
    let beside = BlobSeen { data: Look::Missing, neighbours: vec!["data.bak".into()], ..blob(0) };
    let layer = layer();
    type Change = Box<dyn FnOnce(&mut Chain)>;
    let table: Vec<(String, Change)> = vec![
        (format!("layer has 0 bytes; should have the 7 bytes of {layer}"), wrong(blob(0))),
        (
            format!("layer has 7 bytes, as the manifest states, but other ones than those of {layer}"),
            wrong(blob(7)),
        ),
        (format!("layer holds other bytes than those of {layer}"), wrong(sizeless)),
        (
            format!("layer missing; should be the bytes of {layer}; beside it lies data.bak"),
            Box::new(|chain| layer_part(chain).blob = beside),
        ),
        (
            format!("layer link holds 1 byte, \"x\"; should hold {layer}"),
            Box::new(|chain| layer_part(chain).link = link_of("x")),
        ),
        (
            format!("a folder stands where the layer link to {layer} should be"),
            Box::new(|chain| layer_part(chain).link = Look::Folder),
        ),
        (
            format!("has 0 bytes; should have those of the manifest {}", root()),
            Box::new(|chain| root_revision(chain).manifest = manifest_of(&root(), b"")),
        ),
        (format!("missing; should hold {}", root()), Box::new(|chain| tag(chain).link = Look::Missing)),
        (
            "missing; should hold a digest, and nothing here tells which".to_owned(),
            Box::new(|chain| {
                tag(chain).link = Look::Missing;
                folder(chain).index.clear();
            }),
        ),
    ];
    for (detail, change) in table {
        let mut chain = image();
        change(&mut chain);
        let verdict = judge(&chain, SETTLE);
        assert_eq!(verdict.report.findings[0].detail, detail);
    }
}

#[test]
fn indexes_that_name_one_another_many_times_over_are_walked_once() {
    let mut chain = image();
    let mut child = root();
    for _ in 0..12 {
        let entry = json!({"mediaType": manifest::media_type::OCI_INDEX, "digest": child.to_string()});
        let index = json!({"schemaVersion": 2, "mediaType": manifest::media_type::OCI_INDEX, "manifests": vec![entry; 40]});
        let bytes = index.to_string().into_bytes();
        child = Digest::of(&bytes);
        chain.revisions.insert(child.clone(), revision(&child, &bytes));
    }
    chain.tag = Some(tag_of(&child));
    let verdict = judge(&chain, SETTLE);
    assert_eq!((verdict.report.state, ids(&verdict)), (TagState::Whole, vec![]));
    assert!(verdict.report.hops.len() < 2000, "{} hops", verdict.report.hops.len());
}
