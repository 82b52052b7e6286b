//! Watches: pages, changes, bookmarks, histories that are gone.

use std::time::Duration;

use quarterdeck::sources::kubernetes::facts::{Batch, Fact, Watch};
use quarterdeck::sources::kubernetes::objects::Kind;

use super::server::{Listener, Reply, Server, fixture};

const NOT_READY: &str = "gitlab-registry-7d9c8bfb6c-notready";

fn pod(name: &str, version: u64) -> String {
    serde_json::json!({
        "metadata": {
            "name": name, "namespace": "registry-lab", "uid": format!("uid-{name}"),
            "resourceVersion": version.to_string(),
            "ownerReferences": [{"kind": "ReplicaSet", "name": "gitlab-registry-7d9c8bfb6c", "controller": true}],
        },
        "spec": {"nodeName": "node-a", "containers": [{"name": "registry", "image": "registry:1"}]},
        "status": {"phase": "Running"},
    })
    .to_string()
}

fn line(kind: &str, object: &str) -> String {
    format!(r#"{{"type":"{kind}","object":{object}}}"#)
}

fn list(items: &[String], next: &str) -> Reply {
    Reply::json(&format!(
        r#"{{"metadata":{{"resourceVersion":"100","continue":"{next}"}},"items":[{}]}}"#,
        items.join(",")
    ))
}

fn is_listed(fact: &Fact, kind: Kind) -> bool {
    matches!(fact, Fact::Listed(batch) if batch.kind() == kind)
}

#[tokio::test]
async fn a_list_in_pages_is_one_fact() {
    let server = Server::start();
    server.next(
        "list pods",
        [
            list(&[pod("a", 1), pod("b", 2)], "more"),
            list(&[pod("c", 3)], "still-more"),
            list(&[pod("d", 4)], ""),
        ],
    );
    let mut listener = Listener::start(server.options());
    listener.settle().await;
    assert_eq!(listener.picture.pods.keys().collect::<Vec<_>>(), ["a", "b", "c", "d"]);
    assert_eq!(listener.heard.iter().filter(|fact| is_listed(fact, Kind::Pod)).count(), 1);
    assert!(server.requests().iter().any(|request| request.contains("continue=still-more")));
}

#[tokio::test]
async fn pages_that_have_expired_are_listed_in_one_piece() {
    let server = Server::start();
    let gone = r#"{"kind":"Status","message":"The provided continue parameter is too old","reason":"Expired","code":410}"#;
    let gone = Reply::Say { status: 410, headers: Vec::new(), body: gone.to_owned() };
    server.next("list pods", [list(&[pod("a", 1)], "more"), gone, list(&[pod("a", 1), pod("b", 2)], "")]);
    let mut listener = Listener::start(server.options());
    listener.settle().await;
    assert_eq!(listener.picture.pods.len(), 2);
    let mut all = server.requests().into_iter();
    let last = all.rfind(|one| one.contains("/pods?") && !one.contains("watch="));
    assert!(last.is_some_and(|request| !request.contains("limit=")));
}

#[tokio::test]
async fn recorded_changes_arrive_and_the_deleted_pod_is_gone() {
    let server = Server::start();
    server.next(
        "watch pods",
        [Reply::watch(&fixture("watch-pods.ndjson").lines().map(str::to_owned).collect::<Vec<_>>())],
    );
    let mut listener = Listener::start(server.options());
    let gone = listener.until("a pod is gone", |fact, _| matches!(fact, Fact::Gone { .. })).await;
    let Fact::Gone { kind, names } = gone else { unreachable!() };
    assert_eq!((kind, names.len()), (Kind::Pod, 1));
    assert!(!listener.picture.pods.contains_key(&names[0]));
    let changed = listener.heard.iter().filter(|fact| matches!(fact, Fact::Changed(Batch::Pods(_)))).count();
    assert!(changed <= 2, "changes come in bundles: {changed}");
    assert!(listener.picture.pods.contains_key(NOT_READY));
}

#[tokio::test]
async fn many_changes_at_once_are_few_facts() {
    let server = Server::start();
    let mut options = server.options();
    options.pace.gather = Duration::from_millis(300);
    let lines: Vec<_> =
        (0..500).map(|at| line("MODIFIED", &pod(&format!("pod-{}", at % 50), 200 + at))).collect();
    server.next("watch pods", [Reply::watch(&lines)]);
    let mut listener = Listener::start(options);
    listener.until("all of them", |_, picture| picture.pods.len() >= 62).await;
    let changed = listener.heard.iter().filter(|fact| matches!(fact, Fact::Changed(Batch::Pods(_)))).count();
    assert!(changed <= 3, "{changed}");
}

#[tokio::test]
async fn after_a_bookmark_the_watch_goes_on_from_there() {
    let server = Server::start();
    let bookmark = r#"{"type":"BOOKMARK","object":{"kind":"Pod","metadata":{"resourceVersion":"4711"}}}"#;
    server.next("watch pods", [Reply::Stream { lines: vec![bookmark.to_owned()], stays: false }]);
    server.next("watch pods", [Reply::watch(&[line("ADDED", &pod("late", 4712))])]);
    let mut listener = Listener::start(server.options());
    listener.until("the late pod", |_, picture| picture.pods.contains_key("late")).await;
    let watches: Vec<_> = server
        .requests()
        .into_iter()
        .filter(|one| one.contains("/pods?") && one.contains("watch=true"))
        .collect();
    assert!(watches[0].contains("resourceVersion=11689"), "{watches:?}");
    assert!(watches[1].contains("resourceVersion=4711"), "{watches:?}");
    let lists = listener.heard.iter().filter(|fact| is_listed(fact, Kind::Pod)).count();
    assert_eq!(lists, 1, "a watch that ends is no reason to list anew");
}

#[tokio::test]
async fn a_history_that_is_gone_is_listed_anew_without_losing_the_picture() {
    let server = Server::start();
    let Reply::Say { body, .. } = Reply::recorded("watch-expired.http") else { unreachable!() };
    server.next("watch pods", [Reply::Stream { lines: vec![body], stays: false }]);
    server.next("list pods", [Reply::recorded("list-pods.http"), list(&[pod("only", 300)], "")]);
    let mut listener = Listener::start(server.options());
    let mut smallest = usize::MAX;
    listener
        .until("the second list", |_, picture| {
            if picture.pods.len() >= 12 || smallest < usize::MAX {
                smallest = smallest.min(picture.pods.len());
            }
            picture.pods.contains_key("only")
        })
        .await;
    assert_eq!(smallest, 1, "it went from twelve to the new one at once");
    assert!(
        !listener
            .heard
            .iter()
            .any(|fact| matches!(fact, Fact::Watched { kind: Kind::Pod, watch: Watch::Down { .. } }))
    );
}

#[tokio::test]
async fn a_peer_that_falls_silent_is_noticed_and_asked_again() {
    let server = Server::start();
    let mut options = server.options();
    options.pace.watch = Duration::from_millis(200);
    options.pace.grace = Duration::from_millis(200);
    let mut listener = Listener::start(options);
    let down = |fact: &Fact| matches!(fact, Fact::Watched { kind: Kind::Pod, watch: Watch::Down { .. } });
    listener.until("silence", |fact, _| down(fact)).await;
    assert_eq!(listener.picture.pods.len(), 12, "what was known is kept");
    listener
        .until("live again", |fact, _| matches!(fact, Fact::Watched { kind: Kind::Pod, watch: Watch::Live }))
        .await;
    assert!(listener.picture.kinds[&Kind::Pod].is_live());
}

#[tokio::test]
async fn ctrl_r_takes_up_every_watch_anew() {
    let server = Server::start();
    let mut listener = Listener::start(server.options());
    listener.settle().await;
    listener.live().await;
    let rights =
        |listener: &Listener| listener.heard.iter().filter(|fact| matches!(fact, Fact::Rights(_))).count();
    let before = rights(&listener);
    listener.nudge();
    listener.until("rights anew", |fact, _| matches!(fact, Fact::Rights(_))).await;
    assert_eq!(rights(&listener), before + 1);
}

#[tokio::test]
async fn events_of_other_workloads_are_left_out_and_those_of_pods_that_are_gone_are_kept() {
    let event = |name: &str, kind: &str, about: &str| {
        serde_json::json!({
            "metadata": {"name": name, "resourceVersion": "9"}, "type": "Warning", "reason": "Unhealthy",
            "involvedObject": {"kind": kind, "name": about}, "lastTimestamp": "2026-11-20T22:00:00Z", "count": 3,
        })
        .to_string()
    };
    let server = Server::start();
    server.next(
        "list events",
        [list(
            &[
                event("other", "Pod", "web-5f4-x"),
                event("node", "Node", "gke-node-a"),
                event("gone", "Pod", "gitlab-registry-7d9c8bfb6c-long-gone".trim_end_matches("-gone")),
                event("ours", "Pod", NOT_READY),
                event("scaled", "HorizontalPodAutoscaler", "gitlab-registry"),
            ],
            "",
        )],
    );
    let mut listener = Listener::start(server.options());
    listener.settle().await;
    assert_eq!(listener.picture.happenings.keys().collect::<Vec<_>>(), ["gone", "ours", "scaled"]);
    listener.live().await;
    // A pod that is new has its events, whichever comes first.
    server.say("events", &line("ADDED", &event("early", "Pod", "standalone")));
    server.say("pods", &line("ADDED", &pod("standalone", 400)));
    let both = |picture: &quarterdeck::sources::kubernetes::picture::Picture| {
        picture.happenings.contains_key("early") && picture.pods.contains_key("standalone")
    };
    listener.until("the event of the new pod", |_, picture| both(picture)).await;
}
