//! Finds one's way down the layout: how much of a prefix is known, and what is left of it.

use super::{BLOBS, LAYERS_FOLDER, LOCKFILES, MANIFESTS_FOLDER, Place, REPOSITORIES, ROOT, UPLOADS_FOLDER};
use crate::registry::{
    digest::Digest,
    reference::{Repository, Tag},
};

/// The deepest folder that the layout knows on the way to `prefix`, and what is left of it.
pub(super) fn deepest(prefix: &str) -> (Place, &str) {
    if let Some(rest) = prefix.strip_prefix(REPOSITORIES) {
        in_repositories(rest)
    } else if let Some(rest) = prefix.strip_prefix(BLOBS) {
        in_blobs(rest)
    } else if let Some(rest) = prefix.strip_prefix(ROOT) {
        (Place::Root, rest)
    } else if let Some(rest) = prefix.strip_prefix(LOCKFILES) {
        (Place::Lockfiles, rest)
    } else {
        (Place::Top, prefix)
    }
}

/// Cuts off the first folder's name. Prefixes end in `/`, so no name is left without one.
fn first(rest: &str) -> Option<(&str, &str)> {
    rest.split_once('/')
}

fn in_blobs(rest: &str) -> (Place, &str) {
    let Some((algorithm, rest)) = first(rest) else { return (Place::Blobs, rest) };
    let Some((shard, in_shard)) = first(rest) else {
        return (Place::BlobAlgorithm { algorithm: algorithm.to_owned() }, rest);
    };
    match first(in_shard).map(|(hex, rest)| (hex, Digest::from_parts(algorithm, hex), rest)) {
        Some((hex, Ok(digest), rest)) if hex.starts_with(shard) && shard.len() == 2 => {
            (Place::Blob { digest }, rest)
        }
        Some(_) | None => {
            (Place::BlobShard { algorithm: algorithm.to_owned(), shard: shard.to_owned() }, in_shard)
        }
    }
}

fn in_repositories(rest: &str) -> (Place, &str) {
    if rest.is_empty() {
        return (Place::Repositories, rest);
    }
    let mut at = 0;
    while let Some((name, after)) = first(&rest[at..]) {
        let enter = match name {
            LAYERS_FOLDER => in_layers,
            MANIFESTS_FOLDER => in_manifests,
            UPLOADS_FOLDER => in_uploads,
            _ => {
                at += name.len() + 1;
                continue;
            }
        };
        return match at {
            0 => (Place::Repositories, rest),
            _ => enter(Repository::found(&rest[..at - 1]), after),
        };
    }
    (Place::Repository { repository: Repository::found(rest.strip_suffix('/').unwrap_or(rest)) }, "")
}

fn in_layers(repository: Repository, rest: &str) -> (Place, &str) {
    match by_digest(rest) {
        ByDigest::None => (Place::Layers { repository }, rest),
        ByDigest::Algorithm(algorithm, rest) => (Place::LayerAlgorithm { repository, algorithm }, rest),
        ByDigest::Digest(digest, rest) => (Place::Layer { repository, digest }, rest),
    }
}

fn in_manifests(repository: Repository, rest: &str) -> (Place, &str) {
    match first(rest) {
        Some(("revisions", rest)) => match by_digest(rest) {
            ByDigest::None => (Place::Revisions { repository }, rest),
            ByDigest::Algorithm(algorithm, rest) => {
                (Place::RevisionAlgorithm { repository, algorithm }, rest)
            }
            ByDigest::Digest(digest, rest) => (Place::Revision { repository, digest }, rest),
        },
        Some(("tags", rest)) => match first(rest) {
            Some((tag, rest)) => in_tag(repository, Tag::found(tag), rest),
            None => (Place::Tags { repository }, rest),
        },
        Some(_) | None => (Place::Manifests { repository }, rest),
    }
}

fn in_tag(repository: Repository, tag: Tag, rest: &str) -> (Place, &str) {
    match first(rest) {
        Some(("current", rest)) => (Place::TagCurrent { repository, tag }, rest),
        Some(("index", rest)) => match by_digest(rest) {
            ByDigest::None => (Place::TagIndex { repository, tag }, rest),
            ByDigest::Algorithm(algorithm, rest) => {
                (Place::TagIndexAlgorithm { repository, tag, algorithm }, rest)
            }
            ByDigest::Digest(digest, rest) => (Place::TagIndexEntry { repository, tag, digest }, rest),
        },
        Some(_) | None => (Place::Tag { repository, tag }, rest),
    }
}

fn in_uploads(repository: Repository, rest: &str) -> (Place, &str) {
    let Some((id, rest)) = first(rest) else { return (Place::Uploads { repository }, rest) };
    let id = id.to_owned();
    match first(rest) {
        Some(("hashstates", rest)) => match first(rest) {
            Some((algorithm, rest)) => {
                (Place::HashStateAlgorithm { repository, id, algorithm: algorithm.to_owned() }, rest)
            }
            None => (Place::HashStates { repository, id }, rest),
        },
        Some(_) | None => (Place::Upload { repository, id }, rest),
    }
}

/// How far a path goes into folders called by algorithm and hash.
enum ByDigest<'a> {
    None,
    Algorithm(String, &'a str),
    Digest(Digest, &'a str),
}

fn by_digest(rest: &str) -> ByDigest<'_> {
    let Some((algorithm, rest)) = first(rest) else { return ByDigest::None };
    match first(rest).map(|(hex, rest)| (Digest::from_parts(algorithm, hex), rest)) {
        Some((Ok(digest), rest)) => ByDigest::Digest(digest, rest),
        Some((Err(_), _)) | None => ByDigest::Algorithm(algorithm.to_owned(), rest),
    }
}
