//! Help, completions, the manual page, and the configuration commands.

use crate::program::{Home, quarterdeck};

#[test]
fn help_names_every_subcommand_and_every_exit_code() {
    let ran = quarterdeck(&["--help"]).ends(0);
    for part in ["demo", "scan", "audit", "config", "completions", "man", "--profile", "--bucket", "  64  "]
        .into_iter()
        .chain(["delete", "undo", "resume", "journal", "--write[=<NAME>]"])
    {
        assert!(ran.out.contains(part), "{part} is not in\n{}", ran.out);
    }
    for command in ["delete", "undo", "resume"] {
        let help = quarterdeck(&[command, "--help"]).ends(0).out;
        for part in ["--yes", "--healthy", "--unknown", "\"demand\"", "\"proofs\"", "Exit codes:"] {
            assert!(help.contains(part), "{part} is not in\n{help}");
        }
    }
    let scan = quarterdeck(&["scan", "--help"]).ends(0);
    for part in ["\"repository\"", "docker/registry/v2/", "--settle", "standard input", "--bytes"] {
        assert!(scan.out.contains(part), "{part} is not in\n{}", scan.out);
    }
    assert!(quarterdeck(&["--version"]).ends(0).out.starts_with("quarterdeck "));
}

#[test]
fn wrong_usage_exits_64_and_prints_nothing_on_standard_output() {
    for arguments in [
        &["scna"][..],
        &["--no-such-flag"],
        &["scan", "--settle", "soon", "g/p:v1"],
        &["scan", "--output", "xml", "g/p:v1"],
        &["scan", "--bucket", "s3://x", "g/p:v1"],
        &["--size", "0x0", "--print"],
        &["--keys", "j"],
        &["audit", "not//a//prefix"],
        &["config"],
        &["completions", "cmd.exe"],
    ] {
        let ran = quarterdeck(arguments).ends(64);
        assert!(ran.out.is_empty() && !ran.err.is_empty(), "{arguments:?}: {ran:?}");
    }
}

#[test]
fn completions_and_manual_page_know_the_subcommands() {
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        assert!(quarterdeck(&["completions", shell]).ends(0).out.contains("audit"), "{shell}");
    }
    let page = quarterdeck(&["man"]).ends(0).out;
    for part in [
        ".TH quarterdeck 1",
        "QUARTERDECK SCAN",
        "QUARTERDECK DELETE",
        "QUARTERDECK JOURNAL VERIFY",
        "QUARTERDECK CONFIG CHECK",
        "Exit codes",
    ] {
        assert!(page.contains(part), "{part} is not in the manual page");
    }
}

#[test]
fn init_writes_a_private_file_once_and_check_finds_it_right() {
    use std::os::unix::fs::PermissionsExt;
    let home = Home::new();
    let path = home.run(&["config", "path"]).ends(0).out.trim().to_owned();
    assert!(path.ends_with(".config/quarterdeck/config.toml"), "{path}");
    assert!(home.run(&["config", "check"]).ends(64).err.contains("config init"));
    home.run(&["config", "init"]).ends(0);
    assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    let checked = home.run(&["config", "check"]).ends(0);
    assert!(checked.out.contains("no mistakes") && checked.out.contains("no profile yet"), "{checked:?}");
    std::fs::write(&path, "theme = 'mono'\n").unwrap();
    assert!(home.run(&["config", "init"]).ends(64).err.contains("was left as it is"));
    assert_eq!(std::fs::read_to_string(&path).unwrap(), "theme = 'mono'\n");
}

#[test]
fn check_names_every_mistake_with_its_place_and_says_what_right_profiles_hold() {
    let home = Home::new();
    let file = home.path().join("mine.toml");
    let file = file.to_str().unwrap();
    std::fs::write(file, "theem = 'x'\n[profiles.p]\nbukcet.url = 'gs://abc'\n").unwrap();
    let ran = home.run(&["config", "check", file]).ends(64);
    assert!(
        ran.err.starts_with(&format!("{file}:1:1: unknown key \"theem\"; did you mean \"theme\"?\n")),
        "{}",
        ran.err
    );
    assert!(ran.err.contains(&format!("{file}:3:1: profiles.p: unknown key \"bukcet\"")), "{}", ran.err);
    std::fs::write(
        file,
        "[profiles.gprd]\nenvironment = 'production'\nprotected = true\nbucket.url = 'gs://abc'\n",
    )
    .unwrap();
    let ran = home.run(&["config", "check", file]).ends(0);
    for part in ["gprd", "gs://abc", "production, protected", "10m", ".local/state/quarterdeck"] {
        assert!(ran.out.contains(part), "{part} is not in {}", ran.out);
    }
}

#[test]
fn warnings_go_to_standard_error_and_change_nothing() {
    let home = Home::new();
    let tree = crate::program::Tree::healthy();
    let url = tree.url();
    let mut command = home.command(&["scan", "--bucket", &url, &tree.whole_tag()]);
    let ran = crate::program::Ran::from(command.env("QUARTERDECK_BUKCET", "x").output().unwrap()).ends(0);
    assert_eq!(
        ran.err,
        "quarterdeck: warning: QUARTERDECK_BUKCET has no effect; did you mean QUARTERDECK_BUCKET?\n"
    );
}

#[test]
fn the_demo_prints_a_frame_without_terminal_profile_or_network_and_leaves_nothing_behind() {
    let home = Home::new();
    let folders = home.path().join("tmp");
    std::fs::create_dir(&folders).unwrap();
    let mut command = home.command(&["demo", "--print", "--size", "100x30"]);
    let ran = crate::program::Ran::from(command.env("TMPDIR", &folders).output().unwrap()).ends(0);
    assert_eq!(ran.out.lines().count(), 30, "{}", ran.out);
    assert!(ran.out.contains("demo  embedded") && ran.out.contains("The way of a pull"), "{}", ran.out);
    assert_eq!(std::fs::read_dir(&folders).unwrap().count(), 0, "the tree is gone");
}

#[test]
fn a_cockpit_without_a_terminal_or_with_unknown_keys_says_so() {
    let ran = quarterdeck(&["demo"]).ends(64);
    assert!(ran.err.contains("is not a terminal") && ran.err.contains("--print"), "{}", ran.err);
    let ran = quarterdeck(&["demo", "--print", "--keys", "no-such-key"]).ends(64);
    assert!(ran.err.contains("no-such-key"), "{}", ran.err);
}

#[test]
fn a_guarded_cockpit_asks_for_its_name_before_it_opens() {
    let ran = quarterdeck(&["--bucket", "gs://images", "--write", "--print"]).ends(64);
    assert!(ran.err.contains("type --write=images"), "{}", ran.err);
    let ran = quarterdeck(&["--bucket", "gs://images", "--write=imagse", "--print"]).ends(64);
    assert!(ran.err.contains("\"imagse\" is not the name"), "{}", ran.err);
    quarterdeck(&["demo", "--write", "--print", "--size", "80x24"]).ends(0);
    quarterdeck(&["--write=prod", "demo", "--print"]).ends(64);
}

#[test]
fn options_that_do_nothing_where_they_stand_are_refused() {
    for arguments in [
        &["--keys", "j", "--print", "scan", "g/p:v1"][..],
        &["--theme", "mono", "audit"],
        &["--bucket", "file:///", "demo"],
        &["--profile", "p", "config", "path"],
        &["--print", "man"],
        &["--write", "scan", "g/p:v1"],
        &["--write", "config", "path"],
    ] {
        assert!(quarterdeck(arguments).ends(64).out.is_empty(), "{arguments:?}");
    }
    quarterdeck(&["--print", "demo", "--size", "80x24"]).ends(0);
}
