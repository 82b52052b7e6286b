//! What changes a registry through its API: deleting a tag, and putting a manifest under one. Both want a permit.

use bytes::Bytes;
use reqwest::{Method, StatusCode};

use super::{
    answers::{DeleteByTag, DeleteRoute},
    client::{Client, DIGEST, LIST_LIMIT, failure, speakable},
    error::{ApiError, ApiErrorKind},
    transport::{Content, Request},
};
use crate::{
    model::Permit,
    registry::reference::{Reference, Repository, Tag},
};

/// What a registry answers that takes a digest only.
const WANTS_DIGEST: &str = "DIGEST_INVALID";

impl Client {
    /// Deletes a tag, never a manifest. The API knows no precondition: what the tag is at that moment goes. Without an
    /// answer ([`ApiErrorKind::Unreachable`]) it is not known whether it went.
    ///
    /// # Errors
    ///
    /// [`ApiErrorKind::NotFound`] where there is no such tag; `DIGEST_INVALID` from a registry that cannot do this.
    pub async fn delete_tag(
        &self,
        _permit: &Permit,
        repository: &Repository,
        tag: &Tag,
    ) -> Result<DeleteRoute, ApiError> {
        let error = match self.send_delete(repository, tag, DeleteRoute::Manifests).await {
            Ok(()) => return Ok(DeleteRoute::Manifests),
            Err(error) => error,
        };
        if !wants_digest(&error) {
            return Err(error);
        }
        match self.send_delete(repository, tag, DeleteRoute::TagsReference).await {
            Ok(()) => Ok(DeleteRoute::TagsReference),
            // A registry without that route says so without a code.
            Err(other) if other.status == Some(404) && other.code.is_none() => Err(error),
            Err(other) => Err(other),
        }
    }

    /// Puts a manifest under a tag, over whatever is there: look first. The digest that the registry gives it, if it
    /// says.
    ///
    /// # Errors
    ///
    /// The registry refused it, as it does while parts of the image are missing, or did not answer.
    pub async fn put_manifest(
        &self,
        _permit: &Permit,
        repository: &Repository,
        tag: &Tag,
        media_type: &str,
        bytes: Bytes,
    ) -> Result<Option<String>, ApiError> {
        let reference = Reference::tag(repository.clone(), tag.clone());
        let path = reference.api_path();
        speakable(&Method::PUT, &path, &reference)?;
        let content = Some(Content { media_type, bytes });
        let request = Request { content, ..self.request(Method::PUT, &path, "", LIST_LIMIT) };
        let answer = self.call(&request, repository).await?;
        match answer.status {
            StatusCode::CREATED | StatusCode::OK => Ok(answer.header(DIGEST).map(str::to_owned)),
            _ => Err(failure(&request, &answer)),
        }
    }

    /// Whether the registry deletes by tag: asks it to delete a tag of a random name that nobody has.
    pub async fn probe_delete(&self, _permit: &Permit, repository: &Repository) -> DeleteByTag {
        let tag = nobodys_tag();
        let reference = Reference::tag(repository.clone(), tag.clone());
        match self.head_manifest(&reference).await {
            Err(error) if error.is_not_found() => {}
            Err(error) => return judge(&error, repository, "pull"),
            Ok(_) => return DeleteByTag::Unknown(format!("it has a tag of the random name {tag}")),
        }
        for route in [DeleteRoute::Manifests, DeleteRoute::TagsReference] {
            match self.send_delete(repository, &tag, route).await {
                Ok(()) => return DeleteByTag::Yes(route),
                Err(error) if error.is_not_found() && error.code.is_some() => return DeleteByTag::Yes(route),
                Err(error) if wants_digest(&error) => {}
                Err(error) if route == DeleteRoute::TagsReference && error.status == Some(404) => {}
                Err(error) => return judge(&error, repository, "delete"),
            }
        }
        DeleteByTag::No(
            "this registry deletes by digest only, as distribution 2.x does; that would take every tag on the digest"
                .to_owned(),
        )
    }

    async fn send_delete(
        &self,
        repository: &Repository,
        tag: &Tag,
        route: DeleteRoute,
    ) -> Result<(), ApiError> {
        let reference = Reference::tag(repository.clone(), tag.clone());
        let path = match route {
            DeleteRoute::Manifests => reference.api_path(),
            DeleteRoute::TagsReference => format!("/v2/{repository}/tags/reference/{tag}"),
        };
        speakable(&Method::DELETE, &path, &reference)?;
        let request = self.request(Method::DELETE, &path, "", LIST_LIMIT);
        let answer = self.call(&request, repository).await?;
        match answer.status {
            StatusCode::ACCEPTED | StatusCode::OK | StatusCode::NO_CONTENT => Ok(()),
            _ => Err(failure(&request, &answer)),
        }
    }
}

/// A legal name that no tag has: nobody can guess it, and it says where it comes from in a registry's log.
fn nobodys_tag() -> Tag {
    let word = || fastrand::u128(..);
    Tag::found(&format!("quarterdeck-asks-{:032x}{:032x}", word(), word()))
}

fn wants_digest(error: &ApiError) -> bool {
    error.status == Some(400) && error.code.as_deref() == Some(WANTS_DIGEST)
}

/// What an answer to the probe means that is neither "looked for it" nor "wants a digest".
fn judge(error: &ApiError, repository: &Repository, right: &str) -> DeleteByTag {
    match (error.kind, error.status) {
        (_, Some(405)) => DeleteByTag::No(format!(
            "deleting is switched off in this registry (storage.delete.enabled), or it is read-only: {error}"
        )),
        (ApiErrorKind::Denied, _) => DeleteByTag::No(format!(
            "we have no right to it: the scope repository:{repository}:{right} is needed. Name somebody in the profile \
             who has it (username, password): {error}"
        )),
        (
            ApiErrorKind::NotFound
            | ApiErrorKind::Throttled
            | ApiErrorKind::Unreachable
            | ApiErrorKind::Broken,
            _,
        ) => DeleteByTag::Unknown(error.to_string()),
    }
}
