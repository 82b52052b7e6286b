//! What is said when the API server refuses, falters or dies, and how the source recovers.

use std::time::Duration;

use quarterdeck::sources::kubernetes::facts::{Fact, Watch};
use quarterdeck::sources::kubernetes::objects::Kind;
use quarterdeck::sources::{Health, TroubleKind};

use super::server::{Listener, Reply, Server};

fn down(fact: &Fact, wanted: Kind) -> Option<TroubleKind> {
    match fact {
        Fact::Watched { kind, watch: Watch::Down { trouble } } if *kind == wanted => Some(trouble.kind),
        _ => None,
    }
}

fn is_live(fact: &Fact, wanted: Kind) -> bool {
    matches!(fact, Fact::Watched { kind, watch: Watch::Live } if *kind == wanted)
}

#[tokio::test]
async fn a_server_that_is_killed_and_restarted_is_found_again() {
    let mut server = Server::start();
    let mut listener = Listener::start(server.options());
    listener.settle().await;
    server.kill();
    listener.until("down", |fact, _| down(fact, Kind::Pod) == Some(TroubleKind::Unreachable)).await;
    if !matches!(listener.picture.health, Health::Down { .. }) {
        listener.until("all down", |_, picture| matches!(picture.health, Health::Down { .. })).await;
    }
    let Health::Down { trouble, seen, .. } = &listener.picture.health else { unreachable!() };
    assert!(trouble.why.contains(&server.addr.to_string()), "{}", trouble.why);
    assert!(seen.is_some());
    assert_eq!(listener.picture.pods.len(), 12, "what was known is kept");
    server.begin();
    listener.until("live again", |fact, _| is_live(fact, Kind::Pod)).await;
    assert!(listener.picture.health.is_live());
}

#[tokio::test]
async fn credentials_that_have_expired_are_read_anew() {
    let server = Server::start();
    let mut listener = Listener::start(server.options());
    listener.live().await;
    server.write_token("second-token");
    server.always("watch pods", Reply::recorded("unauthorized.http"));
    // The watch that stands ends, and the next is refused.
    listener.nudge();
    listener.until("refused", |fact, _| down(fact, Kind::Pod) == Some(TroubleKind::Unauthenticated)).await;
    let Some(Health::Down { trouble, .. }) = listener.picture.kinds.get(&Kind::Pod) else { panic!() };
    assert!(trouble.why.contains("log in"), "{}", trouble.why);
    server.never("watch pods");
    listener.until("live again", |fact, _| is_live(fact, Kind::Pod)).await;
    assert_eq!(server.tokens().last().unwrap(), "Bearer second-token");
    let text = format!("{:?}", listener.heard);
    assert!(!text.contains("first-token") && !text.contains("second-token"), "no token is ever told");
}

#[tokio::test]
async fn one_refusal_is_made_good_by_new_credentials_without_a_word() {
    let server = Server::start();
    server.next("list pods", [Reply::recorded("unauthorized.http")]);
    let mut listener = Listener::start(server.options());
    listener.settle().await;
    assert_eq!(listener.picture.pods.len(), 12);
    assert!(!listener.heard.iter().any(|fact| down(fact, Kind::Pod).is_some()));
}

#[tokio::test]
async fn a_kind_that_may_be_listed_and_not_watched_is_polled_and_says_so() {
    let server = Server::start();
    server.always("watch pods", Reply::recorded("limited-watch-forbidden.http"));
    let mut listener = Listener::start(server.options());
    let polled = |fact: &Fact| matches!(fact, Fact::Watched { kind: Kind::Pod, watch: Watch::Polled { .. } });
    listener.until("polled", |fact, _| polled(fact)).await;
    assert!(listener.picture.polled[&Kind::Pod].contains("cannot watch"), "{:?}", listener.picture.polled);
    assert!(listener.picture.kinds[&Kind::Pod].is_live());
    let listed = |fact: &Fact| matches!(fact, Fact::Listed(batch) if batch.kind() == Kind::Pod);
    listener.until("another list", |fact, _| listed(fact)).await;
}

#[tokio::test]
async fn a_kind_that_may_be_watched_and_not_listed_is_known_from_the_watch() {
    let server = Server::start();
    server.always("list services", Reply::recorded("limited-services-forbidden.http"));
    let Reply::Say { body, .. } = Reply::recorded("list-services.http") else { unreachable!() };
    let list: serde_json::Value = serde_json::from_str(&body).unwrap();
    let line = format!(r#"{{"type":"ADDED","object":{}}}"#, list["items"][0]);
    server.always("watch services", Reply::watch(&[line]));
    let mut listener = Listener::start(server.options());
    listener.until("the service", |_, picture| picture.services.contains_key("gitlab-registry")).await;
    listener.until("it is watched", |fact, _| is_live(fact, Kind::Service)).await;
}

#[tokio::test]
async fn what_may_be_neither_listed_nor_watched_is_down_and_the_rest_lives() {
    let server = Server::start();
    for what in ["list services", "watch services"] {
        server.always(what, Reply::recorded("limited-services-forbidden.http"));
    }
    let mut listener = Listener::start(server.options());
    listener.settle().await;
    let Some(Health::Down { trouble, .. }) = listener.picture.kinds.get(&Kind::Service) else { panic!() };
    assert_eq!(trouble.kind, TroubleKind::Denied);
    assert!(trouble.why.contains(r#"User "limited" cannot list resource "services""#), "{}", trouble.why);
    assert_eq!(listener.picture.pods.len(), 12);
    assert!(listener.picture.health.is_live());
}

#[tokio::test]
async fn endpoints_stand_in_for_slices_that_are_refused_or_unknown() {
    for refusal in ["limited-services-forbidden.http", "get-pod-not-found.http"] {
        let server = Server::start();
        for what in ["list endpointslices", "watch endpointslices"] {
            server.always(what, Reply::recorded(refusal));
        }
        let mut listener = Listener::start(server.options());
        listener.settle().await;
        let addresses = listener.picture.addresses("gitlab-registry");
        assert_eq!(addresses.iter().filter(|address| address.ready).count(), 3, "{refusal}");
        assert!(addresses.iter().all(|address| address.serving.is_none()), "endpoints do not say");
        assert!(matches!(listener.picture.kinds[&Kind::EndpointSlice], Health::Down { .. }));
        assert!(listener.picture.kinds[&Kind::Endpoints].is_live());
    }
}

#[tokio::test]
async fn a_server_that_asks_for_patience_is_left_alone_that_long() {
    let server = Server::start();
    let busy = Reply::Say {
        status: 429,
        headers: Vec::new(),
        body: "Too many requests, please try again later.".into(),
    };
    server.next("list pods", [busy.with("retry-after", "1")]);
    let begun = std::time::Instant::now();
    let mut listener = Listener::start(server.options());
    listener.until("throttled", |fact, _| down(fact, Kind::Pod) == Some(TroubleKind::Throttled)).await;
    listener.until("pods", |_, picture| picture.pods.len() == 12).await;
    assert!(begun.elapsed() >= Duration::from_secs(1));
}

#[tokio::test]
async fn a_server_that_does_not_answer_is_slow_and_nothing_waits_for_it() {
    let server = Server::start();
    server.next("list pods", [Reply::Silence]);
    let mut options = server.options();
    options.pace.answer = Duration::from_millis(300);
    let mut listener = Listener::start(options);
    listener.until("slow", |fact, _| down(fact, Kind::Pod) == Some(TroubleKind::Slow)).await;
    listener.until("pods", |_, picture| picture.pods.len() == 12).await;
}

#[tokio::test]
async fn one_odd_object_does_not_spoil_the_rest_and_is_named() {
    let server = Server::start();
    let Reply::Say { body, .. } = Reply::recorded("list-pods.http") else { unreachable!() };
    let mut list: serde_json::Value = serde_json::from_str(&body).unwrap();
    list["items"][0]["status"]["conditions"] = serde_json::json!("odd\u{1b}[2J");
    list["items"][1]["metadata"]["creationTimestamp"] = serde_json::json!("yesterday");
    list["items"][2]["spec"] = serde_json::Value::Null;
    server.always("list pods", Reply::json(&list.to_string()));
    let mut listener = Listener::start(server.options());
    listener.settle().await;
    assert_eq!(listener.picture.pods.len(), 11, "what only misses something is kept");
    let trouble = &listener.picture.odd[&Kind::Pod];
    assert!(trouble.why.contains("gitlab-registry-7d9c8bfb6c-crash"), "{}", trouble.why);
    assert!(!trouble.why.contains('\u{1b}'));
}

#[tokio::test]
async fn an_answer_that_is_no_json_is_broken_and_asked_for_again() {
    let server = Server::start();
    server.next(
        "list pods",
        [Reply::json("<html>Welcome to the proxy</html>"), Reply::json(r#"{"items": null}"#)],
    );
    let mut listener = Listener::start(server.options());
    listener.until("broken", |fact, _| down(fact, Kind::Pod) == Some(TroubleKind::Broken)).await;
    listener.until("live", |fact, _| is_live(fact, Kind::Pod)).await;
}

#[tokio::test]
async fn a_line_of_a_watch_that_makes_no_sense_does_not_end_it_for_good() {
    let server = Server::start();
    server.next("watch pods", [Reply::watch(&["{\"type\":\"MODIF".to_owned()])]);
    let mut listener = Listener::start(server.options());
    listener.until("broken", |fact, _| down(fact, Kind::Pod) == Some(TroubleKind::Broken)).await;
    listener.until("live", |fact, _| is_live(fact, Kind::Pod)).await;
}

#[tokio::test]
async fn rights_are_unknown_where_the_self_test_is_refused_and_asked_one_by_one_where_rules_are_incomplete() {
    let server = Server::start();
    for what in ["post selfsubjectrulesreviews", "post selfsubjectaccessreviews"] {
        server.always(what, Reply::recorded("limited-services-forbidden.http"));
    }
    let mut listener = Listener::start(server.options());
    listener.settle().await;
    assert!(!listener.picture.rights.is_empty());
    assert!(listener.picture.rights.iter().all(|right| right.allowed.is_none()));

    let server = Server::start();
    let limited = super::server::fixture("limited-rules-review.json");
    server.always("post selfsubjectrulesreviews", Reply::json(&limited));
    let mut listener = Listener::start(server.options());
    listener.settle().await;
    let allowed = |listener: &Listener, kind, verb| {
        listener.picture.rights.iter().find(|right| right.kind == kind && right.verb == verb).unwrap().allowed
    };
    assert_eq!(allowed(&listener, Kind::Pod, "list"), Some(true));
    assert_eq!(allowed(&listener, Kind::Pod, "watch"), Some(false));
    assert_eq!(allowed(&listener, Kind::Pod, "log"), Some(false));

    let server = Server::start();
    let incomplete = limited.replace(r#""incomplete": false"#, r#""incomplete": true"#);
    server.always("post selfsubjectrulesreviews", Reply::json(&incomplete));
    let mut listener = Listener::start(server.options());
    listener.settle().await;
    assert_eq!(allowed(&listener, Kind::Pod, "watch"), Some(true), "the review of this one right allows it");
}

#[tokio::test]
async fn without_a_kubeconfig_it_says_what_is_missing_and_finds_it_when_it_is_there() {
    let server = Server::start();
    let mut options = server.options();
    options.kubeconfig = Some(server.path("later"));
    let mut listener = Listener::start(options);
    let fact = listener.until("not configured", |fact, _| matches!(fact, Fact::NotConfigured { .. })).await;
    let Fact::NotConfigured { trouble } = fact else { unreachable!() };
    assert_eq!(trouble.kind, TroubleKind::Misconfigured);
    assert!(trouble.why.contains("later"), "{}", trouble.why);
    listener.settle().await;
    std::fs::copy(server.path("kubeconfig"), server.path("later")).unwrap();
    listener.until("configured", |fact, _| matches!(fact, Fact::Configured(_))).await;
}

#[tokio::test]
async fn a_context_that_is_not_there_is_named_with_those_that_are() {
    let server = Server::start();
    let mut options = server.options();
    options.context = Some("prod".to_owned());
    let mut listener = Listener::start(options);
    let fact = listener.until("not configured", |fact, _| matches!(fact, Fact::NotConfigured { .. })).await;
    let Fact::NotConfigured { trouble } = fact else { unreachable!() };
    assert!(trouble.why.contains("no context prod") && trouble.why.contains("lab"), "{}", trouble.why);
}

#[tokio::test]
async fn a_program_for_credentials_is_run_and_its_failure_is_told_without_what_it_printed() {
    let exec = |script: &str| {
        format!(
            "{{exec: {{apiVersion: client.authentication.k8s.io/v1, command: sh, args: [-c, '{script}']}}}}"
        )
    };
    let server = Server::start();
    let credential = r#"echo "{\"apiVersion\":\"client.authentication.k8s.io/v1\",\"kind\":\"ExecCredential\",\"status\":{\"token\":\"from-plugin\"}}""#;
    server.write_kubeconfig(&exec(credential));
    let mut listener = Listener::start(server.options());
    listener.settle().await;
    assert!(server.tokens().iter().all(|token| token == "Bearer from-plugin"));

    let server = Server::start();
    server.write_kubeconfig(&exec("echo secret-on-stdout; echo please run login >&2; exit 3"));
    let mut listener = Listener::start(server.options());
    let fact = listener.until("not configured", |fact, _| matches!(fact, Fact::NotConfigured { .. })).await;
    let Fact::NotConfigured { trouble } = fact else { unreachable!() };
    assert_eq!(trouble.kind, TroubleKind::Unauthenticated);
    assert!(
        trouble.why.contains("please run login") && !trouble.why.contains("secret-on-stdout"),
        "{}",
        trouble.why
    );
}

#[tokio::test]
async fn a_program_for_credentials_that_hangs_is_not_waited_for() {
    let server = Server::start();
    server.write_kubeconfig(
        "{exec: {apiVersion: client.authentication.k8s.io/v1, command: sleep, args: ['30']}}",
    );
    let mut options = server.options();
    options.pace.plugin = Duration::from_millis(200);
    let mut listener = Listener::start(options);
    let fact = listener.until("not configured", |fact, _| matches!(fact, Fact::NotConfigured { .. })).await;
    let Fact::NotConfigured { trouble } = fact else { unreachable!() };
    assert!(trouble.why.contains("did not end"), "{}", trouble.why);
}

#[tokio::test]
async fn a_program_for_credentials_that_is_slow_is_begun_once() {
    let server = Server::start();
    let (runs, go) = (server.path("runs"), server.path("go"));
    let script = format!(
        "echo run >> {}; while ! test -e {}; do sleep 0.05; done; echo \"{}\"",
        runs.display(),
        go.display(),
        r#"{\"apiVersion\":\"client.authentication.k8s.io/v1\",\"kind\":\"ExecCredential\",\"status\":{\"token\":\"late\"}}"#,
    );
    server.write_kubeconfig(&format!(
        "{{exec: {{apiVersion: client.authentication.k8s.io/v1, command: sh, args: [-c, '{script}']}}}}"
    ));
    let mut options = server.options();
    options.pace.plugin = Duration::from_millis(200);
    let mut listener = Listener::start(options);
    listener.until("not configured", |fact, _| matches!(fact, Fact::NotConfigured { .. })).await;
    std::fs::write(&go, "").unwrap();
    listener.until("configured", |fact, _| matches!(fact, Fact::Configured(_))).await;
    // For one client the library runs it three times, one after the other; a second client would begin it anew.
    assert_eq!(std::fs::read_to_string(&runs).unwrap(), "run\n".repeat(3));
}

#[tokio::test]
async fn a_watch_that_fails_again_after_a_list_is_told_to_be_down_again() {
    let server = Server::start();
    server.always("watch pods", Reply::Say { status: 500, headers: Vec::new(), body: String::new() });
    let mut listener = Listener::start(server.options());
    for _ in 0..2 {
        listener
            .until("listed", |fact, _| matches!(fact, Fact::Listed(batch) if batch.kind() == Kind::Pod))
            .await;
        listener.until("down", |fact, _| down(fact, Kind::Pod) == Some(TroubleKind::Broken)).await;
        assert!(!listener.picture.kinds[&Kind::Pod].is_live());
    }
}
