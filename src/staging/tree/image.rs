//! Images as a client pushes them: a manifest with everything it refers to.

use std::collections::BTreeMap;

use bytes::Bytes;
use serde::Serialize;

use super::error::Result;
use super::seed::sha256;

/// Media types of what a registry keeps.
pub mod media {
    pub const DOCKER_MANIFEST: &str = "application/vnd.docker.distribution.manifest.v2+json";
    pub const DOCKER_LIST: &str = "application/vnd.docker.distribution.manifest.list.v2+json";
    pub const DOCKER_CONFIG: &str = "application/vnd.docker.container.image.v1+json";
    pub const DOCKER_LAYER: &str = "application/vnd.docker.image.rootfs.diff.tar.gzip";
    pub const DOCKER_FOREIGN_LAYER: &str = "application/vnd.docker.image.rootfs.foreign.diff.tar.gzip";
    pub const DOCKER_SCHEMA1: &str = "application/vnd.docker.distribution.manifest.v1+prettyjws";
    pub const OCI_MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";
    pub const OCI_INDEX: &str = "application/vnd.oci.image.index.v1+json";
    pub const OCI_CONFIG: &str = "application/vnd.oci.image.config.v1+json";
    pub const OCI_LAYER: &str = "application/vnd.oci.image.layer.v1.tar+gzip";
    pub const OCI_FOREIGN_LAYER: &str = "application/vnd.oci.image.layer.nondistributable.v1.tar+gzip";
    pub const OCI_EMPTY: &str = "application/vnd.oci.empty.v1+json";
}

/// What a manifest says about one thing it refers to.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Descriptor {
    pub media_type: String,
    pub size: u64,
    pub digest: String,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub urls: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub platform: Option<Platform>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub annotations: BTreeMap<String, String>,
}

impl Descriptor {
    /// What to say about some bytes.
    pub fn of(media_type: &str, bytes: &[u8]) -> Self {
        Self {
            media_type: media_type.to_owned(),
            size: bytes.len() as u64,
            digest: sha256(bytes),
            ..Self::default()
        }
    }
}

/// What an index says about where a child runs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Platform {
    pub architecture: String,
    pub os: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub variant: Option<String>,
}

/// The fields of a manifest of schema 2, in the order in which they are written.
#[derive(Clone, Debug, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Manifest {
    pub schema_version: u8,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub media_type: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub artifact_type: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub config: Option<Descriptor>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub layers: Vec<Descriptor>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub manifests: Vec<Descriptor>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub subject: Option<Descriptor>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub annotations: BTreeMap<String, String>,
}

/// A manifest with everything it refers to, ready to be pushed.
#[derive(Clone, Debug, Default)]
pub struct Image {
    /// The manifest's bytes.
    pub raw: Bytes,
    /// What a client announces them as.
    pub media_type: String,
    /// Digest of [`raw`](Self::raw).
    pub digest: String,
    /// Configuration and layers by digest, as far as they are stored.
    pub blobs: BTreeMap<String, Bytes>,
    /// What an index leads to.
    pub children: Vec<Image>,
    pub config: Option<Descriptor>,
    pub layers: Vec<Descriptor>,
}

impl Image {
    /// An image of these manifest bytes, which nothing else belongs to yet.
    pub fn of_bytes(raw: impl Into<Bytes>, media_type: &str) -> Self {
        let raw = raw.into();
        Self { digest: sha256(&raw), raw, media_type: media_type.to_owned(), ..Self::default() }
    }

    /// An image of this manifest and the blobs it refers to.
    pub fn of_manifest(
        manifest: &Manifest,
        media_type: &str,
        blobs: impl IntoIterator<Item = Bytes>,
    ) -> Result<Self> {
        let mut image = Self::of_bytes(serde_json::to_vec_pretty(manifest)?, media_type);
        image.blobs = blobs.into_iter().map(|bytes| (sha256(&bytes), bytes)).collect();
        image.config = manifest.config.clone();
        image.layers = manifest.layers.clone();
        Ok(image)
    }

    /// What an index says about this image.
    pub fn descriptor(&self) -> Descriptor {
        Descriptor {
            media_type: self.media_type.clone(),
            size: self.raw.len() as u64,
            digest: self.digest.clone(),
            ..Descriptor::default()
        }
    }
}
