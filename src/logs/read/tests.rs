//! Lines that real programs wrote, and what is read of them.

use std::time::Duration;

use super::*;
use crate::logs::{Layer, Level};
use crate::model::Subject;

const REGISTRY: &str = r#"time="2026-11-20T22:01:41.722302916Z" level=error msg="response completed with error" err.code=unknown err.detail="invalid checksum digest format" err.message="unknown error" go.version=go1.19.8 http.request.host=registry.example.com http.request.id=09d3ad2c-a7f0-4154-bd19-26fbfe083be5 http.request.method=GET http.request.remoteaddr="127.0.0.1:60740" http.request.uri=/v2/faults/empty-current-link/manifests/bad http.request.useragent="docker/20.10.17 go/go1.17.11 UpstreamClient(Docker-Client/20.10.17 \\(linux\\))" http.response.contenttype="application/json; charset=utf-8" http.response.duration="522.529µs" http.response.status=500 http.response.written=70 vars.name=faults/empty-current-link vars.reference=bad"#;
const ACCESS: &str = r#"127.0.0.1 - - [20/Nov/2026:22:02:23 +0300] "HEAD /v2/faults/empty-current-link/manifests/bad HTTP/1.1" 404 82 "" "docker/20.10.17 UpstreamClient(Docker-Client/20.10.17 \\(linux\\))""#;

pub fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn now() -> Timestamp {
    at("2026-11-20T22:10:00Z")
}

pub fn line(text: &str) -> Line {
    read(text.as_bytes(), None, now())
}

fn tag(repository: &str, tag: &str) -> Option<Subject> {
    Some(Subject::Tag { repository: repository.into(), tag: tag.into() })
}

#[test]
fn a_line_of_the_registry_gives_all_its_fields() {
    let line = line(REGISTRY);
    assert_eq!(line.at, at("2026-11-20T22:01:41.722302916Z"));
    assert_eq!((line.layer, line.level), (Layer::Registry, Level::Error));
    assert_eq!(line.message.as_deref(), Some("response completed with error"));
    let error = line.error.unwrap();
    let told = (&*error.code, &*error.message, &*error.detail);
    assert_eq!(told, ("unknown", "unknown error", "invalid checksum digest format"));
    let request = line.request.unwrap();
    assert_eq!((&*request.method, request.status), ("GET", Some(500)));
    assert_eq!(&*request.uri, "/v2/faults/empty-current-link/manifests/bad");
    assert_eq!(request.took, Some(Duration::from_nanos(522_529)));
    assert_eq!(request.written, Some(70));
    assert_eq!(request.id.as_deref(), Some("09d3ad2c-a7f0-4154-bd19-26fbfe083be5"));
    assert_eq!(request.client.address.as_deref(), Some("127.0.0.1"));
    let agent = r"docker/20.10.17 go/go1.17.11 UpstreamClient(Docker-Client/20.10.17 \(linux\))";
    assert_eq!(request.client.agent.as_deref(), Some(agent));
    assert_eq!(request.subject, tag("faults/empty-current-link", "bad"));
    assert_eq!(&*line.text, REGISTRY);
}

#[test]
fn an_access_line_gives_its_request_with_a_host_before_it_or_without() {
    let short = ACCESS.replace(" - -", "");
    let hosted = format!("registry.example.com:443 {ACCESS}");
    for text in [ACCESS, &short, &hosted] {
        let line = line(text);
        assert_eq!((line.layer, line.at), (Layer::Access, at("2026-11-20T19:02:23Z")), "{text}");
        let request = line.request.unwrap();
        assert_eq!((&*request.method, request.status, request.written), ("HEAD", Some(404), Some(82)));
        assert_eq!(request.client.address.as_deref(), Some("127.0.0.1"), "{text}");
        let agent = r"docker/20.10.17 UpstreamClient(Docker-Client/20.10.17 \(linux\))";
        assert_eq!(request.client.agent.as_deref(), Some(agent));
        assert_eq!(request.subject, tag("faults/empty-current-link", "bad"));
    }
}

#[test]
fn json_is_read_flat_nested_and_wrapped() {
    let plain = line(REGISTRY);
    let flat = r#"{"time":"2026-11-20T22:01:41.722302916Z","level":"error","msg":"response completed with error","err.code":"unknown","err.detail":"invalid checksum digest format","err.message":"unknown error","go.version":"go1.19.8","http.request.method":"GET","http.request.uri":"/v2/faults/empty-current-link/manifests/bad","http.request.id":"09d3ad2c-a7f0-4154-bd19-26fbfe083be5","http.request.remoteaddr":"127.0.0.1:60740","http.request.useragent":"docker/20.10.17 go/go1.17.11 UpstreamClient(Docker-Client/20.10.17 \\(linux\\))","http.response.duration":"522.529µs","http.response.status":500,"http.response.written":70}"#;
    let nested = r#"{"ts":"2026-11-20T22:01:41.722302916Z","level":"ERROR","msg":"response completed with error","err":{"code":"unknown","detail":"invalid checksum digest format","message":"unknown error"},"http":{"request":{"method":"GET","uri":"/v2/faults/empty-current-link/manifests/bad","id":"09d3ad2c-a7f0-4154-bd19-26fbfe083be5","remoteaddr":"127.0.0.1:60740","useragent":"docker/20.10.17 go/go1.17.11 UpstreamClient(Docker-Client/20.10.17 \\(linux\\))"},"response":{"duration":"522.529µs","status":500,"written":70}}}"#;
    let wrapped = format!(r#"{{"_source":{{"json":{{"jsonPayload":{flat}}}}}}}"#);
    for text in [flat, nested, &wrapped] {
        let line = line(text);
        assert_eq!((line.at, line.layer, line.level), (plain.at, plain.layer, plain.level), "{text}");
        assert_eq!((line.message, line.error), (plain.message.clone(), plain.error.clone()), "{text}");
        assert_eq!(line.request, plain.request, "{text}");
    }
    let document = serde_json::from_str(&wrapped).unwrap();
    assert_eq!(read_document(&document, None, now()).request, plain.request);
    let text = serde_json::json!({"_source": {"message": REGISTRY}});
    assert_eq!(read_document(&text, None, now()).text, plain.text);
}

#[test]
fn a_collectors_wrapping_is_no_part_of_the_line_but_its_time_counts_where_the_line_has_none() {
    let docker = serde_json::json!({"log": format!("{REGISTRY}\n"), "stream": "stderr", "time": "2026-11-20T22:01:42Z"});
    let wrapped = [
        docker.to_string(),
        format!("2026-11-20T22:01:42.123456789Z stderr F {REGISTRY}"),
        format!("2026-11-20T22:01:42.123456789Z {REGISTRY}\r\n"),
    ];
    for text in &wrapped {
        let read = line(text);
        assert_eq!((&*read.text, read.at), (REGISTRY, line(REGISTRY).at), "{text}");
        assert_eq!(read.bytes as usize, text.len());
    }
    let raw = line("2026-11-20T22:01:42.123456789Z stdout P panic: out of memory");
    assert_eq!((&*raw.text, raw.level), ("panic: out of memory", Level::Fatal));
    assert_eq!(raw.at, at("2026-11-20T22:01:42.123456789Z"));
    assert!(open(b"2026-11-20T22:01:42.1Z stdout P half").is_partial);
    assert!(open(br#"{"log":"half","stream":"stdout","time":"2026-11-20T22:01:42Z"}"#).is_partial);
}

#[test]
fn a_line_of_no_known_format_stays_as_it_is() {
    let table = [
        ("E1120 14:02:03.123456       1 reflector.go:138] failed", Level::Error),
        ("goroutine 1 [running]:", Level::Unknown),
        ("main.main()", Level::Unknown),
        ("an error occurred, or not", Level::Unknown),
        ("2026/11/20 22:00:00 ERROR could not do it", Level::Error),
        ("something level=warning else", Level::Warning),
        (r#"time="2024-10-27T06:25:51+03:00" level-error msg="response completed""#, Level::Unknown),
        ("{\"msg\":\"torn", Level::Unknown),
        ("", Level::Unknown),
    ];
    for (text, level) in table {
        let line = line(text);
        assert_eq!((line.layer, line.level, &*line.text), (Layer::Other, level, text));
        assert_eq!((line.message, line.request, line.at), (None, None, now()), "{text}");
    }
}

#[test]
fn a_clock_that_is_ahead_does_not_make_a_line_the_newest_for_hours() {
    let ahead = REGISTRY.replace("22:01:41.722302916Z", "23:59:41Z");
    let kept = line(&ahead);
    assert_eq!((kept.at, &*kept.text), (now(), &*ahead), "its own word stays in the text");
    assert_eq!(
        read(ahead.as_bytes(), Some(at("2026-11-20T22:09:58Z")), now()).at,
        at("2026-11-20T22:09:58Z")
    );
}

#[test]
fn a_year_before_there_were_logs_is_no_time() {
    for when in ["01/Jan/-9999:00:00:00 +0000", "31/Dec/1969:23:59:59 +0000", "01/Jan/0001:00:00:00 +2500"] {
        assert_eq!(time::read_access(when), None, "{when}");
    }
    assert_eq!(time::read("-009999-01-02T00:00:00Z"), None);
    assert_eq!(line(&REGISTRY.replace("2026-", "1026-")).at, now());
}
