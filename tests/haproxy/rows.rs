//! What is told of the rows is what HAProxy says itself, whichever way it is asked.

use std::collections::BTreeMap;

use quarterdeck::sources::TroubleKind;
use quarterdeck::sources::haproxy::picture::Picture;
use quarterdeck::sources::haproxy::{Condition, Entry};

use super::balancer::{Balancer, PASSWORD};
use super::watcher::Watcher;

/// A few columns of every row: backend and server, then status, weight, check and address.
type Table = BTreeMap<(String, String), [String; 4]>;

/// As `show stat` has them, read by nothing of ours.
fn printed(csv: &str) -> Table {
    let mut reader = csv::Reader::from_reader(csv.trim_start_matches("# ").as_bytes());
    let rows = reader.deserialize::<BTreeMap<String, String>>().map(|row| row.unwrap());
    rows.map(|row| {
        let values = ["status", "weight", "check_status", "addr"].map(|name| row[name].clone());
        let [status, weight, check, address] = values;
        let check = check.trim_start_matches("* ").to_owned();
        ((row["pxname"].clone(), row["svname"].clone()), [status, weight, check, address])
    })
    .collect()
}

fn told(picture: &Picture, instance: &str) -> Option<Table> {
    let look = picture.instances.get(instance)?.look.as_ref()?;
    let rows = look.rows.iter().map(|row| {
        let weight = row.weight.map(|weight| weight.to_string()).unwrap_or_default();
        let values = [row.status.clone(), weight, row.check_status.clone(), row.address.clone()];
        ((row.proxy.clone(), row.name.clone()), values)
    });
    Some(rows.collect())
}

#[tokio::test(flavor = "multi_thread")]
async fn sockets_port_and_page_tell_the_rows_that_show_stat_prints() {
    let balancer = Balancer::start().await;
    let ways = ["admin", "user", "port", "page"];
    let watcher = Watcher::of(ways.iter().map(|way| balancer.by(way, way)).collect());
    for way in ways {
        watcher.until_live(way).await;
        let mut expected = printed(&balancer.say("show stat").await);
        if way != "page" {
            // The statistics leave it out while there is no address; the state of the servers has the name.
            let nameless = expected.get_mut(&("names".to_owned(), "nameless".to_owned())).unwrap();
            nameless[3] = "registry.invalid:5000".to_owned();
        }
        watcher
            .until(&format!("{way} agrees with show stat"), |picture| {
                (told(picture, way)? == expected).then_some(())
            })
            .await;
    }
    let admins = watcher
        .until("all looked", |picture| {
            ways.map(|way| picture.instances.get(way)?.look.as_ref()?.is_admin)
                .into_iter()
                .collect::<Option<Vec<_>>>()
        })
        .await;
    assert_eq!(admins, [true, false, false, false]);
    let pid = balancer.pid();
    for way in ways {
        let known = watcher
            .until("the worker is known", |picture| picture.instances.get(way)?.look.as_ref()?.info.pid)
            .await;
        assert_eq!(known, pid, "{way}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connection_that_looks_has_no_right_to_change_anything() {
    let balancer = Balancer::start().await;
    let said = balancer.say("show cli level;user;set server gke-registry/registry-1 state maint").await;
    assert!(said.starts_with("admin\n") && said.contains("Permission denied"), "{said}");
    let watcher = Watcher::of(vec![balancer.by("fe-01", "admin")]);
    watcher.until_looked("fe-01", 5).await;
    let state = balancer.say("show servers state gke-registry").await;
    let line = state.lines().find(|line| line.contains(" registry-1 ")).unwrap();
    assert_eq!(line.split(' ').nth(6), Some("0"), "{line}");
}

fn find<'e, 'p>(entries: &'e [Entry<'p>], name: &str) -> &'e Entry<'p> {
    entries.iter().find(|entry| entry.proxy == "gke-registry" && entry.name == name).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_done_by_hand_on_one_of_two_is_a_disagreement_that_the_next_reload_undoes() {
    let (one, two) = tokio::join!(Balancer::start(), Balancer::start());
    let watcher = Watcher::of(vec![one.by("fe-01", "admin"), two.by("fe-02", "user")]);
    watcher.until_live("fe-01").await;
    watcher.until_live("fe-02").await;
    two.say("set server gke-registry/registry-1 state drain").await;
    two.say("set server gke-registry/registry-2 weight 50").await;
    two.say("set server gke-registry/off state ready").await;
    let seen = watcher
        .until("the drain and the weight are seen", |picture| {
            let entries = picture.entries(&["gke-registry".to_owned()]);
            let (drained, weighed) = (find(&entries, "registry-1"), find(&entries, "registry-2"));
            let enabled = find(&entries, "off").seen.get(1)?.changed();
            let changed = (drained.seen.get(1)?.changed(), weighed.seen.get(1)?.changed(), enabled);
            let differences = (drained.difference()?, weighed.difference()?);
            (drained.condition() == Condition::Draining && !changed.2.is_empty())
                .then_some((changed, differences))
        })
        .await;
    let ((drained, weighed, enabled), (states, weights)) = seen;
    assert_eq!(
        (drained, weighed),
        (vec!["drain by hand".to_owned()], vec!["weight 50, configured 100".to_owned()])
    );
    assert_eq!(enabled, ["enabled by hand"]);
    assert_eq!(states, "differs: fe-01 UP, fe-02 DRAIN");
    assert!(weights.starts_with("differs: fe-01 weight 100, fe-02 weight "), "{weights}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_that_refuses_says_what_is_wrong_and_no_password_is_told() {
    let balancer = Balancer::start().await;
    let mut stranger = balancer.by("stranger", "page");
    stranger.login = None;
    let mut other = balancer.by("other", "page");
    other.login = Some(balancer.login("nobody"));
    let mut elsewhere = balancer.by("elsewhere", "page");
    elsewhere.address =
        elsewhere.address.to_string().replace("/haproxy?stats", "/elsewhere").parse().unwrap();
    let watcher = Watcher::of(vec![stranger, other, elsewhere, balancer.by("fe-01", "page")]);
    assert_eq!(watcher.until_down("stranger").await.0, TroubleKind::Unauthenticated);
    assert_eq!(watcher.until_down("other").await.0, TroubleKind::Unauthenticated);
    let (kind, why) = watcher.until_down("elsewhere").await;
    assert!(kind != TroubleKind::Unauthenticated && !why.is_empty(), "{kind:?} {why}");
    watcher.until_live("fe-01").await;
    let heard = watcher.heard.lock().unwrap();
    assert!(heard.contains("fe-01") && !heard.contains(PASSWORD));
}
