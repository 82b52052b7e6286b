//! `quarterdeck scan`: verdicts, JSON, references in every form, exit codes.

use crate::program::{Home, Tree, quarterdeck};

const BROKEN: &str = "faults/empty-current-link:bad";

fn tree() -> Tree {
    Tree::with(&["empty-current-link"])
}

#[test]
fn a_broken_tag_is_named_with_object_evidence_cures_and_exit_code_1() {
    let ran = tree().run(&["scan", BROKEN]).ends(1);
    let first = ran.out.lines().next().expect("a verdict");
    assert!(first.starts_with("✗ broken  faults/empty-current-link:bad  empty-current-link"), "{first}");
    for part in [
        "empty-current-link (pull-broken)",
        "docker/registry/v2/repositories/faults/empty-current-link/_manifests/tags/bad/current/link",
        "2.x ",
        "3.x ",
        "GitLab ",
        "re-push",
        "poisoned-repository",
        "cures: those above",
        "round trips",
        "$ quarterdeck delete --bucket file://",
    ] {
        assert!(ran.out.contains(part), "{part} is not in\n{}", ran.out);
    }
    assert!(!ran.out.contains('\x1b'), "no colours in a pipe");
    assert_eq!(ran.err, "");
}

#[test]
fn a_whole_tag_shows_its_chain_and_exits_0() {
    let tree = tree();
    let ran = tree.run(&["scan", &tree.whole_tag()]).ends(0);
    assert!(ran.out.starts_with("✓ whole   "), "{}", ran.out);
    for part in ["tag link", "revision link", "manifest", "config link", "layer link", "71 B", "use --bytes"]
    {
        assert!(ran.out.contains(part), "{part} is not in\n{}", ran.out);
    }
    let hashed = tree.run(&["scan", "--bytes", &tree.whole_tag()]).ends(0);
    assert!(!hashed.out.contains("use --bytes"), "{}", hashed.out);
}

#[test]
fn a_digest_can_be_scanned_and_an_absent_tag_exits_2() {
    let tree = tree();
    let (repository, digest) = {
        let ((repository, _), truth) = tree.truth.tags.iter().next().expect("a tag");
        (repository.clone(), truth.digest.clone())
    };
    let ran = tree.run(&["scan", "--output=json", &format!("{repository}@{digest}")]).ends(0);
    assert_eq!((&ran.json()[0]["tag"], &ran.json()[0]["digest"]), (&serde_json::Value::Null, &digest.into()));
    let ran = tree.run(&["scan", "no/such/thing:v1"]).ends(2);
    assert!(ran.out.starts_with("– absent  no/such/thing:v1"), "{}", ran.out);
    assert!(ran.out.contains("no repository no/such/thing"), "{}", ran.out);
}

#[test]
fn json_is_one_object_a_line_with_the_documented_keys() {
    let tree = tree();
    let ran = tree.run(&["scan", "--output", "json", BROKEN, &tree.whole_tag(), "no/such:tag"]).ends(1);
    let lines = ran.json();
    let states: Vec<&str> = lines.iter().filter_map(|line| line["state"].as_str()).collect();
    assert_eq!(states, ["broken", "whole", "absent"]);
    for (raw, line) in ran.out.lines().zip(&lines) {
        assert!(raw.starts_with("{\"repository\":"), "{raw}");
        for key in
            ["repository", "tag", "digest", "state", "findings", "unread", "notes", "unhashed", "chain"]
        {
            assert!(line.get(key).is_some(), "{key} is not in {raw}");
        }
    }
    let finding = &lines[0]["findings"][0];
    assert_eq!(finding["id"], "empty-current-link");
    assert_eq!(finding["severity"], "pull-broken");
    assert_eq!(finding["repairs"][0], "re-push");
    let object = finding["object"].as_str().expect("a key");
    assert!(object.starts_with("docker/registry/v2/") && tree.path(object).exists(), "{object}");
    assert!(lines[1]["digest"].as_str().is_some_and(|digest| digest.starts_with("sha256:")));
}

#[test]
fn references_come_in_every_form_people_paste() {
    let tree = tree();
    for form in [
        "/v2/faults/empty-current-link/manifests/bad",
        "https://registry.example.com/v2/faults/empty-current-link/manifests/bad",
        "registry.example.com:5000/faults/empty-current-link:bad",
        " 'faults/empty-current-link:bad' ",
    ] {
        let ran = tree.run(&["scan", "--output=json", form]).ends(1);
        assert_eq!(ran.json()[0]["repository"], "faults/empty-current-link", "{form}");
    }
}

#[test]
fn many_references_are_answered_in_the_order_they_came() {
    let tree = tree();
    let names: Vec<String> =
        tree.truth.tags.keys().map(|(repository, tag)| format!("{repository}:{tag}")).collect();
    let lines = names.iter().cycle().take(300).map(String::as_str).collect::<Vec<_>>().join("\n\n  ");
    let ran = tree.run_with_input(&["scan", "--output=json", "-"], lines.as_bytes()).ends(1);
    let answered: Vec<String> = ran
        .json()
        .iter()
        .map(|line| format!("{}:{}", line["repository"].as_str().unwrap(), line["tag"].as_str().unwrap()))
        .collect();
    assert_eq!(answered, names.iter().cycle().take(300).cloned().collect::<Vec<_>>());
    let without_dash = tree.run_with_input(&["scan", "--output=json"], lines.as_bytes());
    assert_eq!(without_dash.out, ran.out, "a pipe is read without being asked to");
}

#[test]
fn text_that_is_no_reference_is_wrong_usage() {
    let tree = tree();
    let ran = tree.run(&["scan", &tree.whole_tag(), "g/p:v1:v2", "!!"]).ends(64);
    assert_eq!(
        (ran.out.as_str(), ran.err.lines().count()),
        ("", 2),
        "nothing is scanned, each is named: {ran:?}"
    );
    let mixed = format!("{}\n!!\n{}\n", tree.whole_tag(), tree.whole_tag());
    let ran = tree.run_with_input(&["scan", "-"], mixed.as_bytes()).ends(64);
    assert_eq!(ran.out.matches("✓ whole").count(), 2, "the other lines are scanned: {ran:?}");
    assert!(ran.err.contains("standard input, line 2: "), "{}", ran.err);
}

#[test]
fn too_young_is_said_and_settle_0_judges_at_once() {
    let tree = Tree::with(&["missing-current-link"]);
    let tag = "faults/missing-current-link:bad";
    touch(&tree.tag_folder("faults/missing-current-link", "bad"));
    let young = tree.run(&["scan", "--output=json", tag]);
    assert_eq!(young.json()[0]["findings"].as_array().map(Vec::len), Some(0), "{young:?}");
    let judged = tree.run(&["scan", "--settle", "0", "--output=json", tag]).ends(1);
    assert_eq!(judged.json()[0]["findings"][0]["id"], "missing-current-link");
}

/// Makes every file below as young as a file can be.
fn touch(folder: &std::path::Path) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            touch(&path);
        } else {
            let now = std::time::SystemTime::now();
            std::fs::File::options().write(true).open(path).unwrap().set_modified(now).unwrap();
        }
    }
}

#[test]
fn without_any_registry_it_says_how_to_name_one() {
    let ran = quarterdeck(&["scan", "g/p:v1"]).ends(64);
    for part in ["--bucket", "--profile", "config init", "quarterdeck demo"] {
        assert!(ran.err.contains(part), "{part} is not in {}", ran.err);
    }
}

#[test]
fn a_profile_names_the_registry_as_well() {
    let (home, tree) = (Home::new(), tree());
    let config = home.path().join(".config/quarterdeck/config.toml");
    std::fs::create_dir_all(config.parent().unwrap()).unwrap();
    std::fs::write(&config, format!("[profiles.here]\nbucket.url = {:?}\n", tree.url())).unwrap();
    for arguments in
        [&["--profile", "here", "scan", BROKEN][..], &["scan", "-p", "here", BROKEN], &["scan", BROKEN]]
    {
        home.run(arguments).ends(1);
    }
    let ran = home.run(&["scan", "--profile", "there", BROKEN]).ends(64);
    assert!(ran.err.contains("there is no profile \"there\""), "{}", ran.err);
}

#[test]
fn a_locale_without_utf_8_gets_plain_letters() {
    let (home, tree) = (Home::new(), tree());
    let url = tree.url();
    let mut command = home.command(&["scan", "--bucket", &url, BROKEN]);
    let ran = crate::program::Ran::from(command.env("LANG", "C").output().unwrap()).ends(1);
    assert!(ran.out.starts_with("x broken ") && ran.out.is_ascii(), "{}", ran.out);
}

#[test]
fn empty_standard_input_is_no_clean_bill() {
    for arguments in [&["scan", "-"][..], &["scan"]] {
        let ran = tree().run(arguments).ends(2);
        assert!(ran.err.contains("standard input held no reference"), "{}", ran.err);
    }
}
