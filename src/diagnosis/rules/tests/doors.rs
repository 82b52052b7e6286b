//! Rules of the front door, of the cloud's load balancers and of the provider.

use std::time::Duration;

use crate::diagnosis::finding::{Confidence, Impact};
use crate::diagnosis::world::*;
use crate::sources::front_door::facts::{Answer, Certificate, Fact as Door, Page};
use crate::sources::google::facts::{Fact as Cloud, Incident, ServerHealth};
use crate::sources::{Trouble, TroubleKind};

#[test]
fn the_front_door_fails_by_its_api_and_is_not_well_by_its_page() {
    use Impact::{Degraded, Outage};
    for (api, root, told) in [
        ((401, None), (200, None), None),
        ((200, None), (200, None), None),
        ((503, Some("Service Unavailable")), (503, Some("Service Unavailable")), Some(Outage)),
        ((200, Some("not a registry's answer")), (200, None), Some(Outage)),
        ((401, None), (404, Some("Not Found")), Some(Degraded)),
        ((429, Some("Too Many Requests")), (200, None), Some(Degraded)),
    ] {
        let world = World::watched().door(Page::Api, api.0, api.1).door(Page::Root, root.0, root.1);
        match told {
            None => assert_eq!(world.word("front-door-failing"), "clear", "{api:?}"),
            Some(impact) => assert_eq!(world.found("front-door-failing").impact, impact, "{api:?}"),
        }
    }
    assert_eq!(World::watched().word("front-door-failing"), "unknown", "not asked yet");
    assert_eq!(World::default().word("front-door-failing"), "unknown", "not watched");
}

#[test]
fn a_door_that_falls_silent_slows_down_or_shows_a_certificate_that_is_over_fails() {
    let well = || World::watched().door(Page::Api, 401, None).door(Page::Root, 200, None);
    let fact = |kind| Door::NotAnswered { page: Page::Api, trouble: Trouble::new(kind, "no connection") };
    let mut silent = well();
    silent.front_door.fold(&fact(TroubleKind::Unreachable), ago(30));
    silent.kubernetes = World::healthy(1).kubernetes;
    let found = silent.found("front-door-failing");
    assert_eq!((found.impact, found.since), (Impact::Outage, Some(ago(30))));
    let mut never = World::watched();
    never.front_door.fold(&fact(TroubleKind::Unreachable), ago(30));
    assert_eq!(never.word("front-door-failing"), "unknown", "our own way to anything may be closed");
    never.kubernetes = World::healthy(1).kubernetes;
    let found = never.found("front-door-failing");
    assert!(
        found.words.starts_with("The front door cannot be reached from here: GET /v2/"),
        "{}",
        found.words
    );
    assert_eq!((found.impact, found.confidence(ago(0))), (Impact::Degraded, Confidence::Possible));
    let slow = |answers| {
        let mut slow = well();
        for second in (0..answers).rev() {
            let answer = Answer {
                latency: Duration::from_secs(4),
                ..slow.front_door.pages[&Page::Api].answer.clone().unwrap()
            };
            slow.front_door.fold(&Door::Answered { page: Page::Api, answer }, ago(second * 15));
        }
        slow
    };
    assert_ne!(
        slow(2).word("front-door-failing"),
        "fires",
        "two answers that took long are no slow registry"
    );
    let found = slow(3).found("front-door-failing");
    assert_eq!(found.impact, Impact::Degraded);
    assert!(found.words.contains("slow"), "{}", found.words);
    for (ends, word) in [(3_600, "fires"), (-5 * 86_400, "clear"), (-90 * 86_400, "clear")] {
        let mut world = well();
        world.front_door.certificate = Some(Certificate {
            subject: "registry".into(),
            issuer: "ca".into(),
            not_before: ago(90 * 86_400),
            not_after: ago(ends),
            wrong: None,
        });
        assert_eq!(world.word("front-door-failing"), word, "{ends}");
    }
}

#[test]
fn a_certificate_that_ended_follows_from_nothing() {
    let servers = [backed("a", "UP", INGRESS), backed("b", "DOWN", INGRESS)];
    let world = |ends, status| {
        let mut world =
            World::healthy(4).instance("fe-01", &servers, 9).door(Page::Api, status, wrong(status));
        world.front_door.certificate = Some(Certificate {
            subject: "registry".into(),
            issuer: "ca".into(),
            not_before: ago(90 * 86_400),
            not_after: ago(ends),
            wrong: None,
        });
        world
    };
    const fn wrong(status: u16) -> Option<&'static str> {
        if status == 503 { Some("Service Unavailable") } else { None }
    }
    for (what, ends, status, causes) in [
        ("one server is down", -90 * 86_400, 401, vec!["lb-down-pod-ready"]),
        ("and the door fails", -90 * 86_400, 503, vec!["lb-down-pod-ready"]),
        ("and the certificate ended", 3_600, 401, vec!["front-door-failing", "lb-down-pod-ready"]),
        ("and both", 3_600, 503, vec!["front-door-failing", "lb-down-pod-ready"]),
    ] {
        let told: Vec<_> = world(ends, status).causes().into_iter().map(|(id, _)| id).collect();
        assert_eq!(told, causes, "{what}");
    }
}

#[test]
fn a_server_that_the_cloud_takes_for_unhealthy_is_held_against_haproxy_on_it() {
    use ServerHealth::{Draining, Healthy, Unhealthy, Unknown};
    for (servers, word) in [
        (&[("fe-01", Healthy), ("fe-02", Healthy)][..], "clear"),
        (&[("fe-01", Healthy), ("fe-02", Draining)], "clear"),
        (&[("fe-01", Healthy), ("fe-02", Unhealthy)], "fires"),
        (&[("fe-01", Unknown), ("fe-02", Unknown)], "unknown"),
    ] {
        assert_eq!(World::watched().cloud(servers).word("gcp-lb-unhealthy"), word, "{servers:?}");
    }
    assert_eq!(World::watched().word("gcp-lb-unhealthy"), "unknown");
    let sick = || World::healthy(1).cloud(&[("fe-01.c.example.internal", Unhealthy), ("fe-02", Healthy)]);
    let up = [backed("a", "UP", INGRESS)];
    let fine = sick().instance("fe-01", &up, 9).found("gcp-lb-unhealthy");
    assert!(fine.words.ends_with("though HAProxy there is fine"), "{}", fine.words);
    assert_eq!(fine.impact, Impact::Degraded);
    let gone = sick().silent("fe-01").found("gcp-lb-unhealthy");
    assert!(gone.words.ends_with("and HAProxy there does not answer"), "{}", gone.words);
    let down = [backed("a", "DOWN", INGRESS)];
    let empty = sick().instance("fe-01", &down, 9);
    let causes = empty.causes();
    assert_eq!(causes.len(), 1, "the cloud follows from HAProxy: {causes:?}");
    assert!(causes[0].1.contains(&"gcp-lb-unhealthy"), "{causes:?}");
    let all = World::watched().cloud(&[("fe-01", Unhealthy)]).found("gcp-lb-unhealthy");
    assert_eq!(all.impact, Impact::Outage);
    let both = sick().pool("ssh", &[("fe-01.c.example.internal", Unhealthy), ("fe-02", Healthy)]);
    let both = both.found("gcp-lb-unhealthy");
    assert!(both.words.starts_with("pool and ssh take 1 server for unhealthy: fe-01"), "{}", both.words);
    assert_eq!((both.about.len(), both.impact), (2, Impact::Degraded));
}

#[test]
fn an_incident_of_the_provider_is_possible_until_our_own_bucket_tells() {
    let incident = |product: &str| Incident {
        id: "x".into(),
        url: Some("https://status.example.com/x".into()),
        began: Some(ago(900)),
        modified: None,
        severity: "high".into(),
        impact: "SERVICE_DISRUPTION".into(),
        products: vec![product.to_owned()],
        locations: Vec::new(),
        text: "Elevated errors".into(),
    };
    let told = |incidents| {
        let mut world = World::watched();
        world.google.fold(&Cloud::Incidents(incidents), ago(5));
        world
    };
    assert_eq!(told(Vec::new()).word("storage-provider-incident"), "clear");
    assert_eq!(told(vec![incident("Cloud Spanner")]).word("storage-provider-incident"), "clear");
    let mut refused = told(vec![incident("Google Cloud Storage")]).door(Page::Api, 503, Some("Unavailable"));
    let ids = |world: &World| world.causes().into_iter().map(|(id, _)| id).collect::<Vec<_>>();
    assert_eq!(ids(&refused), ["front-door-failing", "storage-provider-incident"], "only possible");
    refused.bucket.url = "s3://registry".into();
    refused.bucket.health = crate::sources::bucket::picture::Health::Live;
    assert_eq!(ids(&refused).len(), 2, "our bucket can be read");
    let found = told(vec![incident("Google Cloud Storage")]).found("storage-provider-incident");
    assert_eq!((found.since, found.confidence(ago(0))), (Some(ago(900)), Confidence::Possible));
    assert_eq!(World::watched().word("storage-provider-incident"), "unknown");
    let mut dark = World::watched();
    dark.google.fold(&Cloud::NoIncidents { trouble: trouble() }, ago(5));
    assert_eq!(dark.word("storage-provider-incident"), "unknown");
}
