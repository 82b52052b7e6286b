//! Judges the bytes of one manifest, whoever names it.

use super::{Facts, Hash, Look, ManifestSeen, size_differs};
use crate::registry::checks::{Check, config_and_layers, index, manifest as bytes};
use crate::registry::digest::Digest;
use crate::registry::manifest::{Descriptor, Kind, MANIFEST_LIMIT, Manifest, ManifestError};
use crate::registry::report::HopState;

/// Kind and platform, in a few words.
pub(super) fn about(manifest: &ManifestSeen, child: Option<&Descriptor>) -> String {
    let kind = match &manifest.content {
        Some(Ok(manifest)) => manifest.kind.name().to_owned(),
        Some(Err(_)) | None => String::new(),
    };
    let platform = match child {
        Some(descriptor) if descriptor.attestation => Some("attestation".to_owned()),
        Some(descriptor) => descriptor.platform.as_ref().map(ToString::to_string),
        None => None,
    };
    [kind, platform.unwrap_or_default()]
        .iter()
        .filter(|part| !part.is_empty())
        .cloned()
        .collect::<Vec<_>>()
        .join(", ")
}

/// What a manifest's bytes came to.
pub(super) enum Judged {
    Good,
    Unread(String),
    Fault(&'static Check, String),
}

impl Judged {
    pub const fn state(&self) -> HopState {
        match self {
            Self::Good => HopState::Good,
            Self::Unread(_) => HopState::Unknown,
            Self::Fault(..) => HopState::Bad,
        }
    }
}

pub(super) fn bytes_of(manifest: &ManifestSeen, digest: &Digest, child: Option<&Descriptor>) -> Judged {
    let facts = match &manifest.data {
        Look::There(facts) => facts,
        Look::Missing => {
            let check = if child.is_some() { &index::CHILD_BLOB_MISSING } else { &bytes::MISSING };
            return Judged::Fault(check, format!("missing; should hold the manifest {digest}"));
        }
        Look::Folder => {
            return Judged::Fault(
                &bytes::IS_FOLDER,
                "a folder stands where the manifest should be".to_owned(),
            );
        }
        Look::Unread(why) => return Judged::Unread(why.clone()),
    };
    let size = facts.size.map_or_else(|| "an unknown number of".to_owned(), |size| size.to_string());
    if facts.size.is_some_and(|size| size > MANIFEST_LIMIT) {
        return oversized(&manifest.hash, &size, digest);
    }
    match (&manifest.hash, &manifest.content) {
        (Hash::Unread(why), _) => Judged::Unread(why.clone()),
        (Hash::Unhashed, _) | (_, None) => Judged::Unread("its bytes were not read".to_owned()),
        (Hash::Wrong, Some(content)) => {
            let why = match content {
                Ok(_) | Err(ManifestError::Empty) => String::new(),
                Err(error) => format!("; {error}"),
            };
            let detail = format!("has {size} bytes; should have those of the manifest {digest}{why}");
            Judged::Fault(wrong(content, child), detail)
        }
        (Hash::Right, Some(Ok(manifest))) => right(manifest, facts, child),
        (Hash::Right, Some(Err(error))) => match error {
            ManifestError::TooManyParts { .. } => Judged::Unread(error.to_string()),
            ManifestError::UnknownMediaType { .. } => {
                Judged::Fault(&bytes::UNKNOWN_MEDIA_TYPE, error.to_string())
            }
            ManifestError::TooLarge { .. } => Judged::Fault(&bytes::OVERSIZED, error.to_string()),
            ManifestError::Empty
            | ManifestError::CutShort { .. }
            | ManifestError::NotJson { .. }
            | ManifestError::NotAManifest { .. } => Judged::Fault(
                &bytes::NOT_A_MANIFEST,
                format!("its bytes are those of its digest, but {error}"),
            ),
        },
    }
}

/// One that was pushed like that cannot be pushed again; one whose bytes were spoilt can, once they are gone.
fn oversized(hash: &Hash, size: &str, digest: &Digest) -> Judged {
    let served = format!("a registry serves at most {MANIFEST_LIMIT}");
    match hash {
        Hash::Wrong => {
            let detail =
                format!("has {size} bytes; should have those of the manifest {digest}, and {served}");
            Judged::Fault(&bytes::GARBAGE, detail)
        }
        Hash::Right | Hash::Unhashed | Hash::Unread(_) => {
            Judged::Fault(&bytes::OVERSIZED, format!("has {size} bytes; {served}"))
        }
    }
}

fn wrong(content: &Result<Manifest, ManifestError>, child: Option<&Descriptor>) -> &'static Check {
    match (content, child) {
        (Ok(_), _) => &bytes::ALTERED,
        (Err(ManifestError::Empty), Some(_)) => &index::CHILD_BLOB_EMPTY,
        (Err(ManifestError::Empty), None) => &bytes::EMPTY,
        (Err(ManifestError::CutShort { .. }), _) => &bytes::TRUNCATED,
        (Err(ManifestError::TooLarge { .. }), _) => &bytes::OVERSIZED,
        (
            Err(
                ManifestError::NotJson { .. }
                | ManifestError::NotAManifest { .. }
                | ManifestError::UnknownMediaType { .. }
                | ManifestError::TooManyParts { .. },
            ),
            _,
        ) => &bytes::GARBAGE,
    }
}

fn right(manifest: &Manifest, facts: &Facts, child: Option<&Descriptor>) -> Judged {
    if manifest.kind == Kind::Schema1 {
        return Judged::Fault(
            &bytes::SCHEMA_1,
            "is whole, but of schema version 1, which only 2.x serves".to_owned(),
        );
    }
    match (child, facts.size) {
        (Some(descriptor), Some(size)) if size_differs(descriptor, size) => {
            let stated = descriptor.size.unwrap_or_default();
            let detail = format!("has {size} bytes and is whole; the index states {stated}");
            Judged::Fault(&config_and_layers::SIZE_WRONG, detail)
        }
        (_, _) => Judged::Good,
    }
}
