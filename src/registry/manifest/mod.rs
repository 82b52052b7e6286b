//! Manifests and indexes, as far as a pull follows them.
//!
//! Reading is as generous as the registry's own (unknown fields, repeated fields, malformed digests pass) and as
//! strict (what it answers 500 to is an error here). Only what a chain needs is kept.

mod descriptor;
mod fields;

pub use descriptor::{Descriptor, Part, Platform};

use fields::Fields;

/// Bytes beyond which no registry serves a manifest.
pub const MANIFEST_LIMIT: u64 = 4 * 1024 * 1024;
/// Parts beyond which a manifest is not followed: a bound against hostile ones, far above any real image.
pub const PART_LIMIT: usize = 65_536;

/// Media types of the manifests that registries know.
pub mod media_type {
    pub const DOCKER_MANIFEST: &str = "application/vnd.docker.distribution.manifest.v2+json";
    pub const DOCKER_LIST: &str = "application/vnd.docker.distribution.manifest.list.v2+json";
    pub const OCI_MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";
    pub const OCI_INDEX: &str = "application/vnd.oci.image.index.v1+json";
    pub const SCHEMA1: &str = "application/vnd.docker.distribution.manifest.v1+json";
    pub const SCHEMA1_SIGNED: &str = "application/vnd.docker.distribution.manifest.v1+prettyjws";

    /// What a client of today accepts, best first.
    pub const ACCEPTED: [&str; 4] = [OCI_INDEX, DOCKER_LIST, OCI_MANIFEST, DOCKER_MANIFEST];
}

/// Which kind of document a manifest is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// Docker image manifest, version 2 schema 2.
    DockerManifest,
    /// Docker manifest list.
    DockerList,
    /// OCI image manifest, artifacts included.
    OciManifest,
    /// OCI image index.
    OciIndex,
    /// Docker image manifest of schema 1: served by 2.x only.
    Schema1,
}

impl Kind {
    /// The media type that a registry serves this kind as.
    pub const fn media_type(self) -> &'static str {
        match self {
            Self::DockerManifest => media_type::DOCKER_MANIFEST,
            Self::DockerList => media_type::DOCKER_LIST,
            Self::OciManifest => media_type::OCI_MANIFEST,
            Self::OciIndex => media_type::OCI_INDEX,
            Self::Schema1 => media_type::SCHEMA1_SIGNED,
        }
    }

    /// A few words for people.
    pub const fn name(self) -> &'static str {
        match self {
            Self::DockerManifest => "Docker manifest",
            Self::DockerList => "Docker manifest list",
            Self::OciManifest => "OCI manifest",
            Self::OciIndex => "OCI index",
            Self::Schema1 => "Docker manifest of schema 1",
        }
    }

    /// Whether the document lists other manifests.
    pub const fn is_index(self) -> bool {
        matches!(self, Self::DockerList | Self::OciIndex)
    }
}

/// Why bytes are no manifest that a registry can serve.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ManifestError {
    #[error("the manifest is empty (0 bytes)")]
    Empty,
    #[error("the manifest has {size} bytes; registries serve at most {MANIFEST_LIMIT}")]
    TooLarge { size: u64 },
    #[error("the JSON ends early, in line {line} at column {column}")]
    CutShort { line: usize, column: usize },
    #[error("the bytes are no JSON, in line {line} at column {column}: {why}")]
    NotJson { line: usize, column: usize, why: String },
    #[error("the JSON is no manifest: {why}")]
    NotAManifest { why: String },
    #[error("the manifest is of the unknown media type {media_type:?}")]
    UnknownMediaType { media_type: String },
    /// Says nothing about the registry: it may well serve such a manifest.
    #[error("the manifest names {count} parts; no more than {PART_LIMIT} are followed")]
    TooManyParts { count: usize },
}

/// A manifest or index.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Manifest {
    pub kind: Kind,
    /// As written; an OCI document need not say.
    pub media_type: Option<String>,
    /// What an artifact says it is.
    pub artifact_type: Option<String>,
    pub config: Option<Descriptor>,
    /// Layers in the order written; of schema 1 without sizes.
    pub layers: Vec<Descriptor>,
    /// What an index lists: manifests, in a build cache also blobs.
    pub entries: Vec<Descriptor>,
    /// The manifest that this one is about (signatures, bills of materials). A pull does not need it.
    pub subject: Option<Descriptor>,
}

impl Manifest {
    /// The entries of an index that are manifests themselves.
    pub fn children(&self) -> impl Iterator<Item = &Descriptor> {
        self.entries.iter().filter(|entry| entry.part() == Part::Manifest)
    }

    /// Everything this document needs as a blob of its repository: configuration, layers, and the entries of
    /// an index that are no manifests. Those with `urls` are among them.
    pub fn blobs(&self) -> impl Iterator<Item = &Descriptor> {
        let entries = self.entries.iter().filter(|entry| entry.part() == Part::Blob);
        self.config.iter().chain(&self.layers).chain(entries)
    }
}

/// Reads a manifest. Takes a time and memory in proportion to at most [`MANIFEST_LIMIT`] bytes, whatever the bytes.
pub fn parse(bytes: &[u8]) -> Result<Manifest, ManifestError> {
    if bytes.is_empty() {
        return Err(ManifestError::Empty);
    }
    let size = bytes.len() as u64;
    if size > MANIFEST_LIMIT {
        return Err(ManifestError::TooLarge { size });
    }
    let text = String::from_utf8_lossy(bytes);
    let fields = Fields::of_document(&text)?;
    let media_type = fields.text("mediaType")?;
    let kind = kind(&fields, media_type.as_deref())?;
    let mut manifest = Manifest {
        kind,
        media_type,
        artifact_type: fields.text("artifactType")?,
        config: None,
        layers: Vec::new(),
        entries: Vec::new(),
        subject: None,
    };
    match kind {
        Kind::Schema1 => manifest.layers = fields.list("fsLayers", Descriptor::of_fs_layer)?,
        Kind::DockerList | Kind::OciIndex => manifest.entries = fields.list("manifests", Descriptor::read)?,
        Kind::DockerManifest | Kind::OciManifest => {
            manifest.config = fields.object("config", Descriptor::read)?;
            manifest.layers = fields.list("layers", Descriptor::read)?;
        }
    }
    if matches!(kind, Kind::OciManifest | Kind::OciIndex) {
        manifest.subject = fields.object("subject", Descriptor::read)?;
    }
    Ok(manifest)
}

/// Tells the kind as a registry does: by schema version, then media type, then by the field `manifests`.
fn kind(fields: &Fields<'_>, media_type: Option<&str>) -> Result<Kind, ManifestError> {
    match fields.integer("schemaVersion")? {
        Some(1) => Ok(Kind::Schema1),
        Some(2) => match media_type.unwrap_or_default() {
            media_type::DOCKER_MANIFEST => Ok(Kind::DockerManifest),
            media_type::DOCKER_LIST => Ok(Kind::DockerList),
            media_type::OCI_MANIFEST => Ok(Kind::OciManifest),
            media_type::OCI_INDEX => Ok(Kind::OciIndex),
            "" if fields.has("manifests") => Ok(Kind::OciIndex),
            "" => Ok(Kind::OciManifest),
            unknown => Err(ManifestError::UnknownMediaType { media_type: unknown.to_owned() }),
        },
        Some(version) => Err(ManifestError::NotAManifest { why: format!("schema version {version}") }),
        None => Err(ManifestError::NotAManifest { why: "no schemaVersion".to_owned() }),
    }
}

#[cfg(test)]
mod tests;
