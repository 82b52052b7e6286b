//! What a manifest says about one of its parts.

use std::fmt;

use super::{ManifestError, fields::Fields, media_type};
use crate::registry::digest::{Digest, DigestError};

/// A claim about one part. None of it need be true, or even well formed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Descriptor {
    /// Empty when the manifest does not say.
    pub media_type: String,
    /// As written.
    pub digest_text: String,
    /// What the text means to the registry.
    pub digest: Result<Digest, DigestError>,
    /// Bytes as claimed, if claimed.
    pub size: Option<i64>,
    pub platform: Option<Platform>,
    /// Where else the bytes can be had: a layer with any need not be stored here.
    pub urls: Vec<String>,
    /// Whether the part is a build attestation, which no platform pulls.
    pub attestation: bool,
}

/// Where a part of an index is stored, by what it says it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// A manifest of the repository, with a revision link.
    Manifest,
    /// A blob of the repository, with a layer link.
    Blob,
}

impl Descriptor {
    pub(super) fn read(fields: &Fields<'_>) -> Result<Self, ManifestError> {
        let platform = fields.object("platform", Platform::read)?;
        let annotated = fields.object("annotations", |notes| notes.text("vnd.docker.reference.type"))?;
        Ok(Self {
            media_type: fields.text("mediaType")?.unwrap_or_default(),
            size: fields.integer("size")?,
            urls: fields.texts("urls")?,
            attestation: annotated.flatten().as_deref() == Some("attestation-manifest"),
            platform,
            ..Self::of_text(fields.text("digest")?.unwrap_or_default())
        })
    }

    /// A layer of schema 1.
    pub(super) fn of_fs_layer(fields: &Fields<'_>) -> Result<Self, ManifestError> {
        Ok(Self::of_text(fields.text("blobSum")?.unwrap_or_default()))
    }

    fn of_text(digest_text: String) -> Self {
        Self {
            media_type: String::new(),
            digest: Digest::parse(&digest_text),
            digest_text,
            size: None,
            platform: None,
            urls: Vec::new(),
            attestation: false,
        }
    }

    /// Whether this is a manifest or a blob. What does not say counts as a manifest: only an index's entries
    /// are asked, and a build cache, the one index of blobs, does say.
    pub fn part(&self) -> Part {
        let manifest = self.media_type.is_empty()
            || media_type::ACCEPTED.contains(&self.media_type.as_str())
            || [".manifest.", ".index."].iter().any(|word| self.media_type.contains(word));
        if manifest { Part::Manifest } else { Part::Blob }
    }

    /// Whether the bytes may rightly be missing here, because they can be had elsewhere.
    pub fn is_elsewhere(&self) -> bool {
        !self.urls.is_empty()
    }
}

/// What an image runs on.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Platform {
    pub os: String,
    pub architecture: String,
    /// Empty when there is none.
    pub variant: String,
}

impl Platform {
    fn read(fields: &Fields<'_>) -> Result<Self, ManifestError> {
        let text = |name| fields.text(name).map(Option::unwrap_or_default);
        Ok(Self { os: text("os")?, architecture: text("architecture")?, variant: text("variant")? })
    }
}

impl fmt::Display for Platform {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.os, self.architecture)?;
        match self.variant.as_str() {
            "" => Ok(()),
            variant => write!(f, "/{variant}"),
        }
    }
}
