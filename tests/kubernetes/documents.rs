//! Documents: what kubectl prints about the same objects, logs that are followed, errors told as they are.

use futures::StreamExt;
use quarterdeck::model::{Document, Page, Question, Subject};
use quarterdeck::sources::kubernetes::consultant;
use serde_json::Value;

use super::server::{Reply, Server, fixture};

/// The object of this name in a recorded list.
fn object(list: &str, name: &str) -> String {
    let Reply::Say { body, .. } = Reply::recorded(list) else { unreachable!() };
    let list: Value = serde_json::from_str(&body).unwrap();
    let found = list["items"].as_array().unwrap().iter().find(|item| item["metadata"]["name"] == name);
    found.unwrap().to_string()
}

const CRASH: &str = "gitlab-registry-7d9c8bfb6c-crash";

fn server_with(name: &str) -> Server {
    let server = Server::start();
    server.always(&format!("get pods/{name}"), Reply::json(&object("list-pods.http", name)));
    server.always(
        "get services/gitlab-registry",
        Reply::json(&object("list-services.http", "gitlab-registry")),
    );
    server
}

/// All that is said until the end, which is the last page.
async fn read(server: &Server, subject: Subject, document: Document) -> (Vec<String>, Page) {
    let mut pages = consultant(server.options())(Question { subject, document });
    let mut lines = Vec::new();
    loop {
        let page = tokio::time::timeout(std::time::Duration::from_secs(20), pages.next()).await.unwrap();
        match page.expect("no end") {
            Page::Lines(more) => lines.extend(more),
            end => return (lines, end),
        }
    }
}

/// The same but for how long ago it was.
fn without_ages(text: &str) -> Vec<String> {
    let is_ruler = |line: &str| line.trim().chars().all(|letter| letter == '-' || letter == ' ');
    let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
    let events = lines.iter().position(|line| line == "Events:").unwrap_or(lines.len());
    lines.iter_mut().skip(events).for_each(|line| {
        let words: Vec<_> = line.split("  ").map(str::trim).filter(|word| !word.is_empty()).collect();
        let is_row = words.len() == 5 && words[2] != "Age";
        let words: Vec<_> =
            words.iter().enumerate().map(|(at, word)| if is_row && at == 2 { "AGE" } else { word }).collect();
        *line = if is_ruler(line) { "ruler".to_owned() } else { words.join(" | ") };
    });
    lines
}

#[tokio::test]
async fn a_pod_is_described_as_kubectl_describes_it() {
    for (name, wanted) in [
        (CRASH, "kubectl/describe-pod.txt"),
        ("gitlab-registry-7d9c8bfb6c-init-wait", "kubectl/describe-init.txt"),
    ] {
        let server = server_with(name);
        let (lines, end) = read(&server, Subject::Pod(name.to_owned()), Document::Describe).await;
        assert_eq!(end, Page::End);
        similar(&lines.join("\n"), &fixture(wanted));
        let asked = server.requests().into_iter().find(|request| request.contains("/events?")).unwrap();
        assert!(asked.contains("involvedObject.uid%3D"), "{asked}");
    }
}

#[tokio::test]
async fn a_service_is_described_with_its_endpoints() {
    let server = server_with(CRASH);
    server.always("list events", Reply::json(r#"{"items":[]}"#));
    let (lines, _) = read(&server, Subject::Service("gitlab-registry".to_owned()), Document::Describe).await;
    similar(&lines.join("\n"), &fixture("kubectl/describe-service.txt"));
}

fn similar(ours: &str, theirs: &str) {
    let (ours, theirs) = (without_ages(ours), without_ages(theirs));
    for (at, line) in theirs.iter().enumerate() {
        assert_eq!(ours.get(at), Some(line), "line {}:\n{}", at + 1, ours.join("\n"));
    }
    assert_eq!(ours.len(), theirs.len());
}

#[tokio::test]
async fn an_address_is_described_by_its_pod() {
    let server = server_with(CRASH);
    let (lines, end) =
        read(&server, Subject::Address("10.220.1.15:5000".to_owned()), Document::Describe).await;
    assert_eq!(end, Page::End);
    assert!(lines[0].ends_with(CRASH), "{}", lines[0]);
    let (_, end) = read(&server, Subject::Address("10.9.9.9".to_owned()), Document::Describe).await;
    assert!(matches!(end, Page::Failed(why) if why.contains("no pod") && why.contains("10.9.9.9")));
}

#[tokio::test]
async fn a_pod_that_is_gone_and_what_may_not_be_read_are_told_as_the_server_tells_them() {
    let server = Server::start();
    let (_, end) = read(&server, Subject::Pod("nope".to_owned()), Document::Yaml).await;
    assert!(matches!(&end, Page::Failed(why) if why.contains("pods \"nope\" not found")), "{end:?}");
    let server = server_with(CRASH);
    server.always("list events", Reply::recorded("limited-services-forbidden.http"));
    let (lines, end) = read(&server, Subject::Pod(CRASH.to_owned()), Document::Describe).await;
    assert_eq!(end, Page::End);
    assert!(lines.last().unwrap().contains("not known"), "never <none> for what could not be read");
}

#[tokio::test]
async fn yaml_is_without_managed_fields() {
    let server = server_with(CRASH);
    let (lines, _) = read(&server, Subject::Pod(CRASH.to_owned()), Document::Yaml).await;
    let text = lines.join("\n");
    assert!(
        text.contains("reason: CrashLoopBackOff")
            && text.contains("  name: gitlab-registry-7d9c8bfb6c-crash")
    );
    assert!(!text.contains("managedFields") && !text.contains("f:spec"), "{text}");
}

#[tokio::test]
async fn the_words_of_a_kubelet_that_cannot_answer_are_told() {
    let server = server_with(CRASH);
    server.always(&format!("log pods/{CRASH}"), Reply::recorded("log-no-kubelet.http"));
    let (lines, end) = read(&server, Subject::Pod(CRASH.to_owned()), Document::Logs).await;
    assert!(lines[0].contains("container registry") && lines[0].contains("configure (init)"), "{lines:?}");
    assert!(matches!(&end, Page::Failed(why) if why.contains("no preferred addresses found")), "{end:?}");
    let asked = server.requests().into_iter().find(|request| request.contains("/log?")).unwrap();
    assert!(asked.contains("container=registry&tailLines=1000&follow=true"), "{asked}");
}

#[tokio::test]
async fn of_a_pod_that_initialises_the_init_container_is_read() {
    let name = "gitlab-registry-7d9c8bfb6c-init-wait";
    let server = server_with(name);
    server.always(&format!("log pods/{name}"), Reply::recorded("log-no-kubelet.http"));
    let (lines, _) = read(&server, Subject::Pod(name.to_owned()), Document::Logs).await;
    assert!(
        lines[0].contains("container configure") && lines[0].contains("also in this pod: registry"),
        "{lines:?}"
    );
}

#[tokio::test]
async fn logs_are_followed_cleaned_and_cut_and_a_break_is_said() {
    let name = "gitlab-registry-7d9c8bfb6c-running-a";
    let server = server_with(name);
    let long = "x".repeat(10_000);
    let said =
        vec!["one".to_owned(), "two \u{1b}[31mred".to_owned(), long, "Authorization: Bearer abc".to_owned()];
    server.next(
        &format!("log pods/{name}"),
        [
            Reply::Stream { lines: said, stays: false },
            Reply::Stream { lines: vec!["after".to_owned()], stays: true },
        ],
    );
    let mut pages = consultant(server.options())(Question {
        subject: Subject::Pod(name.to_owned()),
        document: Document::Logs,
    });
    let mut lines: Vec<String> = Vec::new();
    while !lines.iter().any(|line| line == "after") {
        match tokio::time::timeout(std::time::Duration::from_secs(20), pages.next()).await.unwrap() {
            Some(Page::Lines(more)) => lines.extend(more),
            other => panic!("{other:?} after {lines:?}"),
        }
    }
    assert_eq!(lines[1], "one");
    assert!(!lines[2].contains('\u{1b}'));
    assert!(lines[3].len() < 5_000 && lines[3].contains("5904 bytes more"));
    assert!(!lines[4].contains("abc"), "{}", lines[4]);
    assert!(lines[5].contains("the stream broke"), "{lines:?}");
    let again = server.requests().into_iter().rfind(|request| request.contains("/log?")).unwrap();
    assert!(again.contains("sinceSeconds="), "{again}");
}

#[tokio::test]
async fn the_run_before_is_read_of_the_container_that_crashed() {
    let server = server_with(CRASH);
    let said = Reply::Stream { lines: vec!["panic: out of memory".to_owned()], stays: false };
    server.always(&format!("log pods/{CRASH}"), said);
    let (lines, end) = read(&server, Subject::Pod(CRASH.to_owned()), Document::PreviousLogs).await;
    assert_eq!(end, Page::End);
    assert!(lines[0].contains("OOMKilled, exit 137"), "{lines:?}");
    assert_eq!(lines[1], "panic: out of memory");
    assert!(server.requests().iter().any(|request| request.contains("previous=true")));
}
