//! Questions, and the lines that they find.

use proptest::prelude::*;

use super::*;
use crate::logs::read::tests::line;

const BAD_TAG: &str = r#"time="2026-11-20T22:01:41.7Z" level=error msg="response completed with error" err.code=unknown err.detail="invalid checksum digest format" err.message="unknown error" http.request.method=GET http.request.remoteaddr="10.0.0.7:60740" http.request.uri=/v2/Faults.example/empty-link/manifests/v1.2 http.request.useragent=docker/20.10 http.response.duration=1.2s http.response.status=500"#;
const ACCESS: &str = r#"10.0.0.8 - - [20/Nov/2026:22:02:23 +0000] "HEAD /v2/other/blobs/sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08 HTTP/1.1" 200 82 "" "containerd/1.7""#;
const RAW: &str = "panic: runtime error: index out of range";

fn found(question: &str) -> String {
    let question = Question::parse(question).unwrap_or_else(|error| panic!("{question}: {error}"));
    let lines = [("b", BAD_TAG), ("a", ACCESS), ("r", RAW)];
    lines
        .iter()
        .filter(|(_, text)| question.matches(&line(text), "registry-7d9f/registry"))
        .map(|(name, _)| *name)
        .collect()
}

#[test]
fn each_term_finds_its_lines() {
    let table = [
        ("", "bar"),
        ("unknown", "b"),
        ("UNKNOWN", ""),
        ("Unknown", ""),
        ("error index", "r"),
        ("!error", "a"),
        (r#""unknown error""#, "b"),
        (r#"!"unknown error" error"#, "r"),
        ("/index|invalid check/", "br"),
        ("/MANIFESTS/ ", ""),
        ("/v2/other/blobs", "a"),
        ("/v2/ HEAD", "a"),
        (r"/\S+ \[20/", "a"),
        ("level:error", "br"),
        ("level:fatal", "r"),
        ("!level:error", "a"),
        ("status:500", "b"),
        ("status:5xx|200", "ba"),
        ("status:4xx", ""),
        ("repo:other", "a"),
        ("repo:empty-link", "b"),
        ("repo:=empty-link", ""),
        ("repo:=Faults.example/empty-link", "b"),
        ("tag:v1", "b"),
        ("tag:=v1", ""),
        ("digest:sha256:9f86", "a"),
        ("method:GET|PUT", "b"),
        ("method:get", "b"),
        ("client:10.0.0.8", "a"),
        ("client:docker", "b"),
        ("client:/^(docker|containerd)/", "ba"),
        ("pod:7d9f", "bar"),
        ("!stream:registry", ""),
        ("took:>1s", "b"),
        ("took:<1s", ""),
        ("took:>=1.2s", "b"),
        (r#"code:"unknown""#, "b"),
        ("layer:access", "a"),
        ("layer:other OR method:GET tag:v1", "br"),
        ("10.0.0.8 -", "a"),
        ("http://nothing", ""),
    ];
    for (question, expected) in table {
        assert_eq!(found(question), expected, "{question}");
    }
}

#[test]
fn what_is_no_question_says_why() {
    let table = [
        ("level:loud", "\"loud\" is no level; one of debug, info, warning, error, fatal"),
        ("status:5x", "\"5x\" is no status; like 500, 5xx, or 404|5xx"),
        ("took:>1", "\">1\" is no duration; like >1s, >250ms, or <5ms"),
        ("layer:disk", "\"disk\" is no layer; one of haproxy, access, registry, other"),
        ("a \"b", "a quote is not closed: \"b"),
        ("/a(/", "\"a(\" is no regular expression: unclosed group"),
        ("tag: x", "nothing follows \"tag:\""),
        ("!", "nothing follows \"!\""),
        ("a OR", "nothing follows \"OR\""),
    ];
    for (text, why) in table {
        assert_eq!(Question::parse(text).unwrap_err().to_string(), why, "{text}");
    }
}

#[test]
fn every_lens_is_a_question_and_finds_what_it_shows() {
    let lens = |name: &str| LENSES.iter().find(|lens| lens.name == name).unwrap().question;
    for lens in &LENSES {
        Question::parse(lens.question).unwrap();
    }
    assert_eq!(found(lens("bad tags")), "b");
    assert_eq!(found(lens("slow")), "b");
    assert_eq!((found(lens("auth")), found(lens("storage"))), (String::new(), String::new()));
    let storage = Question::parse(lens("storage")).unwrap();
    let refused = r#"time="2026-11-20T22:01:41Z" level=error msg="gcs: googleapi: Error 403: AccessDenied""#;
    assert!(storage.matches(&line(refused), ""));
    let head = r#"level=error msg="response completed with error" err.code="blob unknown" http.request.method=HEAD http.request.uri=/v2/a/blobs/x http.response.status=404"#;
    let bad_tags = Question::parse(lens("bad tags")).unwrap();
    assert!(!bad_tags.matches(&line(head), "") && bad_tags.matches(&line(&head.replace("HEAD", "GET")), ""));
}

#[test]
fn words_that_are_asked_for_are_found_in_a_text() {
    let question = Question::parse("bad !good /t.g/ level:info").unwrap();
    let found: Vec<_> = question.found_in("a bad tag, good").collect();
    assert_eq!(found, [2..5, 6..9]);
}

proptest! {
    #[test]
    fn any_text_is_a_question_or_says_why(text in "[a-z:!/\"|<>=() .*]{0,40}|.{0,40}") {
        if let Ok(question) = Question::parse(&text) {
            question.matches(&line(BAD_TAG), "pod");
            for range in question.found_in(BAD_TAG) {
                prop_assert!(BAD_TAG.get(range).is_some());
            }
        }
    }
}
