//! Names of repositories, tags and digests, in every form people paste them.
//!
//! A text is read as docker reads it: `[host[:port]/]repository[:tag][@digest]`, no tag means `latest`, and a
//! tag beside a digest does not count. A first part with a `:` in it, or in brackets, is a host. One with a
//! `.`, or `localhost`, is *taken* for a host, but is a legal first part of a repository as well (a group may
//! be called `my.group`): such a reference carries the [other reading](Reference::other_reading), to be tried
//! when the first finds nothing.

mod names;
mod uri;

use std::fmt;

pub use names::{NameError, REPOSITORY_LIMIT, Repository, TAG_LIMIT, Tag};
pub use uri::ApiPath;

use super::digest::{Digest, DigestError};

/// What of a repository is meant.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Target {
    /// Whatever the tag points at now.
    Tag(Tag),
    /// One manifest.
    Digest(Digest),
}

impl Target {
    /// Reads the last part of a `/manifests/` path: a digest if there is a colon in it, else a tag.
    pub fn parse(text: &str) -> Result<Self, ReferenceError> {
        match text.contains(':') {
            true => parse_digest(text).map(Self::Digest),
            false => Ok(Self::Tag(Tag::parse(text)?)),
        }
    }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Tag(tag) => tag.fmt(f),
            Self::Digest(digest) => digest.fmt(f),
        }
    }
}

/// One manifest of one repository, as somebody named it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Reference {
    /// The registry that was named, or taken to be named: `host` or `host:port`.
    pub host: Option<String>,
    pub repository: Repository,
    pub target: Target,
    /// The tag that stood beside a digest. A pull does not look at it.
    pub beside: Option<Tag>,
    /// What the same text means if its first part is no host.
    pub other_reading: Option<Box<Reference>>,
}

/// Why a text names no manifest.
#[derive(Clone, Debug, PartialEq, Eq, Hash, thiserror::Error)]
pub enum ReferenceError {
    #[error("nothing to look at: expected group/project/image:tag, …@sha256:…, or a /v2/…/manifests/… path")]
    Empty,
    #[error(transparent)]
    Name(#[from] NameError),
    #[error(
        "{text:?} is no digest: {why}; one is sha256: and 64 lower-case hex digits (sha384: 96, sha512: 128)"
    )]
    Digest { text: String, why: DigestError },
    #[error("{host:?} is no host; expected https://host[:port]/…")]
    Host { host: String },
    #[error("digest {digest} alone does not say which repository; give repository@{digest}")]
    DigestAlone { digest: Digest },
    #[error("{path:?} is no path of the registry's API; expected /v2/<repository>/manifests/<tag or digest>")]
    NoRoute { path: String },
    #[error(
        "{path} names a blob, which many tags may use; give a tag of {repository}, or the digest of a manifest"
    )]
    Blob { path: String, repository: Repository },
    #[error("{path} names no manifest; give /v2/<repository>/manifests/<tag or digest>")]
    NoManifest { path: String },
}

impl Reference {
    /// A tag as found in storage: neither name need be legal.
    pub const fn tag(repository: Repository, tag: Tag) -> Self {
        Self::plain(repository, Target::Tag(tag))
    }

    /// A manifest by digest.
    pub const fn digest(repository: Repository, digest: Digest) -> Self {
        Self::plain(repository, Target::Digest(digest))
    }

    const fn plain(repository: Repository, target: Target) -> Self {
        Self { host: None, repository, target, beside: None, other_reading: None }
    }

    /// Reads a reference, a `/v2/…/manifests/…` path, a URL of either, or a line that holds such a path or URL,
    /// as logs do. Quotes and blanks around it do not count.
    pub fn parse(text: &str) -> Result<Self, ReferenceError> {
        let text = text.trim_matches(|c: char| c.is_whitespace() || is_quote(c));
        if text.is_empty() {
            return Err(ReferenceError::Empty);
        }
        match find_path(text) {
            Some((host, path)) => Self::from_path(host, path),
            None => match after_scheme(text) {
                Some(rest) => Self::with_host(rest),
                None => Self::from_name(text),
            },
        }
    }

    /// Path of the manifest in the registry's API.
    pub fn api_path(&self) -> String {
        format!("/v2/{}/manifests/{}", self.repository, self.target)
    }

    fn from_path(host: Option<&str>, path: &str) -> Result<Self, ReferenceError> {
        let named = ApiPath::parse(path)?;
        match named {
            ApiPath::Manifest { repository, target } => {
                Ok(Self { host: host.map(str::to_owned), ..Self::plain(repository, target) })
            }
            ApiPath::Blob { ref repository, .. } => {
                Err(ReferenceError::Blob { path: named.to_string(), repository: repository.clone() })
            }
            ApiPath::Base
            | ApiPath::Catalog
            | ApiPath::Tags { .. }
            | ApiPath::Upload { .. }
            | ApiPath::Referrers { .. } => Err(ReferenceError::NoManifest { path: named.to_string() }),
        }
    }

    /// After a scheme the first part is a host for certain.
    fn with_host(text: &str) -> Result<Self, ReferenceError> {
        let (host, rest) = text.split_once('/').unwrap_or((text, ""));
        let host = without_user(host);
        if !(names::is_domain(host) || is_address(host)) {
            return Err(ReferenceError::Host { host: host.to_owned() });
        }
        Ok(Self { host: Some(host.to_owned()), ..Self::bare(rest)? })
    }

    fn from_name(text: &str) -> Result<Self, ReferenceError> {
        if let Ok(digest) = Digest::parse(text) {
            return Err(ReferenceError::DigestAlone { digest });
        }
        let Some((first, rest)) = text.split_once('/') else { return Self::bare(text) };
        let whole = || match ApiPath::parse(&format!("/{text}")) {
            Ok(ApiPath::Manifest { repository, target }) => Ok(Self::plain(repository, target)),
            Ok(_) | Err(_) => Self::bare(text),
        };
        match Hostness::of(first) {
            Hostness::Certain => Self::with_host(text),
            Hostness::Impossible => whole(),
            Hostness::Likely => match Self::after_likely_host(first, rest) {
                Ok(read) => Ok(Self { other_reading: whole().ok().map(Box::new), ..read }),
                Err(error) => whole().map_err(|_| error),
            },
        }
    }

    fn after_likely_host(host: &str, rest: &str) -> Result<Self, ReferenceError> {
        match ApiPath::parse(&format!("/{rest}")) {
            Ok(ApiPath::Manifest { .. }) => Self::from_path(Some(host), &format!("/{rest}")),
            Ok(_) | Err(_) => Ok(Self { host: Some(host.to_owned()), ..Self::bare(rest)? }),
        }
    }

    /// `repository[:tag][@digest]`.
    fn bare(text: &str) -> Result<Self, ReferenceError> {
        let (name, digest) = match text.split_once('@') {
            Some((name, digest)) => (name, Some(parse_digest(digest)?)),
            None => (text, None),
        };
        let (name, tag) = match name.rsplit_once(':') {
            Some((name, tag)) if !tag.contains('/') => (name, Some(Tag::parse(tag)?)),
            Some(_) | None => (name, None),
        };
        let repository = Repository::parse(name)?;
        Ok(match (tag, digest) {
            (beside, Some(digest)) => Self { beside, ..Self::digest(repository, digest) },
            (Some(tag), None) => Self::tag(repository, tag),
            (None, None) => Self::tag(repository, Tag::found(Tag::DEFAULT)),
        })
    }
}

impl fmt::Display for Reference {
    /// Without the host: what identifies the manifest in storage.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.repository.fmt(f)?;
        if let Some(tag) = &self.beside {
            write!(f, ":{tag}")?;
        }
        match &self.target {
            Target::Tag(tag) => write!(f, ":{tag}"),
            Target::Digest(digest) => write!(f, "@{digest}"),
        }
    }
}

/// Whether a first part is a host.
enum Hostness {
    Certain,
    Likely,
    Impossible,
}

impl Hostness {
    fn of(first: &str) -> Self {
        match first {
            _ if is_address(first) => Self::Certain,
            "localhost" => Self::Likely,
            _ if first.contains('.') => Self::Likely,
            _ => Self::Impossible,
        }
    }
}

/// Whether a first part can only be a host: one with a port, or in brackets.
fn is_address(first: &str) -> bool {
    let (host, port) = match first.rsplit_once(':') {
        Some((host, port)) if !port.contains(']') => (host, Some(port)),
        Some(_) | None => (first, None),
    };
    let bracketed = host.starts_with('[') && host.ends_with(']');
    let port_is_good = port.is_none_or(|port| !port.is_empty() && port.bytes().all(|b| b.is_ascii_digit()));
    port_is_good && (bracketed || (port.is_some() && names::is_domain(host)))
}

fn parse_digest(text: &str) -> Result<Digest, ReferenceError> {
    Digest::parse(text).map_err(|why| ReferenceError::Digest { text: text.to_owned(), why })
}

const fn is_quote(c: char) -> bool {
    matches!(c, '"' | '\'' | '`')
}

/// What ends a path or URL within a line.
fn ends_path(c: char) -> bool {
    c.is_whitespace()
        || is_quote(c)
        || matches!(c, '\\' | ',' | ';' | '<' | '>' | '(' | ')' | '{' | '}' | '|')
}

/// The first `/v2` path that stands in a line by itself or after a URL's host, with that host.
fn find_path(text: &str) -> Option<(Option<&str>, &str)> {
    text.match_indices("/v2").find_map(|(at, _)| {
        let (before, rest) = text.split_at(at);
        let path = rest.split(ends_path).next()?;
        if !matches!(path.as_bytes().get(3), None | Some(b'/' | b'?')) {
            return None;
        }
        let word = before.rsplit(|c| ends_path(c) || c == '=').next()?;
        match word.split_once("://") {
            None if word.is_empty() => Some((None, path)),
            Some((_, host)) if !host.contains('/') => Some((Some(without_user(host)), path)),
            Some(_) | None => None,
        }
    })
}

fn after_scheme(text: &str) -> Option<&str> {
    text.split_once("://").map(|(_, rest)| rest)
}

/// A URL's host without `user:password@`, which must not travel any further.
fn without_user(host: &str) -> &str {
    host.rsplit_once('@').map_or(host, |(_, host)| host)
}

#[cfg(test)]
mod tests;
