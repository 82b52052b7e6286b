//! Paths of the registry's HTTP API, as logs and browsers show them.

use std::fmt;

use percent_encoding::percent_decode_str;

use super::{ReferenceError, Repository, Target, parse_digest};
use crate::registry::digest::Digest;

/// What a path below `/v2/` asks for.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum ApiPath {
    /// `/v2/`: is this a registry, and who am I?
    Base,
    /// `/v2/_catalog`.
    Catalog,
    /// `/v2/<name>/tags/list`.
    Tags { repository: Repository },
    /// `/v2/<name>/manifests/<tag or digest>`.
    Manifest { repository: Repository, target: Target },
    /// `/v2/<name>/blobs/<digest>`.
    Blob { repository: Repository, digest: Digest },
    /// `/v2/<name>/blobs/uploads/[<id>]`.
    Upload { repository: Repository, id: Option<String> },
    /// `/v2/<name>/referrers/<digest>`.
    Referrers { repository: Repository, digest: Digest },
}

impl ApiPath {
    /// Reads a path that starts with `/v2`, with or without query and percent-encoding.
    pub fn parse(path: &str) -> Result<Self, ReferenceError> {
        let bare = path.split(['?', '#']).next().unwrap_or_default();
        let no_route = || ReferenceError::NoRoute { path: bare.to_owned() };
        let text = percent_decode_str(bare).decode_utf8().map_err(|_| no_route())?;
        match text.strip_prefix("/v2") {
            Some("" | "/") => Ok(Self::Base),
            Some("/_catalog" | "/_catalog/") => Ok(Self::Catalog),
            Some(rest) => Self::in_repository(rest.strip_prefix('/').ok_or_else(no_route)?, no_route),
            None => Err(no_route()),
        }
    }

    /// The last route word decides, because `a/manifests/b` is a legal repository.
    fn in_repository(rest: &str, no_route: impl Fn() -> ReferenceError) -> Result<Self, ReferenceError> {
        if let Some(name) = rest.strip_suffix("/tags/list") {
            return Ok(Self::Tags { repository: Repository::parse(name)? });
        }
        let (head, last) = rest.rsplit_once('/').ok_or_else(&no_route)?;
        if let Some(name) = head.strip_suffix("/manifests") {
            return Ok(Self::Manifest { repository: Repository::parse(name)?, target: Target::parse(last)? });
        }
        if let Some(name) = head.strip_suffix("/blobs/uploads") {
            let id = Some(last.to_owned()).filter(|id| !id.is_empty());
            return Ok(Self::Upload { repository: Repository::parse(name)?, id });
        }
        if let Some(name) = head.strip_suffix("/blobs") {
            return Ok(Self::Blob { repository: Repository::parse(name)?, digest: parse_digest(last)? });
        }
        let name = head.strip_suffix("/referrers").ok_or_else(no_route)?;
        Ok(Self::Referrers { repository: Repository::parse(name)?, digest: parse_digest(last)? })
    }

    /// Which repository the path is about, if about one.
    pub const fn repository(&self) -> Option<&Repository> {
        match self {
            Self::Base | Self::Catalog => None,
            Self::Tags { repository }
            | Self::Manifest { repository, .. }
            | Self::Blob { repository, .. }
            | Self::Upload { repository, .. }
            | Self::Referrers { repository, .. } => Some(repository),
        }
    }
}

impl fmt::Display for ApiPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Base => f.write_str("/v2/"),
            Self::Catalog => f.write_str("/v2/_catalog"),
            Self::Tags { repository } => write!(f, "/v2/{repository}/tags/list"),
            Self::Manifest { repository, target } => write!(f, "/v2/{repository}/manifests/{target}"),
            Self::Blob { repository, digest } => write!(f, "/v2/{repository}/blobs/{digest}"),
            Self::Upload { repository, id } => {
                write!(f, "/v2/{repository}/blobs/uploads/{}", id.as_deref().unwrap_or_default())
            }
            Self::Referrers { repository, digest } => write!(f, "/v2/{repository}/referrers/{digest}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{super::Tag, *};

    const DIGEST: &str = "sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08";

    #[test]
    fn routes_are_told_apart_by_their_last_words() {
        let repository = |name: &str| Repository::parse(name).unwrap();
        let digest = Digest::parse(DIGEST).unwrap();
        let table: Vec<(String, ApiPath)> = vec![
            ("/v2/".into(), ApiPath::Base),
            ("/v2".into(), ApiPath::Base),
            ("/v2/_catalog?n=100".into(), ApiPath::Catalog),
            ("/v2/a/tags/list?n=2&last=x".into(), ApiPath::Tags { repository: repository("a") }),
            (
                "/v2/a/manifests/manifests/latest".into(),
                ApiPath::Manifest {
                    repository: repository("a/manifests"),
                    target: Target::Tag(Tag::parse("latest").unwrap()),
                },
            ),
            (
                format!("/v2/a%2Fb/manifests/{}", DIGEST.replace(':', "%3A")),
                ApiPath::Manifest { repository: repository("a/b"), target: Target::Digest(digest.clone()) },
            ),
            (
                format!("/v2/a/blobs/uploads/blobs/{DIGEST}"),
                ApiPath::Blob { repository: repository("a/blobs/uploads"), digest: digest.clone() },
            ),
            (
                "/v2/a/blobs/uploads/?mount=sha256:x&from=b".into(),
                ApiPath::Upload { repository: repository("a"), id: None },
            ),
            (
                "/v2/a/blobs/uploads/8c1d".into(),
                ApiPath::Upload { repository: repository("a"), id: Some("8c1d".into()) },
            ),
            (format!("/v2/a/referrers/{DIGEST}"), ApiPath::Referrers { repository: repository("a"), digest }),
        ];
        for (path, expected) in table {
            let parsed = ApiPath::parse(&path).unwrap();
            assert_eq!(parsed, expected, "{path}");
            assert_eq!(ApiPath::parse(&parsed.to_string()), Ok(parsed), "{path}");
        }
    }

    #[test]
    fn paths_that_no_route_takes_are_errors() {
        for path in [
            "",
            "/",
            "/v1/",
            "/v2x",
            "/v2/a",
            "/v2/a/manifest/x",
            "/v2/a/blobs/x",
            "/v2/A/manifests/x",
            "/v2/%ff/manifests/x",
        ] {
            assert!(ApiPath::parse(path).is_err(), "{path}");
        }
    }

    proptest! {
        #[test]
        fn any_path_reads_back_as_itself_or_is_an_error(rest in "[a-z/%:?_.0-9-]{0,60}|.{0,60}") {
            if let Ok(parsed) = ApiPath::parse(&format!("/v2/{rest}")) {
                prop_assert_eq!(ApiPath::parse(&parsed.to_string()), Ok(parsed));
            }
        }
    }
}
