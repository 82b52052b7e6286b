//! Lines that a real docker-registry and a real HAProxy write while they serve a tag whose link is broken, and lines
//! that other versions wrote: each is read into what happened.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[path = "logs/recorded.rs"]
mod recorded;
#[path = "logs/site.rs"]
mod site;
#[path = "logs/speed.rs"]
mod speed;

use std::time::Duration;

use jiff::Timestamp;
use quarterdeck::logs::{Layer, Level, Line, pattern, read};
use quarterdeck::model::Subject;

use site::{Formatter, Site};

const AGENT: &str = "docker/20.10.17 go/go1.17.11 os/linux";

fn broken_tag() -> Subject {
    Subject::Tag { repository: "group/image".into(), tag: "latest".into() }
}

/// What a line tells of the pull of the broken tag.
fn pull(lines: &[String], layer: Layer) -> Line {
    let read = |text: &String| read(text.as_bytes(), None, Timestamp::now());
    let is_pull = |line: &Line| {
        let request = line.request.as_deref();
        line.layer == layer
            && request.is_some_and(|request| &*request.method == "GET" && request.status == Some(500))
    };
    lines.iter().map(read).find(is_pull).unwrap_or_else(|| panic!("no {layer:?} line among {lines:#?}"))
}

async fn tells_what_happened(formatter: Formatter) {
    let before = Timestamp::now() - Duration::from_secs(2);
    let site = Site::start(formatter).await;
    site.break_tag("group/image", "latest").await;
    assert_eq!(site.ask("GET", "/v2/group/image/manifests/latest", AGENT).await, 500);
    assert_eq!(site.ask("DELETE", "/v2/group/image/manifests/latest", "GitLab/17.3.5").await, 400);
    let lines = site.lines(|line| line.contains("DELETE")).await;
    let of_registry = pull(&lines.registry, Layer::Registry);
    let error = of_registry.error.clone().unwrap();
    assert_eq!(
        (of_registry.level, of_registry.message.as_deref()),
        (Level::Error, Some("response completed with error"))
    );
    assert_eq!((&*error.code, &*error.message), ("unknown", "unknown error"));
    assert_eq!(&*error.detail, "invalid checksum digest format");
    assert!(of_registry.is_fault());
    assert_eq!(
        pattern(&of_registry),
        "500 GET /v2/*/manifests/*  invalid checksum digest format (response completed with error)"
    );
    for line in [of_registry, pull(&lines.access, Layer::Access), pull(&lines.balancer, Layer::Haproxy)] {
        let request = line.request.unwrap();
        assert_eq!(request.subject, Some(broken_tag()), "{:?}", line.layer);
        assert_eq!(&*request.uri, "/v2/group/image/manifests/latest");
        assert_eq!(request.client.agent.as_deref(), Some(AGENT), "{:?}", line.layer);
        assert_eq!(request.client.address.as_deref(), Some("127.0.0.1"));
        assert!(before <= line.at && line.at <= Timestamp::now(), "{:?} at {}", line.layer, line.at);
        assert!(request.written.is_some_and(|bytes| bytes > 0));
        assert_eq!(request.took.is_some(), line.layer != Layer::Access);
        assert_eq!(request.server.as_deref(), (line.layer == Layer::Haproxy).then_some("registry/reg1"));
    }
    let known = lines.registry.iter().map(|text| read(text.as_bytes(), None, Timestamp::now()));
    assert!(known.clone().count() >= 2 && known.clone().all(|line| line.layer == Layer::Registry));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_real_registry_that_writes_text_and_a_real_haproxy_tell_what_happened() {
    tells_what_happened(Formatter::Text).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_real_registry_that_writes_json_and_a_real_haproxy_tell_what_happened() {
    tells_what_happened(Formatter::Json).await;
}
