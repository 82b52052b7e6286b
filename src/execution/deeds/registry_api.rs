//! The steps that go through the registry's API.

use bytes::Bytes;

use crate::model::{Permit, StepOutcome};
use crate::registry::digest::Digest;
use crate::registry::reference::{Reference, Repository, Tag};
use crate::sources::registry_api::{ApiError, ApiErrorKind, Client};

/// Deletes a tag.
pub async fn delete(client: Option<&Client>, permit: Permit, repository: &str, tag: &str) -> StepOutcome {
    let Some(client) = client else { return no_address() };
    let (repository, tag) = (Repository::found(repository), Tag::found(tag));
    let error = match client.delete_tag(&permit, &repository, &tag).await {
        Ok(_) => return StepOutcome::Done { version: None },
        Err(error) => error,
    };
    match error.kind {
        ApiErrorKind::NotFound => {
            StepOutcome::Already { why: format!("the registry has no tag {repository}:{tag}") }
        }
        ApiErrorKind::Denied | ApiErrorKind::Throttled => failed(&error),
        ApiErrorKind::Unreachable | ApiErrorKind::Broken => {
            match client.head_manifest(&Reference::tag(repository, tag)).await {
                Err(gone) if gone.is_not_found() => StepOutcome::Done { version: None },
                Ok(_) => failed(&error),
                Err(_) => StepOutcome::Failed {
                    why: format!(
                        "{error}; whether the tag was deleted is not known, so look before the next step"
                    ),
                },
            }
        }
    }
}

/// Puts a manifest under a tag that is not there.
pub async fn put(
    client: Option<&Client>,
    permit: Permit,
    repository: &str,
    tag: &str,
    media_type: &str,
    bytes: Bytes,
) -> StepOutcome {
    let Some(client) = client else { return no_address() };
    let reference = Reference::tag(Repository::found(repository), Tag::found(tag));
    let digest = Digest::of(&bytes).to_string();
    match client.head_manifest(&reference).await {
        Err(error) if error.is_not_found() => {}
        Ok(head) if head.claimed.as_ref() == Some(&digest) => {
            return StepOutcome::Already { why: format!("{repository}:{tag} is {digest} already") };
        }
        Ok(_) => {
            return StepOutcome::Changed {
                why: format!("{repository}:{tag} was pushed since; it was left as it is"),
            };
        }
        Err(error) => return failed(&error),
    }
    let (name, tag) = (Repository::found(repository), Tag::found(tag));
    match client.put_manifest(&permit, &name, &tag, media_type, bytes).await {
        Ok(said) => StepOutcome::Done { version: Some(said.unwrap_or(digest)) },
        Err(error) => match client.head_manifest(&reference).await {
            Ok(head) if head.claimed.as_ref() == Some(&digest) => StepOutcome::Done { version: Some(digest) },
            Ok(_) | Err(_) => failed(&error),
        },
    }
}

fn no_address() -> StepOutcome {
    StepOutcome::Failed {
        why: "the registry's address is not known; set url in the profile's registry section".to_owned(),
    }
}

fn failed(error: &ApiError) -> StepOutcome {
    StepOutcome::Failed { why: error.to_string() }
}
