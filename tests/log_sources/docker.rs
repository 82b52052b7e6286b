//! Containers of Docker, by the files that it keeps of them.

use std::fs;
use std::path::{Path, PathBuf};

use quarterdeck::sources::logs::{Fact, Input, docker};

use super::desk::{listen, numbers, options};

/// A container as Docker notes it.
fn container(folder: &Path, id: &str, name: &str) -> PathBuf {
    let place = folder.join("containers").join(id);
    fs::create_dir_all(&place).unwrap();
    fs::write(
        place.join("config.v2.json"),
        format!(r#"{{"ID":"{id}","Name":"/{name}","Driver":"overlay2"}}"#),
    )
    .unwrap();
    place.join(format!("{id}-json.log"))
}

fn write(log: &Path, parts: &[&str]) {
    let lines: String = parts
        .iter()
        .map(|part| {
            format!(
                "{{\"log\":{},\"stream\":\"stdout\",\"time\":\"2026-11-20T22:01:42.5Z\"}}\n",
                serde_json::json!(part)
            )
        })
        .collect();
    use std::io::Write;
    fs::OpenOptions::new().create(true).append(true).open(log).unwrap().write_all(lines.as_bytes()).unwrap();
}

fn follow(folder: &Path, name: &str) -> quarterdeck::sources::logs::Options {
    let mut options = options(vec![Input::Docker(docker::Options::new("registry", name, folder))]);
    options.history.span = std::time::Duration::MAX;
    options
}

#[tokio::test]
async fn a_container_is_found_by_its_name_and_so_is_the_one_that_replaces_it() {
    let folder = tempfile::tempdir().unwrap();
    container(folder.path(), &"b".repeat(64), "other");
    let log = container(folder.path(), &"a".repeat(64), "registry-1");
    write(&log, &["line 1\n", "line 2\n"]);
    let mut heard = listen(follow(folder.path(), "registry-1"));
    heard.line("line 2").await;
    // `docker compose up --force-recreate`
    write(&log, &["line 3\n"]);
    fs::remove_dir_all(log.parent().unwrap()).unwrap();
    let log = container(folder.path(), &"c".repeat(64), "registry-1");
    write(&log, &["line 4\n"]);
    heard.line("line 4").await;
    let mut found = numbers(&heard.all);
    found.sort_unstable();
    assert_eq!(found, [1, 2, 3, 4]);
    let at = |fact: &Fact| if let Fact::Lines(batch) = fact { Some(batch.lines.first()?.at) } else { None };
    assert_eq!(heard.all.iter().find_map(at).unwrap(), "2026-11-20T22:01:42.5Z".parse().unwrap());
}

#[tokio::test]
async fn a_long_line_that_docker_wrote_in_parts_is_one_again() {
    let folder = tempfile::tempdir().unwrap();
    let log = container(folder.path(), &"a".repeat(64), "registry-1");
    write(&log, &["one ", "two ", "three\n", "line 1\n"]);
    let mut heard = listen(follow(folder.path(), &"a".repeat(12)));
    heard.line("line 1").await;
    assert_eq!(heard.texts(), ["one two three", "line 1"]);
    // Half of a line is there when the source is begun again.
    write(&log, &["four "]);
    write(&log, &["five\n"]);
    heard.line("four five").await;
}

#[tokio::test]
async fn what_is_wrong_is_said() {
    let folder = tempfile::tempdir().unwrap();
    listen(follow(folder.path(), "registry-1")).down("cannot be read").await;
    container(folder.path(), &"b".repeat(64), "other");
    listen(follow(folder.path(), "registry-1")).down("there is no container registry-1").await;
    let host = folder.path().join("containers").join("b".repeat(64)).join("hostconfig.json");
    fs::write(host, r#"{"LogConfig":{"Type":"journald","Config":{}}}"#).unwrap();
    listen(follow(folder.path(), "other")).down("logs to journald, not to a file").await;
}
