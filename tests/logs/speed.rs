//! What it costs to read a line of each format: `cargo test --release --test logs speed -- --ignored --nocapture`.

use std::hint::black_box;
use std::time::Instant;

use jiff::Timestamp;
use quarterdeck::logs::{Fields, Question, open, pattern, read};

const LINES: [(&str, &str); 3] = [
    ("text", include_str!("../fixtures/logs/up-3.1.1.text.log")),
    ("json", include_str!("../fixtures/logs/up-3.1.1.json.log")),
    ("access", include_str!("../fixtures/logs/up-3.1.1.access.log")),
];
const HAPROXY: &str = r#"<134>Nov 20 22:01:41 localhost haproxy[1772]: 127.0.0.1:60658 [20/Nov/2026:22:01:41.718] registry_captured registry/reg1 0/0/0/2/2 500 188 - - ---- 1/1/0/0/0 0/0 {registry.example.com|docker/20.10.17 go/go1.17.11 git-commit/a89b842 kernel/5.15.0-48|} {application/json; charset=utf-8} "HEAD /v2/faults/empty-current-link/manifests/bad HTTP/1.1""#;
const RAW: &str =
    "goroutine 1 [running]: github.com/docker/distribution/registry/handlers.(*App).dispatcher.func1";
const ROUNDS: u32 = 500;

/// The least that one of them took: others use this machine too.
fn nanoseconds<T>(lines: &[T], what: impl Fn(&T)) -> u128 {
    let once = |_| {
        let began = Instant::now();
        lines.iter().for_each(|line| what(black_box(line)));
        began.elapsed().as_nanos() / lines.len() as u128
    };
    (0..ROUNDS).map(once).min().unwrap()
}

#[test]
#[ignore = "prints how long it takes, which says something only in a release build on a quiet machine"]
fn speed_of_reading() {
    let now = Timestamp::UNIX_EPOCH;
    let mut formats: Vec<(&str, Vec<&str>)> =
        LINES.iter().map(|(name, text)| (*name, text.lines().skip(1).collect())).collect();
    formats.extend([("haproxy", vec![HAPROXY]), ("raw", vec![RAW])]);
    let question = Question::parse("unknown level:error repo:faults").unwrap();
    for (name, lines) in formats {
        let kept: Vec<_> = lines.iter().map(|line| read(line.as_bytes(), None, now)).collect();
        let fields = nanoseconds(&lines, |line| drop(black_box(Fields::of(&open(line.as_bytes()).text))));
        let whole = nanoseconds(&lines, |line| drop(black_box(read(line.as_bytes(), None, now))));
        let masked = nanoseconds(&kept, |line| drop(black_box(pattern(line))));
        let asked = nanoseconds(&kept, |line| {
            black_box(question.matches(line, "pod"));
        });
        let bytes = lines.iter().map(|line| line.len()).sum::<usize>() / lines.len();
        println!(
            "{name:8} {bytes:4} bytes: fields {fields:5} ns, whole line {whole:5} ns, pattern {masked:4} ns, question {asked:4} ns"
        );
    }
}
