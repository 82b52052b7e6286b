//! What of the registry a request is about.

use std::borrow::Cow;

use percent_encoding::percent_decode_str;

use super::fields::Fields;
use super::line::Request;
use super::mask;
use crate::model::Subject;
use crate::registry::digest::Digest;
use crate::registry::reference::{ApiPath, Repository, Tag, Target};

/// What a line is about: by its request's URI, else by the names beside it. Names that the registry refuses are nothing.
pub(super) fn of(fields: &Fields<'_>) -> Option<Subject> {
    fields.uri.as_deref().and_then(of_uri).or_else(|| of_names(fields))
}

/// What of the registry a path of its API is about, with or without query and percent-encoding.
pub fn of_uri(uri: &str) -> Option<Subject> {
    // What comes from a proxy may be a whole URL.
    let path = match uri.split_once("://") {
        Some((scheme, rest)) if !scheme.contains('/') => rest.find('/').map(|at| &rest[at..])?,
        _ => uri,
    };
    match path.strip_prefix("/gitlab/v1/") {
        Some(rest) => of_gitlab(rest),
        None => of_path(ApiPath::parse(path).ok()?),
    }
}

/// Hexadecimal digits of a digest that tell it from others.
const DIGITS: usize = 12;

/// What a request is about, in few words: of a blob the repository as well, of digests no more than tells them apart.
pub fn about(request: &Request) -> Option<String> {
    let short = |digest: &str| {
        let end = digest.find(':').map_or(DIGITS, |colon| colon + 1 + DIGITS);
        digest.get(..end).unwrap_or(digest).to_owned()
    };
    Some(match request.subject.as_ref()? {
        Subject::Manifest { repository, digest } => format!("{repository}@{}", short(digest)),
        Subject::Blob(digest) => match mask::repository(&request.uri) {
            Some(repository) => format!("{repository} blob {}", short(digest)),
            None => format!("blob {}", short(digest)),
        },
        Subject::Upload { repository, id } => format!("{repository} upload {}", id.get(..8).unwrap_or(id)),
        subject => subject.to_string(),
    })
}

fn of_path(path: ApiPath) -> Option<Subject> {
    let repository_of = |repository: &Repository| repository.as_str().to_owned();
    Some(match &path {
        ApiPath::Base | ApiPath::Catalog => return None,
        ApiPath::Tags { repository } => Subject::Repository(repository_of(repository)),
        ApiPath::Manifest { repository, target: Target::Tag(tag) } => {
            Subject::Tag { repository: repository_of(repository), tag: tag.as_str().to_owned() }
        }
        ApiPath::Manifest { repository, target: Target::Digest(digest) }
        | ApiPath::Referrers { repository, digest } => {
            Subject::Manifest { repository: repository_of(repository), digest: digest.to_string() }
        }
        ApiPath::Blob { digest, .. } => Subject::Blob(digest.to_string()),
        ApiPath::Upload { repository, id: Some(id) } if is_upload(id) => {
            Subject::Upload { repository: repository_of(repository), id: id.clone() }
        }
        ApiPath::Upload { repository, .. } => Subject::Repository(repository_of(repository)),
    })
}

/// GitLab's own API: `repositories/<name>/…`, `repositories/<name>/tags/detail/<tag>/`, `import/<name>/`.
fn of_gitlab(rest: &str) -> Option<Subject> {
    let bare = rest.split(['?', '#']).next()?;
    let text: Cow<'_, str> = percent_decode_str(bare).decode_utf8().ok()?;
    let (kind, rest) = text.trim_end_matches('/').split_once('/')?;
    if !matches!(kind, "repositories" | "repository-paths" | "import") {
        return None;
    }
    let named = |name: &str| Repository::parse(name).ok().map(|name| name.as_str().to_owned());
    if let Some((name, tag)) = rest.rsplit_once("/tags/detail/") {
        return Some(Subject::Tag {
            repository: named(name)?,
            tag: Tag::parse(tag).ok()?.as_str().to_owned(),
        });
    }
    let name = ["/tags/list", "/repositories/list"].iter().find_map(|route| rest.strip_suffix(route));
    named(name.unwrap_or(rest)).map(Subject::Repository)
}

fn of_names(fields: &Fields<'_>) -> Option<Subject> {
    let repository = Repository::parse(fields.repository.as_deref()?).ok()?.as_str().to_owned();
    let digest_of = |text: &str| Digest::parse(text).ok().map(|digest| digest.to_string());
    if let Some(reference) = fields.reference.as_deref() {
        return match digest_of(reference) {
            Some(digest) => Some(Subject::Manifest { repository, digest }),
            None => Tag::parse(reference)
                .ok()
                .map(|tag| Subject::Tag { repository, tag: tag.as_str().to_owned() }),
        };
    }
    if let Some(digest) = fields.digest.as_deref() {
        return digest_of(digest).map(Subject::Blob);
    }
    match fields.upload.as_deref().filter(|id| is_upload(id)) {
        Some(id) => Some(Subject::Upload { repository, id: id.to_owned() }),
        None => Some(Subject::Repository(repository)),
    }
}

/// Uploads are named by a UUID; anything else is no folder that a registry made.
fn is_upload(id: &str) -> bool {
    (1..=64).contains(&id.len()) && id.bytes().all(|byte| byte.is_ascii_hexdigit() || byte == b'-')
}
