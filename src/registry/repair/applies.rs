//! What a verb would be pointed at, from the finding that offers it.

use crate::model::{Finding, Repair, Subject, Target};
use crate::registry::checks::repairs::{
    DELETE_LAYER_LINK, DELETE_REPOSITORY, DELETE_REVISION_LINK, DELETE_STRAY, DELETE_TAG, DELETE_TAG_API,
    DELETE_WRONG_BLOB, RESTORE_LINK,
};
use crate::registry::digest::Digest;
use crate::registry::layout::{Key, Place};
use crate::registry::reference::Repository;

/// What a cure of a finding is to be done to; none where there is nothing that a verb could do it to. `at` is what
/// was looked at when the finding was made, and `digest` the manifest that it leads to, where they are known.
pub fn target(
    finding: &Finding,
    repair: Repair,
    at: Option<&Subject>,
    digest: Option<&str>,
) -> Option<Target> {
    let object = Some(finding.object.clone());
    match repair {
        DELETE_TAG | DELETE_TAG_API => Some(Target { subject: tag(finding, at)?, object: None }),
        DELETE_REVISION_LINK => revision(finding, at, digest),
        DELETE_LAYER_LINK => Some(Target { subject: Subject::Object(finding.object.clone()), object }),
        DELETE_STRAY => Some(Target { subject: stray(&finding.object), object }),
        DELETE_REPOSITORY => {
            Some(Target { subject: Subject::Repository(repository(finding, at)?.to_string()), object: None })
        }
        RESTORE_LINK => Some(Target { subject: finding.subject.clone(), object }),
        DELETE_WRONG_BLOB => {
            let digest = Key::parse(&finding.object).promise()?.to_string();
            Some(Target { subject: Subject::Blob(digest), object })
        }
        Repair::RePush | Repair::Verb(_) => None,
    }
}

/// The tag that a finding is about, or in whose chain it was found.
fn tag(finding: &Finding, at: Option<&Subject>) -> Option<Subject> {
    let mut named = [Some(&finding.subject), at].into_iter().flatten();
    let named = named.find(|subject| matches!(subject, Subject::Tag { .. })).cloned();
    named.or_else(|| match folder(&finding.object) {
        Place::Tag { repository, tag }
        | Place::TagCurrent { repository, tag }
        | Place::TagIndex { repository, tag }
        | Place::TagIndexAlgorithm { repository, tag, .. }
        | Place::TagIndexEntry { repository, tag, .. } => {
            Some(Subject::Tag { repository: repository.to_string(), tag: tag.to_string() })
        }
        Place::Stray { .. }
        | Place::Top
        | Place::Root
        | Place::Lockfiles
        | Place::Blobs
        | Place::BlobAlgorithm { .. }
        | Place::BlobShard { .. }
        | Place::Blob { .. }
        | Place::Repositories
        | Place::Repository { .. }
        | Place::Layers { .. }
        | Place::LayerAlgorithm { .. }
        | Place::Layer { .. }
        | Place::Manifests { .. }
        | Place::Revisions { .. }
        | Place::RevisionAlgorithm { .. }
        | Place::Revision { .. }
        | Place::Tags { .. }
        | Place::Uploads { .. }
        | Place::Upload { .. }
        | Place::HashStates { .. }
        | Place::HashStateAlgorithm { .. } => None,
    })
}

/// The folder of the layout that an object's key or a folder's name leads into.
fn folder(object: &str) -> Place {
    match Key::parse(object) {
        // Findings name a folder without its final slash.
        Key::Stray { .. } => Place::of(&format!("{}/", object.trim_end_matches('/'))),
        key => key.place(),
    }
}

fn repository(finding: &Finding, at: Option<&Subject>) -> Option<Repository> {
    let named = |subject: &Subject| match subject {
        Subject::Repository(name)
        | Subject::Tag { repository: name, .. }
        | Subject::Manifest { repository: name, .. }
        | Subject::Upload { repository: name, .. } => Some(Repository::found(name)),
        _ => None,
    };
    named(&finding.subject)
        .or_else(|| Key::parse(&finding.object).repository().cloned())
        .or_else(|| at.and_then(named))
}

/// The revision link of the manifest that the finding is about.
fn revision(finding: &Finding, at: Option<&Subject>, digest: Option<&str>) -> Option<Target> {
    let key = Key::parse(&finding.object);
    let repository = key.repository().cloned().or_else(|| repository(finding, at))?;
    let digest = match key.promise() {
        Some(digest) => digest.clone(),
        None => Digest::parse(digest?).ok()?,
    };
    let subject = Subject::Manifest { repository: repository.to_string(), digest: digest.to_string() };
    Some(Target { subject, object: Some(Key::RevisionLink { repository, digest }.path()) })
}

/// An upload is one thing, however many objects it has; anything else is its object.
fn stray(object: &str) -> Subject {
    match folder(object) {
        Place::Upload { repository, id } => Subject::Upload { repository: repository.to_string(), id },
        _ => Subject::Object(object.to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::registry::checks::{CHECKS, poison, tag_link};

    const ROOT: &str = "docker/registry/v2/repositories/g/p";

    #[test]
    fn every_verb_of_a_tags_finding_has_a_target() {
        let at = Subject::Tag { repository: "g/p".into(), tag: "v1".into() };
        let digest = Digest::of(b"manifest");
        let object =
            Key::RevisionLink { repository: Repository::found("g/p"), digest: digest.clone() }.path();
        for check in &CHECKS {
            let finding = check.finding(at.clone(), &object, "");
            for repair in check.repairs.iter().filter(|repair| **repair != Repair::RePush) {
                let target = target(&finding, *repair, Some(&at), Some(&digest.to_string()));
                assert_eq!(target.is_some(), repair.name() != "copy-repush-request", "{}", check.id);
            }
        }
    }

    #[test]
    fn a_poisoned_repository_leads_to_its_guilty_tag() {
        let tag = Subject::Tag { repository: "g/p".into(), tag: "v1".into() };
        let cause =
            tag_link::EMPTY.finding(tag.clone(), format!("{ROOT}/_manifests/tags/v1/current/link"), "");
        let store = crate::registry::checks::StoreKind::Bucket;
        let finding = poison::follows_from(&cause, "g/p", store).unwrap();
        assert_eq!(target(&finding, DELETE_TAG, None, None).unwrap().subject, tag);
        let folder = crate::registry::checks::Check { ..tag_link::EMPTY };
        let finding =
            folder.finding(Subject::Repository("g/p".into()), format!("{ROOT}/_manifests/tags/a b"), "");
        let named = Subject::Tag { repository: "g/p".into(), tag: "a b".into() };
        assert_eq!(target(&finding, DELETE_TAG, None, None).unwrap().subject, named);
    }

    #[test]
    fn an_upload_goes_as_a_whole() {
        let upload = Subject::Upload { repository: "g/p".into(), id: "x".into() };
        for object in ["_uploads/x", "_uploads/x/", "_uploads/x/startedat", "_uploads/x/data"] {
            assert_eq!(stray(&format!("{ROOT}/{object}")), upload, "{object}");
        }
        let readme = format!("{ROOT}/README");
        assert_eq!(stray(&readme), Subject::Object(readme.clone()));
    }
}
