//! Faults of `tags/<tag>/current/link`, the only file a pull by tag reads in the tag's folder.

use super::check::{Answers, Check, Effect, Elsewhere};
use super::link::{Flaw, Malformed};
use super::repairs::{COPY_REPUSH_REQUEST, DELETE_TAG, DELETE_TAG_API, RESTORE_LINK, TAG_LINK};
use crate::model::{Repair::RePush, Severity};

const POISONS: &[Effect] = &[Effect::Pull, Effect::Delete, Effect::Poison, Effect::Listed];
const DANGLES: &[Effect] = &[Effect::Pull, Effect::Delete, Effect::Listed];

/// Content that the registry refuses as "invalid checksum digest format".
const FORMAT: Check = Check {
    id: "",
    severity: Severity::PullBroken,
    title: "",
    answers: Answers::manifest(500, 200).stops_gc_untagged(),
    effects: POISONS,
    elsewhere: Elsewhere {
        gitlab: "GET by tag 404; DELETE by tag works",
        v3: "the same, but DELETE by tag works",
        bucket: "",
    },
    repairs: TAG_LINK,
};

/// Content that the registry refuses as "invalid checksum digest length", or by its algorithm.
const LENGTH: Check = Check {
    elsewhere: Elsewhere {
        gitlab: "the same, but DELETE by tag works",
        v3: "the same, but DELETE by tag works",
        bucket: "",
    },
    ..FORMAT
};

/// A link that parses, to something that is no manifest here: nothing is poisoned.
const LEADS_NOWHERE: Check = Check { answers: Answers::manifest(404, 200), effects: DANGLES, ..LENGTH };

pub const EMPTY: Check = Check { id: "empty-current-link", title: "The tag's link is empty", ..FORMAT };
pub const NEWLINE: Check = Check {
    id: "current-link-newline",
    title: "The tag's link holds white space after the digest",
    ..FORMAT
};
pub const CRLF: Check = Check {
    id: "current-link-crlf",
    title: "The tag's link ends in a carriage return and a line feed",
    ..FORMAT
};
pub const LEADING_SPACE: Check = Check {
    id: "current-link-leading-space",
    title: "The tag's link holds white space before the digest",
    ..FORMAT
};
pub const ONLY_WHITESPACE: Check = Check {
    id: "current-link-only-whitespace",
    title: "The tag's link holds nothing but white space",
    ..FORMAT
};
pub const BYTE_ORDER_MARK: Check =
    Check { id: "current-link-bom", title: "The tag's link starts with a byte order mark", ..FORMAT };
pub const NUL_BYTES: Check =
    Check { id: "current-link-nul-bytes", title: "The tag's link holds NUL bytes", ..FORMAT };
pub const GARBAGE: Check =
    Check { id: "current-link-garbage", title: "The tag's link holds text that is no digest", ..FORMAT };
pub const BINARY: Check =
    Check { id: "current-link-binary", title: "The tag's link holds binary bytes", ..FORMAT };
pub const TRUNCATED: Check =
    Check { id: "current-link-truncated", title: "The tag's link holds only a part of a digest", ..LENGTH };
pub const ONE_CHAR_SHORT: Check = Check {
    id: "current-link-one-char-short",
    title: "The last digit of the digest is missing in the tag's link",
    ..LENGTH
};
pub const DOUBLED: Check =
    Check { id: "current-link-doubled", title: "The tag's link holds more than one digest", ..FORMAT };
pub const NO_ALGORITHM: Check = Check {
    id: "current-link-no-algorithm",
    title: "The tag's link holds a hash without its algorithm",
    ..FORMAT
};
pub const UPPERCASE_HEX: Check = Check {
    id: "current-link-uppercase-hex",
    title: "The tag's link holds a digest in capitals",
    elsewhere: Elsewhere {
        gitlab: "GET by tag 404; deletes work (upstream's 2.8.2 build too)",
        v3: "the same, but DELETE by tag works",
        bucket: "",
    },
    ..FORMAT
};
pub const NON_HEX: Check = Check {
    id: "current-link-nonhex",
    title: "The tag's link holds letters that are no hex digits",
    ..FORMAT
};
pub const UNKNOWN_ALGORITHM: Check = Check {
    id: "current-link-md5",
    title: "The tag's link holds a digest by an algorithm that the registry does not know",
    ..LENGTH
};
pub const PATH: Check =
    Check { id: "current-link-path", title: "The tag's link holds a path instead of a digest", ..FORMAT };
pub const OTHER_ALGORITHM: Check = Check {
    id: "current-link-sha512",
    title: "The tag's link holds a digest by another algorithm, and there is no such revision",
    ..LEADS_NOWHERE
};
pub const TO_LAYER: Check = Check {
    id: "current-link-to-layer",
    title: "The tag's link names a layer or configuration instead of a manifest",
    answers: Answers::manifest(500, 200),
    elsewhere: Elsewhere { v3: "GET by tag 404; DELETE by tag works", ..LENGTH.elsewhere },
    ..LEADS_NOWHERE
};
pub const IS_FOLDER: Check = Check {
    id: "current-link-is-folder",
    title: "A folder stands where the tag's link should be",
    effects: &[Effect::Pull, Effect::PushFails, Effect::Delete, Effect::Poison, Effect::Listed],
    elsewhere: Elsewhere { bucket: "cannot happen", ..LENGTH.elsewhere },
    repairs: &[DELETE_TAG, RePush],
    ..LENGTH
};
pub const MISSING: Check = Check {
    id: "missing-current-link",
    title: "The tag has no link, only an entry of its history",
    ..LEADS_NOWHERE
};
pub const MISSING_AMONG_MANY: Check = Check {
    id: "missing-current-link-many-revisions",
    title: "The tag has no link, and its history does not tell which of several revisions was last",
    repairs: &[RePush, COPY_REPUSH_REQUEST, RESTORE_LINK, DELETE_TAG, DELETE_TAG_API],
    ..LEADS_NOWHERE
};

pub(super) const ROWS: &[Check] = &[
    EMPTY,
    NEWLINE,
    CRLF,
    LEADING_SPACE,
    ONLY_WHITESPACE,
    BYTE_ORDER_MARK,
    NUL_BYTES,
    GARBAGE,
    BINARY,
    TRUNCATED,
    ONE_CHAR_SHORT,
    DOUBLED,
    NO_ALGORITHM,
    UPPERCASE_HEX,
    NON_HEX,
    UNKNOWN_ALGORITHM,
    OTHER_ALGORITHM,
    PATH,
    TO_LAYER,
    IS_FOLDER,
    MISSING,
    MISSING_AMONG_MANY,
];

/// The check for a tag link whose content is no digest.
pub const fn of(malformed: &Malformed) -> &'static Check {
    match malformed.flaw {
        Flaw::Empty => &EMPTY,
        Flaw::Newline => &NEWLINE,
        Flaw::Crlf => &CRLF,
        Flaw::LeadingSpace => &LEADING_SPACE,
        Flaw::OnlyWhitespace => &ONLY_WHITESPACE,
        Flaw::ByteOrderMark => &BYTE_ORDER_MARK,
        Flaw::NulBytes => &NUL_BYTES,
        Flaw::Garbage => &GARBAGE,
        Flaw::Binary => &BINARY,
        Flaw::Truncated => &TRUNCATED,
        Flaw::OneCharShort => &ONE_CHAR_SHORT,
        Flaw::Doubled => &DOUBLED,
        Flaw::NoAlgorithm => &NO_ALGORITHM,
        Flaw::UppercaseHex => &UPPERCASE_HEX,
        Flaw::NonHex => &NON_HEX,
        Flaw::UnknownAlgorithm => &UNKNOWN_ALGORITHM,
        Flaw::Path => &PATH,
    }
}

/// The check for a tag without a link, by how many revisions its history names.
pub const fn missing(candidates: usize) -> &'static Check {
    if candidates > 1 { &MISSING_AMONG_MANY } else { &MISSING }
}
