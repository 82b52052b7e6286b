//! Faults of `_manifests/revisions/…/link`, which lets a repository serve a manifest.

use super::check::{Answers, Check, Effect, Elsewhere};
use super::link::Malformed;
use super::repairs::{
    DELETE_REVISION_LINK, DELETE_STRAY, DELETE_TAG, DELETE_TAG_API, LINK_BACK, RESTORE_LINK,
};
use crate::model::{Repair::RePush, Severity};
use crate::registry::digest::DigestError;

const DANGLES: Check = Check {
    id: "",
    severity: Severity::PullBroken,
    title: "",
    answers: Answers::manifest(404, 404),
    effects: &[Effect::Pull, Effect::Delete, Effect::Loss, Effect::Listed],
    elsewhere: Elsewhere::SAME,
    repairs: LINK_BACK,
};

const MALFORMED: Check = Check {
    answers: Answers::manifest(500, 500).stops_gc(),
    effects: &[Effect::Pull, Effect::Delete, Effect::Listed],
    repairs: &[RESTORE_LINK, RePush, DELETE_TAG, DELETE_REVISION_LINK],
    ..DANGLES
};

pub const MISSING: Check = Check {
    id: "revision-link-missing",
    title: "The tag names a manifest that is stored but not linked in this repository",
    repairs: &[RESTORE_LINK, RePush, DELETE_TAG, DELETE_TAG_API],
    ..DANGLES
};
pub const MISSING_WITH_BLOB: Check = Check {
    id: "revision-and-blob-missing",
    title: "The tag names a manifest that is neither linked nor stored",
    repairs: &[RePush, DELETE_TAG, DELETE_TAG_API],
    ..DANGLES
};
pub const EMPTY: Check = Check {
    id: "revision-link-empty",
    title: "The manifest's link in this repository is empty or no digest",
    elsewhere: Elsewhere { gitlab: "the same, but garbage-collect goes on", ..Elsewhere::SAME },
    ..MALFORMED
};
pub const NEWLINE: Check = Check {
    id: "revision-link-newline",
    title: "The manifest's link in this repository is too long or too short",
    elsewhere: Elsewhere {
        gitlab: "the same; whether garbage-collect stops depends on the release",
        ..Elsewhere::SAME
    },
    ..MALFORMED
};
pub const UNKNOWN_ALGORITHM: Check = Check {
    id: "revision-link-md5",
    title: "The manifest's link holds a digest by an algorithm that the registry does not know",
    ..MALFORMED
};
pub const MISMATCH: Check = Check {
    id: "revision-link-mismatch",
    title: "The manifest's link names another manifest, which is served in its place",
    answers: Answers::manifest(200, 200),
    effects: &[Effect::Pull, Effect::WrongImage, Effect::Loss],
    ..DANGLES
};
pub const MISMATCH_DANGLING: Check = Check {
    id: "revision-link-mismatch-dangling",
    title: "The manifest's link names something that is not stored",
    ..DANGLES
};
pub const STRAY: Check = Check {
    id: "stray-file-in-revisions",
    severity: Severity::GcBroken,
    title: "An object called link lies where no digest leads",
    answers: Answers::NONE.stops_gc(),
    effects: &[],
    elsewhere: Elsewhere { gitlab: "garbage-collect goes on", ..Elsewhere::SAME },
    repairs: &[DELETE_STRAY],
};

pub(super) const ROWS: &[Check] =
    &[MISSING, MISSING_WITH_BLOB, EMPTY, NEWLINE, UNKNOWN_ALGORITHM, MISMATCH, MISMATCH_DANGLING, STRAY];

/// The check for a revision link that is no digest: what the registry complains about decides, for deletes
/// and garbage collection stop by that.
pub const fn of(malformed: &Malformed) -> &'static Check {
    match malformed.complaint {
        DigestError::Format => &EMPTY,
        DigestError::Length => &NEWLINE,
        DigestError::Unsupported => &UNKNOWN_ALGORITHM,
    }
}
