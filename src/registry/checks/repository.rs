//! Faults of a repository's name and folders, and of folder markers anywhere.

use super::check::{Answers, Check, Effect, Elsewhere};
use super::repairs::{DELETE_REPOSITORY, RESTORE_LINK, STRAY};
use crate::model::{Repair::RePush, Severity};
use crate::registry::reference::{NameError, Repository};

pub const ONLY_UPLOADS: Check = Check {
    id: "repo-only-uploads",
    severity: Severity::Harmless,
    title: "The repository holds uploads and nothing else",
    answers: Answers::NONE,
    effects: &[Effect::Waste],
    elsewhere: Elsewhere::SAME,
    repairs: &[DELETE_REPOSITORY],
};
pub const WITHOUT_LAYERS: Check = Check {
    id: "repo-without-layers-folder",
    severity: Severity::PullBroken,
    title: "The repository has manifests and no layer links: push again before any garbage collection",
    answers: Answers::part(404),
    effects: &[Effect::Pull, Effect::Hidden, Effect::Loss],
    elsewhere: Elsewhere { v3: "listed, but garbage-collect stops", ..Elsewhere::SAME },
    repairs: &[RePush, RESTORE_LINK],
};
pub const WITHOUT_MANIFESTS: Check = Check {
    id: "repo-without-manifests-folder",
    severity: Severity::ListPolluted,
    title: "The repository has layer links and no manifests",
    answers: Answers::NONE,
    effects: &[Effect::Listed],
    elsewhere: Elsewhere { v3: "not listed", ..Elsewhere::SAME },
    repairs: &[DELETE_REPOSITORY],
};

const ILLEGAL_NAME: Check = Check {
    id: "",
    severity: Severity::GcBroken,
    title: "",
    answers: Answers::manifest(404, 404).stops_gc(),
    effects: &[Effect::PushFails, Effect::Delete, Effect::Listed],
    elsewhere: Elsewhere::SAME,
    repairs: &[DELETE_REPOSITORY],
};

pub const NAME_UPPERCASE: Check = Check {
    id: "repo-name-uppercase",
    title: "The repository's name is none that the registry accepts",
    ..ILLEGAL_NAME
};
pub const NAME_TOO_LONG: Check = Check {
    id: "repo-name-too-long",
    title: "The repository's name has more than 255 characters",
    answers: Answers::manifest(500, 500).stops_gc(),
    elsewhere: Elsewhere { v3: "works", ..Elsewhere::SAME },
    ..ILLEGAL_NAME
};
pub const PATH_WITH_SPACE: Check = Check {
    id: "repo-path-with-space",
    title: "The repository's name holds a character that the registry refuses in any path",
    ..ILLEGAL_NAME
};
pub const STRAY_FILE: Check = Check {
    id: "stray-file-in-repo",
    severity: Severity::Harmless,
    title: "A file lies in a repository's folder where the registry keeps none",
    answers: Answers::NONE,
    effects: &[],
    elsewhere: Elsewhere::SAME,
    repairs: STRAY,
};
pub const FOLDER_MARKER: Check = Check {
    id: "folder-marker",
    severity: Severity::GcBroken,
    title: "An object pretends to be a folder",
    answers: Answers::NONE,
    effects: &[],
    elsewhere: Elsewhere {
        v3: "on GCS listings and garbage-collect panic or never end, by where it lies",
        gitlab: "as 3.x",
        bucket: "on S3 the upload purger of 2.x dies of it at repositories/, at a group or at _uploads/",
    },
    repairs: STRAY,
};

pub(super) const ROWS: &[Check] = &[
    ONLY_UPLOADS,
    WITHOUT_LAYERS,
    WITHOUT_MANIFESTS,
    NAME_UPPERCASE,
    NAME_TOO_LONG,
    PATH_WITH_SPACE,
    STRAY_FILE,
    FOLDER_MARKER,
];

/// Which of its three folders a repository has.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Folders {
    pub layers: Presence,
    pub manifests: Presence,
    pub uploads: Presence,
}

/// Whether something was seen.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Presence {
    Seen,
    /// Certainly not there.
    #[default]
    Absent,
    /// Could not be read.
    Unread,
}

/// The check for a repository by the folders it has. What could not be read is nobody's fault.
pub const fn folders(folders: Folders) -> Option<&'static Check> {
    match (folders.layers, folders.manifests, folders.uploads) {
        (Presence::Absent, Presence::Absent, Presence::Seen) => Some(&ONLY_UPLOADS),
        (Presence::Absent, Presence::Seen, _) => Some(&WITHOUT_LAYERS),
        (Presence::Seen, Presence::Absent, _) => Some(&WITHOUT_MANIFESTS),
        (Presence::Absent, Presence::Absent, Presence::Absent | Presence::Unread)
        | (Presence::Absent, Presence::Unread, _)
        | (Presence::Seen, Presence::Seen | Presence::Unread, _)
        | (Presence::Unread, _, _) => None,
    }
}

/// The check for a repository's name, if the registry's API refuses it. The worst reason wins: the storage
/// driver refuses most characters in any path.
pub fn name(repository: &Repository) -> Option<&'static Check> {
    let flaw = repository.flaw()?;
    let legal = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '/' | '-');
    Some(match flaw {
        _ if !repository.as_str().chars().all(legal) => &PATH_WITH_SPACE,
        NameError::RepositoryTooLong { .. } => &NAME_TOO_LONG,
        NameError::EmptyRepository | NameError::EmptyPart { .. } | NameError::Repository { .. } => {
            &NAME_UPPERCASE
        }
        NameError::EmptyTag | NameError::TagTooLong { .. } | NameError::Tag { .. } => return None,
    })
}

/// What a folder marker does at its place, by its key from the store's root on: a name in a listing of tags
/// is a nuisance, at most other places listings and garbage collection can fail over it.
pub fn folder_marker(key: &str) -> Severity {
    match key.split_once("/_manifests/tags/") {
        Some(_) => Severity::ListPolluted,
        None => Severity::GcBroken,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_repository_is_judged_by_the_folders_it_lacks() {
        use Presence::{Absent, Seen, Unread};
        for (layers, manifests, uploads, id) in [
            (Seen, Seen, Seen, None),
            (Seen, Seen, Absent, None),
            (Absent, Absent, Absent, None),
            (Absent, Absent, Seen, Some("repo-only-uploads")),
            (Absent, Seen, Seen, Some("repo-without-layers-folder")),
            (Seen, Absent, Absent, Some("repo-without-manifests-folder")),
            (Unread, Seen, Seen, None),
            (Unread, Absent, Seen, None),
            (Seen, Unread, Seen, None),
        ] {
            let found = folders(Folders { layers, manifests, uploads });
            assert_eq!(found.map(|check| check.id), id, "{layers:?} {manifests:?} {uploads:?}");
        }
    }

    #[test]
    fn only_names_that_the_registry_refuses_are_faults() {
        let too_long = format!("group/{}", "x".repeat(250));
        for (text, id) in [
            ("group/image", None),
            ("UPPER/case", None),
            ("a/blobs/uploads", None),
            ("group/Image", Some("repo-name-uppercase")),
            ("group/.image", Some("repo-name-uppercase")),
            ("group//image", Some("repo-name-uppercase")),
            ("group/my image", Some("repo-path-with-space")),
            ("group/b\u{e9}b\u{e9}", Some("repo-path-with-space")),
            (too_long.as_str(), Some("repo-name-too-long")),
        ] {
            assert_eq!(name(&Repository::found(text)).map(|check| check.id), id, "{text}");
        }
    }

    #[test]
    fn a_folder_marker_is_as_bad_as_its_place() {
        let root = "docker/registry/v2/";
        for (key, severity) in [
            ("repositories/", Severity::GcBroken),
            ("repositories/group/image/", Severity::GcBroken),
            ("repositories/group/image/_uploads/", Severity::GcBroken),
            ("repositories/group/image/_manifests/revisions/sha256/", Severity::GcBroken),
            ("repositories/group/image/_manifests/tags/", Severity::ListPolluted),
            ("repositories/group/image/_manifests/tags/ghost/", Severity::ListPolluted),
            ("blobs/", Severity::GcBroken),
        ] {
            assert_eq!(folder_marker(&format!("{root}{key}")), severity, "{key}");
        }
    }
}
