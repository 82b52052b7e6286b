//! The cures that rows of the catalogue name, and the orders in which they go together.

use crate::model::Repair::{self, RePush, Verb};

/// Deletes a tag's folder in the store, `current/link` first.
pub const DELETE_TAG: Repair = Verb("delete-tag");
/// Deletes a tag through the registry's API (3.x and GitLab).
pub const DELETE_TAG_API: Repair = Verb("delete-tag-api");
/// Deletes `_manifests/revisions/…/link`.
pub const DELETE_REVISION_LINK: Repair = Verb("delete-revision-link");
/// Deletes `_layers/…/link`.
pub const DELETE_LAYER_LINK: Repair = Verb("delete-layer-link");
/// Deletes an object that the registry never wrote or no longer needs.
pub const DELETE_STRAY: Repair = Verb("delete-stray");
/// Deletes a repository's folder.
pub const DELETE_REPOSITORY: Repair = Verb("delete-repository");
/// Writes a link's digest back.
pub const RESTORE_LINK: Repair = Verb("restore-link");
/// Deletes a blob whose bytes do not hash to its name, so that a push can bring it back.
pub const DELETE_WRONG_BLOB: Repair = Verb("delete-wrong-blob");
/// Copies a message that asks the image's owner to push again.
pub const COPY_REPUSH_REQUEST: Repair = Verb("copy-repush-request");

/// Every cure by its id, for help and for the table's own test.
pub const ALL: &[Repair] = &[
    RePush,
    DELETE_TAG,
    DELETE_TAG_API,
    DELETE_REVISION_LINK,
    DELETE_LAYER_LINK,
    DELETE_STRAY,
    DELETE_REPOSITORY,
    RESTORE_LINK,
    DELETE_WRONG_BLOB,
    COPY_REPUSH_REQUEST,
];

/// A tag link that is wrong: any push to the tag writes it anew.
pub(super) const TAG_LINK: &[Repair] = &[RePush, RESTORE_LINK, DELETE_TAG, DELETE_TAG_API];
/// A revision or layer link that is missing although its blob is there.
pub(super) const LINK_BACK: &[Repair] = &[RESTORE_LINK, RePush];
/// A blob whose bytes are wrong: a push finds it and leaves it as it is.
pub(super) const WRONG_BLOB: &[Repair] = &[DELETE_WRONG_BLOB, RePush];
/// A blob that is gone: only its owner has the bytes.
pub(super) const ONLY_OWNER: &[Repair] = &[RePush, COPY_REPUSH_REQUEST];
/// Something that does not belong there.
pub(super) const STRAY: &[Repair] = &[DELETE_STRAY];
