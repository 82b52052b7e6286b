//! Faults of a configuration or a layer: the manifest itself is served, and a pull fails after it.

use super::check::{Answers, Check, Effect, Elsewhere};
use super::link::Malformed;
use super::repairs::{DELETE_LAYER_LINK, DELETE_STRAY, LINK_BACK, ONLY_OWNER, RESTORE_LINK, WRONG_BLOB};
use crate::model::{Repair::RePush, Severity};
use crate::registry::digest::DigestError;

const GONE: Check = Check {
    id: "",
    severity: Severity::PullBroken,
    title: "",
    answers: Answers::part(404),
    effects: &[Effect::Pull],
    elsewhere: Elsewhere::SAME,
    repairs: ONLY_OWNER,
};

const LINK_MISSING: Check = Check { repairs: LINK_BACK, ..GONE };

/// The registry answers 500 even to a client that only asks whether it must push the blob.
const LINK_BROKEN: Check = Check {
    answers: Answers::part(500),
    effects: &[Effect::Pull, Effect::PushFails],
    elsewhere: Elsewhere { v3: "the same, and garbage-collect stops", ..Elsewhere::SAME },
    repairs: &[RESTORE_LINK, DELETE_LAYER_LINK, RePush],
    ..GONE
};

const WRONG: Check = Check {
    answers: Answers::part(200),
    effects: &[Effect::Pull, Effect::PushCuresNothing],
    repairs: WRONG_BLOB,
    ..GONE
};

pub const CONFIG_LINK_MISSING: Check = Check {
    id: "config-layer-link-missing",
    title: "The configuration is stored but not linked in this repository",
    ..LINK_MISSING
};
pub const CONFIG_LINK_EMPTY: Check = Check {
    id: "config-layer-link-empty",
    title: "The configuration's link in this repository is empty or no digest",
    ..LINK_BROKEN
};
pub const CONFIG_MISSING: Check =
    Check { id: "config-blob-missing", title: "The configuration is linked but not stored", ..GONE };
pub const CONFIG_EMPTY: Check =
    Check { id: "config-blob-empty", title: "The configuration is empty", ..WRONG };
pub const LINK_GONE: Check = Check {
    id: "layer-link-missing",
    title: "A layer is stored but not linked in this repository",
    ..LINK_MISSING
};
pub const LINK_EMPTY: Check = Check {
    id: "layer-link-empty",
    title: "A layer's link in this repository is empty or no digest",
    ..LINK_BROKEN
};
pub const LINK_NEWLINE: Check = Check {
    id: "layer-link-newline",
    title: "The link of a layer or configuration is too long or too short",
    ..LINK_BROKEN
};
pub const LINK_MISMATCH: Check = Check {
    id: "layer-link-mismatch",
    title: "The link of a layer or configuration names another blob, which is served in its place",
    repairs: &[RESTORE_LINK],
    ..WRONG
};
pub const LAYER_MISSING: Check =
    Check { id: "layer-blob-missing", title: "A layer is linked but not stored", ..GONE };
pub const SHARED_MISSING: Check = Check {
    id: "shared-layer-missing",
    title: "A layer that several repositories use is not stored; one push in any of them brings it back",
    ..GONE
};
pub const MOVED_ASIDE: Check = Check {
    id: "layer-blob-moved-aside",
    title: "The blob is not at its place, and something else lies beside it",
    elsewhere: Elsewhere {
        bucket: "on S3 a push is refused with 400 until the neighbour is gone",
        ..Elsewhere::SAME
    },
    repairs: &[DELETE_STRAY, RePush],
    ..GONE
};
pub const LAYER_EMPTY: Check = Check { id: "layer-blob-empty", title: "A layer is empty", ..WRONG };
pub const TRUNCATED: Check = Check {
    id: "layer-blob-truncated",
    title: "A layer or configuration is shorter than the manifest says",
    ..WRONG
};
pub const PADDED: Check = Check {
    id: "layer-blob-padded",
    title: "A layer or configuration is longer than the manifest says",
    ..WRONG
};
pub const ALTERED: Check = Check {
    id: "layer-blob-altered",
    title: "A layer or configuration has the right size and the wrong bytes",
    ..WRONG
};
pub const SIZE_WRONG: Check = Check {
    id: "descriptor-size-wrong",
    title: "The blob is whole, and the manifest states another size, which strict clients refuse",
    repairs: &[RePush],
    ..WRONG
};

pub(super) const ROWS: &[Check] = &[
    CONFIG_LINK_MISSING,
    CONFIG_LINK_EMPTY,
    CONFIG_MISSING,
    CONFIG_EMPTY,
    LINK_GONE,
    LINK_EMPTY,
    LINK_NEWLINE,
    LINK_MISMATCH,
    LAYER_MISSING,
    SHARED_MISSING,
    MOVED_ASIDE,
    LAYER_EMPTY,
    TRUNCATED,
    PADDED,
    ALTERED,
    SIZE_WRONG,
];

/// What a blob is to the manifest that names it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Part {
    Config,
    Layer,
    /// A layer of an index's child.
    ChildLayer,
}

/// The check for a `_layers` link that is no digest.
pub const fn link_of(part: Part, malformed: &Malformed) -> &'static Check {
    match (malformed.complaint, part) {
        (DigestError::Length, _) => &LINK_NEWLINE,
        (DigestError::Format | DigestError::Unsupported, Part::Config) => &CONFIG_LINK_EMPTY,
        (DigestError::Format | DigestError::Unsupported, Part::Layer | Part::ChildLayer) => &LINK_EMPTY,
    }
}

/// The check for a `_layers` link that is not there.
pub const fn link_missing(part: Part) -> &'static Check {
    match part {
        Part::Config => &CONFIG_LINK_MISSING,
        Part::Layer | Part::ChildLayer => &LINK_GONE,
    }
}

/// The check for a blob that is not there. Only objects whose names start like `data` get in its way.
pub fn blob_missing(part: Part, neighbours: &[String]) -> &'static Check {
    match part {
        _ if neighbours.iter().any(|name| name.starts_with("data")) => &MOVED_ASIDE,
        Part::Config => &CONFIG_MISSING,
        Part::Layer => &LAYER_MISSING,
        Part::ChildLayer => &super::index::CHILD_LAYER_MISSING,
    }
}

/// The check for a blob whose bytes do not hash to its name, by its size and the size that was promised.
pub const fn blob_wrong(part: Part, size: Option<u64>, expected: Option<u64>) -> &'static Check {
    match (part, size, expected) {
        (Part::Config, Some(0), _) => &CONFIG_EMPTY,
        (Part::Layer | Part::ChildLayer, Some(0), _) => &LAYER_EMPTY,
        (_, Some(size), Some(expected)) if size < expected => &TRUNCATED,
        (_, Some(size), Some(expected)) if size > expected => &PADDED,
        (_, _, _) => &ALTERED,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_missing_blob_is_named_by_its_part_and_its_neighbours() {
        let aside = ["data.bak".to_owned()];
        let other = ["README".to_owned()];
        for (part, neighbours, id) in [
            (Part::Config, &[][..], "config-blob-missing"),
            (Part::Layer, &[], "layer-blob-missing"),
            (Part::ChildLayer, &[], "index-child-layer-missing"),
            (Part::Layer, &aside, "layer-blob-moved-aside"),
            (Part::Config, &aside, "layer-blob-moved-aside"),
            (Part::Layer, &other, "layer-blob-missing"),
        ] {
            assert_eq!(blob_missing(part, neighbours).id, id, "{part:?} {neighbours:?}");
        }
    }

    #[test]
    fn wrong_bytes_are_named_by_their_size() {
        for (part, size, expected, id) in [
            (Part::Config, Some(0), Some(5), "config-blob-empty"),
            (Part::Layer, Some(0), Some(5), "layer-blob-empty"),
            (Part::Layer, Some(0), Some(0), "layer-blob-empty"),
            (Part::ChildLayer, Some(0), None, "layer-blob-empty"),
            (Part::Layer, Some(4), Some(5), "layer-blob-truncated"),
            (Part::Config, Some(4), Some(5), "layer-blob-truncated"),
            (Part::Layer, Some(6), Some(5), "layer-blob-padded"),
            (Part::Layer, Some(5), Some(5), "layer-blob-altered"),
            (Part::Layer, Some(5), None, "layer-blob-altered"),
            (Part::Config, None, Some(5), "layer-blob-altered"),
            (Part::Layer, None, None, "layer-blob-altered"),
        ] {
            assert_eq!(blob_wrong(part, size, expected).id, id, "{part:?} {size:?} {expected:?}");
        }
    }
}
