//! `quarterdeck check`: what it prints, and what its exit code says.

use std::fs;

use crate::program::{Home, Ran, Tree};

/// A run of `check` with this configuration.
fn check(toml: &str, arguments: &[&str]) -> Ran {
    let home = Home::new();
    let file = home.path().join("quarterdeck.toml");
    fs::write(&file, toml).unwrap();
    let mut all = vec!["check", "--config", file.to_str().unwrap()];
    all.extend(arguments);
    home.run(&all)
}

fn profile(tree: &Tree, rest: &str) -> String {
    format!("[profiles.site.bucket]\nurl = \"{}\"\n{rest}", tree.url())
}

/// A load balancer's socket that is not there.
const DEAD: &str = "[profiles.site.haproxy.instances]\nlb-01 = \"unix:/nowhere/admin.sock\"\n";

#[test]
fn what_nobody_configured_is_told_apart_and_does_not_count() {
    let tree = Tree::healthy();
    let ran = Home::new().run(&["check", "--bucket", &tree.url()]).ends(0);
    assert!(ran.out.contains("would need what the profile does not name"), "{ran:?}");
    assert!(!ran.out.contains("could not be made") && !ran.out.contains('\u{1b}'), "{ran:?}");
    let json = Home::new().run(&["check", "--bucket", &tree.url(), "--output", "json"]).ends(0).json();
    let [object] = json.as_slice() else { panic!("one object: {json:?}") };
    let checks = object["checks"].as_array().unwrap();
    let crash = checks.iter().find(|check| check["rule"] == "crash-loop").unwrap();
    assert_eq!((&crash["state"], &crash["needs"][0]["lack"]), (&"unknown".into(), &"off".into()));
    assert_eq!(crash["step"], "registry-not-answering#pods-in-a-crash-loop");
    assert_eq!(object["settled"], true);
}

#[test]
fn a_server_that_does_not_answer_is_not_called_broken_and_not_called_well() {
    let tree = Tree::healthy();
    let ran = check(&profile(&tree, DEAD), &[]).ends(2);
    let first = ran.out.lines().next().unwrap();
    assert!(first.contains("site: ") && first.contains("could not be made"), "{ran:?}");
    assert!(ran.out.contains("? lb-server-down  HAProxy: "), "{ran:?}");
    let json = check(&profile(&tree, DEAD), &["--output", "json"]).ends(2).json();
    let checks = json[0]["checks"].as_array().unwrap();
    let down = checks.iter().find(|check| check["rule"] == "lb-server-down").unwrap();
    assert_eq!((&down["state"], &down["needs"][0]["lack"]), (&"unknown".into(), &"blind".into()));
    assert!(down["findings"].as_array().unwrap().is_empty());
}

#[test]
fn quiet_says_one_line_and_with_nothing_wrong_none() {
    let tree = Tree::healthy();
    assert_eq!(Home::new().run(&["check", "-q", "--bucket", &tree.url()]).ends(0).out, "");
    assert_eq!(check(&profile(&tree, DEAD), &["--quiet"]).ends(2).out.lines().count(), 1);
}

#[test]
fn wrong_usage_and_a_profile_that_is_none_are_64() {
    for arguments in [&["check"][..], &["check", "--within", "soon"], &["check", "--output", "xml"]] {
        let ran = Home::new().run(arguments).ends(64);
        assert!(ran.out.is_empty() && !ran.err.is_empty(), "{ran:?}");
    }
}

#[test]
fn nothing_is_written_not_even_a_file_of_progress_that_cannot_be_read() {
    let (tree, home) = (Tree::healthy(), Home::new());
    let (file, state) = (home.path().join("quarterdeck.toml"), home.path().join("state"));
    fs::write(&file, profile(&tree, "")).unwrap();
    let kept = state.join("runbooks/site/unknown-blob.json");
    fs::create_dir_all(kept.parent().unwrap()).unwrap();
    fs::write(&kept, "no JSON").unwrap();
    let mut command = home.command(&["check", "--config", file.to_str().unwrap()]);
    let ran = Ran::from(command.env("QUARTERDECK_STATE_FOLDER", &state).output().unwrap());
    ran.ends(0);
    let names: Vec<_> =
        fs::read_dir(kept.parent().unwrap()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(
        (names, fs::read_to_string(&kept).unwrap()),
        (vec!["unknown-blob.json".into()], "no JSON".to_owned())
    );
    assert_eq!(fs::read_dir(&state).unwrap().count(), 1);
}
