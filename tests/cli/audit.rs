//! `quarterdeck audit`: every tag, the faults that no tag shows, and the summary.

use std::collections::BTreeSet;

use quarterdeck::staging::tree::StoreKind;
use serde_json::Value;

use crate::program::{Tree, quarterdeck};

/// Findings as (id, object, severity).
fn findings(lines: &[Value]) -> BTreeSet<(String, String, String)> {
    let text = |value: &Value| value.as_str().expect("text").to_owned();
    lines
        .iter()
        .flat_map(|line| line["findings"].as_array().expect("findings"))
        .map(|finding| (text(&finding["id"]), text(&finding["object"]), text(&finding["severity"])))
        .collect()
}

#[test]
fn json_has_a_line_for_every_tag_and_every_fault() {
    let tree = Tree::with(&["empty-current-link", "upload-stale", "blob-unreferenced", "layer-blob-missing"]);
    let lines = tree.run(&["audit", "--output=json"]).ends(1).json();
    let name =
        |line: &Value| Some((line["repository"].as_str()?.to_owned(), line["tag"].as_str()?.to_owned()));
    let tags: BTreeSet<_> = lines.iter().filter_map(name).collect();
    assert_eq!(tags, tree.truth.tags.keys().cloned().collect());
    let found = findings(&lines);
    for blame in tree.truth.blames_on(StoreKind::FileSystem) {
        let wanted = (blame.id.to_owned(), blame.object.clone(), blame.severity.name().to_owned());
        assert!(found.contains(&wanted), "{wanted:?} is not among {found:#?}");
    }
    assert!(lines.iter().any(|line| line["tag"].is_null() && line["findings"][0]["id"] == "upload-stale"));
    for line in &lines {
        assert!(["whole", "broken", "absent", "unknown"].contains(&line["state"].as_str().expect("a state")));
    }
}

#[test]
fn text_names_only_what_is_worth_a_look_and_sums_up() {
    let tree = Tree::with(&["empty-current-link"]);
    let ran = tree.run(&["audit"]).ends(1);
    assert!(ran.out.contains("✗ broken  faults/empty-current-link:bad"), "{}", ran.out);
    assert!(!ran.out.contains("✓ whole"), "healthy tags are not listed: {}", ran.out);
    let whole = tree.truth.tags.len() - 1;
    for part in
        [&format!("✓ {whole} whole"), "✗ 1 broken", "1  empty-current-link", "requests", "use --bytes"]
    {
        assert!(ran.out.contains(part), "{part} is not in\n{}", ran.out);
    }
    assert_eq!(ran.err, "", "no progress in a pipe");
}

#[test]
fn a_healthy_registry_exits_0_with_every_blob_hashed_or_not() {
    let tree = Tree::healthy();
    assert!(tree.run(&["audit"]).ends(0).out.contains("use --bytes"));
    assert!(!tree.run(&["audit", "--bytes"]).ends(0).out.contains("use --bytes"));
}

#[test]
fn a_prefix_limits_the_audit_and_the_rest_is_said_to_be_left_out() {
    let tree = Tree::with(&["empty-current-link", "blob-unreferenced"]);
    let (repository, _) = tree.truth.spotless().next().expect("a healthy tag");
    let group = repository.split('/').next().expect("a group");
    let ran = tree.run(&["audit", group]).ends(0);
    assert!(ran.out.contains("not looked at:"), "{}", ran.out);
    tree.run(&["audit", "faults/"]).ends(1);
    tree.run(&["audit", "faults//x"]).ends(64);
}

#[test]
fn a_store_without_a_registry_exits_2() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let ran = quarterdeck(&["audit", "--bucket", &format!("file://{}", folder.path().display())]).ends(2);
    assert!(ran.err.contains("docker/registry/v2"), "{}", ran.err);
}

#[test]
fn names_with_escape_sequences_reach_no_terminal() {
    let tree = Tree::healthy();
    let hostile = tree
        .path("docker/registry/v2/repositories/g/\x1b]0;owned\x07/_manifests/tags/\x1b[2J\u{202e}/current");
    std::fs::create_dir_all(&hostile).expect("a folder");
    std::fs::write(hostile.join("link"), "").expect("a link");
    for arguments in [&["audit", "--settle=0"][..], &["audit", "--settle=0", "--output=json"]] {
        let ran = tree.run(arguments).ends(1);
        let said = ran.out.clone() + &ran.err;
        assert!(
            !said.contains(|c: char| c.is_control() && c != '\n') && !said.contains('\u{202e}'),
            "{said}"
        );
        assert!(said.contains("[2J"), "and it is still named: {said}");
    }
}

#[test]
fn a_bucket_of_a_metadata_database_is_not_judged_by_its_files() {
    let tree = Tree::with(&["empty-current-link"]);
    let locks = tree.path("docker/registry/lockfiles");
    std::fs::create_dir_all(&locks).expect("a folder");
    std::fs::write(locks.join("database-in-use"), "{\"version\":1}").expect("a file");
    let ran = tree.run(&["audit"]).ends(2);
    assert!(ran.out.is_empty() && ran.err.contains("metadata database"), "{ran:?}");
    let ran = tree.run(&["scan", "--output=json", "faults/empty-current-link:bad"]).ends(2);
    assert_eq!(ran.json()[0]["state"], "unknown");
    assert!(ran.json()[0]["unread"][0]["why"].as_str().is_some_and(|why| why.contains("metadata database")));
}
