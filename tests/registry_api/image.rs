//! An image as an OCI layout on disk, for skopeo to push.

use std::{fs, path::Path};

use quarterdeck::registry::{digest::Digest, manifest::media_type};
use serde_json::{Value, json};

/// Bytes of the one layer, so that tests know what to expect.
pub const LAYER: &[u8] = b"not really a tar archive";

/// Writes a layout with an index of one image per architecture, and returns the index's digest.
pub fn write(folder: &Path, architectures: &[&str]) -> Digest {
    let manifests: Vec<Value> = architectures.iter().map(|name| image(folder, name)).collect();
    let index = json!({ "schemaVersion": 2, "mediaType": media_type::OCI_INDEX, "manifests": manifests });
    let digest = Digest::of(index.to_string().as_bytes());
    let entry = blob(folder, media_type::OCI_INDEX, index.to_string().as_bytes());
    fs::write(folder.join("oci-layout"), r#"{"imageLayoutVersion":"1.0.0"}"#).unwrap();
    let layout = json!({ "schemaVersion": 2, "manifests": [entry] });
    fs::write(folder.join("index.json"), layout.to_string()).unwrap();
    digest
}

fn image(folder: &Path, architecture: &str) -> Value {
    let config = json!({
        "architecture": architecture,
        "os": "linux",
        "rootfs": { "type": "layers", "diff_ids": [Digest::of(LAYER).to_string()] },
    });
    let manifest = json!({
        "schemaVersion": 2,
        "mediaType": media_type::OCI_MANIFEST,
        "config": blob(folder, "application/vnd.oci.image.config.v1+json", config.to_string().as_bytes()),
        "layers": [blob(folder, "application/vnd.oci.image.layer.v1.tar", LAYER)],
    });
    let mut entry = blob(folder, media_type::OCI_MANIFEST, manifest.to_string().as_bytes());
    entry["platform"] = json!({ "os": "linux", "architecture": architecture });
    entry
}

fn blob(folder: &Path, media_type: &str, bytes: &[u8]) -> Value {
    let digest = Digest::of(bytes);
    let blobs = folder.join("blobs/sha256");
    fs::create_dir_all(&blobs).unwrap();
    fs::write(blobs.join(digest.hex()), bytes).unwrap();
    json!({ "mediaType": media_type, "digest": digest.to_string(), "size": bytes.len() })
}
