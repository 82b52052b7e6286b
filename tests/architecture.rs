//! The house keeps its shape: each room uses only the rooms that its row allows, and every file says what it is for.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

/// Each room, and the rooms it may use besides `model`. Runtime wires all of them.
const ROOMS: &[(&str, &[&str])] = &[
    ("model", &[]),
    ("bus", &[]),
    ("config", &["registry"]),
    ("registry", &[]),
    ("storage", &[]),
    ("logs", &["registry"]),
    ("sources", &["logs", "registry", "storage"]),
    ("event", &["logs", "registry", "runbook", "sources"]),
    ("diagnosis", &["logs", "registry", "sources"]),
    ("runbook", &["diagnosis", "registry"]),
    ("state", &["bus", "diagnosis", "event", "logs", "registry", "runbook", "sources"]),
    ("actions", &["bus", "diagnosis", "event", "logs", "registry", "runbook", "sources", "state"]),
    ("proposals", &["logs", "registry", "sources", "storage"]),
    (
        "execution",
        &["actions", "bus", "event", "logs", "proposals", "registry", "runbook", "sources", "storage"],
    ),
    ("ui", &["actions", "diagnosis", "event", "logs", "registry", "runbook", "sources", "state"]),
    ("staging", &["registry", "storage"]),
    (
        "cli",
        &[
            "actions",
            "config",
            "diagnosis",
            "event",
            "execution",
            "logs",
            "proposals",
            "registry",
            "runbook",
            "runtime",
            "sources",
            "staging",
            "state",
            "storage",
            "ui",
        ],
    ),
    (
        "runtime",
        &[
            "actions",
            "bus",
            "cli",
            "config",
            "diagnosis",
            "event",
            "execution",
            "logs",
            "proposals",
            "registry",
            "runbook",
            "sources",
            "staging",
            "state",
            "storage",
            "ui",
        ],
    ),
];

/// Rooms that must not touch the world, and the words that would show that they do.
const PURE: &[&str] =
    &["model", "registry", "logs", "event", "diagnosis", "runbook", "state", "actions", "ui"];
const WORLDLY: &[&str] = &[
    "std::fs",
    "std::net",
    "std::env",
    "std::process",
    "std::thread",
    "tokio::",
    "reqwest::",
    "Timestamp::now",
    "Instant::now",
    "SystemTime",
];

#[derive(Debug)]
struct Source {
    path: PathBuf,
    room: String,
    /// Without tests and comments.
    code: String,
    text: String,
}

fn sources() -> Vec<Source> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut found = Vec::new();
    let mut folders = vec![root.clone()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                found.push(read(&root, path));
            }
        }
    }
    found.sort_by(|one, other| one.path.cmp(&other.path));
    found
}

fn read(root: &Path, path: PathBuf) -> Source {
    let text = fs::read_to_string(&path).unwrap();
    let inside = path.strip_prefix(root).unwrap();
    let first = inside.components().next().unwrap().as_os_str().to_string_lossy();
    let room = first.strip_suffix(".rs").unwrap_or(&first).to_owned();
    let is_test =
        inside.components().any(|part| part.as_os_str() == "tests" || part.as_os_str() == "tests.rs");
    let code = if is_test { String::new() } else { without_tests_and_comments(&text) };
    Source { path: inside.to_owned(), room, code, text }
}

/// Tests stand at the end of a file by habit, and may use whatever they need.
fn without_tests_and_comments(text: &str) -> String {
    let code = text.split("#[cfg(test)]\nmod ").next().unwrap();
    code.lines().map(|line| line.split("//").next().unwrap()).collect::<Vec<_>>().join("\n")
}

/// The rooms named after `crate::` in this code, in `use` lists and inline paths alike.
fn rooms_used(code: &str) -> BTreeSet<String> {
    let mut rooms = BTreeSet::new();
    for (at, _) in code.match_indices("crate::") {
        let rest = &code[at + "crate::".len()..];
        match rest.strip_prefix('{') {
            Some(list) => rooms.extend(heads(list)),
            None => rooms.extend(name(rest)),
        }
    }
    rooms
}

/// The first name of each path in a braced list.
fn heads(list: &str) -> Vec<String> {
    let (mut depth, mut heads, mut start) = (0, Vec::new(), 0);
    for (at, letter) in list.char_indices() {
        match letter {
            '{' => depth += 1,
            '}' if depth == 0 => {
                heads.extend(name(list[start..at].trim_start()));
                break;
            }
            '}' => depth -= 1,
            ',' if depth == 0 => {
                heads.extend(name(list[start..at].trim_start()));
                start = at + 1;
            }
            _ => {}
        }
    }
    heads
}

fn name(text: &str) -> Option<String> {
    let name: String = text.chars().take_while(|letter| letter.is_alphanumeric() || *letter == '_').collect();
    (!name.is_empty()).then_some(name)
}

#[test]
fn every_room_uses_only_what_its_row_allows() {
    let allowed: BTreeMap<_, _> = ROOMS.iter().copied().collect();
    let mut wrong = Vec::new();
    for source in sources().iter().filter(|source| !["lib", "main"].contains(&source.room.as_str())) {
        let Some(row) = allowed.get(source.room.as_str()) else {
            wrong.push(format!("{} is in a room without a row", source.path.display()));
            continue;
        };
        let fine = |used: &str| used == source.room || used == "model" || row.contains(&used);
        for used in rooms_used(&source.code).iter().filter(|used| !fine(used)) {
            wrong.push(format!("{} uses {used}", source.path.display()));
        }
    }
    assert!(wrong.is_empty(), "against the table at the top of this file:\n{}", wrong.join("\n"));
}

#[test]
fn pure_rooms_touch_neither_the_world_nor_the_clock() {
    let pure = sources().into_iter().filter(|source| PURE.contains(&source.room.as_str()));
    let wrong: Vec<_> = pure
        .flat_map(|source| {
            let touches = WORLDLY.iter().filter(|word| source.code.contains(**word));
            touches.map(|word| format!("{} has {word}", source.path.display())).collect::<Vec<_>>()
        })
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_file_says_what_it_is_for() {
    let silent: Vec<_> = sources()
        .into_iter()
        .filter(|source| !source.text.starts_with("//! "))
        .map(|source| source.path)
        .collect();
    assert!(silent.is_empty(), "files without a first line that says what they are for: {silent:?}");
}

#[test]
fn the_test_sees_what_it_should() {
    let code = "use crate::{model::Subject, state::{State, fold}};\nfn f() { crate::storage::open(); }";
    let rooms: Vec<_> = rooms_used(code).into_iter().collect();
    assert_eq!(rooms, ["model", "state", "storage"]);
    assert_eq!(without_tests_and_comments("a // crate::ui\n#[cfg(test)]\nmod tests { crate::ui }"), "a ");
    let rooms: BTreeSet<_> = sources().into_iter().map(|source| source.room).collect();
    assert!(ROOMS.iter().all(|(room, _)| rooms.contains(*room)), "a row without a room");
}
