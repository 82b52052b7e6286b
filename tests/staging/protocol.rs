//! Lists, selectors, pages, watches, logs and errors as a real API server has them.

use futures::StreamExt;
use serde_json::{Value, json};

use super::stage::{NAMESPACE, Stage, recorded};

fn names(list: &Value) -> Vec<&str> {
    list["items"].as_array().unwrap().iter().map(|item| item["metadata"]["name"].as_str().unwrap()).collect()
}

/// The last part of each name.
fn ends(list: &Value) -> Vec<&str> {
    names(list).into_iter().map(|name| name.rsplit("7d9c8bfb6c-").next().unwrap()).collect()
}

fn pods(stage: &Stage, query: &str) -> Value {
    let (status, list) = stage.get(&format!("/api/v1/namespaces/{NAMESPACE}/pods?{query}"));
    assert_eq!(status, 200, "{list}");
    list
}

#[test]
fn a_list_is_that_of_a_real_server() {
    let stage = Stage::recorded();
    let (mut ours, mut theirs) = (pods(&stage, "labelSelector=app%3Dregistry"), recorded("list-pods"));
    for list in [&mut ours, &mut theirs] {
        list["metadata"] = Value::Null;
        for item in list["items"].as_array_mut().unwrap() {
            item["metadata"]["resourceVersion"] = Value::Null;
        }
    }
    assert_eq!(ours, theirs);
}

#[test]
fn selectors_choose() {
    let stage = Stage::recorded();
    let cases = [
        ("labelSelector=app%3Dregistry,pod-template-hash", 12),
        ("labelSelector=app!=registry", 0),
        ("labelSelector=app+in+(registry,other),!nothing", 12),
        ("labelSelector=app+notin+(registry)", 0),
        ("fieldSelector=spec.nodeName%3Dgke-node-b", 5),
        ("fieldSelector=spec.nodeName!%3Dgke-node-b,status.phase%3DRunning", 3),
        ("fieldSelector=status.phase%3DFailed", 1),
        ("fieldSelector=metadata.name%3Dnope", 0),
    ];
    for (query, count) in cases {
        assert_eq!(names(&pods(&stage, query)).len(), count, "{query}");
    }
    let events = format!(
        "/api/v1/namespaces/{NAMESPACE}/events?fieldSelector=involvedObject.kind%3DPod,type%3DNormal"
    );
    assert_eq!(names(&stage.get(&events).1).len(), 1);
    let (status, problem) = stage.get("/api/v1/pods?fieldSelector=spec.colour%3Dred");
    assert_eq!((status, &problem["message"]), (400, &json!("field label not supported: spec.colour")));
    assert_eq!(stage.get("/api/v1/pods?labelSelector=app+is+red").0, 400);
}

#[test]
fn pages_make_up_the_whole() {
    let stage = Stage::recorded();
    let first = pods(&stage, "limit=5");
    assert_eq!(ends(&first), ends(&recorded("list-pods-page-1")));
    assert_eq!(first["metadata"]["remainingItemCount"], 7);
    let mut all: Vec<String> = names(&first).into_iter().map(str::to_owned).collect();
    let mut next = first["metadata"]["continue"].clone();
    while let Some(token) = next.as_str() {
        let page = pods(&stage, &format!("limit=5&continue={token}"));
        assert_eq!(page["metadata"]["resourceVersion"], first["metadata"]["resourceVersion"]);
        all.extend(names(&page).into_iter().map(str::to_owned));
        next = page["metadata"]["continue"].clone();
    }
    assert_eq!(all, names(&pods(&stage, "")));
    stage.cluster.expire_history();
    let token = first["metadata"]["continue"].as_str().unwrap();
    let (status, problem) =
        stage.get(&format!("/api/v1/namespaces/{NAMESPACE}/pods?limit=5&continue={token}"));
    assert_eq!((status, &problem["reason"]), (410, &json!("Expired")));
}

#[test]
fn errors_have_the_words_of_a_real_server() {
    let stage = Stage::recorded();
    let pods = format!("/api/v1/namespaces/{NAMESPACE}/pods");
    let (status, ours) = stage.get(&format!("{pods}/nope"));
    assert_eq!((status, ours), (404, recorded("get-pod-not-found")));
    let (status, ours) =
        stage.get(&format!("{pods}/gitlab-registry-7d9c8bfb6c-running-a/log?container=nope"));
    assert_eq!((status, ours), (400, recorded("log-bad-container")));
    for method in ["POST", "PUT", "PATCH", "DELETE"] {
        let (status, problem) = stage.send(method, &format!("{pods}/some"), "{}");
        assert_eq!(status, 405);
        assert!(problem["message"].as_str().unwrap().starts_with("staging is read-only"), "{problem}");
    }
    for path in ["/apis/batch/v1/jobs", "/openapi/v3", "/nothing"] {
        let (status, problem) = stage.get(path);
        assert_eq!(
            (status, &problem["kind"], &problem["reason"]),
            (404, &json!("Status"), &json!("NotFound"))
        );
    }
    assert_eq!(stage.get_as(&pods, "application/vnd.kubernetes.protobuf").0, 406);
}

#[test]
fn protobuf_with_json_beside_it_is_answered_in_json() {
    let stage = Stage::recorded();
    let (status, text) = stage.get_as("/api/v1/pods", "application/vnd.kubernetes.protobuf,application/json");
    assert_eq!((status, text.starts_with("{\"kind\":\"PodList\"")), (200, true));
}

/// Lines of a watch, as they come.
struct Lines {
    stream: futures::stream::BoxStream<'static, reqwest::Result<bytes::Bytes>>,
    rest: Vec<u8>,
}

impl Lines {
    fn open(stage: &Stage, path: &str) -> Self {
        let answer = stage.block_on(reqwest::get(stage.url(path))).unwrap();
        assert_eq!(answer.status(), 200);
        Self { stream: answer.bytes_stream().boxed(), rest: Vec::new() }
    }

    /// The next line as type and object; none when the watch has ended.
    fn next(&mut self, stage: &Stage) -> Option<(String, Value)> {
        loop {
            if let Some(end) = self.rest.iter().position(|byte| *byte == b'\n') {
                let line: Vec<u8> = self.rest.drain(..=end).collect();
                let line: Value = serde_json::from_slice(&line).unwrap();
                return Some((line["type"].as_str().unwrap().to_owned(), line["object"].clone()));
            }
            self.rest.extend(stage.block_on(self.stream.next())?.ok()?);
        }
    }
}

#[test]
fn a_watch_tells_what_changes_and_what_comes_to_match_its_selector() {
    let stage = Stage::recorded();
    let version = pods(&stage, "")["metadata"]["resourceVersion"].as_str().unwrap().to_owned();
    let path = format!("/api/v1/namespaces/{NAMESPACE}/pods?watch=1&resourceVersion={version}");
    let mut all = Lines::open(&stage, &path);
    let mut failed = Lines::open(&stage, &format!("{path}&fieldSelector=status.phase%3DFailed"));
    let pod = |phase: &str| json!({"kind": "Pod", "metadata": {"name": "new"}, "status": {"phase": phase}});
    for phase in ["Pending", "Failed", "Failed", "Running"] {
        stage.cluster.apply(pod(phase)).unwrap();
    }
    stage.cluster.delete("Pod", "new");
    let told = |lines: &mut Lines| {
        let (kind, object) = lines.next(&stage).unwrap();
        (kind, object["status"]["phase"].as_str().unwrap().to_owned())
    };
    let expected =
        [("ADDED", "Pending"), ("MODIFIED", "Failed"), ("MODIFIED", "Running"), ("DELETED", "Running")];
    for (kind, phase) in expected {
        assert_eq!(told(&mut all), (kind.to_owned(), phase.to_owned()));
    }
    for (kind, phase) in [("ADDED", "Failed"), ("DELETED", "Failed")] {
        assert_eq!(told(&mut failed), (kind.to_owned(), phase.to_owned()));
    }
}

#[test]
fn a_watch_that_comes_back_misses_nothing_unless_its_history_is_gone() {
    let stage = Stage::recorded();
    let version = pods(&stage, "")["metadata"]["resourceVersion"].as_str().unwrap().to_owned();
    let path = format!("/api/v1/namespaces/{NAMESPACE}/pods?watch=1&resourceVersion={version}");
    stage.cluster.apply(json!({"kind": "Pod", "metadata": {"name": "new"}})).unwrap();
    let mut lines = Lines::open(&stage, &path);
    assert_eq!(lines.next(&stage).unwrap().0, "ADDED");
    stage.cluster.expire_history();
    let check = |line: Option<(String, Value)>| {
        let (kind, status) = line.unwrap();
        let real = fixture_error();
        assert_eq!(kind, "ERROR");
        for field in ["kind", "apiVersion", "metadata", "status", "reason", "code"] {
            assert_eq!(status[field], real[field]);
        }
        assert!(status["message"].as_str().unwrap().starts_with("too old resource version: "));
    };
    check(lines.next(&stage));
    assert_eq!(lines.next(&stage), None);
    check(Lines::open(&stage, &path).next(&stage));
}

fn fixture_error() -> Value {
    recorded("watch-expired")["object"].clone()
}

#[test]
fn a_streaming_list_ends_with_a_bookmark_that_says_so() {
    let stage = Stage::recorded();
    let path = format!(
        "/api/v1/namespaces/{NAMESPACE}/pods?watch=1&sendInitialEvents=true&resourceVersionMatch=NotOlderThan\
         &allowWatchBookmarks=true&timeoutSeconds=1"
    );
    let mut lines = Lines::open(&stage, &path);
    for _ in 0..12 {
        assert_eq!(lines.next(&stage).unwrap().0, "ADDED");
    }
    let (kind, object) = lines.next(&stage).unwrap();
    assert_eq!(
        (kind.as_str(), &object["metadata"]["annotations"]["k8s.io/initial-events-end"]),
        ("BOOKMARK", &json!("true"))
    );
    // It ends by itself after its time, with one more bookmark.
    assert_eq!(lines.next(&stage).unwrap().0, "BOOKMARK");
    assert_eq!(lines.next(&stage), None);
}

#[test]
fn logs_are_cut_by_lines_and_time_and_followed() {
    let stage = Stage::recorded();
    let pod = "gitlab-registry-7d9c8bfb6c-running-b";
    let path = format!("/api/v1/namespaces/{NAMESPACE}/pods/{pod}/log");
    let at = |minute: u8| format!("2026-11-20T22:{minute:02}:00Z").parse().unwrap();
    for minute in 1..=5 {
        stage.cluster.log_at(pod, "registry", &format!("line {minute}"), at(minute));
    }
    stage.cluster.previous_log(pod, "registry", "last words");
    let text = |query: &str| stage.get_as(&format!("{path}?{query}"), "*/*").1;
    assert_eq!(text("tailLines=2"), "line 4\nline 5\n");
    assert_eq!(
        text("sinceTime=2026-11-20T22:05:00Z&timestamps=true"),
        "2026-11-20T22:05:00.000000000Z line 5\n"
    );
    assert_eq!(text("previous=true"), "last words\n");
    assert_eq!(text("container=configure"), "");
    let other =
        format!("/api/v1/namespaces/{NAMESPACE}/pods/gitlab-registry-7d9c8bfb6c-running-a/log?previous=true");
    let words = "previous terminated container \"registry\" in pod \"gitlab-registry-7d9c8bfb6c-running-a\" not found";
    assert_eq!(stage.get(&other).1["message"], words);
    let waiting = format!("/api/v1/namespaces/{NAMESPACE}/pods/gitlab-registry-7d9c8bfb6c-image/log");
    let words = "container \"registry\" in pod \"gitlab-registry-7d9c8bfb6c-image\" is waiting to start: trying and failing to pull image";
    assert_eq!(stage.get(&waiting).1["message"], words);

    let answer = stage.block_on(reqwest::get(stage.url(&format!("{path}?follow=true&tailLines=1")))).unwrap();
    let mut stream = answer.bytes_stream();
    let mut next =
        || stage.block_on(stream.next()).map(|bytes| String::from_utf8(bytes.unwrap().to_vec()).unwrap());
    assert_eq!(next().unwrap(), "line 5\n");
    stage.cluster.log(pod, "registry", "line 6");
    assert_eq!(next().unwrap(), "line 6\n");
    stage.cluster.restart_log(pod, "registry");
    stage.cluster.log(pod, "registry", "a new run");
    assert_eq!(next(), None, "a kubelet's stream is of one run of the container");

    let answer = stage.block_on(reqwest::get(stage.url(&format!("{path}?follow=true")))).unwrap();
    let mut stream = answer.bytes_stream();
    let mut next =
        || stage.block_on(stream.next()).map(|bytes| String::from_utf8(bytes.unwrap().to_vec()).unwrap());
    assert_eq!(next().unwrap(), "a new run\n");
    stage.cluster.delete("Pod", pod);
    assert_eq!(next(), None);
}

#[test]
fn rights_are_told_and_denials_are_worded_as_by_a_real_server() {
    use quarterdeck::staging::kubernetes::Fault;
    let stage = Stage::recorded();
    let review = |verb: &str, resource: &str| {
        let body = json!({"spec": {"resourceAttributes": {"namespace": NAMESPACE, "verb": verb, "resource": resource}}});
        let (status, answer) =
            stage.send("POST", "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews", &body.to_string());
        assert_eq!((status, &answer["kind"]), (201, &recorded("access-review")["kind"]));
        answer["status"]["allowed"].as_bool().unwrap()
    };
    assert!(review("watch", "pods") && review("list", "services") && !review("delete", "pods"));
    for (verb, resource, path, file) in [
        ("list", "services", "services", "limited-services-forbidden"),
        ("watch", "pods", "pods?watch=1", "limited-watch-forbidden"),
    ] {
        stage.cluster.set_fault(Fault::Deny { verb: verb.to_owned(), resource: resource.to_owned() });
        assert!(!review(verb, resource));
        let (status, ours) = stage.get(&format!("/api/v1/namespaces/{NAMESPACE}/{path}"));
        let mut theirs = recorded(file);
        theirs["message"] = theirs["message"].as_str().unwrap().replace("limited", "staging").into();
        assert_eq!((status, ours), (403, theirs));
    }
    assert!(review("list", "pods"));
    stage.cluster.clear_faults();
    assert!(review("list", "services"));
}
