//! `quarterdeck runbook`: names, prints and checks runbooks, one's own beside those that come with the program.

use std::process::{Command, Stdio};

use proptest::prelude::*;
use quarterdeck::runbook::{Names, fill};

use crate::program::{Home, quarterdeck};

const GOOD: &str = "# Mine\n\n## Look\n\n```sh\nkubectl -n {namespace} get pods; cat {log-file}\n```\n";
const BAD: &str = "# Bad\n\n## A\n\n```check crash-lop\nfires: #b\n```\n";

fn home() -> Home {
    let home = Home::new();
    let folder = home.path().join(".config/quarterdeck/runbooks");
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(folder.join("mine.md"), GOOD).unwrap();
    std::fs::write(folder.join("log-level.md"), GOOD).unwrap();
    home
}

#[test]
fn all_runbooks_are_named_with_where_they_come_from() {
    let ran = quarterdeck(&["runbook", "list"]).ends(0);
    assert!(ran.out.contains("registry-not-answering") && ran.err.is_empty(), "{ran:?}");
    let home = home();
    let ran = home.run(&["runbook", "list"]).ends(0);
    assert!(ran.out.contains("runbooks/mine.md)") && ran.out.contains("in place of the one"), "{}", ran.out);
    let books = home.run(&["runbook", "list", "--output", "json"]).ends(0).json();
    let of = |id: &str| books.iter().find(|book| book["id"] == id).unwrap();
    assert_eq!((&of("mine")["replaces"], &of("log-level")["replaces"]), (&false.into(), &true.into()));
    assert!(of("broken-images")["file"].is_null());
    let step = &of("mine")["steps"][0];
    assert_eq!((&step["anchor"], &step["depth"]), (&"look".into(), &1.into()));
}

#[test]
fn a_broken_one_is_told_by_file_and_line_and_the_others_stay() {
    let home = home();
    let bad = home.path().join(".config/quarterdeck/runbooks/storage-down.md");
    std::fs::write(&bad, BAD).unwrap();
    let ran = home.run(&["runbook", "list"]).ends(1);
    assert!(ran.out.contains("mine") && ran.out.contains("storage-down "), "ours stays: {}", ran.out);
    let told = format!("{}:5: unknown check crash-lop; did you mean crash-loop?", bad.display());
    assert!(ran.err.contains(&told), "{}", ran.err);
    let ran = home.run(&["runbook", "check"]).ends(1);
    assert!(ran.out.starts_with(&told) && ran.out.contains(":6: there is no step #b here"), "{}", ran.out);
    let wrong = home.run(&["runbook", "check", "--output", "json", bad.to_str().unwrap()]).ends(1).json();
    assert_eq!((wrong.len(), &wrong[0]["line"]), (2, &5.into()));
    std::fs::remove_file(&bad).unwrap();
    assert!(home.run(&["runbook", "check"]).ends(0).out.contains("10 runbooks: no mistakes"));
    let ran = home.run(&["runbook", "check", "no-such-file.md"]).ends(1);
    assert!(ran.out.starts_with("no-such-file.md: cannot be read"), "{}", ran.out);
}

#[test]
fn a_runbook_is_printed_with_the_names_of_the_profile() {
    let home = home();
    let shown = home.run(&["runbook", "show", "mine"]).ends(0).out;
    assert!(shown.starts_with("# Mine\n\n## Look\n") && shown.contains("-n <namespace>"), "{shown}");
    let config = "[profiles.p]\nbucket.url = 'gs://abc'\nkubernetes.namespace = 'gitlab'\nlogs.files.lb = '/var/log/haproxy.log'\n";
    std::fs::write(home.path().join(".config/quarterdeck/config.toml"), config).unwrap();
    for arguments in [
        &["runbook", "show", "mine#look", "--profile", "p"][..],
        &["--profile", "p", "runbook", "show", "mine"],
    ] {
        let shown = home.run(arguments).ends(0).out;
        assert!(shown.contains("kubectl -n gitlab get pods; cat /var/log/haproxy.log"), "{shown}");
    }
    let ran = home.run(&["runbook", "show", "mnie"]).ends(64);
    assert!(ran.err.contains("did you mean mine?"), "{}", ran.err);
    home.run(&["runbook", "show", "mine#lok"]).ends(64);
    home.run(&["--profile", "p", "runbook", "list"]).ends(64);
    assert!(home.run(&["config", "path"]).ends(0).err.contains("quarterdeck/runbooks/*.md"));
}

/// Commands in which a value stands in ways that shells read differently.
const PLACES: &[&str] = &[
    "printf %s {bucket}",
    "printf %s '{bucket}' \"{bucket}\" a{bucket}b",
    "# the {pod}'s log\nprintf %s {bucket}",
    "# plain words\nprintf %s {bucket} # {bucket}\nprintf %s {bucket}",
    "printf %s a#b'c {bucket}'",
    "printf %s \"$(printf %s {bucket})\" {bucket}",
    "printf %s `printf %s {bucket}` {bucket}",
    "cat <<END\n{bucket}\nEND\nprintf %s {bucket}",
    "cat <<{bucket}\nEND\n",
    "printf %s $'it\\'s {bucket}' {bucket}",
    "printf %s \\{bucket} ${bucket} \"\\{bucket}\" \"${bucket}\"",
    "printf %s a\\\n#'\nprintf %s {bucket}'",
    "true;#it's\nprintf %s {bucket}'",
    "printf %s \"${HOME:-'{bucket}'}\" {bucket}",
    "printf %s <{pod}># it's\nprintf %s {bucket}'",
];

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]
    #[test]
    fn whatever_a_name_stands_for_no_shell_carries_it_out(
        value in "(\\$\\(touch ran\\)|`touch ran`|;touch ran;|\ntouch ran\n|>ran|&|'|\"|\\\\|\\$|#|\\(|\\)|\\{|\n| |a|END|é|\u{1b}){1,7}",
        place in proptest::sample::select(PLACES),
        shell in proptest::sample::select(&["sh", "bash"][..]),
        language in proptest::sample::select(&["sh", "", "Bash"][..]),
    ) {
        let folder = tempfile::tempdir().unwrap();
        let names = Names::from([("bucket", value.clone()), ("pod", value)]);
        let filled = fill(language, place, &names);
        let mut command = Command::new(shell);
        command.args(["-c", &filled]).current_dir(&folder).stdin(Stdio::null());
        command.output().unwrap();
        prop_assert!(!folder.path().join("ran").exists(), "{shell}: {filled}");
    }
}
