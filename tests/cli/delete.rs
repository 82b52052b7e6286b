//! `quarterdeck delete`, `undo`, `resume` and `journal`: shown first, done when agreed to, taken back.

use std::collections::BTreeMap;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};

use crate::program::{Home, Ran, Tree};

const BROKEN: &str = "faults/empty-current-link:bad";

/// A registry's folder, and the home of whoever is on call for it.
struct Watch {
    home: Home,
    tree: Tree,
}

impl Watch {
    fn new() -> Self {
        Self { home: Home::new(), tree: Tree::with(&["empty-current-link"]) }
    }

    fn run(&self, arguments: &[&str]) -> Ran {
        self.run_with_input(arguments, b"")
    }

    fn run_with_input(&self, arguments: &[&str], input: &[u8]) -> Ran {
        let url = self.tree.url();
        let (name, rest) = arguments.split_first().expect("a command");
        let arguments: Vec<&str> = [*name, "--bucket", &url].iter().chain(rest).copied().collect();
        self.home.run_with_input(&arguments, input)
    }

    /// Every object and folder of the registry: kind, mode, owner, and bytes.
    fn objects(&self) -> BTreeMap<PathBuf, (u32, u32, Vec<u8>)> {
        let mut found = BTreeMap::new();
        walk(&self.tree.path("docker"), &mut found);
        found
    }

    fn state_folder(&self) -> PathBuf {
        self.home.path().join(".local/state/quarterdeck")
    }

    fn tags(&self, of: &str) -> Vec<String> {
        let folder = self.tree.path(&format!("docker/registry/v2/repositories/{of}/_manifests/tags"));
        let names = std::fs::read_dir(folder).expect("tags");
        names.map(|name| name.expect("a tag").file_name().into_string().expect("UTF-8")).collect()
    }
}

fn walk(path: &Path, found: &mut BTreeMap<PathBuf, (u32, u32, Vec<u8>)>) {
    let status = std::fs::symlink_metadata(path).expect("it is there");
    let bytes = if status.is_dir() { Vec::new() } else { std::fs::read(path).expect("read") };
    found.insert(path.to_owned(), (status.mode(), status.uid(), bytes));
    if status.is_dir() {
        for entry in std::fs::read_dir(path).expect("listed") {
            walk(&entry.expect("an entry").path(), found);
        }
    }
}

#[test]
fn a_dry_run_shows_every_object_and_what_to_type_and_writes_nothing() {
    let watch = Watch::new();
    let before = watch.objects();
    let ran = watch.run(&["delete", BROKEN]).ends(0);
    let command = format!("$ quarterdeck delete --bucket {} {BROKEN} --write --yes=bad", watch.tree.url());
    for part in [
        "✗ broken  faults/empty-current-link:bad",
        "empty-current-link (pull-broken)",
        "GET by tag 500",
        "current/link  0 B",
        "mv -nT",
        "nothing was written",
        &command,
    ] {
        assert!(ran.out.contains(part), "{part} is not in\n{}", ran.out);
    }
    assert_eq!(watch.objects(), before);
    assert!(!watch.state_folder().exists(), "not even the journal is made");
    assert!(!watch.tree.path(".quarterdeck").exists());
}

#[test]
fn what_is_deleted_can_be_taken_back_byte_by_byte() {
    let watch = Watch::new();
    let before = watch.objects();
    let ran = watch.run(&["delete", BROKEN, "--write", "--yes=bad"]).ends(0);
    assert!(ran.out.starts_with("✓ done  "), "{}", ran.out);
    assert!(ran.out.contains("broken: empty-current-link") && ran.out.contains("now absent"), "{}", ran.out);
    assert!(!watch.tree.tag_folder("faults/empty-current-link", "bad").exists());
    let entry = ran.out.split_once("entry ").and_then(|(_, rest)| rest.lines().next()).expect("an entry");
    let take_back = format!("quarterdeck undo {entry} --bucket {}", watch.tree.url());
    assert!(ran.out.contains(&take_back), "{}", ran.out);

    let shown = watch.run(&["undo"]).ends(0);
    assert!(
        shown.out.contains(&format!("undo of {entry}")) && shown.out.contains("put back"),
        "{}",
        shown.out
    );
    assert_ne!(watch.objects(), before, "an undo is shown first as well");
    watch.run(&["undo", "--write", "--yes"]).ends(0);
    assert_eq!(watch.objects(), before, "owner and mode included");
    let again = watch.run(&["undo"]).ends(2);
    assert!(again.err.contains("nothing that was done"), "{}", again.err);
}

#[test]
fn an_undo_finds_what_was_done_however_the_folder_was_written() {
    let watch = Watch::new();
    let before = watch.objects();
    let slashed = format!("{}/", watch.tree.url());
    watch.home.run(&["delete", "--bucket", &slashed, BROKEN, "--write", "--yes=bad"]).ends(0);
    watch.run(&["undo", "--write", "--yes"]).ends(0);
    assert_eq!(watch.objects(), before);
}

#[test]
fn an_undo_whose_backups_are_damaged_leaves_no_empty_folders() {
    let watch = Watch::new();
    watch.run(&["delete", BROKEN, "--write", "--yes=bad"]).ends(0);
    let deleted = watch.objects();
    std::fs::remove_dir_all(watch.tree.path(".quarterdeck")).expect("removed");
    for backup in std::fs::read_dir(watch.state_folder().join("backups")).expect("backups") {
        for file in std::fs::read_dir(backup.expect("an entry").path()).expect("files") {
            std::fs::write(file.expect("a file").path(), "something else").expect("written");
        }
    }
    let ran = watch.run(&["undo", "--write", "--yes"]).ends(1);
    assert!(ran.out.contains("is not what was kept"), "{}", ran.out);
    assert_eq!(watch.objects(), deleted, "an empty tag folder would be a fault of its own");
}

#[test]
fn nothing_is_deleted_by_habit() {
    let watch = Watch::new();
    let before = watch.objects();
    let whole = watch.tree.whole_tag();
    let (_, tag) = whole.rsplit_once(':').expect("a tag");
    let yes = format!("--yes={tag}");
    for (arguments, words) in [
        (&["delete", BROKEN, "--yes=bad"][..], "add --write"),
        (&["delete", BROKEN, "--write", "--yes=BAD"], "\"bad\" has to be given, the tag"),
        (&["delete", BROKEN, "--write", "--yes="], "\"bad\" has to be given"),
        (&["delete", BROKEN, BROKEN, "--write", "--yes=2"], "\"bad\" has to be given"),
        (&["delete", &whole, "--write", &yes], "the word healthy has to be given as well"),
        (&["delete", &whole, "--write", &yes, "--unknown"], "the word healthy"),
        (&["delete", BROKEN, &whole, "--write", "--yes=bad", "--healthy"], "\"2\" has to be given"),
        (&["delete", BROKEN, "--write=prod", "--yes=bad"], "\"prod\" is not the name"),
        (&["delete", "--api", BROKEN, "--yes=bad"], "add --write"),
        (&["undo", "--write", "--yes=sure"], "give --yes=undo"),
    ] {
        let ran = watch.run(arguments).ends(64);
        assert!(ran.err.contains(words), "{arguments:?}: {}", ran.err);
        assert_eq!(ran.out, "", "{arguments:?}");
    }
    assert_eq!(watch.objects(), before);
    assert!(!watch.state_folder().exists());
    let healthy = watch.run(&["delete", &whole, "--write", &yes, "--healthy"]).ends(0);
    assert!(healthy.out.contains("whole: sha256:"), "{}", healthy.out);
}

#[test]
fn what_is_not_there_or_not_for_this_is_not_proposed() {
    let watch = Watch::new();
    for (arguments, words, code) in [
        (&["delete", "faults/empty-current-link:none"][..], "has no tag none", 2),
        (&["delete", "no/such:tag"], "nothing to propose", 2),
        (&["delete", "--api", BROKEN], "the registry's address is not known", 2),
        (&["undo"], "nothing that was done", 2),
        (&["undo", "20260101"], "has no entry 20260101", 2),
        (&["resume", "20260101"], "has no entry 20260101", 2),
        (&["delete", "!!"], "!!", 64),
        (&["delete"], "<REF>", 64),
        (
            &[
                "delete",
                "--api",
                "g/p@sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a",
            ],
            "every tag on it",
            64,
        ),
        (
            &[
                "delete",
                BROKEN,
                "g/p@sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a",
            ],
            "different deletes",
            64,
        ),
    ] {
        let ran = watch.run(arguments).ends(code);
        assert!(ran.err.contains(words), "{arguments:?}: {}", ran.err);
    }
}

#[test]
fn several_tags_of_standard_input_make_one_proposal() {
    let watch = Watch::new();
    let names: Vec<String> =
        watch.tree.truth.spotless().take(2).map(|(repository, tag)| format!("{repository}:{tag}")).collect();
    let input = format!("{}\n\n{}\n{}\n", names[0], names[1], names[0]);
    let shown = watch.run_with_input(&["delete", "-"], input.as_bytes()).ends(0);
    assert!(shown.out.contains(" - --write --yes=2 --healthy"), "{}", shown.out);
    let spoilt = watch.run_with_input(&["delete", "-"], format!("{input}!!\n").as_bytes()).ends(64);
    assert!(spoilt.err.contains("standard input, line 5"), "{}", spoilt.err);
    assert_eq!(spoilt.out, "", "one that is no reference spoils them all");
    let before = watch.objects();
    let arguments = ["delete", "-", "--write", "--yes=2", "--healthy", "--output=json"];
    let ran = watch.run_with_input(&arguments, input.as_bytes()).ends(0);
    assert_eq!((&ran.json()[0]["ending"], &ran.json()[0]["verb"]), (&"done".into(), &"delete-tag".into()));
    for (repository, tag) in watch.tree.truth.spotless().take(2) {
        assert!(!watch.tags(repository).iter().any(|left| left == tag));
    }
    watch.run(&["undo", "--write", "--yes=undo"]).ends(0);
    assert_eq!(watch.objects(), before);
}

#[test]
fn json_of_a_proposal_and_of_its_end_keeps_its_keys() {
    let watch = Watch::new();
    let shown = watch.run(&["delete", BROKEN, "--output", "json"]).ends(0);
    let [line] = shown.json().try_into().expect("one line");
    let keys: Vec<&String> = line.as_object().expect("an object").keys().collect();
    assert_eq!(keys, ["about", "command", "commands", "demand", "items", "store", "undo", "verb"]);
    assert_eq!(line["items"][0]["state"], "broken");
    assert_eq!(line["items"][0]["subject"]["tag"]["tag"], "bad");
    let step = &line["items"][0]["steps"][0];
    assert!(step["act"]["delete"]["version"].is_string() && step["size"] == 0, "{step}");
    assert!(step["key"].as_str().is_some_and(|key| key.ends_with("/bad/current/link")), "{step}");
    assert_eq!(line["items"][0]["steps"][1]["guards"][0]["expect"], "absent");
    assert_eq!((&line["demand"]["word"], &line["demand"]["line"]), (&"bad".into(), &"bad".into()));
    let done = watch.run(&["delete", BROKEN, "--write", "--yes=bad", "-o", "json"]).ends(0);
    let [done] = done.json().try_into().expect("one line");
    let keys: Vec<&String> = done.as_object().expect("an object").keys().collect();
    assert_eq!(keys, ["ending", "entry", "notes", "of", "proofs", "steps", "store", "verb"]);
    assert!(done["steps"][0]["outcome"].get("done").is_some(), "{done}");
    assert_eq!(done["proofs"][0]["after"], "absent");
    assert_eq!(done["of"].as_u64().map(|of| of as usize), done["steps"].as_array().map(Vec::len));
}

#[test]
fn a_guarded_bucket_asks_for_its_name() {
    let watch = Watch::new();
    let config = watch.home.path().join("config.toml");
    let profile = format!("[profiles.gprd]\nprotected = true\nbucket.url = {:?}\n", watch.tree.url());
    std::fs::write(&config, profile).expect("written");
    let file = config.to_str().expect("UTF-8");
    let run = |rest: &[&str]| {
        let arguments: Vec<&str> = ["delete", "--config", file, BROKEN].iter().chain(rest).copied().collect();
        watch.home.run(&arguments)
    };
    let shown = run(&[]).ends(0);
    assert!(
        shown.out.contains("--write=gprd --yes=bad") && shown.out.contains("gprd PROTECTED"),
        "{}",
        shown.out
    );
    for wrong in [&["--write", "--yes=bad"][..], &["--write=gstg", "--yes=bad"]] {
        let ran = run(wrong).ends(64);
        assert!(ran.err.contains("type --write=gprd"), "{}", ran.err);
    }
    let ran = run(&["--bucket", &format!("{}/", watch.tree.url()), "--write", "--yes=bad"]).ends(64);
    assert!(ran.err.contains("type --write=gprd"), "its URL leads by no protection: {}", ran.err);
    run(&["--write=gprd", "--yes=bad"]).ends(0);
    assert!(watch.home.run(&["undo", "--config", file]).ends(0).out.contains("--write=gprd --yes"));
}

#[test]
fn without_a_place_for_the_journal_nothing_is_deleted() {
    let watch = Watch::new();
    let before = watch.objects();
    std::fs::create_dir_all(watch.home.path().join(".local")).expect("made");
    std::fs::write(watch.home.path().join(".local/state"), "a file stands in the way").expect("written");
    let ran = watch.run(&["delete", BROKEN, "--write", "--yes=bad"]).ends(1);
    assert!(ran.out.contains("failed") && ran.out.contains("nothing was done"), "{ran:?}");
    assert_eq!(watch.objects(), before);
    let elsewhere = watch.home.path().join("elsewhere");
    let url = watch.tree.url();
    let mut command = watch.home.command(&["delete", "--bucket", &url, BROKEN, "--write", "--yes=bad"]);
    Ran::from(command.env("QUARTERDECK_STATE_FOLDER", &elsewhere).output().expect("started")).ends(0);
    assert!(elsewhere.join("journal").is_dir(), "a folder that was named is used");
}

#[test]
fn the_journal_is_private_tells_what_was_done_and_shows_when_it_was_changed() {
    let watch = Watch::new();
    let none = watch.home.run(&["journal", "show"]).ends(0);
    assert!(none.err.contains("has no entry"), "{}", none.err);
    watch.home.run(&["journal", "verify"]).ends(0);
    watch.run(&["delete", BROKEN, "--write", "--yes=bad"]).ends(0);
    let listed = watch.home.run(&["journal", "show"]).ends(0);
    let entry = listed.out.split_whitespace().next().expect("an entry").to_owned();
    assert!(listed.out.contains("delete-tag faults/empty-current-link:bad"), "{}", listed.out);
    let shown = watch.home.run(&["journal", "show", &entry]).ends(0);
    assert!(shown.out.contains("what came of it") && shown.out.contains("✓ done"), "{}", shown.out);
    let lines = watch.home.run(&["journal", "show", &entry, "--output=json"]).ends(0).json();
    let kinds: Vec<&str> = lines.iter().filter_map(|line| line["kind"].as_str()).collect();
    assert_eq!((kinds.first(), kinds.last()), (Some(&"session"), Some(&"ended")));
    let folder = watch.state_folder();
    for part in ["journal", "backups"] {
        let mode = std::fs::metadata(folder.join(part)).expect("there").permissions().mode();
        assert_eq!(mode & 0o777, 0o700, "{part}");
    }
    watch.home.run(&["journal", "verify"]).ends(0);

    let backup = folder.join("backups").join(&entry).join("1");
    let kept = std::fs::read(&backup).expect("a backup");
    std::fs::write(&backup, "something else").expect("written");
    let verified = watch.home.run(&["journal", "verify", "--output", "json"]).ends(1);
    assert!(
        verified.json()[0]["damage"][0].as_str().is_some_and(|why| why.contains("backup")),
        "{verified:?}"
    );
    std::fs::write(&backup, kept).expect("written");
    watch.home.run(&["journal", "verify"]).ends(0);

    let file =
        std::fs::read_dir(folder.join("journal")).expect("listed").next().expect("a file").expect("it");
    let text = std::fs::read_to_string(file.path()).expect("read");
    std::fs::write(
        file.path(),
        text.replace("empty-current-link:bad", "another:tag").replace("\"bad\"", "\"good\""),
    )
    .expect("written");
    let verified = watch.home.run(&["journal", "verify"]).ends(1);
    assert!(verified.out.contains("✗ damaged") && verified.out.contains("line "), "{}", verified.out);
}

#[test]
fn an_entry_of_another_bucket_is_not_taken_back_here() {
    let watch = Watch::new();
    watch.run(&["delete", BROKEN, "--write", "--yes=bad"]).ends(0);
    let other = Tree::healthy();
    let entry = watch.home.run(&["journal", "show", "-o", "json"]).json()[0]["entry"].clone();
    let entry = entry.as_str().expect("an id");
    let ran = watch.home.run(&["undo", entry, "--bucket", &other.url()]).ends(2);
    assert!(ran.err.contains("name that bucket") && ran.err.contains(&watch.tree.url()), "{}", ran.err);
    let ran = watch.home.run(&["undo", "--bucket", &other.url()]).ends(2);
    assert!(ran.err.contains("nothing that was done"), "{}", ran.err);
    let listed = watch.run(&["undo", "--list"]).ends(0);
    assert!(listed.out.starts_with(entry), "{}", listed.out);
}
