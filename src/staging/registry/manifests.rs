//! `GET` and `HEAD` of manifests, by tag and by digest.

use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};

use super::answers::Refusal;
use super::links;
use crate::registry::digest::Digest;
use crate::registry::layout::Key;
use crate::registry::manifest::{self, Kind, MANIFEST_LIMIT, ManifestError, media_type};
use crate::registry::reference::{Repository, Target};
use crate::storage::ObjectStore;

/// What a client of that name gets.
pub async fn get(
    store: &dyn ObjectStore,
    repository: &Repository,
    target: &Target,
    headers: &HeaderMap,
) -> Result<Response, Refusal> {
    let digest = match target {
        Target::Digest(digest) => digest.clone(),
        Target::Tag(tag) => {
            let link = Key::CurrentLink { repository: repository.clone(), tag: tag.clone() };
            links::read(store, &link).await?.ok_or_else(|| Refusal::no_tag(tag.as_str()))?
        }
    };
    // As the real one: whoever has that digest already is told so without a look at what is there.
    let known = headers.get_all(header::IF_NONE_MATCH).iter().filter_map(|value| value.to_str().ok());
    if known.into_iter().any(|tag| tag.trim_matches('"') == digest.to_string()) {
        return Ok(StatusCode::NOT_MODIFIED.into_response());
    }
    let bytes = bytes(store, repository, &digest).await?;
    let manifest = manifest::parse(&bytes).map_err(|error| Refusal::unknown(&words(&error)))?;
    accepted(manifest.kind, headers)?;
    let digest = digest.to_string();
    let answer = [
        (header::CONTENT_TYPE, media_type_of(manifest.kind).to_owned()),
        (header::ETAG, format!("\"{digest}\"")),
        (header::HeaderName::from_static("docker-content-digest"), digest),
    ];
    Ok((answer, bytes).into_response())
}

async fn bytes(
    store: &dyn ObjectStore,
    repository: &Repository,
    digest: &Digest,
) -> Result<bytes::Bytes, Refusal> {
    // Very old registries linked revisions where layers are linked.
    let links = [
        Key::RevisionLink { repository: repository.clone(), digest: digest.clone() },
        Key::LayerLink { repository: repository.clone(), digest: digest.clone() },
    ];
    let found = links::follow(store, &links).await?;
    let (blob, entry) =
        found.ok_or_else(|| Refusal::no_revision(repository.as_str(), &digest.to_string()))?;
    if entry.size.is_some_and(|size| size > MANIFEST_LIMIT) {
        return Err(Refusal::unknown(&"storage: read exceeds limit"));
    }
    Ok(store.read(&Key::BlobData { digest: blob }.path(), None).await?.bytes)
}

/// The same in the words of the real one, which are what people search for.
fn words(error: &ManifestError) -> String {
    match error {
        ManifestError::Empty | ManifestError::CutShort { .. } => "unexpected end of JSON input".to_owned(),
        ManifestError::NotJson { .. } => "invalid character looking for beginning of value".to_owned(),
        ManifestError::NotAManifest { .. } => "unrecognized manifest schema version 0".to_owned(),
        ManifestError::UnknownMediaType { media_type } => {
            format!("errors verifying manifest: unrecognized manifest content type {media_type}")
        }
        ManifestError::TooLarge { .. } => "storage: read exceeds limit".to_owned(),
        other => other.to_string(),
    }
}

/// Only OCI's kinds are kept from clients that do not ask for them.
fn accepted(kind: Kind, headers: &HeaderMap) -> Result<(), Refusal> {
    let accepts = |media_type: &str| {
        let values = headers.get_all(header::ACCEPT).iter().filter_map(|value| value.to_str().ok());
        values
            .flat_map(|value| value.split(','))
            .any(|one| one.split(';').next().is_some_and(|it| it.trim() == media_type))
    };
    match kind {
        Kind::OciManifest if !accepts(media_type::OCI_MANIFEST) => {
            Err(Refusal::not_accepted("OCI manifest found, but accept header does not support OCI manifests"))
        }
        Kind::OciIndex if !accepts(media_type::OCI_INDEX) => {
            Err(Refusal::not_accepted("OCI index found, but accept header does not support OCI indexes"))
        }
        _ => Ok(()),
    }
}

const fn media_type_of(kind: Kind) -> &'static str {
    match kind {
        Kind::DockerManifest => media_type::DOCKER_MANIFEST,
        Kind::DockerList => media_type::DOCKER_LIST,
        Kind::OciManifest => media_type::OCI_MANIFEST,
        Kind::OciIndex => media_type::OCI_INDEX,
        Kind::Schema1 => media_type::SCHEMA1_SIGNED,
    }
}
