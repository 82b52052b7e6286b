//! Judges the configuration and the layers of a manifest: for each its link, then its blob.

use std::collections::BTreeSet;

use super::verdict::{Behind, Draft};
use super::{BlobSeen, Hash, Look, PartSeen, promised, size_differs};
use crate::model::Subject;
use crate::registry::checks::Check;
use crate::registry::checks::config_and_layers::{self as checks, Part};
use crate::registry::digest::{Algorithm, Digest, DigestError};
use crate::registry::layout::Key;
use crate::registry::manifest::{Descriptor, Manifest};
use crate::registry::report::{HopState, Role};

/// One blob as its manifest names it.
struct Wanted<'a> {
    part: Part,
    depth: u8,
    descriptor: &'a Descriptor,
    digest: &'a Digest,
}

impl Wanted<'_> {
    const fn roles(&self) -> (Role, Role) {
        match self.part {
            Part::Config => (Role::ConfigLink, Role::Config),
            Part::Layer | Part::ChildLayer => (Role::LayerLink, Role::Layer),
        }
    }

    const fn name(&self) -> &'static str {
        match self.part {
            Part::Config => "configuration",
            Part::Layer | Part::ChildLayer => "layer",
        }
    }
}

/// Judges everything that a manifest needs as a blob, each digest once. `at` is where the manifest lies.
pub(super) fn judge(draft: &mut Draft<'_>, at: &Digest, manifest: &Manifest, depth: u8) {
    let mut judged = BTreeSet::new();
    for (place, descriptor) in manifest.blobs().enumerate() {
        let digest = match &descriptor.digest {
            Ok(digest) => digest,
            Err(why) => {
                nameless(draft, at, &descriptor.digest_text, *why);
                continue;
            }
        };
        if !judged.insert(digest) {
            continue;
        }
        let part = match (manifest.config.is_some() && place == 0, depth) {
            (true, _) => Part::Config,
            (false, 0) => Part::Layer,
            (false, _) => Part::ChildLayer,
        };
        one(draft, &Wanted { part, depth, descriptor, digest });
    }
}

/// A manifest that names something by what is no digest: nobody can ask for that.
pub(super) fn nameless(draft: &mut Draft<'_>, manifest: &Digest, text: &str, why: DigestError) {
    let object = Key::BlobData { digest: manifest.clone() }.path();
    let shown: String = text.chars().take(80).collect();
    let detail = format!("the manifest names the part {shown:?}, which nobody can ask for: {why}");
    draft.fault(&checks::LAYER_MISSING, draft.manifest(manifest), &object, detail);
}

fn one(draft: &mut Draft<'_>, wanted: &Wanted<'_>) {
    let key = Key::LayerLink { repository: draft.chain.repository().clone(), digest: wanted.digest.clone() };
    let key = key.path();
    let (link_role, blob_role) = wanted.roles();
    if wanted.descriptor.is_elsewhere() {
        let blob = Key::BlobData { digest: wanted.digest.clone() }.path();
        let hop = draft.hop(wanted.depth, blob_role, HopState::Elsewhere, blob).stands_for(wanted.digest);
        hop.expected = promised(wanted.descriptor);
        hop.noted("had from elsewhere by its urls");
        return;
    }
    let Some(seen) = draft.chain.parts.get(wanted.digest) else {
        draft.hop(wanted.depth, link_role, HopState::Unknown, key.clone()).stands_for(wanted.digest);
        return draft.undecided(&key, "not looked at: too many blobs below this reference");
    };
    let led = link(draft, wanted, seen, &key);
    // The registry stores every blob under its sha256: by another algorithm only the link tells where that is.
    let lost = !led && wanted.digest.algorithm() != Algorithm::Sha256 && seen.blob.data.is_missing();
    if lost {
        let place = Key::BlobData { digest: wanted.digest.clone() }.path();
        let hop = draft.hop(wanted.depth, blob_role, HopState::Unknown, place).stands_for(wanted.digest);
        hop.noted("where it is stored, only its link could tell");
    } else {
        blob(draft, wanted, seen);
    }
}

/// Judges the link; answers whether it leads to the blob that is wanted.
fn link(draft: &mut Draft<'_>, wanted: &Wanted<'_>, seen: &PartSeen, key: &str) -> bool {
    let (digest, name) = (wanted.digest, wanted.name());
    let fault: Option<(&Check, String)> = match &seen.link {
        Look::Unread(why) => {
            draft.undecided(key, why);
            None
        }
        Look::Missing => {
            Some((checks::link_missing(wanted.part), format!("{name} link missing; should hold {digest}")))
        }
        Look::Folder => {
            let check =
                if wanted.part == Part::Config { &checks::CONFIG_LINK_EMPTY } else { &checks::LINK_EMPTY };
            Some((check, format!("a folder stands where the {name} link to {digest} should be")))
        }
        Look::There(link) => match link.digest() {
            Ok(target) if target == *digest || target.algorithm() != digest.algorithm() => None,
            Ok(target) => {
                let detail = format!("{name} link holds {target}; should hold {digest}");
                Some((&checks::LINK_MISMATCH, detail))
            }
            Err(malformed) => {
                let detail = format!("{name} link holds {}; should hold {digest}", malformed.what);
                Some((checks::link_of(wanted.part, &malformed), detail))
            }
        },
    };
    let state = match (&fault, &seen.link) {
        (Some(_), _) => HopState::Bad,
        (None, Look::Unread(_)) => HopState::Unknown,
        (None, Look::There(_) | Look::Missing | Look::Folder) => HopState::Good,
    };
    let hop = draft.hop(wanted.depth, wanted.roles().0, state, key.to_owned()).stands_for(digest);
    if let Look::There(link) = &seen.link {
        hop.seen(&link.facts);
    }
    let Some((check, detail)) = fault else { return state == HopState::Good };
    if seen.link.is_missing() && draft.chain.layers_folder == Some(Look::Missing) {
        // The repository has no layer links at all: one finding says so.
        draft.rests_on(key.to_owned());
        return false;
    }
    let stored = matches!(seen.blob.data, Look::There(_)) && seen.blob.hash != Hash::Wrong;
    let behind = if stored { Behind::Stored } else { Behind::Doubtful };
    draft.link_fault(check, Subject::Object(key.to_owned()), key, detail, behind);
    false
}

fn blob(draft: &mut Draft<'_>, wanted: &Wanted<'_>, seen: &PartSeen) {
    let key = Key::BlobData { digest: seen.at.clone() }.path();
    let verdict = bytes(wanted, &seen.blob);
    let hop = draft
        .hop(wanted.depth, wanted.roles().1, verdict.state(), key.clone())
        .stands_for(wanted.digest)
        .noted(&wanted.descriptor.media_type);
    hop.expected = promised(wanted.descriptor);
    if let Look::There(facts) = &seen.blob.data {
        hop.seen(facts);
    }
    match verdict {
        Bytes::Good => {}
        Bytes::Unread(why) => draft.undecided(&key, &why),
        Bytes::Fault(check, detail) => {
            let detail = format!("{} {detail}", wanted.name());
            draft.fault(check, Subject::Blob(seen.at.to_string()), &key, detail);
        }
    }
}

/// What a blob came to.
enum Bytes {
    Good,
    Unread(String),
    Fault(&'static Check, String),
}

impl Bytes {
    const fn state(&self) -> HopState {
        match self {
            Self::Good => HopState::Good,
            Self::Unread(_) => HopState::Unknown,
            Self::Fault(..) => HopState::Bad,
        }
    }
}

fn bytes(wanted: &Wanted<'_>, seen: &BlobSeen) -> Bytes {
    let digest = wanted.digest;
    let facts = match &seen.data {
        Look::There(facts) => facts,
        Look::Unread(why) => return Bytes::Unread(why.clone()),
        Look::Folder => {
            return Bytes::Fault(&checks::MOVED_ASIDE, "missing: a folder stands in its place".to_owned());
        }
        Look::Missing => {
            let beside = match seen.neighbours.as_slice() {
                [] => String::new(),
                names => format!("; beside it lies {}", names.join(", ")),
            };
            let detail = format!("missing; should be the bytes of {digest}{beside}");
            return Bytes::Fault(checks::blob_missing(wanted.part, &seen.neighbours), detail);
        }
    };
    let stated = promised(wanted.descriptor);
    match (&seen.hash, facts.size) {
        (Hash::Unread(why), _) => Bytes::Unread(why.clone()),
        (Hash::Wrong, size) => {
            Bytes::Fault(checks::blob_wrong(wanted.part, size, stated), wrong(digest, size, stated))
        }
        (Hash::Right, Some(size)) if size_differs(wanted.descriptor, size) => {
            let stated = wanted.descriptor.size.unwrap_or_default();
            let detail = format!("has {size} bytes and is whole; the manifest states {stated}");
            Bytes::Fault(&checks::SIZE_WRONG, detail)
        }
        (Hash::Unhashed, Some(size)) if size_differs(wanted.descriptor, size) => Bytes::Unread(
            "its size is not the one that the manifest states, and it was not hashed".to_owned(),
        ),
        (Hash::Unhashed, None) => Bytes::Unread("neither its size nor its hash is known".to_owned()),
        (Hash::Right | Hash::Unhashed, _) => Bytes::Good,
    }
}

/// What is there of a blob whose bytes do not hash to its digest, and what should be.
fn wrong(digest: &Digest, size: Option<u64>, stated: Option<u64>) -> String {
    match (size, stated) {
        (None, _) => format!("holds other bytes than those of {digest}"),
        (Some(size), Some(stated)) if size == stated => {
            format!("has {size} bytes, as the manifest states, but other ones than those of {digest}")
        }
        (Some(size), Some(stated)) => format!("has {size} bytes; should have the {stated} bytes of {digest}"),
        (Some(size), None) => format!("has {size} bytes; should have the bytes of {digest}"),
    }
}
