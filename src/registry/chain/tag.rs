//! Judges a tag's own folder: its name, its link, its history.

use jiff::SignedDuration;

use super::verdict::{Behind, Draft};
use super::{Age, Facts, Listing, Look, TagFolder, TagSeen};
use crate::model::Subject;
use crate::registry::checks::{StoreKind, link, repository, tag_folder, tag_link};
use crate::registry::digest::Digest;
use crate::registry::layout::{Key, tag_prefix};
use crate::registry::reference::Tag;
use crate::registry::report::{HopState, Role};

/// Judges the tag; yields the digest to follow, if its link leads anywhere.
pub(super) fn judge(
    draft: &mut Draft<'_>,
    tag: &Tag,
    seen: &TagSeen,
    settle: SignedDuration,
) -> Option<Digest> {
    let repository = draft.chain.repository().clone();
    let key = Key::CurrentLink { repository: repository.clone(), tag: tag.clone() }.path();
    let prefix = tag_prefix(&repository, tag);
    let folder = prefix.trim_end_matches('/');
    let target = link_hop(draft, &key, folder, seen, settle);
    if let (Some(check), true) = (tag_folder::name(tag.as_str()), draft.is_present()) {
        let why = tag.flaw().map_or_else(String::new, |flaw| flaw.to_string());
        draft.add(check.finding(draft.subject(), folder, why));
    }
    match &seen.folder {
        Look::There(contents) => history(draft, tag, contents, target.as_ref()),
        Look::Unread(why) => draft.unread(&prefix, why),
        Look::Missing | Look::Folder => {}
    }
    target
}

fn link_hop(
    draft: &mut Draft<'_>,
    key: &str,
    folder: &str,
    seen: &TagSeen,
    settle: SignedDuration,
) -> Option<Digest> {
    let should = candidates(seen);
    let hop = |draft: &mut Draft<'_>, state, facts: &Facts| {
        let hop = draft.hop(0, Role::TagLink, state, key.to_owned()).seen(facts);
        if let ([only], HopState::Bad) = (should.as_slice(), state) {
            hop.stands_for(only).noted("as the tag's history has it");
        }
    };
    match &seen.link {
        Look::There(link) => match link.digest() {
            Ok(digest) => {
                draft
                    .hop(0, Role::TagLink, HopState::Good, key.to_owned())
                    .seen(&link.facts)
                    .stands_for(&digest);
                Some(digest)
            }
            Err(malformed) => {
                hop(draft, HopState::Bad, &link.facts);
                let detail = format!("holds {}; should hold {}", malformed.what, expectation(&should));
                let behind = if should.is_empty() { Behind::Doubtful } else { Behind::Stored };
                draft.link_fault(tag_link::of(&malformed), draft.subject(), key, detail, behind);
                None
            }
        },
        Look::Folder => {
            hop(draft, HopState::Bad, &Facts::default());
            let detail = "a folder stands where the link should be";
            draft.fault(&tag_link::IS_FOLDER, draft.subject(), key, detail);
            None
        }
        Look::Unread(why) => {
            hop(draft, HopState::Unknown, &Facts::default());
            draft.undecided(key, why);
            None
        }
        Look::Missing => {
            let state = without_link(draft, key, folder, seen, settle);
            if let Some(state) = state {
                hop(draft, state, &Facts::default());
            }
            None
        }
    }
}

/// A tag without a link: none at all, one that is being pushed, or a broken one. Yields the link's state, unless
/// nobody expects a link.
fn without_link(
    draft: &mut Draft<'_>,
    key: &str,
    folder: &str,
    seen: &TagSeen,
    settle: SignedDuration,
) -> Option<HopState> {
    let contents = match &seen.folder {
        Look::There(contents) => contents,
        Look::Unread(why) => {
            draft.undecided(&format!("{folder}/"), why);
            return Some(HopState::Unknown);
        }
        Look::Missing | Look::Folder => {
            not_a_tag(draft, folder, seen.file.as_ref());
            return None;
        }
    };
    if contents.objects == 0 {
        nothing_but_folders(draft, folder, contents);
        return None;
    }
    if let Some(note) = too_young(contents.age, settle) {
        draft.postponed(note);
        return Some(HopState::Unknown);
    }
    let should = candidates(seen);
    let detail = format!("missing; should hold {}", expectation(&should));
    let behind = if should.is_empty() { Behind::Doubtful } else { Behind::Stored };
    draft.link_fault(tag_link::missing(should.len()), draft.subject(), key, detail, behind);
    Some(HopState::Bad)
}

/// Why a tag without a link cannot be judged yet, if so.
fn too_young(age: Age, settle: SignedDuration) -> Option<String> {
    match age {
        Age::Known(age) if age < settle => Some(format!(
            "too young to judge: the tag has no link yet, and its newest object is {age:#} old; \
             a push may be under way (--settle 0 judges at once)"
        )),
        Age::Unknown if settle > SignedDuration::ZERO => Some(
            "the tag has no link, and the store does not tell since when: a push may be under way \
             (--settle 0 judges at once)"
                .to_owned(),
        ),
        Age::Known(_) | Age::Unknown | Age::NotAsked => None,
    }
}

/// No folder of that name: nothing at all, or a file in its place.
fn not_a_tag(draft: &mut Draft<'_>, folder: &str, file: Option<&Look<Facts>>) {
    draft.absent();
    if let Some(Look::There(_)) = file {
        let name = folder.rsplit('/').next().unwrap_or(folder);
        let check = tag_folder::stray(name);
        draft.fault(
            check,
            Subject::Object(folder.to_owned()),
            folder,
            "a file, where only tags' folders belong",
        );
    }
}

/// A tag that is folders only: on a file system empty ones, in a bucket markers.
fn nothing_but_folders(draft: &mut Draft<'_>, folder: &str, contents: &TagFolder) {
    draft.absent();
    if contents.markers.is_empty() && draft.chain.store == StoreKind::FileSystem {
        let detail = "the folder holds no file at all";
        draft.fault(&tag_folder::EMPTY_FOLDER, draft.subject(), folder, detail);
    }
}

/// Markers, and the entries of `index/`: damage there is harmless, but worth knowing.
fn history(draft: &mut Draft<'_>, tag: &Tag, contents: &TagFolder, target: Option<&Digest>) {
    for marker in &contents.markers {
        let mut finding =
            repository::FOLDER_MARKER.finding(draft.subject(), marker, "an object whose name ends in /");
        finding.severity = repository::folder_marker(marker);
        draft.add(finding);
    }
    let repository = draft.chain.repository().clone();
    let key = |digest: &Digest| {
        Key::IndexLink { repository: repository.clone(), tag: tag.clone(), digest: digest.clone() }.path()
    };
    if let Some(digest) = target
        && contents.listing == Listing::Complete
        && draft.chain.revisions.get(digest).is_some_and(|revision| revision.link.there().is_some())
        && !contents.index.contains_key(digest)
    {
        let detail = format!("index/ does not name {digest}, which the tag points at");
        draft.fault(&tag_folder::INDEX_ENTRY_MISSING, draft.subject(), &key(digest), detail);
    }
    let damaged = |facts: &Facts| facts.size.filter(|size| !link::plausible_size(*size));
    for (digest, size) in contents.index.iter().filter_map(|(digest, facts)| Some((digest, damaged(facts)?)))
    {
        let detail = format!("holds {size} bytes; should hold {digest}");
        draft.fault(&tag_folder::INDEX_ENTRY_EMPTY, draft.subject(), &key(digest), detail);
    }
}

/// The digests that the tag's history names.
fn candidates(seen: &TagSeen) -> Vec<&Digest> {
    seen.folder.there().map(|folder| folder.index.keys().collect()).unwrap_or_default()
}

fn expectation(candidates: &[&Digest]) -> String {
    match candidates {
        [] => "a digest, and nothing here tells which".to_owned(),
        [one] => one.to_string(),
        [first, ..] => format!("one of {} digests ({first} and others)", candidates.len()),
    }
}
