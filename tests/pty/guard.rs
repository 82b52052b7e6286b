//! The terminal guard by itself, in a small program that can be made to go wrong.

use std::time::Duration;

use portable_pty::CommandBuilder;
use rustix::process::Signal;
use tempfile::TempDir;

use super::AS_PROGRAM;
use super::program::LAST_WORDS;
use super::pty::{Pty, children, cpu_time, is_alive, is_stopped, size, wait_until};

stories! {
    "guard":
    quits_and_leaves_the_terminal_as_it_was,
    asks_the_terminal_nothing,
    follows_every_resize,
    signals_end_it_with_the_terminal_restored,
    a_hanging_loop_is_ended_all_the_same,
    a_terminal_that_takes_nothing_does_not_hold_it,
    a_vanished_terminal_ends_it_without_a_signal,
    a_panic_restores_first_and_leaves_a_report,
    a_panic_of_a_task_leaves_the_screen_alone,
    suspends_and_comes_back,
    draws_anew_after_it_was_stopped_from_outside,
    mouse_is_off_until_asked_for_and_off_at_the_end,
    pasted_text_is_no_command,
    idle_writes_nothing,
    needs_a_terminal_on_both_sides,
}

fn command(state: &TempDir) -> CommandBuilder {
    let mut command = CommandBuilder::new(std::env::current_exe().unwrap());
    dress(&mut command, state);
    command
}

fn shell(script: &str, state: &TempDir) -> CommandBuilder {
    let mut command = CommandBuilder::new("sh");
    command.args(["-c", script]);
    command.env("PROGRAM", std::env::current_exe().unwrap());
    dress(&mut command, state);
    command
}

fn dress(command: &mut CommandBuilder, state: &TempDir) {
    command.env(AS_PROGRAM, "1");
    command.env("TERM", "xterm-256color");
    command.env("XDG_STATE_HOME", state.path());
    command.env_remove("RUST_BACKTRACE");
}

fn started() -> (Pty, TempDir) {
    let state = tempfile::tempdir().unwrap();
    let mut pty = Pty::start(command(&state), size(80, 24));
    pty.wait_for_text("ready");
    (pty, state)
}

fn quits_and_leaves_the_terminal_as_it_was() {
    let (mut pty, _state) = started();
    assert!(pty.screen().alternate_screen() && pty.screen().hide_cursor() && !pty.is_cooked());
    pty.keys("q");
    assert_eq!(pty.wait_for_end().exit_code(), 0);
    pty.assert_restored();
    assert_eq!(pty.text().trim(), "", "nothing is left on the shell's screen");
}

fn asks_the_terminal_nothing() {
    let (mut pty, _state) = started();
    for keys in ["x", "l", "m", "n"] {
        pty.keys(keys);
        pty.settle(Duration::from_millis(100));
    }
    pty.resize(size(40, 10));
    pty.wait_for_text("40x10");
    pty.keys("q");
    pty.wait_for_end();
    super::pty::assert_no_question(&pty.bytes);
}

fn follows_every_resize() {
    let (mut pty, _state) = started();
    for (columns, rows) in [(40, 10), (200, 60), (80, 24)] {
        pty.resize(size(columns, rows));
        pty.wait_for_text(&format!("{columns}x{rows}"));
        let lines = pty.text().lines().filter(|line| !line.is_empty()).count();
        assert_eq!(lines, 1, "nothing is left of the last size:\n{}", pty.text());
    }
}

fn signals_end_it_with_the_terminal_restored() {
    for (signal, code) in [(Signal::TERM, 143), (Signal::HUP, 129), (Signal::INT, 130), (Signal::QUIT, 131)] {
        let (mut pty, _state) = started();
        pty.signal(signal);
        assert_eq!(pty.wait_for_end().exit_code(), code, "{signal:?}");
        pty.assert_restored();
    }
}

fn a_hanging_loop_is_ended_all_the_same() {
    let (mut pty, _state) = started();
    pty.keys("s");
    pty.signal(Signal::TERM);
    assert_eq!(pty.wait_for_end().exit_code(), 143);
    pty.assert_restored();
    assert!(String::from_utf8_lossy(&pty.bytes).contains(LAST_WORDS));
}

fn a_terminal_that_takes_nothing_does_not_hold_it() {
    let (mut pty, _state) = started();
    pty.keys("f");
    pty.signal(Signal::TERM);
    assert_eq!(pty.wait_for_end_unread().exit_code(), 143);
    assert!(pty.is_cooked(), "the line is usable even though the screen could not be restored");
}

fn a_vanished_terminal_ends_it_without_a_signal() {
    let state = tempfile::tempdir().unwrap();
    let errors = state.path().join("errors");
    let script = format!(r#"trap "" HUP; "$PROGRAM" 2>{}; echo "exit $?" >>{0}"#, errors.display());
    let mut pty = Pty::start(shell(&script, &state), size(80, 24));
    pty.wait_for_text("ready");
    let program = children(pty.pid())[0];
    let before = cpu_time(program);
    let mut leader = pty.vanish();
    let mut burnt = Duration::ZERO;
    wait_until("end of the program", || {
        burnt = burnt.max(cpu_time(program).saturating_sub(before));
        !is_alive(program)
    });
    leader.wait_for_end();
    assert!(burnt < Duration::from_secs(4), "it burnt {burnt:?}");
    let errors = std::fs::read_to_string(errors).unwrap();
    assert!(errors.contains(LAST_WORDS) && errors.ends_with("exit 129\n"), "{errors}");
}

fn a_panic_restores_first_and_leaves_a_report() {
    let (mut pty, state) = started();
    pty.keys("p");
    assert_eq!(pty.wait_for_end().exit_code(), 70);
    pty.assert_restored();
    let folder = state.path().join("quarterdeck");
    let shown = pty.text().replace('\n', "");
    assert!(shown.contains("asked to panic"), "the message is on the shell's screen: {shown}");
    assert!(shown.contains(folder.to_str().unwrap()), "the report's path is on the shell's screen: {shown}");
    let report = std::fs::read_dir(folder).unwrap().next().unwrap().unwrap().path();
    let report = std::fs::read_to_string(report).unwrap();
    assert!(report.contains("?access_token=[redacted]") && !report.contains("hunter2"), "{report}");
    assert!(report.contains("\\x1b[31m") && !report.contains('\x1b'), "{report}");
    assert!(report.contains("program.rs"), "{report}");
}

fn a_panic_of_a_task_leaves_the_screen_alone() {
    let (mut pty, state) = started();
    pty.keys("t");
    pty.wait_for_text("task panicked");
    assert!(pty.screen().alternate_screen());
    assert!(pty.text().lines().filter(|line| !line.is_empty()).count() <= 2, "{}", pty.text());
    assert_eq!(std::fs::read_dir(state.path().join("quarterdeck")).unwrap().count(), 1);
    pty.keys("q");
    assert_eq!(pty.wait_for_end().exit_code(), 0);
    pty.assert_restored();
}

fn suspends_and_comes_back() {
    let state = tempfile::tempdir().unwrap();
    // A shell with job control, which is what stops and continues jobs.
    let script = r#"set -m; "$PROGRAM"; echo "job is stopped"; read line; fg; echo "job has ended""#;
    let mut pty = Pty::start(shell(script, &state), size(80, 24));
    pty.wait_for_text("ready");
    pty.keys("z");
    pty.wait_for_text("job is stopped");
    pty.assert_restored();
    pty.keys("\r");
    pty.wait_for_text("continued");
    assert!(pty.screen().alternate_screen() && pty.screen().hide_cursor() && !pty.is_cooked());
    pty.keys("q");
    pty.wait_for_text("job has ended");
    pty.wait_for_end();
    pty.assert_restored();
}

fn draws_anew_after_it_was_stopped_from_outside() {
    let (mut pty, _state) = started();
    pty.signal(Signal::STOP);
    wait_until("stop", || is_stopped(pty.pid()));
    let before = pty.bytes.len();
    pty.signal(Signal::CONT);
    pty.wait_for_text("continued");
    let text = String::from_utf8_lossy(&pty.bytes[before..]).into_owned();
    assert!(text.contains("\x1b[?1049h"), "somebody else may have used the terminal meanwhile: {text:?}");
}

fn mouse_is_off_until_asked_for_and_off_at_the_end() {
    let (mut pty, _state) = started();
    let off = vt100::MouseProtocolMode::None;
    assert_eq!(pty.screen().mouse_protocol_mode(), off);
    pty.keys("m");
    pty.wait_for("mouse", |screen| screen.mouse_protocol_mode() != off);
    pty.keys("n");
    pty.wait_for("no mouse", |screen| screen.mouse_protocol_mode() == off);
    pty.keys("mq");
    pty.wait_for_end();
    pty.assert_restored();
}

fn pasted_text_is_no_command() {
    let (mut pty, _state) = started();
    pty.keys("\x1b[200~q\rp\x1b[201~");
    pty.wait_for_text(r#"pasted "q\rp""#);
    pty.keys("q");
    assert_eq!(pty.wait_for_end().exit_code(), 0);
}

fn idle_writes_nothing() {
    let (mut pty, _state) = started();
    pty.settle(Duration::from_millis(100));
    pty.resize(size(80, 24));
    assert_eq!(pty.written_during(Duration::from_secs(2)), b"");
}

fn needs_a_terminal_on_both_sides() {
    let state = tempfile::tempdir().unwrap();
    let sides = [
        (r#""$PROGRAM" </dev/null"#, "standard input is not a terminal"),
        (r#""$PROGRAM" 3>&1 >/dev/null"#, "standard output is not a terminal"),
        (r#"TERM=dumb "$PROGRAM""#, "TERM=dumb"),
    ];
    for (script, says) in sides {
        let mut pty = Pty::start(shell(script, &state), size(200, 24));
        assert_eq!(pty.wait_for_end().exit_code(), 64, "{script}");
        assert!(pty.text().contains(says) && pty.text().contains("--print"), "{script}: {}", pty.text());
        assert!(!pty.bytes.contains(&0x1b), "not one escape sequence: {:?}", pty.text());
    }
}
