//! Faults of a manifest's blob, when its links are right.

use super::check::{Answers, Check, Effect, Elsewhere};
use super::repairs::{DELETE_REVISION_LINK, DELETE_TAG, DELETE_WRONG_BLOB};
use crate::model::{Repair::RePush, Severity};

/// Bytes of the largest manifest that any registry serves.
pub const LARGEST: u64 = 4 * 1024 * 1024;

pub const MISSING: Check = Check {
    id: "manifest-blob-missing",
    severity: Severity::PullBroken,
    title: "The manifest is linked but not stored",
    answers: Answers::manifest(404, 404),
    effects: &[Effect::Pull, Effect::Delete, Effect::Loss, Effect::Listed],
    elsewhere: Elsewhere::SAME,
    repairs: &[RePush, DELETE_TAG, DELETE_REVISION_LINK],
};

/// Bytes that do not hash to their name, and that no push replaces.
const WRONG: Check = Check {
    id: "",
    severity: Severity::PullBroken,
    title: "",
    answers: Answers::manifest(500, 500).stops_gc(),
    effects: &[Effect::Pull, Effect::PushCuresNothing, Effect::Listed],
    elsewhere: Elsewhere::SAME,
    repairs: &[DELETE_WRONG_BLOB, RePush, DELETE_TAG, DELETE_REVISION_LINK],
};

pub const EMPTY: Check = Check { id: "manifest-blob-empty", title: "The manifest is empty", ..WRONG };
pub const TRUNCATED: Check =
    Check { id: "manifest-blob-truncated", title: "The manifest ends in the middle", ..WRONG };
pub const GARBAGE: Check =
    Check { id: "manifest-blob-garbage", title: "The manifest's bytes are no manifest at all", ..WRONG };
pub const ALTERED: Check = Check {
    id: "manifest-blob-altered",
    title: "The manifest reads well, but it is not the one that its digest names",
    answers: Answers::manifest(200, 200),
    effects: &[Effect::Pull, Effect::WrongImage, Effect::PushCuresNothing],
    ..WRONG
};

/// Bytes that are as they were pushed, and that the registry cannot serve.
const UNUSABLE: Check = Check {
    effects: &[Effect::Pull, Effect::PushFails, Effect::Listed],
    repairs: &[RePush, DELETE_TAG, DELETE_REVISION_LINK],
    ..WRONG
};

pub const NOT_A_MANIFEST: Check = Check {
    id: "manifest-blob-not-a-manifest",
    title: "What the tag names was stored intact and is no manifest",
    ..UNUSABLE
};
pub const UNKNOWN_MEDIA_TYPE: Check = Check {
    id: "manifest-unknown-media-type",
    title: "The manifest is of a kind that the registry does not serve",
    ..UNUSABLE
};
pub const OVERSIZED: Check = Check {
    id: "manifest-blob-oversized",
    title: "The manifest is larger than the 4 MiB that a registry serves",
    ..UNUSABLE
};
pub const SCHEMA_1: Check = Check {
    id: "manifest-schema1",
    title: "The manifest is of the first schema, which only 2.x still serves",
    answers: Answers::manifest(200, 200),
    effects: &[Effect::PushFails],
    elsewhere: Elsewhere {
        v3: "GET 500; garbage-collect stops",
        gitlab: "GET 400 in current releases",
        ..Elsewhere::SAME
    },
    ..UNUSABLE
};
pub const IS_FOLDER: Check = Check {
    id: "manifest-blob-is-folder",
    title: "A folder stands where the manifest should be",
    answers: Answers::manifest(404, 404),
    effects: &[Effect::Pull, Effect::PushFails, Effect::Delete, Effect::Loss, Effect::Listed],
    elsewhere: Elsewhere { bucket: "cannot happen", ..Elsewhere::SAME },
    repairs: &[DELETE_WRONG_BLOB, RePush],
    ..WRONG
};

pub(super) const ROWS: &[Check] = &[
    MISSING,
    EMPTY,
    TRUNCATED,
    GARBAGE,
    ALTERED,
    NOT_A_MANIFEST,
    UNKNOWN_MEDIA_TYPE,
    SCHEMA_1,
    OVERSIZED,
    IS_FOLDER,
];
