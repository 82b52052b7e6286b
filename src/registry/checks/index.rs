//! Faults of an index's children: the index is served, and some platform's image is not.

use super::check::{Answers, Check, Effect, Elsewhere};
use super::repairs::{LINK_BACK, ONLY_OWNER, WRONG_BLOB};
use crate::model::Severity;

const CHILD: Check = Check {
    id: "",
    severity: Severity::PullBroken,
    title: "",
    answers: Answers::part(404),
    effects: &[Effect::Pull],
    elsewhere: Elsewhere::SAME,
    repairs: ONLY_OWNER,
};

pub const CHILD_REVISION_MISSING: Check = Check {
    id: "index-child-revision-missing",
    title: "The index names a manifest that is stored but not linked in this repository",
    repairs: LINK_BACK,
    ..CHILD
};
pub const CHILD_BLOB_MISSING: Check =
    Check { id: "index-child-blob-missing", title: "The index names a manifest that is not stored", ..CHILD };
pub const CHILD_BLOB_EMPTY: Check = Check {
    id: "index-child-blob-empty",
    title: "The index names a manifest that is empty",
    answers: Answers::part(500).stops_plain_gc(),
    effects: &[Effect::Pull, Effect::PushCuresNothing],
    elsewhere: Elsewhere { v3: "the same, and garbage-collect -m stops too", ..Elsewhere::SAME },
    repairs: WRONG_BLOB,
    ..CHILD
};
pub const CHILDREN_COLLECTED: Check = Check {
    id: "index-children-collected",
    title: "The index's manifests are no longer linked and their layers are gone, as garbage-collect -m of 2.x leaves them",
    ..CHILD
};
pub const CHILD_LAYER_MISSING: Check = Check {
    id: "index-child-layer-missing",
    title: "A layer of one platform's image is not stored",
    ..CHILD
};

pub(super) const ROWS: &[Check] =
    &[CHILD_REVISION_MISSING, CHILD_BLOB_MISSING, CHILD_BLOB_EMPTY, CHILDREN_COLLECTED, CHILD_LAYER_MISSING];
