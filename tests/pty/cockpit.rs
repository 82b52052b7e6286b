//! The cockpit as a person starts it: `quarterdeck demo`, and `quarterdeck --bucket` on a folder.

use std::fs;
use std::io::{Read, Write};
use std::net::TcpListener;
use std::path::Path;
use std::time::Duration;

use portable_pty::CommandBuilder;
use rustix::process::Signal;
use tempfile::TempDir;

use super::pty::{self, Pty, children, cpu_time, is_alive, size, wait_until};

stories! {
    "cockpit":
    opens_and_leaves_nothing_behind,
    ctrl_c_once_stays_and_twice_quits,
    ctrl_c_stops_what_a_silent_bucket_keeps_waiting,
    follows_every_resize,
    signals_end_it_with_the_terminal_restored,
    a_vanished_terminal_ends_it_and_cleans_up,
    says_so_when_the_window_is_too_small,
    asks_the_terminal_nothing,
    idle_writes_nothing,
    a_tag_that_begins_to_fail_is_named_without_a_key,
    hostile_names_are_spelt_out,
    deletes_a_broken_tag_and_takes_it_back,
    leads_from_what_is_wrong_to_the_tag_deleted,
    what_was_answered_and_noted_is_there_the_next_time,
    two_at_once_do_not_mind_each_other,
    needs_a_terminal_on_both_sides,
}

const PROGRAM: &str = env!("CARGO_BIN_EXE_quarterdeck");

/// A home of its own, so that neither settings nor leftovers of the machine matter.
fn home() -> TempDir {
    let home = tempfile::tempdir().unwrap();
    fs::create_dir(home.path().join("tmp")).unwrap();
    home
}

fn command(program: &str, arguments: &[&str], home: &TempDir) -> CommandBuilder {
    let mut command = CommandBuilder::new(program);
    command.args(arguments);
    command.env("TERM", "xterm-256color");
    command.env("LC_ALL", "C.UTF-8");
    command.env("HOME", home.path());
    command.env("TMPDIR", home.path().join("tmp"));
    for name in ["XDG_STATE_HOME", "XDG_CONFIG_HOME", "RUST_BACKTRACE", "NO_COLOR", "TMUX", "STY"] {
        command.env_remove(name);
    }
    command
}

fn demo(home: &TempDir) -> Pty {
    let mut pty = Pty::start(command(PROGRAM, &["demo"], home), size(120, 40));
    pty.wait_for_text("quarterdeck");
    pty
}

fn leftovers(home: &TempDir) -> Vec<String> {
    let folder = fs::read_dir(home.path().join("tmp")).unwrap();
    folder.map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned()).collect()
}

fn opens_and_leaves_nothing_behind() {
    let home = home();
    let mut pty = demo(&home);
    assert!(pty.screen().alternate_screen() && !pty.is_cooked());
    pty.keys(":q\r");
    assert_eq!(pty.wait_for_end().exit_code(), 0);
    pty.assert_restored();
    assert_eq!(leftovers(&home), Vec::<String>::new());
}

fn ctrl_c_once_stays_and_twice_quits() {
    let home = home();
    let mut pty = demo(&home);
    pty.settle(Duration::from_millis(300));
    pty.keys("\x03");
    pty.wait_for_bytes();
    assert!(is_alive(pty.pid()));
    pty.keys("\x03");
    assert_eq!(pty.wait_for_end().exit_code(), 0);
    pty.assert_restored();
}

fn ctrl_c_stops_what_a_silent_bucket_keeps_waiting() {
    // Whoever connects is let in and never gets an answer.
    let silence = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}", silence.local_addr().unwrap());
    let home = home();
    let mut command = command(PROGRAM, &["--bucket", "gs://silent"], &home);
    command.env("STORAGE_EMULATOR_HOST", &address);
    command.env("STORAGE_EMULATOR_HOST_GRPC", &address);
    let mut pty = Pty::start(command, size(120, 40));
    pty.wait_for_text("Opening gs://silent");
    pty.settle(Duration::from_millis(300));
    pty.keys("\x03");
    pty.wait_for_text("Stopped: 1 cut short");
    pty.wait_for_text("Opening gs://silent was stopped. Ctrl-r opens it again.");
    pty.keys("\x12");
    pty.wait_for("opening again", |screen| !screen.contents().contains("was stopped"));
    pty.keys(":q\r");
    assert_eq!(pty.wait_for_end().exit_code(), 0);
}

fn follows_every_resize() {
    let home = home();
    let mut pty = demo(&home);
    for (columns, rows) in [(80, 24), (40, 10), (200, 60), (80, 24)] {
        pty.resize(size(columns, rows));
        pty.wait_for("last line", |screen| !line(screen, rows - 1).trim().is_empty());
        pty.settle(Duration::from_millis(200));
        assert!(line(pty.screen(), 0).contains("demo"), "{columns}x{rows}:\n{}", pty.text());
    }
}

fn line(screen: &vt100::Screen, row: u16) -> String {
    screen.rows(0, screen.size().1).nth(usize::from(row)).unwrap_or_default()
}

fn signals_end_it_with_the_terminal_restored() {
    for (signal, code) in [(Signal::TERM, 143), (Signal::HUP, 129), (Signal::INT, 130)] {
        let home = home();
        let mut pty = demo(&home);
        pty.signal(signal);
        assert_eq!(pty.wait_for_end().exit_code(), code, "{signal:?}");
        pty.assert_restored();
        assert_eq!(leftovers(&home), Vec::<String>::new(), "{signal:?}");
    }
}

fn a_vanished_terminal_ends_it_and_cleans_up() {
    let home = home();
    let script =
        format!(r#"trap "" HUP; {PROGRAM} demo; echo "exit $?" >{}"#, home.path().join("end").display());
    let mut pty = Pty::start(command("sh", &["-c", &script], &home), size(120, 40));
    pty.wait_for_text("quarterdeck");
    let program = children(pty.pid())[0];
    let before = cpu_time(program);
    let mut leader = pty.vanish();
    let mut burnt = Duration::ZERO;
    wait_until("end of the cockpit", || {
        burnt = burnt.max(cpu_time(program).saturating_sub(before));
        !is_alive(program)
    });
    leader.wait_for_end();
    assert!(burnt < Duration::from_secs(4), "it burnt {burnt:?}");
    assert_eq!(fs::read_to_string(home.path().join("end")).unwrap(), "exit 129\n");
    assert_eq!(leftovers(&home), Vec::<String>::new());
}

fn says_so_when_the_window_is_too_small() {
    let home = home();
    let mut pty = Pty::start(command(PROGRAM, &["demo"], &home), size(12, 2));
    pty.wait_for("any word", |screen| screen.contents().chars().any(char::is_alphabetic));
    pty.resize(size(80, 24));
    pty.wait_for_text("1 Overview");
    pty.keys(":q\r");
    assert_eq!(pty.wait_for_end().exit_code(), 0);
}

fn asks_the_terminal_nothing() {
    let home = home();
    let mut pty = demo(&home);
    for keys in ["j", "\r", "?", "\x1b", "/a\r", "\x0c"] {
        pty.keys(keys);
        pty.settle(Duration::from_millis(150));
    }
    pty.keys(":q\r");
    pty.wait_for_end();
    pty::assert_no_question(&pty.bytes);
}

fn idle_writes_nothing() {
    let home = home();
    // All is well, and lines of logs flow all the time: none of them changes anything on the overview.
    let mut pty = Pty::start(command(PROGRAM, &["demo", "healthy"], &home), size(120, 40));
    pty.wait_for_text("Nothing is wrong as far as it is watched");
    pty.settle(Duration::from_secs(3));
    // The clock's minute can change once in ten seconds, and nothing else may.
    let spans = [(); 2].map(|()| pty.written_during(Duration::from_secs(5)));
    let spans = spans.map(|bytes| String::from_utf8_lossy(&bytes).into_owned());
    assert!(spans.iter().any(String::is_empty), "{spans:?}");
    assert!(pty.text().contains("✓ Nothing is wrong as far as it is watched"), "{}", pty.text());
}

fn a_tag_that_begins_to_fail_is_named_without_a_key() {
    let home = home();
    let mut pty = Pty::start(command(PROGRAM, &["demo", "tag-breaks"], &home), size(120, 40));
    pty.wait_for("the first answer with 5xx", |screen| screen.contents().contains("with 5xx ┐"));
    let row =
        |line: &str| line.contains("lighthouse/checkout/api:latest") && line.contains("empty-current-link");
    pty.wait_for("the tag with its fault", |screen| screen.contents().lines().any(row));
    pty.keys(":q\r");
    assert_eq!(pty.wait_for_end().exit_code(), 0);
}

fn hostile_names_are_spelt_out() {
    let home = home();
    let root = home.path().join("registry");
    for name in ["wipe\x1b[2J\x1b]0;owned\x07", "bidi\u{202e}gnp", "plain"] {
        push(&root, name);
    }
    let bucket = format!("file://{}", root.display());
    let mut pty = Pty::start(command(PROGRAM, &["--bucket", &bucket], &home), size(120, 40));
    pty.wait_for_text("plain");
    pty.settle(Duration::from_millis(300));
    let text = pty.text();
    assert!(text.contains("wipe\\x1b[2J\\x1b]0;owned\\x07"), "{text}");
    assert!(text.contains("bidi\\u{202e}gnp"), "{text}");
    let raw = String::from_utf8_lossy(&pty.bytes).into_owned();
    assert!(!raw.contains("\x1b]0;") && !raw.contains('\u{202e}'), "{raw:?}");
}

fn deletes_a_broken_tag_and_takes_it_back() {
    let home = home();
    let mut pty = demo(&home);
    // From the start to a broken tag that is gone: each key is named on the screen before it is pressed.
    let mut pressed = 0;
    let mut press = |pty: &mut Pty, named: &str, key: &str| {
        pty.wait_for_text(named);
        pty.keys(key);
        pressed += 1;
    };
    press(&mut pty, "6 opens the bucket", "6");
    pty.wait_for_text("latest");
    press(&mut pty, "e next fault", "e");
    // Which of the two faults on the way is found first depends on which scan ends first.
    pty.wait_for_text("pull-broken");
    if !pty.text().contains("manifest-blob-missing  pull-broken") {
        press(&mut pty, "e next fault", "e");
    }
    pty.wait_for_text("manifest-blob-missing  pull-broken");
    // What the search had to say covers the keys until the next one.
    press(&mut pty, "hotfix-42", "\x0c");
    // Ctrl-d asks; Enter means no.
    press(&mut pty, "Ctrl-d delete", "\x04");
    pty.wait_for_text("To agree, type the tag");
    press(&mut pty, "Enter or Esc: everything stays as it is", "\r");
    pty.wait_for("dialog closed", |screen| !screen.contents().contains("To agree"));
    press(&mut pty, "Cancelled: nothing was written", "\x04");
    pty.wait_for_text("To agree, type the tag: hotfix-42");
    // Ctrl-y does nothing before the session is armed by Ctrl-o.
    pty.keys("hotfix-42\x19");
    pty.wait_for_text("nothing was done");
    press(&mut pty, "right, and read-only: Ctrl-o", "\x0f");
    pty.wait_for_text("WRITE");
    press(&mut pty, "Ctrl-y: delete 2 objects", "\x19");
    pty.wait_for_text("Delete tag in demo embedded: done");
    pty.wait_for_text("after   absent");
    press(&mut pty, "Enter or Esc", "\r");
    pty.wait_for_text("– hotfix-42");
    assert!(pressed <= 12, "{pressed} keys");
    pty.keys(":undo\r");
    pty.wait_for_text("delete tag signal/bridge/relay:hotfix-42");
    pty.keys("\r");
    pty.wait_for_text("To agree, type the word: undo");
    pty.keys("undo\x19");
    pty.wait_for_text("Undo in demo embedded: done");
    pty.keys("\r");
    pty.wait_for_text("✗ hotfix-42");
    pty.keys(":write off\r");
    pty.wait_for_text("read-only again");
    pty.keys(":q\r");
    assert_eq!(pty.wait_for_end().exit_code(), 0);
    assert_eq!(leftovers(&home), Vec::<String>::new());
}

/// A repository with one tag whose link is empty: enough to be listed.
fn push(root: &Path, name: &str) {
    let tag = root.join("docker/registry/v2/repositories").join(name).join("_manifests/tags/v1/current");
    fs::create_dir_all(&tag).unwrap();
    fs::write(tag.join("link"), "").unwrap();
}

fn leads_from_what_is_wrong_to_the_tag_deleted() {
    const TAG: &str = "lighthouse/checkout/api:v1.14.0";
    let home = home();
    let mut pty = Pty::start(command(PROGRAM, &["demo", "broken-image"], &home), size(120, 40));
    let mut pressed = 0;
    // A key is pressed where the screen names it: in the line of keys, in a menu, or in a dialog.
    let mut press = |pty: &mut Pty, named: &str, key: &str| {
        pty.wait_for(named, |screen| {
            let shown = screen.contents();
            // The first line is how things stand; keys are named below it.
            shown.lines().skip(1).any(|line| line.split("  ").any(|part| part.contains(named)))
        });
        pty.keys(key);
        pressed += 1;
    };
    // What is wrong stands first, names the tag that fails most, and is selected.
    pty.wait_for("the cause", |screen| {
        let shown = screen.contents();
        shown.contains("cause all of the failing pulls") && shown.contains(TAG)
    });
    press(&mut pty, "Enter why", "\r");
    pty.wait_for_text("Speaks for it");
    press(&mut pty, "a actions", "a");
    pty.wait_for_text("Arm this session for 10 minutes");
    press(&mut pty, "Enter do it", "\r");
    // The menu stays, for what can be done now.
    pty.wait_for("armed", |screen| {
        let shown = screen.contents();
        shown.contains(" WRITE ") && !shown.contains("Arm this session") && shown.contains(TAG)
    });
    press(&mut pty, "Ctrl-d", "\x04");
    pty.wait_for_text("To agree, type the tag: v1.14.0");
    pty.keys("v1.14.0");
    press(&mut pty, "Ctrl-y", "\x19");
    pty.wait_for_text("Delete tag in demo embedded: done");
    // What came of it, and that it was looked at afterwards: in the bucket and at the front door.
    for told in ["steps done", "before  broken", "after   absent", "after   404"] {
        assert!(pty.text().contains(told), "{told}:\n{}", pty.text());
    }
    press(&mut pty, "Esc close", "\x1b");
    pty.wait_for("the verdict without it", |screen| {
        let shown = screen.contents();
        let verdict: Vec<_> = shown.lines().skip_while(|line| !line.contains("1 Overview")).take(3).collect();
        verdict.len() == 3 && !verdict.concat().contains(TAG) && shown.contains("The way of a pull")
    });
    assert!(pressed <= 12, "{pressed} keys");
    pty.keys(":q\r");
    assert_eq!(pty.wait_for_end().exit_code(), 0);
}

/// A front door that answers everything with 503.
fn failing_front_door() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        for mut client in listener.incoming().flatten() {
            let _ = client.read(&mut [0; 4096]);
            let answer = "HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
            let _ = client.write_all(answer.as_bytes());
        }
    });
    url
}

fn what_was_answered_and_noted_is_there_the_next_time() {
    let home = home();
    fs::create_dir_all(home.path().join("registry/docker/registry/v2/repositories")).unwrap();
    let file = home.path().join("quarterdeck.toml");
    let (root, url) = (home.path().join("registry"), failing_front_door());
    let profile =
        "[profiles.site.bucket]\nurl = \"file://ROOT\"\n[profiles.site.front_door]\nurl = \"URL\"\n";
    fs::write(&file, profile.replace("ROOT", root.to_str().unwrap()).replace("URL", &url)).unwrap();
    let start = || {
        let arguments = ["--config", file.to_str().unwrap(), "--profile", "site"];
        let mut command = command(PROGRAM, &arguments, &home);
        command.env("QUARTERDECK_STATE_FOLDER", home.path().join("state"));
        let mut pty = Pty::start(command, size(120, 40));
        // The step is the one that the cause names.
        pty.wait_for_text("The front door fails");
        pty.wait_for_text("r runbook");
        pty.keys("r");
        pty.wait_for_text("Does the front door answer?");
        pty
    };
    let leave = |mut pty: Pty| {
        pty.keys(":q\r");
        assert_eq!(pty.wait_for_end().exit_code(), 0);
    };
    let mut pty = start();
    assert!(!pty.text().contains("You said"), "{}", pty.text());
    pty.keys("x");
    pty.wait_for_text("You said: not so");
    pty.keys("N");
    pty.keys("ticket 7\r");
    pty.wait_for_text("ticket 7");
    leave(pty);
    let mut pty = start();
    pty.wait_for_text("You said: not so");
    pty.wait_for_text("ticket 7");
    leave(pty);
}

fn two_at_once_do_not_mind_each_other() {
    let home = home();
    let (mut one, mut other) = (demo(&home), demo(&home));
    for pty in [&mut one, &mut other] {
        pty.keys(":q\r");
        assert_eq!(pty.wait_for_end().exit_code(), 0);
        pty.assert_restored();
    }
    assert_eq!(leftovers(&home), Vec::<String>::new());
}

fn needs_a_terminal_on_both_sides() {
    let home = home();
    for (script, says) in [
        ("demo </dev/null", "standard input is not a terminal"),
        ("demo >/dev/null", "standard output is not a terminal"),
    ] {
        let script = format!("{PROGRAM} {script}");
        let mut pty = Pty::start(command("sh", &["-c", &script], &home), size(200, 24));
        assert_eq!(pty.wait_for_end().exit_code(), 64, "{script}");
        assert!(pty.text().contains(says) && pty.text().contains("--print"), "{script}: {}", pty.text());
    }
    assert_eq!(leftovers(&home), Vec::<String>::new());
}
