//! Judges the link that lets a repository serve a manifest, and what stands in for it.

use super::manifest::{Judged, about, bytes_of};
use super::verdict::{Behind, Draft};
use super::{Facts, Hash, Look, ManifestSeen, RevisionSeen};
use crate::registry::checks::{Check, index, revision, tag_link};
use crate::registry::digest::{Algorithm, Digest};
use crate::registry::layout::Key;
use crate::registry::manifest::{Descriptor, MANIFEST_LIMIT, Manifest};
use crate::registry::reference::Tag;
use crate::registry::report::{Hop, HopState, Role};

/// Who says that there is such a manifest.
#[derive(Clone, Copy)]
pub(super) enum Origin<'a> {
    Tag(&'a Tag),
    /// The one who asked: if there is no such revision, nothing is broken.
    Reference,
    Index(&'a Descriptor),
}

/// Judges a manifest; yields it if its parts are to be judged as well.
pub(super) fn judge<'a>(
    draft: &mut Draft<'a>,
    digest: &Digest,
    origin: Origin<'_>,
    depth: u8,
) -> Option<&'a Manifest> {
    let repository = draft.chain.repository().clone();
    let key = Key::RevisionLink { repository, digest: digest.clone() }.path();
    let Some(seen) = draft.chain.revisions.get(digest) else {
        draft.hop(depth, Role::RevisionLink, HopState::Unknown, key.clone()).stands_for(digest);
        draft.undecided(&key, "not looked at: too many manifests below this reference");
        return None;
    };
    let onward = match &seen.link {
        Look::Missing => without_link(draft, digest, seen, origin, depth, &key),
        Look::There(_) | Look::Folder | Look::Unread(_) => {
            with_link(draft, digest, seen, depth, &key);
            Onward::Follow
        }
    };
    match onward {
        Onward::Follow => manifest_hop(draft, digest, seen, origin, depth),
        Onward::Stop => None,
    }
}

/// Whether the chain goes on behind a revision link.
#[derive(Clone, Copy)]
enum Onward {
    Follow,
    Stop,
}

fn link_hop<'d>(
    draft: &'d mut Draft<'_>,
    depth: u8,
    state: HopState,
    key: &str,
    digest: &Digest,
) -> &'d mut Hop {
    draft.hop(depth, Role::RevisionLink, state, key.to_owned()).stands_for(digest)
}

/// What is behind a link that should lead to `seen`.
fn behind(digest: &Digest, seen: &RevisionSeen) -> Behind {
    match seen.meant(digest) {
        ManifestSeen { data: Look::There(_), hash: Hash::Right, .. } => Behind::Stored,
        ManifestSeen { .. } => Behind::Doubtful,
    }
}

fn with_link(draft: &mut Draft<'_>, digest: &Digest, seen: &RevisionSeen, depth: u8, key: &str) {
    let (facts, fault) = match &seen.link {
        Look::Missing => return,
        Look::Unread(why) => {
            link_hop(draft, depth, HopState::Unknown, key, digest);
            return draft.undecided(key, why);
        }
        Look::Folder => {
            let detail = format!("a folder stands where the link to {digest} should be");
            (Facts::default(), Some((&revision::EMPTY, detail)))
        }
        Look::There(link) => {
            let fault = match link.digest() {
                Ok(target) if target == *digest => None,
                Ok(target) if target.algorithm() != digest.algorithm() => None,
                Ok(target) => Some(mismatch(digest, &target, seen)),
                Err(malformed) => {
                    let detail = format!("holds {}; should hold {digest}", malformed.what);
                    Some((revision::of(&malformed), detail))
                }
            };
            (link.facts.clone(), fault)
        }
    };
    let state = if fault.is_some() { HopState::Bad } else { HopState::Good };
    link_hop(draft, depth, state, key, digest).seen(&facts);
    if let Some((check, detail)) = fault {
        draft.link_fault(check, draft.manifest(digest), key, detail, behind(digest, seen));
    }
}

fn mismatch(digest: &Digest, target: &Digest, seen: &RevisionSeen) -> (&'static Check, String) {
    let stored = seen.elsewhere.as_ref().is_some_and(|(_, manifest)| !manifest.data.is_missing());
    let detail = format!("holds {target}; should hold {digest}");
    if stored {
        (&revision::MISMATCH, detail)
    } else {
        (&revision::MISMATCH_DANGLING, format!("{detail}; {target} is not stored"))
    }
}

/// Judges a manifest that has no revision link: 2.x also looks among the layer links.
fn without_link(
    draft: &mut Draft<'_>,
    digest: &Digest,
    seen: &RevisionSeen,
    origin: Origin<'_>,
    depth: u8,
    key: &str,
) -> Onward {
    let layer_key = Key::LayerLink { repository: draft.chain.repository().clone(), digest: digest.clone() };
    match &seen.under_layers {
        Some(Look::There(link)) if leads_to(link, digest, seen) => match (&seen.manifest.content, origin) {
            (Some(Ok(_)), _) | (_, Origin::Index(_)) => {
                draft
                    .hop(depth, Role::RevisionLink, HopState::Good, layer_key.path())
                    .stands_for(digest)
                    .seen(&link.facts)
                    .noted("linked under _layers: 3.x and GitLab do not find it there");
                Onward::Follow
            }
            (_, Origin::Tag(tag)) => {
                link_hop(draft, depth, HopState::Bad, key, digest);
                to_layer(draft, digest, tag, key)
            }
            (_, Origin::Reference) => {
                draft.absent();
                Onward::Stop
            }
        },
        Some(Look::Unread(why)) => {
            link_hop(draft, depth, HopState::Unknown, key, digest);
            draft.undecided(&layer_key.path(), why);
            Onward::Follow
        }
        Some(Look::There(_) | Look::Missing | Look::Folder) | None => {
            if !matches!(origin, Origin::Reference) {
                link_hop(draft, depth, HopState::Bad, key, digest);
            }
            not_linked(draft, digest, seen, origin, key)
        }
    }
}

/// Whether a layer link leads to a blob of this digest that is not known to be wrong. One too large to be a
/// manifest was not hashed: it is a layer.
fn leads_to(link: &super::Link, digest: &Digest, seen: &RevisionSeen) -> bool {
    let stored = seen.manifest.data.there();
    let large = stored.and_then(|facts| facts.size).is_some_and(|size| size > MANIFEST_LIMIT);
    link.digest().is_ok_and(|target| target == *digest) && (large || seen.manifest.hash == Hash::Right)
}

fn current_link(draft: &Draft<'_>, tag: &Tag) -> String {
    Key::CurrentLink { repository: draft.chain.repository().clone(), tag: tag.clone() }.path()
}

fn to_layer(draft: &mut Draft<'_>, digest: &Digest, tag: &Tag, key: &str) -> Onward {
    let object = current_link(draft, tag);
    draft.rests_on(key.to_owned());
    let detail = format!("names {digest}, which is a layer or configuration of this repository");
    draft.fault(&tag_link::TO_LAYER, draft.subject(), &object, detail);
    Onward::Stop
}

fn not_linked(
    draft: &mut Draft<'_>,
    digest: &Digest,
    seen: &RevisionSeen,
    origin: Origin<'_>,
    key: &str,
) -> Onward {
    let blob = Key::BlobData { digest: digest.clone() }.path();
    let stored = !seen.manifest.data.is_missing();
    match origin {
        Origin::Reference => {
            draft.absent();
            return Onward::Stop;
        }
        Origin::Tag(tag) if digest.algorithm() != Algorithm::Sha256 => {
            let object = current_link(draft, tag);
            draft.rests_on(key.to_owned());
            let detail = format!("names {digest}, and the repository has no such revision");
            draft.fault(&tag_link::OTHER_ALGORITHM, draft.subject(), &object, detail);
            return Onward::Stop;
        }
        Origin::Tag(_) if stored => {
            let detail = format!("missing; should hold {digest}, whose manifest is stored");
            draft.link_fault(&revision::MISSING, draft.manifest(digest), key, detail, behind(digest, seen));
        }
        Origin::Tag(tag) => {
            let object = current_link(draft, tag);
            draft.rests_on(key.to_owned());
            draft.rests_on(blob);
            let detail = format!("names {digest}, which is neither linked in this repository nor stored");
            draft.fault(&revision::MISSING_WITH_BLOB, draft.subject(), &object, detail);
            return Onward::Stop;
        }
        Origin::Index(_) if stored => return child_not_linked(draft, digest, seen, key),
        Origin::Index(_) => {
            draft.rests_on(key.to_owned());
            let detail = format!(
                "missing; should hold the manifest {digest}, which is not linked in this repository either"
            );
            draft.fault(&index::CHILD_BLOB_MISSING, draft.manifest(digest), &blob, detail);
            return Onward::Stop;
        }
    }
    Onward::Follow
}

/// A stored child without a link: with its layers there, the link can be written back; without, only a push helps.
fn child_not_linked(draft: &mut Draft<'_>, digest: &Digest, seen: &RevisionSeen, key: &str) -> Onward {
    let gone: Vec<String> = seen
        .manifest
        .followed()
        .into_iter()
        .flat_map(Manifest::blobs)
        .filter(|blob| !blob.is_elsewhere())
        .filter_map(|blob| {
            let part = draft.chain.parts.get(blob.digest.as_ref().ok()?)?;
            part.blob.data.is_missing().then(|| Key::BlobData { digest: part.at.clone() }.path())
        })
        .collect();
    let subject = draft.manifest(digest);
    if gone.is_empty() {
        let detail = format!("missing; should hold {digest}, whose manifest is stored");
        draft.link_fault(&index::CHILD_REVISION_MISSING, subject, key, detail, behind(digest, seen));
        return Onward::Follow;
    }
    let detail =
        format!("missing; should hold {digest}; of the blobs it needs, {} are missing as well", gone.len());
    gone.into_iter().for_each(|blob| draft.rests_on(blob));
    draft.fault(&index::CHILDREN_COLLECTED, subject, key, detail);
    Onward::Stop
}

fn manifest_hop<'a>(
    draft: &mut Draft<'a>,
    digest: &Digest,
    seen: &'a RevisionSeen,
    origin: Origin<'_>,
    depth: u8,
) -> Option<&'a Manifest> {
    let manifest = seen.meant(digest);
    let key = Key::BlobData { digest: seen.stored_at(digest).clone() }.path();
    let child = match origin {
        Origin::Index(descriptor) => Some(descriptor),
        Origin::Tag(_) | Origin::Reference => None,
    };
    let judged = bytes_of(manifest, digest, child);
    let hop = draft.hop(depth, Role::Manifest, judged.state(), key.clone()).stands_for(digest);
    hop.expected = child.and_then(super::promised);
    if let Look::There(facts) = &manifest.data {
        hop.seen(facts);
    }
    hop.noted(about(manifest, child));
    match judged {
        Judged::Good => {}
        Judged::Unread(why) => draft.undecided(&key, &why),
        Judged::Fault(check, detail) => draft.fault(check, draft.manifest(digest), &key, detail),
    }
    manifest.followed()
}
