//! Stores that are empty, wrong, denied or hostile; readers and operators that leave early.

use std::ffi::OsStr;
use std::io::Read;
use std::os::unix::ffi::OsStrExt;
use std::process::Stdio;

use crate::program::{Home, Ran, Tree, quarterdeck};

#[test]
fn a_store_without_a_registry_is_said_to_be_one() {
    let folder = tempfile::tempdir().unwrap();
    let url = |path: &str| format!("file://{}{path}", folder.path().display());
    std::fs::write(folder.path().join("file"), "x").unwrap();
    for (path, words) in [("", "docker/registry/v2"), ("/missing", ""), ("/file", "")] {
        let ran = quarterdeck(&["scan", "--bucket", &url(path), "g/p:v1"]).ends(2);
        let said = ran.out.clone() + &ran.err;
        assert!(said.contains(words) && !said.contains("✗ broken"), "{path}: {ran:?}");
    }
    let inside = quarterdeck(&["scan", "--bucket", &url("/docker/registry/v2"), "g/p:v1"]).ends(64);
    assert!(inside.err.contains("name what holds docker/registry/v2"), "{}", inside.err);
}

#[test]
fn an_object_that_cannot_be_read_makes_the_state_unknown_and_never_broken() {
    let tree = Tree::healthy();
    let (repository, tag) = tree.truth.spotless().next().map(|(r, t)| (r.to_owned(), t.to_owned())).unwrap();
    let link = tree.tag_folder(&repository, &tag).join("current/link");
    // A link to itself cannot be read by anybody, root included.
    std::fs::remove_file(&link).unwrap();
    std::os::unix::fs::symlink(&link, &link).unwrap();
    let ran = tree.run(&["scan", "--output=json", &format!("{repository}:{tag}")]).ends(2);
    let line = &ran.json()[0];
    assert_eq!(
        (&line["state"], line["findings"].as_array().map(Vec::len)),
        (&"unknown".into(), Some(0)),
        "{line}"
    );
    assert!(line["unread"][0]["object"].as_str().is_some_and(|key| key.ends_with("current/link")), "{line}");
}

#[test]
fn bytes_that_are_no_text_are_named_and_escaped() {
    let tree = Tree::healthy();
    let url = tree.url();
    let arguments = [
        OsStr::new("--bucket"),
        OsStr::new(&url),
        OsStr::new("scan"),
        OsStr::from_bytes(b"g/\xff\x1b[2J:v1"),
    ];
    let ran = Home::new().run(&arguments).ends(64);
    assert!(ran.err.contains("g/\\xff\\x1b[2J:v1") && !ran.err.contains('\x1b'), "{}", ran.err);
    let ran = tree.run_with_input(&["scan", "-"], b"g/\xff:v1\n\x00\x1b]52;c;x\x07\n").ends(64);
    assert_eq!(ran.err.lines().count(), 2, "{}", ran.err);
    assert!(!ran.err.contains(|c: char| c.is_control() && c != '\n'), "{}", ran.err);
}

#[test]
fn a_reader_that_leaves_is_not_an_error_worth_a_word() {
    let tree = Tree::healthy();
    let names: Vec<String> =
        tree.truth.tags.keys().map(|(repository, tag)| format!("{repository}:{tag}")).collect();
    let (home, url) = (Home::new(), tree.url());
    let mut arguments = vec!["--bucket", &url, "scan"];
    arguments.extend(names.iter().cycle().take(200).map(String::as_str));
    let mut command = home.command(&arguments);
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    drop(child.stdout.take());
    let mut said = String::new();
    child.stderr.take().unwrap().read_to_string(&mut said).unwrap();
    assert_eq!((child.wait().unwrap().code(), said.as_str()), (Some(0), ""));
}

#[test]
fn ctrl_c_ends_a_scan_and_says_what_was_not_looked_at() {
    let tree = Tree::healthy();
    let (home, url) = (Home::new(), tree.url());
    let mut command = home.command(&["--bucket", &url, "scan", "-"]);
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    let mut input = child.stdin.take().unwrap();
    std::io::Write::write_all(&mut input, format!("{}\n", tree.whole_tag()).as_bytes()).unwrap();
    // The first verdict shows that it is at work; the input stays open.
    let mut first = [0; 1];
    child.stdout.as_mut().unwrap().read_exact(&mut first).unwrap();
    let id = child.id().to_string();
    assert!(std::process::Command::new("kill").args(["-INT", &id]).status().unwrap().success());
    let ran = Ran {
        code: child.wait().unwrap().code().unwrap_or(-1),
        out: String::new(),
        err: read(child.stderr.take()),
    };
    let ran = ran.ends(2);
    assert!(ran.err.contains("cut short: the rest of standard input was not looked at"), "{}", ran.err);
}

fn read(from: Option<impl Read>) -> String {
    let mut text = String::new();
    from.unwrap().read_to_string(&mut text).unwrap();
    text
}

#[test]
fn a_bucket_out_of_reach_is_unread() {
    let home = Home::new();
    let mut command = home.command(&["scan", "--output=json", "--bucket", "gs://some-bucket", "g/p:v1"]);
    // Nobody listens there.
    command.env("STORAGE_EMULATOR_HOST", "http://127.0.0.1:9");
    let ran = Ran::from(command.output().unwrap()).ends(2);
    let state = ran.json().first().map(|line| line["state"].clone());
    assert!(state.is_none_or(|state| state == "unknown"), "{ran:?}");
}

#[test]
fn missing_credentials_are_named_with_what_to_do() {
    let home = Home::new();
    let mut command = home.command(&["scan", "--bucket", "gs://some-bucket", "g/p:v1"]);
    let nobody = "http://127.0.0.1:9";
    command.env("QUARTERDECK_TRANSPORT", "json").env("QUARTERDECK_ENDPOINT", nobody);
    // Where a virtual machine's own credentials would come from.
    command.env("GCE_METADATA_HOST", "127.0.0.1:9");
    let ran = Ran::from(command.output().unwrap()).ends(2);
    let said = ran.out.clone() + &ran.err;
    assert!(
        said.contains("no usable credentials") && said.contains("GOOGLE_APPLICATION_CREDENTIALS"),
        "{said}"
    );
    assert!(!said.contains("broken"), "{said}");
}
