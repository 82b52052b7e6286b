//! Manifests of every kind, and what is none.

use proptest::prelude::*;
use serde_json::json;

use super::*;
use crate::registry::digest::{Digest, DigestError};

fn part(media_type: &str, bytes: &[u8]) -> serde_json::Value {
    json!({ "mediaType": media_type, "digest": Digest::of(bytes).to_string(), "size": bytes.len() })
}

fn read(document: &serde_json::Value) -> Manifest {
    parse(document.to_string().as_bytes()).unwrap()
}

fn digests<'a>(parts: impl Iterator<Item = &'a Descriptor>) -> Vec<Digest> {
    parts.map(|part| part.digest.clone().unwrap()).collect()
}

#[test]
fn an_image_needs_its_configuration_and_layers() {
    for (media_type, kind) in [
        (json!(media_type::DOCKER_MANIFEST), Kind::DockerManifest),
        (json!(media_type::OCI_MANIFEST), Kind::OciManifest),
        (json!(null), Kind::OciManifest),
    ] {
        let manifest = read(&json!({
            "schemaVersion": 2,
            "mediaType": media_type,
            "config": part("application/vnd.oci.image.config.v1+json", b"config"),
            "layers": [part("application/vnd.oci.image.layer.v1.tar+gzip", b"one"), part("", b"two")],
            "annotations": { "who": { "cares": [1, 2.5, "x"] } },
        }));
        assert_eq!(manifest.kind, kind);
        let wanted = [&b"config"[..], b"one", b"two"].map(Digest::of);
        assert_eq!(digests(manifest.blobs()), wanted);
        assert_eq!(manifest.layers[0].size, Some(3));
        assert_eq!(manifest.children().count(), 0);
    }
}

#[test]
fn an_index_needs_its_children_whatever_it_calls_itself() {
    for (media_type, kind) in [
        (json!(media_type::DOCKER_LIST), Kind::DockerList),
        (json!(media_type::OCI_INDEX), Kind::OciIndex),
        (json!(""), Kind::OciIndex),
    ] {
        let mut arm = part(media_type::OCI_MANIFEST, b"arm");
        arm["platform"] = json!({ "os": "linux", "architecture": "arm64", "variant": "v8" });
        let mut proof = part(media_type::OCI_MANIFEST, b"proof");
        proof["platform"] = json!({ "os": "unknown", "architecture": "unknown" });
        proof["annotations"] = json!({ "vnd.docker.reference.type": "attestation-manifest" });
        let manifest = read(&json!({
            "schemaVersion": 2,
            "mediaType": media_type,
            "manifests": [arm, part("", b"undeclared"), proof],
        }));
        assert_eq!(manifest.kind, kind);
        assert!(manifest.kind.is_index());
        assert_eq!(digests(manifest.children()), [&b"arm"[..], b"undeclared", b"proof"].map(Digest::of));
        assert_eq!(manifest.blobs().count(), 0);
        assert_eq!(manifest.entries[0].platform.as_ref().unwrap().to_string(), "linux/arm64/v8");
        assert_eq!(
            manifest.entries.iter().map(|entry| entry.attestation).collect::<Vec<_>>(),
            [false, false, true]
        );
    }
}

#[test]
fn a_build_cache_lists_blobs() {
    let manifest = read(&json!({
        "schemaVersion": 2,
        "mediaType": media_type::OCI_INDEX,
        "manifests": [
            part("application/vnd.oci.image.layer.v1.tar+gzip", b"layer"),
            part("application/vnd.docker.image.rootfs.diff.tar.gzip", b"docker layer"),
            part("application/vnd.buildkit.cacheconfig.v0", b"config"),
        ],
    }));
    assert_eq!(manifest.children().count(), 0);
    assert_eq!(digests(manifest.blobs()), [&b"layer"[..], b"docker layer", b"config"].map(Digest::of));
}

#[test]
fn an_artifact_says_what_it_is_and_what_it_is_about() {
    let manifest = read(&json!({
        "schemaVersion": 2,
        "mediaType": media_type::OCI_MANIFEST,
        "artifactType": "application/vnd.example.sbom",
        "config": part("application/vnd.oci.empty.v1+json", b"{}"),
        "layers": [],
        "subject": part(media_type::OCI_MANIFEST, b"subject"),
    }));
    assert_eq!(manifest.artifact_type.as_deref(), Some("application/vnd.example.sbom"));
    assert_eq!(digests(manifest.blobs()), [Digest::EMPTY_OBJECT]);
    assert_eq!(manifest.subject.unwrap().digest, Ok(Digest::of(b"subject")));
}

#[test]
fn a_foreign_layer_lies_elsewhere() {
    let mut layer = part("application/vnd.docker.image.rootfs.foreign.diff.tar.gzip", b"windows");
    layer["urls"] = json!(["https://example.com/windows"]);
    let manifest = read(&json!({ "schemaVersion": 2, "layers": [layer, part("", b"here")] }));
    assert_eq!(manifest.layers.iter().map(Descriptor::is_elsewhere).collect::<Vec<_>>(), [true, false]);
}

#[test]
fn schema_1_is_recognised() {
    let sum = Digest::of(b"layer").to_string();
    let manifest = read(&json!({ "schemaVersion": 1, "name": "x", "fsLayers": [{ "blobSum": sum }] }));
    assert_eq!(manifest.kind, Kind::Schema1);
    assert_eq!(digests(manifest.blobs()), [Digest::of(b"layer")]);
    assert_eq!(manifest.layers[0].size, None);
}

#[test]
fn lies_and_malformed_claims_are_kept_as_written() {
    let manifest = read(&json!({
        "schemaVersion": 2,
        "layers": [{ "digest": "sha256:abc", "size": -1 }, { "digest": "md5:abc" }, {}, null],
    }));
    let digests: Vec<_> = manifest.layers.iter().map(|layer| layer.digest.clone()).collect();
    use DigestError::{Format, Length, Unsupported};
    assert_eq!(digests, [Err(Length), Err(Unsupported), Err(Format), Err(Format)]);
    assert_eq!(manifest.layers[0].digest_text, "sha256:abc");
    assert_eq!(manifest.layers[0].size, Some(-1));
}

#[test]
fn reading_is_as_generous_as_the_registrys() {
    let deep = format!("{{\"schemaVersion\":2,\"x\":{}{}}}", "[".repeat(100_000), "]".repeat(100_000));
    for text in [
        deep.as_bytes(),
        br#"{"schemaVersion":3,"schemaVersion":2}"#,
        br#"{"SchemaVersion":2,"config":null,"layers":null,"manifests":null}"#,
        b"{\"schemaVersion\":2,\"annotations\":{\"a\":\"\xff\"}}",
    ] {
        assert_eq!(parse(text).map(|manifest| manifest.kind), Ok(Kind::OciManifest));
    }
}

#[test]
fn what_is_no_manifest_says_why() {
    let many = format!("{{\"schemaVersion\":2,\"layers\":[{}{{}}]}}", "{},".repeat(PART_LIMIT));
    let table: [(&[u8], &str); 14] = [
        (b"", "the manifest is empty"),
        (b"{\"schemaVersion\": 2,\n \"lay", "the JSON ends early, in line 2"),
        (b"\x1f\x8b\x08\x00", "the bytes are no JSON, in line 1 at column 1"),
        (b"\xef\xbb\xbf{}", "the bytes are no JSON, in line 1"),
        (b"{\"schemaVersion\": 2}\0\0", "the bytes are no JSON"),
        (b"{}", "no schemaVersion"),
        (b"[]", "the JSON is no manifest"),
        (b"null", "the JSON is no manifest"),
        (b"{\"schemaVersion\": 3}", "schema version 3"),
        (b"{\"schemaVersion\": \"2\"}", "schemaVersion: invalid type: string"),
        (b"{\"schemaVersion\": 2, \"layers\": {}}", "layers: invalid type"),
        (b"{\"schemaVersion\": 2, \"layers\": [{\"size\": \"1\"}]}", "size: invalid type"),
        (br#"{"schemaVersion": 2, "mediaType": "application/x"}"#, "unknown media type \"application/x\""),
        (many.as_bytes(), "names 65537 parts"),
    ];
    for (bytes, wanted) in table {
        let message = parse(bytes).unwrap_err().to_string();
        assert!(
            message.contains(wanted),
            "{:?}: {message}",
            String::from_utf8_lossy(&bytes[..bytes.len().min(60)])
        );
    }
    let huge = vec![b'['; 50 * 1024 * 1024];
    assert_eq!(parse(&huge), Err(ManifestError::TooLarge { size: 52_428_800 }));
    assert!(parse(&huge[..4 * 1024 * 1024]).is_err());
}

proptest! {
    #[test]
    fn any_bytes_are_a_manifest_or_an_error(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        let _ = parse(&bytes);
    }

    #[test]
    fn a_manifest_cut_anywhere_is_an_error(at in 0_usize..400) {
        let whole = json!({
            "schemaVersion": 2,
            "config": part("x", b"config"),
            "layers": [part("y", b"layer")],
        })
        .to_string();
        prop_assume!(at < whole.len());
        prop_assert!(parse(&whole.as_bytes()[..at]).is_err());
    }

    #[test]
    fn a_manifest_with_any_byte_changed_does_no_harm(at in 0_usize..400, byte: u8) {
        let mut bytes = json!({ "schemaVersion": 2, "manifests": [part("y", b"layer")] }).to_string().into_bytes();
        if let Some(place) = bytes.get_mut(at) {
            *place = byte;
        }
        let _ = parse(&bytes);
    }
}
