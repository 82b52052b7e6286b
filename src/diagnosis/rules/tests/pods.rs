//! Rules of Kubernetes.

use crate::diagnosis::finding::{Confidence, Impact};
use crate::diagnosis::world::*;
use crate::model::Subject;
use crate::sources::kubernetes::objects::{Kind, Phase, Pod};

#[test]
fn pods_that_end_again_and_again_crash_and_those_that_were_restarted_do_not() {
    for (what, pods, word) in [
        ("all is well", vec![pod(0), pod(1)], "clear"),
        ("it backs off", vec![pod(0), crashing(1, 4)], "fires"),
        ("it runs between two crashes", vec![pod(0), restarted(unready(1, 90), 9, 90)], "fires"),
        (
            "it was restarted last week, and again just now",
            vec![pod(0), restarted(unready(1, 5), 2, 5)],
            "clear",
        ),
        ("it was restarted once, an hour ago", vec![pod(0), restarted(pod(1), 1, 3_600)], "clear"),
        ("it was restarted once, just now", vec![pod(0), restarted(unready(1, 5), 1, 5)], "clear"),
        ("it was restarted twice in weeks and is ready", vec![pod(0), restarted(pod(1), 2, 60)], "clear"),
        ("it has no probe, so it is ready between crashes", vec![restarted(pod(0), 30, 200)], "fires"),
        ("it crashed a lot, and then stayed up for hours", vec![restarted(pod(0), 30, 7_200)], "clear"),
        ("it crashed, and is on its way out", vec![pod(0), leaving(crashing(1, 4))], "clear"),
        ("it begins", vec![pod(0), unready_since_birth(1, 30)], "clear"),
        ("it is over", vec![pod(0), Pod { phase: Phase::Failed, ..unready(1, 900) }], "clear"),
    ] {
        assert_eq!(World::watched().pods(pods).word("crash-loop"), word, "{what}");
    }
    let again = World::watched().pods(vec![pod(0), restarted(unready(1, 5), 2, 5)]);
    let waited = again.event("registry-1", "BackOff", "Back-off restarting failed container", 20);
    assert_eq!(waited.word("crash-loop"), "fires", "the kubelet waited before it tried again");
    assert_eq!(World::healthy(2).blind(Kind::Pod).word("crash-loop"), "unknown");
    assert_eq!(World::watched().word("crash-loop"), "unknown", "nothing was told yet");
    assert_eq!(World::default().word("crash-loop"), "unknown", "no cluster is watched");
}

fn unready_since_birth(number: u8, seconds: i64) -> Pod {
    Pod { created: Some(ago(seconds)), ..unready(number, seconds) }
}

#[test]
fn a_crash_loop_tells_how_many_how_they_ended_since_when_and_what_only_they_have() {
    let new = |number| Pod { images: vec!["registry:v5".into()], ..crashing(number, 6) };
    let world = World::watched().pods(vec![new(0), new(1), pod(2), pod(3)]).event(
        "registry-0",
        "BackOff",
        "Back-off restarting failed container",
        30,
    );
    let found = world.found("crash-loop");
    assert_eq!(found.words, "2 of 4 pods crash again and again: exit 137 OOMKilled");
    assert_eq!((found.impact, found.confidence(ago(0))), (Impact::Degraded, Confidence::Certain));
    assert_eq!(found.about, [subject(0), subject(1)]);
    assert_eq!(found.since, Some(ago(630)), "since the kubelet first waited before it tried again");
    let told: Vec<_> = found.evidence.iter().map(|one| one.words.as_str()).collect();
    assert!(told.contains(&"these run registry:v5, the others do not"), "{told:?}");
    assert!(told.iter().any(|words| words.starts_with("BackOff: Back-off")), "{told:?}");
    assert!(found.next.starts_with("Read the previous logs of registry-0"), "{}", found.next);
    assert_eq!(found.verbs[0], "previous-logs");
    let all = World::watched().pods(vec![crashing(0, 4), crashing(1, 4)]).found("crash-loop");
    assert_eq!((all.impact, all.words.starts_with("all 2 pods crash")), (Impact::Outage, true));
    let spare = World::watched().pods(vec![pod(0), pod(1), crashing(2, 4)]).wanted(2).found("crash-loop");
    assert_eq!(spare.impact, Impact::Risk, "all that are wanted are ready");
}

#[test]
fn the_last_words_of_the_dead_container_are_those_that_it_left_or_the_last_error_of_its_log() {
    let mut left = crashing(0, 4);
    left.containers[0].last.as_mut().unwrap().message = "panic: no redis\ngoroutine 1".into();
    let words = |world: &World| -> Vec<String> {
        let found = world.found("crash-loop");
        let told = found.evidence.into_iter().map(|one| one.words);
        told.filter(|words| words.starts_with("last words")).collect()
    };
    assert_eq!(words(&World::watched().pods(vec![left])), ["last words of registry-0: panic: no redis"]);
    let mut world = World::watched().pods(vec![crashing(0, 4)]);
    assert!(words(&world).is_empty());
    let line = |seconds: i64, text: &str| crate::logs::Line {
        at: ago(seconds),
        layer: Default::default(),
        level: if text.starts_with("fatal") { crate::logs::Level::Fatal } else { Default::default() },
        text: text.into(),
        message: None,
        request: None,
        error: None,
        fingerprint: 0,
        bytes: 10,
    };
    for (stream, lines) in [
        ("registry-0/registry", vec![line(95, "listening"), line(91, "fatal: no redis"), line(90, "bye")]),
        ("registry-0/registry", vec![line(30, "fatal: a later run")]),
        ("registry-1/registry", vec![line(90, "fatal: another pod")]),
    ] {
        let batch = crate::sources::logs::facts::Batch { stream: stream.into(), lines, ..Default::default() };
        world.logs.fold(&crate::sources::logs::facts::Fact::Lines(batch.into()), ago(20));
    }
    assert_eq!(words(&world), ["last words of registry-0: fatal: no redis"]);
}

#[test]
fn pods_are_stuck_when_they_take_too_long_or_when_waiting_does_not_help() {
    let unscheduled = |seconds| Pod { node: None, ..pending(1, "Pending", seconds) };
    for (what, sick, word) in [
        ("begun a minute ago", pending(1, "Init:0/1", 60), "clear"),
        ("in Init for ten minutes", pending(1, "Init:0/1", 600), "fires"),
        ("just over two minutes", pending(1, "ContainerCreating", 121), "fires"),
        ("just under two minutes", pending(1, "ContainerCreating", 119), "clear"),
        ("its image is not there", pending(1, "ImagePullBackOff", 20), "fires"),
        ("the image of its init container is not there", pending(1, "Init:ErrImagePull", 20), "fires"),
        ("a secret is missing", pending(1, "CreateContainerConfigError", 20), "fires"),
        ("no node", unscheduled(600), "fires"),
        ("no node yet", unscheduled(10), "clear"),
        ("on its way out", leaving(pending(1, "Init:0/1", 600)), "clear"),
        ("it crashes", crashing(1, 4), "clear"),
        ("it runs and is not ready", unready(1, 600), "clear"),
    ] {
        assert_eq!(World::watched().pods(vec![pod(0), sick]).word("stuck-in-init"), word, "{what}");
    }
    assert_eq!(World::healthy(2).blind(Kind::Pod).word("stuck-in-init"), "unknown");
}

#[test]
fn a_stuck_pod_comes_with_the_event_that_explains_it_and_each_way_of_being_stuck_is_told_apart() {
    let stuck = vec![pod(0), pending(1, "Init:0/1", 600), pending(2, "Init:0/1", 600)];
    let world =
        World::watched().pods(stuck).event("registry-1", "FailedMount", "secret \"tls\" not found", 9);
    let found = world.found("stuck-in-init");
    assert_eq!(found.words, "2 of 3 pods stuck in Init:0/1: FailedMount");
    assert!(found.evidence.iter().any(|one| one.words.contains("secret \"tls\" not found (kubelet)")));
    assert_eq!((found.impact, found.since), (Impact::Degraded, Some(ago(600))));
    let image = pending(1, "ImagePullBackOff", 60);
    let two = World::watched().pods(vec![pending(0, "Init:0/1", 600), image]);
    let found: Vec<_> = two.diagnosis().findings().map(|one| one.words.clone()).collect();
    assert!(
        found.contains(&"1 of 2 pods cannot start: registry:v4 cannot be pulled".to_owned()),
        "{found:?}"
    );
    assert!(found.contains(&"1 of 2 pods stuck in Init:0/1".to_owned()), "{found:?}");
}

#[test]
fn endpoints_are_empty_only_when_nothing_can_be_sent_to() {
    let lost = World::healthy(2).slice(Vec::new());
    for (world, word) in [
        (World::healthy(2), "clear"),
        (World::watched().pods(vec![pod(0), crashing(1, 4)]), "clear"),
        (World::watched().pods(vec![crashing(0, 4)]), "fires"),
        (World::watched().pods(Vec::new()), "fires"),
        (World::healthy(2).blind(Kind::EndpointSlice), "unknown"),
    ] {
        assert_eq!(world.word("endpoints-empty"), word);
    }
    let found = lost.found("endpoints-empty");
    assert_eq!((found.impact, &found.about[0]), (Impact::Outage, &Subject::Service("registry".into())));
    assert!(found.next.contains("selector"), "its pods are ready, so the selector: {}", found.next);
}

#[test]
fn ready_pods_without_an_address_are_missed_once_everybody_had_time_to_know() {
    let without = |pods: Vec<Pod>, left_out: u8| {
        let kept =
            pods.iter().filter(|pod| pod.name != format!("registry-{left_out}")).map(address).collect();
        World::watched().pods(pods).slice(kept)
    };
    let fresh = Pod { ready_changed: Some(ago(2)), ..pod(1) };
    let of_a_job = Pod { owner: Some("migrations".into()), ..pod(1) };
    for (what, pods, word) in [
        ("it has been ready for hours", vec![pod(0), pod(1)], "fires"),
        ("it is ready for two seconds", vec![pod(0), fresh], "clear"),
        ("it is on its way out", vec![pod(0), leaving(pod(1))], "clear"),
        ("it begins", vec![pod(0), unready_since_birth(1, 30)], "clear"),
        ("it is not ready", vec![pod(0), unready(1, 600)], "fires"),
    ] {
        assert_eq!(without(pods, 1).word("endpoints-short"), word, "{what}");
    }
    let found = without(vec![pod(0), pod(1)], 1).found("endpoints-short");
    assert_eq!(found.words, "1 pod Ready and without an address: nothing is sent to it");
    let probe = World::watched().pods(vec![pod(0), unready(1, 600)]);
    assert_eq!(probe.found("endpoints-short").words, "1 pod runs and is not ready: readiness probe fails");
    let node = probe.event("registry-1", "NodeNotReady", "Node is not ready", 30).found("endpoints-short");
    assert_eq!(node.words, "1 pod runs and is not ready: the node is not ready");
    let mut world = without(vec![pod(0), of_a_job], 1);
    let set = crate::sources::kubernetes::objects::ReplicaSet {
        name: "registry-7d9f".into(),
        owner: None,
        wanted: 1,
        ready: 1,
        images: Vec::new(),
        created: None,
    };
    world.kubernetes.replica_sets.insert(set.name.clone(), set);
    assert_eq!(world.word("endpoints-short"), "clear", "the service is not there for a job");
    assert_eq!(World::healthy(2).word("endpoints-short"), "clear");
    assert_eq!(World::healthy(2).blind(Kind::EndpointSlice).word("endpoints-short"), "unknown");
}

#[test]
fn a_rolling_update_and_a_scale_down_are_no_faults_of_any_rule() {
    let update = vec![pod(0), pod(1), leaving(pod(2)), unready_since_birth(3, 20), pending(4, "Init:0/1", 5)];
    let down = vec![pod(0), pod(1), leaving(pod(2)), leaving(unready(3, 4))];
    for (what, pods, wanted) in [("update", update, 4), ("scale down", down, 2)] {
        let servers = [backed("a", "UP", INGRESS), backed("b", "UP", INGRESS)];
        let mut world =
            World::watched().pods(pods).wanted(wanted).baseline(2).instance("fe-01", &servers, 90);
        world.kubernetes.lost = Some(ago(1));
        assert_eq!(world.causes(), [], "{what}");
    }
}

#[test]
fn an_address_is_foreign_once_slices_and_pods_stood_still_for_a_moment() {
    let mut other = address(&pod(9));
    other.pod = None;
    let gone = || vec![address(&pod(0)), other.clone()];
    let world = World::healthy(1).slice(gone());
    let found = World { ..world }.found("endpoints-foreign");
    assert_eq!(found.about, [Subject::Address("10.0.0.9".into())]);
    assert_eq!(found.impact, Impact::Degraded);
    let mut just_gone = World::healthy(1).slice(gone());
    just_gone.kubernetes.lost = Some(ago(1));
    assert_eq!(just_gone.word("endpoints-foreign"), "clear", "its pod went a second ago");
    let mut leaving_address = gone();
    (leaving_address[1].ready, leaving_address[1].terminating) = (false, Some(true));
    assert_eq!(World::healthy(1).slice(leaving_address).word("endpoints-foreign"), "clear");
    let against = |seconds| {
        let mut address = address(&unready(1, seconds));
        address.ready = true;
        World::watched().pods(vec![pod(0), unready(1, seconds)]).slice(vec![address, self::address(&pod(0))])
    };
    assert_eq!(against(600).word("endpoints-foreign"), "fires");
    assert_eq!(against(1).word("endpoints-foreign"), "clear", "the slice follows");
    assert_eq!(World::healthy(2).word("endpoints-foreign"), "clear");
    assert_eq!(World::healthy(2).blind(Kind::Pod).word("endpoints-foreign"), "unknown");
}

#[test]
fn fewer_pods_than_usual_are_told_with_and_without_traffic_and_not_while_they_come() {
    let up = [backed("a", "UP", INGRESS)];
    let low = || World::healthy(2).baseline(4);
    let busy = || low().instance("fe-01", &up, 50);
    for (what, world, both) in [
        ("nobody said how many", World::healthy(2).instance("fe-01", &up, 50), ["unknown", "unknown"]),
        ("no traffic is known", low(), ["unknown", "unknown"]),
        ("traffic", busy(), ["fires", "clear"]),
        ("no traffic", low().instance("fe-01", &up, 0), ["fires", "fires"]),
        ("enough", World::healthy(4).baseline(4).instance("fe-01", &up, 0), ["clear", "clear"]),
        (
            "scaled up just now",
            busy().wanted(4).event("x", "ScalingReplicaSet", "Scaled up replica set x from 2 to 4", 20),
            ["clear", "clear"],
        ),
        (
            "scaled up long ago",
            busy().wanted(4).event("x", "ScalingReplicaSet", "Scaled up replica set x from 2 to 4", 90),
            ["fires", "clear"],
        ),
        (
            "scaled down just now",
            busy().event("x", "ScalingReplicaSet", "Scaled down replica set x from 4 to 2", 20),
            ["fires", "clear"],
        ),
        ("pods cannot be read", busy().blind(Kind::Pod), ["unknown", "unknown"]),
    ] {
        let told = ["pods-below-baseline", "pods-below-baseline-idle"].map(|id| world.word(id));
        assert_eq!(told, both, "{what}");
    }
    for (what, bounds, both) in [
        ("the autoscaler is content", (2, 2, 10), ["clear", "clear"]),
        ("it is at its maximum", (1, 2, 2), ["fires", "clear"]),
    ] {
        let world = busy().autoscaler(bounds);
        assert_eq!(
            ["pods-below-baseline", "pods-below-baseline-idle"].map(|id| world.word(id)),
            both,
            "{what}"
        );
    }
    let lost = low().instance("fe-01", &up, 0).autoscaler((2, 2, 10));
    assert_eq!(lost.word("pods-below-baseline-idle"), "fires", "it is content because nothing arrives");
    for (last, word) in [(None, "fires"), (Some(10), "fires"), (Some(9), "clear"), (Some(0), "clear")] {
        let mut world = low().instance("fe-01", &up, 0);
        let instance = world.haproxy.instances.get_mut("fe-01").unwrap();
        let mut look = instance.look.as_deref().unwrap().clone();
        look.rows.iter_mut().for_each(|row| row.last_session = last);
        instance.look = Some(look.into());
        assert_eq!(world.word("pods-below-baseline-idle"), word, "{last:?}");
    }
    assert_eq!(busy().found("pods-below-baseline").impact, Impact::Risk);
    let idle = low().instance("fe-01", &up, 0).causes();
    assert_eq!(idle, [("pods-below-baseline-idle", vec!["pods-below-baseline"])]);
}

#[test]
fn an_autoscaler_at_its_maximum_is_a_risk() {
    for (bounds, word) in
        [((2, 5, 10), "clear"), ((2, 10, 10), "fires"), ((2, 12, 10), "fires"), ((4, 4, 4), "clear")]
    {
        assert_eq!(World::healthy(2).autoscaler(bounds).word("autoscaler-at-maximum"), word, "{bounds:?}");
    }
    assert_eq!(World::healthy(2).word("autoscaler-at-maximum"), "clear");
    assert_eq!(World::healthy(2).blind(Kind::Autoscaler).word("autoscaler-at-maximum"), "unknown");
    let found = World::healthy(2).autoscaler((2, 10, 10)).found("autoscaler-at-maximum");
    assert_eq!(found.words, "The autoscaler registry is at its maximum of 10 pods: cpu: 142%/75%");
}
