//! What several instances say of the same servers, from what a real HAProxy answered.

use jiff::Timestamp;

use super::*;
use crate::sources::haproxy::facts::{Fact, Info};
use crate::sources::haproxy::parse;
use crate::sources::{Trouble, TroubleKind};

const HEALTHY: &str = include_str!("../../../../tests/fixtures/haproxy/healthy.txt");
const CHANGED: &str = include_str!("../../../../tests/fixtures/haproxy/changed.txt");
const DOWN: &str = include_str!("../../../../tests/fixtures/haproxy/down.txt");
const FRESH: &str = include_str!("../../../../tests/fixtures/haproxy/fresh.txt");

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(second).unwrap()
}

/// A look as recorded, made by a worker that is `uptime` seconds old.
fn aged(recording: &str, uptime: u64) -> Look {
    let look = parse::look(recording).unwrap();
    Look { info: Info { uptime: Some(uptime), pid: Some(7), ..look.info.clone() }, ..look }
}

fn picture(looks: &[(&str, Look)]) -> Picture {
    let mut picture = Picture::default();
    picture.fold(
        &Fact::Configured { instances: looks.iter().map(|(name, _)| (*name).to_owned()).collect() },
        at(0),
    );
    for (name, look) in looks {
        let fact = Fact::Looked { instance: (*name).to_owned(), look: look.clone().into() };
        picture.fold(&fact, at(100));
    }
    picture
}

fn entry<'e, 'p>(entries: &'e [Entry<'p>], proxy: &str, name: &str) -> &'e Entry<'p> {
    entries.iter().find(|entry| entry.proxy == proxy && entry.name == name).unwrap()
}

#[test]
fn the_backends_that_were_asked_for_come_first_and_a_proxy_stays_together() {
    let picture = picture(&[("fe-01", aged(HEALTHY, 600)), ("fe-02", aged(HEALTHY, 600))]);
    let entries = picture.entries(&["names".into(), "gke-registry".into()]);
    let mut proxies: Vec<_> = entries.iter().map(|entry| entry.proxy).collect();
    proxies.dedup();
    assert_eq!(proxies[..4], ["names", "gke-registry", "https", "stats"]);
    let server = entry(&entries, "gke-registry", "gke-registry-1");
    assert_eq!((server.seen.len(), server.condition(), server.difference()), (2, Condition::Up, None));
    assert_eq!(entry(&entries, "empty", "BACKEND").condition(), Condition::Empty);
}

#[test]
fn instances_that_disagree_are_named_with_what_they_say() {
    let picture =
        picture(&[("fe-01", aged(HEALTHY, 600)), ("fe-02", aged(DOWN, 600)), ("fe-03", aged(CHANGED, 600))]);
    let entries = picture.entries(&[]);
    for (server, difference) in [
        ("gke-registry-1", Some("differs: fe-01 UP, fe-02 DOWN, fe-03 MAINT")),
        ("gke-registry-2", Some("differs: fe-01 UP, fe-02 UP, fe-03 DRAIN")),
        ("standby", Some("differs: fe-01 UP, fe-02 DOWN, fe-03 DOWN")),
    ] {
        assert_eq!(entry(&entries, "gke-registry", server).difference().as_deref(), difference);
    }
    let weights = entry(&entries, "names", "nolb").difference();
    assert_eq!(weights.as_deref(), Some("differs: fe-01 weight 1, fe-02 weight 1, fe-03 weight 0"));
    assert_eq!(entry(&entries, "names", "refused").difference(), None);
}

#[test]
fn an_instance_without_a_server_is_named_and_one_that_is_gone_counts_no_more() {
    let mut less = aged(HEALTHY, 600);
    less.rows.retain(|row| row.name != "gke-registry-2");
    let mut picture = picture(&[("fe-01", aged(HEALTHY, 600)), ("fe-02", less), ("fe-03", aged(DOWN, 600))]);
    let trouble = Trouble::new(TroubleKind::Unreachable, "gone");
    picture.fold(&Fact::NotLooked { instance: "fe-03".into(), trouble }, at(200));
    let entries = picture.entries(&[]);
    let missing = entry(&entries, "gke-registry", "gke-registry-2");
    assert_eq!(missing.difference().as_deref(), Some("differs: not on fe-02"));
    let first = entry(&entries, "gke-registry", "gke-registry-1");
    assert_eq!((first.condition(), first.difference(), first.seen.len()), (Condition::Up, None, 3));
}

#[test]
fn what_happens_per_second_is_between_two_looks_at_one_worker_and_never_negative() {
    let mut picture = picture(&[("fe-01", aged(HEALTHY, 600))]);
    assert_eq!(
        entry(&picture.entries(&[]), "gke-registry", "gke-registry-1").seen[0].rates,
        Rates::default()
    );
    let look_later = |uptime, count: u64, retries| {
        let mut look = aged(HEALTHY, uptime);
        let row = look.rows.iter_mut().find(|row| row.name == "gke-registry-1").unwrap();
        (row.answers[4], row.connect_errors, row.response_errors, row.retries) =
            (Some(count), Some(count), Some(0), Some(retries));
        Fact::Looked { instance: "fe-01".into(), look: look.into() }
    };
    picture.fold(&look_later(602, 8, 40), at(102));
    picture.fold(&look_later(606, 28, 4), at(106));
    let rates = entry(&picture.entries(&[]), "gke-registry", "gke-registry-1").seen[0].rates;
    assert_eq!((rates.answers_5xx, rates.errors(), rates.retries), (Some(5.0), Some(5.0), None));
    picture.fold(&look_later(1, 900, 900), at(108));
    assert_eq!(
        entry(&picture.entries(&[]), "gke-registry", "gke-registry-1").seen[0].rates,
        Rates::default()
    );
    assert_eq!(picture.instances["fe-01"].reloaded, Some(at(107)));
}

#[test]
fn a_fresh_worker_knows_of_no_server_that_it_is_up() {
    let picture = picture(&[("fe-01", aged(FRESH, 0))]);
    let entries = picture.entries(&[]);
    for (proxy, name, condition) in [
        ("followers", "follow-1", Condition::Unknown),
        ("followers", "BACKEND", Condition::Unknown),
        ("slow", "hangs", Condition::Unknown),
        ("slow", "BACKEND", Condition::Unknown),
        ("names", "nolb", Condition::Unchecked),
        ("names", "BACKEND", Condition::Up),
    ] {
        assert_eq!(entry(&entries, proxy, name).condition(), condition, "{proxy}/{name}");
    }
}

#[test]
fn what_the_next_reload_undoes_is_told_and_what_the_configuration_says_is_not() {
    let picture = picture(&[("fe-01", aged(CHANGED, 600))]);
    let entries = picture.entries(&[]);
    for (proxy, name, changed) in [
        ("gke-registry", "gke-registry-1", vec!["maintenance by hand"]),
        ("gke-registry", "gke-registry-2", vec!["drain by hand"]),
        ("gke-registry", "standby", vec!["weight 0, configured 1"]),
        ("gke-registry", "off", vec!["enabled by hand"]),
        ("gke-canary", "agent", vec!["weight 7 by its agent, configured 10"]),
        ("followers", "follow-1", vec![]),
        ("names", "by-name", vec![]),
    ] {
        assert_eq!(entry(&entries, proxy, name).seen[0].changed(), changed, "{proxy}/{name}");
    }
    let healthy = self::picture(&[("fe-01", aged(HEALTHY, 600))]);
    assert!(entry(&healthy.entries(&[]), "gke-registry", "off").seen[0].changed().is_empty());
}

#[test]
fn servers_that_follow_are_found_however_far_they_follow() {
    let picture = picture(&[("fe-01", aged(HEALTHY, 600))]);
    assert_eq!(
        picture.followers("gke-registry", "gke-registry-1"),
        ["followers/follow-1", "followers/follow-2"]
    );
    assert!(picture.followers("gke-registry", "standby").is_empty());
}
