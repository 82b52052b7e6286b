//! Walks a chain in the order of a pull and says what it is.

use jiff::SignedDuration;

use super::verdict::{Draft, Verdict};
use super::{Chain, Hash, Look, parts, revision, tag};
use crate::model::Subject;
use crate::registry::checks::repository;
use crate::registry::digest::Digest;
use crate::registry::layout::{layers_prefix, repository_prefix};
use crate::registry::reference::Target;
use revision::Origin;

/// Nested indexes deeper than this are not followed; real ones nest once or twice.
const DEEPEST: u8 = 16;

/// Says what a chain is. Of a tag without a link whose newest object is younger than `settle` nothing is said:
/// a push may be under way. A `settle` of zero judges at once.
pub fn judge(chain: &Chain, settle: SignedDuration) -> Verdict {
    let mut draft = Draft::new(chain);
    let root = match (&chain.reference.target, &chain.tag) {
        (Target::Tag(name), Some(seen)) => tag::judge(&mut draft, name, seen, settle),
        (Target::Tag(_), None) => None,
        (Target::Digest(digest), _) => Some(digest.clone()),
    };
    if let Some(digest) = root {
        draft.leads_to(&digest);
        let origin = match &chain.reference.target {
            Target::Tag(tag) => Origin::Tag(tag),
            Target::Digest(_) => Origin::Reference,
        };
        follow(&mut draft, &digest, origin, 0);
    }
    about_repository(&mut draft);
    let unhashed = chain
        .parts
        .values()
        .filter(|part| matches!(part.blob.data, Look::There(_)) && part.blob.hash == Hash::Unhashed);
    let unhashed = u32::try_from(unhashed.count()).unwrap_or(u32::MAX);
    draft.unhashed(unhashed);
    draft.finish()
}

/// Judges a manifest, then, the first time that it is named, its children and its parts.
fn follow(draft: &mut Draft<'_>, digest: &Digest, origin: Origin<'_>, depth: u8) {
    let chain = draft.chain;
    let Some(manifest) = revision::judge(draft, digest, origin, depth) else { return };
    if !draft.enters(digest) {
        return;
    }
    for child in manifest.children() {
        match &child.digest {
            Ok(_) if depth >= DEEPEST => {
                draft.postponed(format!("indexes nested deeper than {DEEPEST} are not followed"));
            }
            Ok(digest) => follow(draft, digest, Origin::Index(child), depth + 1),
            Err(why) => parts::nameless(draft, digest, &child.digest_text, *why),
        }
    }
    let at = chain.revisions.get(digest).map_or(digest, |seen| seen.stored_at(digest));
    parts::judge(draft, at, manifest, depth);
}

/// What the repository itself has wrong, as far as one tag shows it.
fn about_repository(draft: &mut Draft<'_>) {
    let chain = draft.chain;
    let name = chain.repository();
    let subject = Subject::Repository(name.to_string());
    if let Some(check) = repository::name(name)
        && draft.is_present()
    {
        let folder = repository_prefix(name);
        let why = name.flaw().map_or_else(String::new, |flaw| flaw.to_string());
        draft.add(check.finding(subject.clone(), folder.trim_end_matches('/'), why));
    }
    if chain.layers_folder == Some(Look::Missing) {
        let folder = layers_prefix(name);
        let detail = "the repository has manifests and not one layer link";
        draft.add(repository::WITHOUT_LAYERS.finding(subject, folder.trim_end_matches('/'), detail));
    }
}
