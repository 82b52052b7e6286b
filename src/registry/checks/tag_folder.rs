//! Faults of a tag's folder and of what lies beside it under `tags/`.

use super::check::{Answers, Check, Effect, Elsewhere};
use super::repairs::{DELETE_TAG, RESTORE_LINK, STRAY};
use crate::model::Severity;

pub const EMPTY_FOLDER: Check = Check {
    id: "empty-tag-folder",
    severity: Severity::ListPolluted,
    title: "The tag is nothing but empty folders",
    answers: Answers::manifest(404, 200),
    effects: &[Effect::Delete, Effect::Listed],
    elsewhere: Elsewhere { bucket: "cannot happen", ..Elsewhere::SAME },
    repairs: &[DELETE_TAG],
};

const HARMLESS: Check = Check {
    id: "",
    severity: Severity::Harmless,
    title: "",
    answers: Answers::manifest(200, 200),
    effects: &[],
    elsewhere: Elsewhere::SAME,
    repairs: &[RESTORE_LINK],
};

pub const INDEX_ENTRY_MISSING: Check = Check {
    id: "index-entry-missing",
    title: "The tag's history does not name the revision that the tag points at",
    ..HARMLESS
};
pub const INDEX_ENTRY_EMPTY: Check =
    Check { id: "index-entry-empty", title: "An entry of the tag's history is damaged", ..HARMLESS };

const STRAY_FILE: Check = Check {
    id: "",
    severity: Severity::DeleteBroken,
    title: "",
    answers: Answers { by_tag: Some(500), ..Answers::NONE }.stops_gc_untagged(),
    effects: &[Effect::PoisonOnFileSystem, Effect::Listed],
    elsewhere: Elsewhere { bucket: "GET 404; deletes and garbage-collect work", ..Elsewhere::SAME },
    repairs: STRAY,
};

pub const STRAY_FILE_IN_TAGS: Check =
    Check { id: "stray-file-in-tags", title: "A file lies where only tags' folders belong", ..STRAY_FILE };
pub const HIDDEN_FILE_IN_TAGS: Check = Check {
    id: "hidden-file-in-tags",
    title: "A hidden file lies where only tags' folders belong",
    answers: Answers { by_tag: Some(404), ..STRAY_FILE.answers },
    ..STRAY_FILE
};

const ILLEGAL_NAME: Check = Check {
    id: "",
    severity: Severity::ListPolluted,
    title: "",
    answers: Answers::manifest(404, 200),
    effects: &[Effect::PushFails, Effect::Listed],
    elsewhere: Elsewhere::SAME,
    repairs: &[DELETE_TAG],
};

pub const NAME_STARTS_WITH_DASH: Check = Check {
    id: "tag-name-starts-with-dash",
    title: "The tag's name starts with a character that no client can ask for",
    ..ILLEGAL_NAME
};
pub const NAME_TOO_LONG: Check =
    Check { id: "tag-name-too-long", title: "The tag's name has more than 128 characters", ..ILLEGAL_NAME };
pub const NAME_WITH_SPACE: Check = Check {
    id: "tag-name-with-space",
    severity: Severity::DeleteBroken,
    title: "The tag's name holds a character that the registry refuses in any path",
    answers: Answers::manifest(404, 200).stops_gc_untagged(),
    effects: &[Effect::PushFails, Effect::Delete, Effect::Poison, Effect::Listed],
    ..ILLEGAL_NAME
};

pub(super) const ROWS: &[Check] = &[
    EMPTY_FOLDER,
    INDEX_ENTRY_MISSING,
    INDEX_ENTRY_EMPTY,
    STRAY_FILE_IN_TAGS,
    HIDDEN_FILE_IN_TAGS,
    NAME_STARTS_WITH_DASH,
    NAME_WITH_SPACE,
    NAME_TOO_LONG,
];

/// The check for a tag folder's name, if the name is not a legal tag. The worst reason wins.
pub fn name(tag: &str) -> Option<&'static Check> {
    let legal = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-');
    if tag.is_empty() || !tag.chars().all(legal) {
        Some(&NAME_WITH_SPACE)
    } else if tag.starts_with(['.', '-']) {
        Some(&NAME_STARTS_WITH_DASH)
    } else if tag.len() > 128 {
        Some(&NAME_TOO_LONG)
    } else {
        None
    }
}

/// The check for a file that lies directly under `tags/`, by its name.
pub fn stray(file: &str) -> &'static Check {
    if file.starts_with('.') { &HIDDEN_FILE_IN_TAGS } else { &STRAY_FILE_IN_TAGS }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_names_outside_the_grammar_are_faults() {
        let longest = "t".repeat(128);
        for fine in ["_", "__", "0", "v1..2", "a-", "a.", "Latest", "link", "current", "_uploads", &longest] {
            assert_eq!(name(fine), None, "{fine}");
        }
        let too_long = "t".repeat(129);
        for (tag, id) in [
            ("-bad", "tag-name-starts-with-dash"),
            (".bad", "tag-name-starts-with-dash"),
            ("bad copy", "tag-name-with-space"),
            ("- bad", "tag-name-with-space"),
            ("naïve", "tag-name-with-space"),
            ("a\u{1b}[2J", "tag-name-with-space"),
            (too_long.as_str(), "tag-name-too-long"),
        ] {
            assert_eq!(name(tag).map(|check| check.id), Some(id), "{tag:?}");
        }
    }

    #[test]
    fn hidden_files_are_told_from_others() {
        assert_eq!(stray("notes.txt").id, "stray-file-in-tags");
        assert_eq!(stray(".DS_Store").id, "hidden-file-in-tags");
    }
}
