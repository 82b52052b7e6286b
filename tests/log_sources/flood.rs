//! More lines than anybody can read: every one is counted, and the errors are told last of all to be left out.

use std::io::Write;

use quarterdeck::sources::logs::{Fact, Input, files};

use super::desk::{listen, options};

const STREAMS: usize = 20;
const LINES: usize = 5_000;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_not_told_is_counted_exactly() {
    let folder = tempfile::tempdir().unwrap();
    let path = |stream: usize| folder.path().join(format!("{stream}.log"));
    for stream in 0..STREAMS {
        std::fs::write(path(stream), "").unwrap();
    }
    let inputs =
        (0..STREAMS).map(|stream| Input::Files(files::Options::new(&format!("s{stream}"), &path(stream))));
    let mut options = options(inputs.collect());
    options.pace.told = 500;
    let mut heard = listen(options);
    let all_live =
        |facts: &[Fact]| facts.iter().filter(|fact| matches!(fact, Fact::Live { .. })).count() == STREAMS;
    heard.until("all live", all_live).await;
    for stream in 0..STREAMS {
        let mut text = Vec::new();
        for line in 0..LINES {
            let status = if line % 50 == 0 { 500 } else { 200 };
            writeln!(
                text,
                "time=\"2026-11-20T22:01:42.5Z\" level=info msg=\"response completed\" go.version=go1.19 http.request.method=GET \
                 http.request.uri=\"/v2/group/project/manifests/v{}\" http.request.remoteaddr=\"10.0.0.{stream}:1\" \
                 http.response.status={status}",
                line % 7
            )
            .unwrap();
        }
        std::fs::write(path(stream), text).unwrap();
    }
    let read = |facts: &[Fact]| sum(facts, |batch| batch.read);
    heard.until("all of it", |facts| read(facts) == (STREAMS * LINES) as u64).await;
    let told = sum(&heard.all, |batch| batch.lines.len() as u64);
    let sampled = sum(&heard.all, |batch| batch.sampled);
    assert_eq!(told + sampled, (STREAMS * LINES) as u64);
    assert!(sampled > 0 && told < 40_000, "{told} told");
    let failed = |batch: &quarterdeck::sources::logs::Batch| {
        let answers = batch.answers.iter().filter(|answer| answer.status == 500);
        answers.map(|answer| answer.count).sum()
    };
    assert_eq!(sum(&heard.all, failed), (STREAMS * LINES / 50) as u64, "all failures are counted");
    let told_failed = |batch: &quarterdeck::sources::logs::Batch| {
        let is_failed = |line: &&quarterdeck::logs::Line| {
            line.request.as_ref().is_some_and(|request| request.status == Some(500))
        };
        batch.lines.iter().filter(is_failed).count() as u64
    };
    assert!(
        sum(&heard.all, told_failed) > 1_250,
        "and there is room for errors where there is none for others"
    );
}

fn sum(facts: &[Fact], of: impl Fn(&quarterdeck::sources::logs::Batch) -> u64) -> u64 {
    facts.iter().map(|fact| if let Fact::Lines(batch) = fact { of(batch) } else { 0 }).sum()
}
