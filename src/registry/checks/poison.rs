//! A repository in which deleting any tag by digest destroys it.
//!
//! DELETE by digest removes the revision's link first and reads every tag's link afterwards. One link that
//! does not parse, one name that the registry refuses or, on a file system, one file among the tags' folders
//! makes it stop in between: the tag that was asked for is gone for good, and the answer is an error.

use super::check::{Answers, Check, Effect, Elsewhere, StoreKind};
use super::find;
use super::repairs::{DELETE_TAG, DELETE_TAG_API};
use crate::model::{Finding, Repair::RePush, Severity, Subject};

pub const POISONED: Check = Check {
    id: "poisoned-repository",
    severity: Severity::DeleteBroken,
    title: "Deleting any other tag here by digest destroys it: cure or delete the guilty object first",
    answers: Answers::NONE.stops_gc_untagged(),
    effects: &[Effect::Poison],
    elsewhere: Elsewhere {
        gitlab: "the same; current releases answer 400 instead of 500",
        ..Elsewhere::SAME
    },
    repairs: &[RePush, DELETE_TAG],
};

pub(super) const ROWS: &[Check] = &[POISONED];

/// The finding about the repository that follows from a finding about one of its tags, if that one endangers
/// the others on such a store.
pub fn follows_from(cause: &Finding, repository: &str, store: StoreKind) -> Option<Finding> {
    let check = find(cause.id).filter(|check| check.poisons(store))?;
    let detail = format!("{}: {}", check.title, cause.detail);
    let mut finding = POISONED.finding(Subject::Repository(repository.to_owned()), &cause.object, detail);
    // Deleting by tag through the API works for most of these faults, but the store's delete is conditional.
    finding.repairs = cause.repairs.iter().copied().filter(|repair| *repair != DELETE_TAG_API).collect();
    Some(finding)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::registry::checks::{CHECKS, repairs::DELETE_STRAY, tag_folder};

    #[test]
    fn exactly_the_measured_faults_poison() {
        let poisons = |store: StoreKind| -> Vec<&str> {
            CHECKS
                .iter()
                .filter(|check| check.id != POISONED.id && check.poisons(store))
                .map(|check| check.id)
                .collect()
        };
        let bucket = poisons(StoreKind::Bucket);
        let links = bucket.iter().filter(|id| id.contains("current-link")).count();
        assert_eq!(links, 18, "every unreadable tag link, folder included: {bucket:?}");
        assert_eq!(bucket.len(), 19);
        assert!(bucket.contains(&"tag-name-with-space"));
        for harmless in
            ["current-link-sha512", "current-link-to-layer", "missing-current-link", "revision-link-empty"]
        {
            assert!(!bucket.contains(&harmless), "{harmless}");
        }
        let file_system = poisons(StoreKind::FileSystem);
        let only_there: Vec<_> = file_system.iter().filter(|id| !bucket.contains(id)).collect();
        assert_eq!(only_there, [&"stray-file-in-tags", &"hidden-file-in-tags"]);
    }

    #[test]
    fn a_poisoned_repository_names_the_guilty_object_and_its_cure() {
        let tag = Subject::Tag { repository: "group/image".into(), tag: "notes.txt".into() };
        let cause = tag_folder::STRAY_FILE_IN_TAGS.finding(tag, "…/tags/notes.txt", "a file of 13 bytes");
        assert_eq!(follows_from(&cause, "group/image", StoreKind::Bucket), None);
        let found = follows_from(&cause, "group/image", StoreKind::FileSystem).unwrap();
        assert_eq!((found.id, found.object.as_str()), ("poisoned-repository", "…/tags/notes.txt"));
        assert_eq!(found.repairs, [DELETE_STRAY]);
        assert_eq!(found.subject, Subject::Repository("group/image".into()));
    }
}
