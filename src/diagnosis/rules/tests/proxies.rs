//! Rules of HAProxy.

use crate::diagnosis::finding::{Confidence, Impact};
use crate::diagnosis::world::*;
use crate::sources::haproxy::picture::admin;
use crate::sources::kubernetes::objects::{Kind, Pod};

const IDS: [&str; 5] =
    ["lb-maintenance", "lb-server-down", "lb-down-pod-ready", "lb-up-pod-unready", "backend-without-servers"];

fn words(world: &World) -> [&'static str; 5] {
    IDS.map(|id| world.word(id))
}

#[test]
fn servers_are_held_against_the_pods_behind_them() {
    use crate::diagnosis::world::backed as at;
    let (fires, clear, unknown) = ("fires", "clear", "unknown");
    let fresh = Pod { ready_changed: Some(ago(10)), ..pod(1) };
    let starting = Pod { created: Some(ago(20)), ..unready(1, 20) };
    for (what, pods, servers, expected) in [
        (
            "all is well",
            vec![pod(0), pod(1)],
            [at("a", "UP", "10.0.0.0"), at("b", "UP", "10.0.0.1")],
            [clear, clear, clear, clear, clear],
        ),
        (
            "down, its pod is ready",
            vec![pod(0), pod(1)],
            [at("a", "UP", "10.0.0.0"), at("b", "DOWN", "10.0.0.1")],
            [clear, clear, fires, clear, clear],
        ),
        (
            "down, its pod has been ready for a few seconds",
            vec![pod(0), fresh],
            [at("a", "UP", "10.0.0.0"), at("b", "DOWN", "10.0.0.1")],
            [clear, clear, clear, clear, clear],
        ),
        (
            "down, its pod begins",
            vec![pod(0), starting],
            [at("a", "UP", "10.0.0.0"), at("b", "DOWN", "10.0.0.1")],
            [clear, clear, clear, clear, clear],
        ),
        (
            "down, its pod is on its way out",
            vec![pod(0), leaving(pod(1))],
            [at("a", "UP", "10.0.0.0"), at("b", "DOWN", "10.0.0.1")],
            [clear, clear, clear, clear, clear],
        ),
        (
            "coming back",
            vec![pod(0), pod(1)],
            [at("a", "UP", "10.0.0.0"), at("b", "DOWN 1/2", "10.0.0.1")],
            [clear, clear, clear, clear, clear],
        ),
        (
            "down, its pod crashes",
            vec![pod(0), crashing(1, 4)],
            [at("a", "UP", "10.0.0.0"), at("b", "DOWN", "10.0.0.1")],
            [clear, fires, clear, clear, clear],
        ),
        (
            "down, and nobody knows what is behind it",
            vec![pod(0), pod(1)],
            [at("a", "UP", "10.0.0.0"), at("b", "DOWN", "198.51.100.1")],
            [clear, fires, clear, clear, clear],
        ),
        (
            "up, its pod is not ready",
            vec![pod(0), unready(1, 300)],
            [at("a", "UP", "10.0.0.0"), at("b", "UP", "10.0.0.1")],
            [clear, clear, clear, fires, clear],
        ),
        (
            "up, its pod is unready since a moment",
            vec![pod(0), unready(1, 2)],
            [at("a", "UP", "10.0.0.0"), at("b", "UP", "10.0.0.1")],
            [clear, clear, clear, clear, clear],
        ),
        (
            "the service is up, half of its pods are not",
            vec![pod(0), unready(1, 300)],
            [at("a", "UP", INGRESS), at("b", "UP", INGRESS)],
            [clear, clear, clear, clear, clear],
        ),
        (
            "the service is up, none of its pods is",
            vec![unready(0, 300), unready(1, 300)],
            [at("a", "UP", INGRESS), at("b", "UP", INGRESS)],
            [clear, clear, clear, fires, clear],
        ),
        (
            "both down, all pods ready",
            vec![pod(0), pod(1)],
            [at("a", "DOWN", INGRESS), at("b", "DOWN", INGRESS)],
            [clear, clear, fires, clear, fires],
        ),
        (
            "no address is one that is known",
            vec![pod(0), pod(1)],
            [at("a", "UP", "198.51.100.1"), at("b", "UP", "198.51.100.2")],
            [clear, clear, clear, unknown, clear],
        ),
    ] {
        let world = World::watched().pods(pods).instance("fe-01", &servers, 50);
        assert_eq!(words(&world), expected, "{what}");
    }
}

#[test]
fn servers_that_nobody_has_checked_yet_prove_nothing() {
    let servers = [backed("a", "UP", "10.0.0.0"), backed("b", "UP", "10.0.0.1")];
    let mut world = World::watched().pods(vec![pod(0), unready(1, 300)]).instance("fe-01", &servers, 50);
    let instance = world.haproxy.instances.get_mut("fe-01").unwrap();
    let mut look = instance.look.as_deref().unwrap().clone();
    look.info.uptime = Some(3);
    look.rows.iter_mut().for_each(|row| row.check_status = "INI".into());
    instance.look = Some(look.into());
    assert_eq!(words(&world), ["clear"; 5]);
}

#[test]
fn without_an_answer_of_haproxy_nothing_is_claimed_and_without_pods_only_what_needs_none() {
    let down = [backed("a", "UP", "10.0.0.0"), backed("b", "DOWN", "10.0.0.1")];
    for (what, world, expected) in [
        ("not watched", World::default(), ["unknown"; 5]),
        ("silent", World::healthy(2).silent("fe-01"), ["unknown"; 5]),
        (
            "no pods known",
            World::healthy(2).blind(Kind::Pod).instance("fe-01", &down, 50),
            ["clear", "fires", "unknown", "unknown", "clear"],
        ),
    ] {
        assert_eq!(words(&world), expected, "{what}");
    }
}

#[test]
fn instances_of_two_minds_are_told_so() {
    let down = [backed("a", "UP", "10.0.0.0"), backed("b", "DOWN", "10.0.0.1")];
    let up = [backed("a", "UP", "10.0.0.0"), backed("b", "UP", "10.0.0.1")];
    let found =
        World::healthy(2).instance("fe-01", &down, 9).instance("fe-02", &up, 9).found("lb-down-pod-ready");
    assert_eq!(found.words, "1 of 2 servers DOWN though its pods are ready: no connection (L4CON)");
    let told: Vec<_> = found.evidence.iter().map(|one| one.words.as_str()).collect();
    assert!(told.contains(&"gke/b differs: fe-01 DOWN, fe-02 UP"), "{told:?}");
    assert_eq!(found.confidence(ago(0)), Confidence::Certain);
    let mut sudden = down;
    sudden[1].changed = 3;
    let found = World::healthy(2).instance("fe-01", &sudden, 9).found("lb-down-pod-ready");
    assert_eq!(found.confidence(ago(0)), Confidence::Likely, "its pod may be found unready yet");
    let gone = World::healthy(2).instance("fe-01", &up, 9).silent("fe-01");
    assert_eq!(gone.word("lb-down-pod-ready"), "unknown");
}

#[test]
fn only_what_somebody_took_out_is_told_as_taken_out() {
    let both = admin::FORCED_MAINTENANCE | admin::CONFIGURED_MAINTENANCE;
    for (what, status, bits, word) in [
        ("in maintenance by hand", "MAINT", admin::FORCED_MAINTENANCE, "fires"),
        ("draining by hand", "DRAIN", admin::FORCED_DRAIN, "fires"),
        ("as the server that it tracks", "MAINT (via x/y)", admin::INHERITED_MAINTENANCE, "fires"),
        ("its weight is 0", "DRAIN", 0, "fires"),
        ("by the configuration file", "MAINT", both, "clear"),
        ("its name does not resolve", "MAINT (resolution)", admin::NO_ADDRESS, "clear"),
        ("up", "UP", 0, "clear"),
    ] {
        let out = crate::diagnosis::world::Backed { admin: bits, ..backed("b", status, "10.0.0.1") };
        let world = World::healthy(2).instance("fe-01", &[backed("a", "UP", "10.0.0.0"), out], 50);
        assert_eq!(world.word("lb-maintenance"), word, "{what}");
    }
    let out = |name| crate::diagnosis::world::Backed {
        admin: admin::FORCED_MAINTENANCE,
        ..backed(name, "MAINT", "10.0.0.1")
    };
    let one = World::healthy(2).instance("fe-01", &[backed("a", "UP", "10.0.0.0"), out("b")], 50);
    let found = one.found("lb-maintenance");
    assert_eq!((found.impact, found.words.as_str()), (Impact::Risk, "1 of 2 servers taken out: 1 left"));
    assert!(found.evidence[0].words.contains("in maintenance, set by hand"), "{:?}", found.evidence);
    let all = World::healthy(2).instance("fe-01", &[out("a"), out("b")], 0);
    assert_eq!(all.found("lb-maintenance").impact, Impact::Outage);
    assert_eq!(all.causes(), [("lb-maintenance", vec!["backend-without-servers"])]);
}

#[test]
fn slots_of_a_template_that_nothing_uses_are_no_servers() {
    use crate::diagnosis::world::backed as at;
    let slot = |name| at(name, "MAINT (resolution)", "-");
    for (what, servers, word, clear) in [
        (
            "two of four are used",
            [at("a", "UP", "10.0.0.0"), at("b", "UP", "10.0.0.1"), slot("c"), slot("d")],
            "clear",
            "2 of 2 servers UP",
        ),
        ("none resolves", [slot("a"), slot("b"), slot("c"), slot("d")], "fires", ""),
    ] {
        let world = World::healthy(2).instance("fe-01", &servers, 9);
        assert_eq!(world.word("lb-server-down"), word, "{what}");
        if let crate::diagnosis::rules::Judgement::Clear(seen) = world.judged("lb-server-down") {
            assert_eq!(seen, clear, "{what}");
        }
    }
    let dead = [at("a", "DOWN", "10.0.0.0"), at("b", "DOWN", "10.0.0.1"), slot("c"), slot("d")];
    let causes =
        World::watched().pods(vec![crashing(0, 4), crashing(1, 4)]).instance("fe-01", &dead, 0).causes();
    assert_eq!(causes.len(), 1, "{causes:?}");
}

#[test]
fn a_server_that_stands_by_with_a_weight_of_0_was_taken_out_by_nobody() {
    for (what, initial, bits, word) in [
        ("set to 0 by hand", 100, 0, "fires"),
        ("0 by the file", 0, 0, "clear"),
        ("0 by the file, and drained by hand", 0, admin::FORCED_DRAIN, "fires"),
    ] {
        let out = crate::diagnosis::world::Backed { admin: bits, ..backed("b", "DRAIN", "10.0.0.1") };
        let mut world = World::healthy(2).instance("fe-01", &[backed("a", "UP", "10.0.0.0"), out], 9);
        let instance = world.haproxy.instances.get_mut("fe-01").unwrap();
        let mut look = instance.look.as_deref().unwrap().clone();
        look.servers.as_mut().unwrap()[1].initial_weight = initial;
        instance.look = Some(look.into());
        assert_eq!(world.word("lb-maintenance"), word, "{what}");
    }
}

#[test]
fn a_server_whose_pod_is_gone_since_a_moment_is_left_time_to_go_as_well() {
    for (what, lost, changed, word) in [
        ("no pod was lost", None, 5, "fires"),
        ("its pod is gone", Some(2), 5, "clear"),
        ("its pod is gone, and took its time", Some(29), 80, "clear"),
        ("its pod has been gone for longer", Some(30), 35, "fires"),
        ("it was down long before", Some(2), 600, "fires"),
    ] {
        let gone = crate::diagnosis::world::Backed { changed, ..backed("b", "DOWN", "10.0.0.7") };
        let mut world = World::healthy(2).instance("fe-01", &[backed("a", "UP", "10.0.0.0"), gone], 9);
        world.kubernetes.lost = lost.map(ago);
        assert_eq!(world.word("lb-server-down"), word, "{what}");
    }
}

#[test]
fn what_was_taken_out_is_as_bad_as_what_is_left() {
    use crate::diagnosis::world::{Backed, backed as at};
    use Impact::{Degraded, Outage, Risk};
    let out = |name| Backed { admin: admin::FORCED_MAINTENANCE, ..at(name, "MAINT", INGRESS) };
    let up = |name| at(name, "UP", INGRESS);
    let down = |name| at(name, "DOWN", INGRESS);
    for (what, first, second, told) in [
        ("one of three", [out("a"), up("b"), up("c")], [out("a"), up("b"), up("c")], Risk),
        ("two of three", [out("a"), out("b"), up("c")], [out("a"), out("b"), up("c")], Degraded),
        ("all of them", [out("a"), out("b"), out("c")], [out("a"), out("b"), out("c")], Outage),
        ("all on one instance", [out("a"), out("b"), out("c")], [up("a"), up("b"), up("c")], Degraded),
        ("the others are down", [out("a"), down("b"), down("c")], [out("a"), down("b"), down("c")], Outage),
    ] {
        let world = World::healthy(2).instance("fe-01", &first, 9).instance("fe-02", &second, 9);
        assert_eq!(world.found("lb-maintenance").impact, told, "{what}");
        let causes = world.causes();
        let is_led_back = causes.iter().all(|(id, _)| *id != "backend-without-servers");
        assert!(is_led_back, "{what}: {causes:?}");
    }
}

#[test]
fn haproxy_that_sends_elsewhere_is_an_outage_when_nobody_answers_there() {
    use crate::diagnosis::world::backed as at;
    let (here, old) = (INGRESS, "192.0.2.8");
    for (what, servers, told) in [
        ("to the service", [at("a", "UP", here), at("b", "UP", here)], None),
        ("to the pods", [at("a", "UP", "10.0.0.0"), at("b", "UP", "10.0.0.1")], None),
        (
            "elsewhere, and nobody is there",
            [at("a", "DOWN", old), at("b", "DOWN", old)],
            Some(Impact::Outage),
        ),
        ("elsewhere, and somebody is", [at("a", "UP", old), at("b", "UP", old)], Some(Impact::Degraded)),
        ("to another cluster as well", [at("a", "UP", here), at("b", "UP", old)], None),
        ("to a leftover as well", [at("a", "UP", here), at("b", "DOWN", old)], Some(Impact::Degraded)),
        ("to the service, which is down", [at("a", "DOWN", here), at("b", "DOWN", here)], None),
    ] {
        let world = World::healthy(2).instance("fe-01", &servers, 9);
        match told {
            None => assert_eq!(world.word("ingress-mismatch"), "clear", "{what}"),
            Some(impact) => assert_eq!(world.found("ingress-mismatch").impact, impact, "{what}"),
        }
    }
    let lost = World::healthy(2).instance("fe-01", &[at("a", "DOWN", old)], 9);
    assert_eq!(lost.causes(), [("ingress-mismatch", vec!["lb-server-down", "backend-without-servers"])]);
    let servers = [at("a", "DOWN", old)];
    assert_eq!(World::healthy(2).word("ingress-mismatch"), "unknown", "no HAProxy answered");
    assert_eq!(
        World::healthy(2).instance("fe-01", &servers, 9).blind(Kind::Service).word("ingress-mismatch"),
        "unknown"
    );
}
