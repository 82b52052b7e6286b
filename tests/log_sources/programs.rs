//! What programs print: commands of the operator's, and journalctl.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use quarterdeck::sources::logs::{Fact, Input, command, journal};

use super::desk::{listen, numbers, options};

fn shell(script: &str) -> Input {
    let program = ["sh", "-c", script].map(str::to_owned);
    Input::Command(command::Options::new("lb-01", &program))
}

#[tokio::test]
async fn a_command_that_ends_is_run_again_and_the_gap_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let count = folder.path().join("count");
    let count = count.display();
    let script = format!(
        "n=$(cat {count} 2>/dev/null || echo 0); n=$((n + 1)); echo $n >{count}; echo line $n; echo first >&2; echo the connection broke >&2; exit 7"
    );
    let mut heard = listen(options(vec![shell(&script)]));
    heard.down("the connection broke (exit status: 7)").await;
    heard.line("line 3").await;
    assert_eq!(numbers(&heard.all)[..3], [1, 2, 3]);
    assert!(heard.gaps().len() >= 2 && heard.gaps()[0].contains("run again"), "{:?}", heard.gaps());
}

#[tokio::test]
async fn what_a_command_prints_again_is_told_once() {
    let folder = tempfile::tempdir().unwrap();
    let count = folder.path().join("count");
    let count = count.display();
    // As tail does: what it printed last comes first when it is begun again.
    let script = format!(
        "n=$(cat {count} 2>/dev/null || echo 0); n=$((n + 1)); echo $n >{count}; seq -f 'line %g' $n $((n + 2)); exit 1"
    );
    let mut heard = listen(options(vec![shell(&script)]));
    heard.line("line 6").await;
    assert_eq!(numbers(&heard.all)[..6], [1, 2, 3, 4, 5, 6]);
    assert_eq!(heard.gaps(), [""; 0], "nothing is missing where lines are known again");
}

#[tokio::test]
async fn a_command_that_only_complains_is_not_followed() {
    let folder = tempfile::tempdir().unwrap();
    let is_there = folder.path().join("there");
    let complaint = "tail: cannot open 'x.log' for reading";
    let script = format!(
        "echo \"{complaint}\" >&2; until [ -e {} ]; do sleep 0.05; done; echo line 1; sleep 600",
        is_there.display()
    );
    let mut heard = listen(options(vec![shell(&script)]));
    heard.down(complaint).await;
    assert!(!heard.all.iter().any(|fact| matches!(fact, Fact::Live { .. })));
    fs::write(is_there, "").unwrap();
    heard.line("line 1").await;
    assert!(heard.all.iter().any(|fact| matches!(fact, Fact::Live { .. })));
}

#[tokio::test]
async fn a_command_has_no_input_and_its_last_half_line_counts() {
    let mut heard = listen(options(vec![shell("cat; printf 'no end'; sleep 600")]));
    heard.live().await;
    let mut ended = listen(options(vec![shell("printf 'no end'")]));
    ended.line("no end").await;
    drop(heard);
}

#[tokio::test]
async fn a_command_that_is_not_there_says_so_and_ctrl_r_tries_again() {
    let folder = tempfile::tempdir().unwrap();
    let program = folder.path().join("later");
    let input = Input::Command(command::Options::new("later", &[program.display().to_string()]));
    let mut options = options(vec![input]);
    options.pace.first_pause = std::time::Duration::from_hours(1);
    options.pace.longest_pause = std::time::Duration::from_hours(1);
    let mut heard = listen(options);
    heard.down("cannot be run").await;
    script(&program, "echo line 1; sleep 600");
    // Whoever asks while it looks is heard when it waits again.
    let nudge = heard.nudge.clone();
    let nudging = tokio::spawn(async move {
        loop {
            nudge.notify_waiters();
            tokio::task::yield_now().await;
        }
    });
    heard.line("line 1").await;
    nudging.abort();
}

#[tokio::test]
async fn whatever_a_command_began_ends_with_it() {
    let folder = tempfile::tempdir().unwrap();
    let pipe = folder.path().join("pipe");
    rustix::fs::mkfifoat(rustix::fs::CWD, &pipe, rustix::fs::Mode::RUSR | rustix::fs::Mode::WUSR).unwrap();
    let mut heard =
        listen(options(vec![shell(&format!("(exec 3>{}; echo line 1; sleep 600) & wait", pipe.display()))]));
    let reading = tokio::task::spawn_blocking(move || fs::read(pipe));
    heard.line("line 1").await;
    heard.end().await;
    // The other end of the pipe is closed only when nobody is left.
    let left = tokio::time::timeout(std::time::Duration::from_secs(20), reading).await;
    assert!(left.is_ok(), "a child of the command's lives on");
}

fn script(path: &Path, text: &str) {
    fs::write(path, format!("#!/bin/sh\n{text}\n")).unwrap();
    fs::set_permissions(path, fs::Permissions::from_mode(0o755)).unwrap();
}

#[tokio::test]
async fn the_journal_goes_on_after_the_last_entry() {
    let folder = tempfile::tempdir().unwrap();
    let program = folder.path().join("journalctl");
    // Says what it was asked, and ends after two entries.
    script(
        &program,
        r#"echo no entry; n=0; for a; do case $a in --after-cursor=c*) n=${a#--after-cursor=c};; esac; done
for i in 1 2; do n=$((n + 1))
echo "{\"__CURSOR\":\"c$n\",\"__REALTIME_TIMESTAMP\":\"1700000000000000\",\"MESSAGE\":\"line $n\"}"; done
echo "asked: $*" >&2; exit 1"#,
    );
    let mut of_unit = journal::Options::new("registry", "docker-registry.service");
    of_unit.program = vec![program.display().to_string()];
    let mut heard = listen(options(vec![Input::Journal(of_unit)]));
    heard.line("line 6").await;
    assert_eq!(numbers(&heard.all)[..6], [1, 2, 3, 4, 5, 6]);
    assert_eq!(heard.gaps(), [""; 0]);
    let dropped = |fact: &Fact| if let Fact::Lines(batch) = fact { batch.dropped } else { 0 };
    assert!(heard.all.iter().map(dropped).sum::<u64>() >= 3, "what is no entry is counted");
    heard.down("--all --output=json").await;
    heard.down("--unit=docker-registry.service --no-tail --after-cursor=c2").await;
    heard.down("--lines=10000 --since=@").await;
    let at = |fact: &Fact| if let Fact::Lines(batch) = fact { Some(batch.lines.first()?.at) } else { None };
    assert_eq!(heard.all.iter().find_map(at).unwrap().as_second(), 1_700_000_000);
}

#[tokio::test]
async fn without_journalctl_it_says_so() {
    let mut of_unit = journal::Options::new("registry", "x.service");
    of_unit.program = vec!["/nonexistent/journalctl".to_owned()];
    listen(options(vec![Input::Journal(of_unit)])).down("/nonexistent/journalctl cannot be run").await;
}
