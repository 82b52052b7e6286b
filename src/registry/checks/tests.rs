//! The catalogue as a whole: complete, consistent, and as severe as measured.

use std::collections::BTreeSet;

use super::*;
use crate::model::{Repair, Severity};

/// Severities as measured on docker-registry 2.8.2, family by family.
const MEASURED: &[(Severity, &[&str])] = &[
    (
        Severity::PullBroken,
        &[
            "empty-current-link",
            "current-link-newline",
            "current-link-crlf",
            "current-link-leading-space",
            "current-link-only-whitespace",
            "current-link-bom",
            "current-link-nul-bytes",
            "current-link-garbage",
            "current-link-binary",
            "current-link-truncated",
            "current-link-one-char-short",
            "current-link-doubled",
            "current-link-no-algorithm",
            "current-link-uppercase-hex",
            "current-link-nonhex",
            "current-link-md5",
            "current-link-sha512",
            "current-link-path",
            "current-link-to-layer",
            "current-link-is-folder",
            "missing-current-link",
            "missing-current-link-many-revisions",
            "revision-link-missing",
            "revision-and-blob-missing",
            "revision-link-empty",
            "revision-link-newline",
            "revision-link-md5",
            "revision-link-mismatch",
            "revision-link-mismatch-dangling",
            "manifest-blob-missing",
            "manifest-blob-empty",
            "manifest-blob-truncated",
            "manifest-blob-garbage",
            "manifest-blob-altered",
            "manifest-blob-not-a-manifest",
            "manifest-unknown-media-type",
            "manifest-schema1",
            "manifest-blob-oversized",
            "manifest-blob-is-folder",
            "config-layer-link-missing",
            "config-layer-link-empty",
            "config-blob-missing",
            "config-blob-empty",
            "layer-link-missing",
            "layer-link-empty",
            "layer-link-newline",
            "layer-link-mismatch",
            "layer-blob-missing",
            "layer-blob-moved-aside",
            "layer-blob-empty",
            "layer-blob-truncated",
            "layer-blob-padded",
            "layer-blob-altered",
            "descriptor-size-wrong",
            "shared-layer-missing",
            "index-child-revision-missing",
            "index-child-blob-missing",
            "index-child-blob-empty",
            "index-children-collected",
            "index-child-layer-missing",
            "repo-without-layers-folder",
        ],
    ),
    (
        Severity::DeleteBroken,
        &["stray-file-in-tags", "hidden-file-in-tags", "tag-name-with-space", "poisoned-repository"],
    ),
    (
        Severity::GcBroken,
        &[
            "repo-name-uppercase",
            "repo-name-too-long",
            "repo-path-with-space",
            "stray-file-in-revisions",
            "blob-folder-not-a-digest",
            "blob-wrong-shard",
            "blob-uppercase-hex",
            "folder-marker",
        ],
    ),
    (
        Severity::ListPolluted,
        &[
            "empty-tag-folder",
            "tag-name-starts-with-dash",
            "tag-name-too-long",
            "repo-without-manifests-folder",
        ],
    ),
    (
        Severity::Harmless,
        &[
            "index-entry-missing",
            "index-entry-empty",
            "repo-only-uploads",
            "stray-file-in-repo",
            "upload-stale",
            "upload-without-startedat",
            "upload-startedat-empty",
            "upload-not-uuid",
            "blob-unreferenced",
            "stray-file-in-blobs",
        ],
    ),
];

#[test]
fn the_catalogue_is_complete_and_as_severe_as_measured() {
    let measured: BTreeSet<(&str, Severity)> =
        MEASURED.iter().flat_map(|(severity, ids)| ids.iter().map(|id| (*id, *severity))).collect();
    let rows: BTreeSet<(&str, Severity)> = CHECKS.iter().map(|check| (check.id, check.severity)).collect();
    assert_eq!(rows, measured);
    assert_eq!(CHECKS.len(), 87, "no id stands twice");
}

#[test]
fn every_row_says_what_it_is_and_what_a_client_sees() {
    for check in &CHECKS {
        assert!(
            check.id.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-'),
            "{}",
            check.id
        );
        assert!(check.title.len() > 10 && !check.title.ends_with('.'), "{}: {}", check.id, check.title);
        for (registry, seen) in check.clients() {
            assert!(!seen.is_empty(), "{} on {registry}", check.id);
        }
        assert_eq!(find(check.id), Some(check));
    }
    assert_eq!(find("no-such-fault"), None);
}

#[test]
fn every_row_names_known_cures_once_each() {
    for check in &CHECKS {
        let names: BTreeSet<&str> = check.repairs.iter().map(|repair| repair.name()).collect();
        assert_eq!(names.len(), check.repairs.len(), "{} names a cure twice", check.id);
        for repair in check.repairs {
            assert!(repairs::ALL.contains(repair), "{}: {}", check.id, repair.name());
        }
        let curable = check.id == blob_store::UNREFERENCED.id || !check.repairs.is_empty();
        assert!(curable, "{} has no cure", check.id);
    }
}

#[test]
fn cures_stand_in_their_measured_order() {
    let order = |id: &str| -> Vec<&str> {
        find(id).map(|check| check.repairs.iter().map(|repair| repair.name()).collect()).unwrap_or_default()
    };
    for (id, expected) in [
        ("empty-current-link", &["re-push", "restore-link", "delete-tag", "delete-tag-api"][..]),
        ("current-link-is-folder", &["delete-tag", "re-push"]),
        ("revision-link-missing", &["restore-link", "re-push", "delete-tag", "delete-tag-api"]),
        ("revision-link-empty", &["restore-link", "re-push", "delete-tag", "delete-revision-link"]),
        ("manifest-blob-empty", &["delete-wrong-blob", "re-push", "delete-tag", "delete-revision-link"]),
        ("layer-link-empty", &["restore-link", "delete-layer-link", "re-push"]),
        ("layer-link-mismatch", &["restore-link"]),
        ("layer-blob-truncated", &["delete-wrong-blob", "re-push"]),
        ("layer-blob-moved-aside", &["delete-stray", "re-push"]),
        ("stray-file-in-tags", &["delete-stray"]),
    ] {
        assert_eq!(order(id), expected, "{id}");
    }
}

#[test]
fn a_push_comes_first_only_where_it_was_seen_to_cure() {
    for check in &CHECKS {
        let useless = check.effects.contains(&Effect::PushCuresNothing);
        let first = check.repairs.first() == Some(&Repair::RePush);
        assert!(!(useless && first) || check.id == config_and_layers::SIZE_WRONG.id, "{}", check.id);
    }
}
